package firehosehttp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseQuery(t *testing.T) {
	for query, want := range map[string]map[string]string{
		`{a: .b}`:                        {"a": ".b"},
		`{a:.b.c,d:.e}`:                  {"a": ".b.c", "d": ".e"},
		` { a : .b[0] , "x y": .c } `:    {"a": ".b[0]", "x y": ".c"},
		`{a}`:                            {"a": `."a"`},
		`{a, "b c"}`:                     {"a": `."a"`, "b c": `."b c"`},
		`{a: ."x,y", b: .["}\"{,"]}`:     {"a": `."x,y"`, "b": `.["}\"{,"]`},
		"{\n  customer: .customer.id\n}": {"customer": ".customer.id"},
		`{a: .b|strftime("%Y,%m")}`:      {"a": `.b|strftime("%Y,%m")`}, // the engine says no
	} {
		got, err := parseQuery(query)
		require.NoError(t, err, query)
		require.Equal(t, want, got)
	}
	for _, query := range []string{"", "{", "}", "{}", "{ }", ".a", "a: .b", "{a: }", "{a: .b,}", "{,a: .b}", "{a: .b, a: .c}", "{1a: .b}", "{a b}", "{: .a}", `{"": .a}`, `{"a: .b}`, "{a: .b} + {}x", "{ä: .b}", "{a: .b,, c: .d}"} {
		_, err := parseQuery(query)
		require.Error(t, err, query)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"{a: .b}", `{"a": .["b,"], c}`, "{a: .b,}", `{"\"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		paths, err := parseQuery(query)
		require.Equal(t, err == nil, len(paths) > 0)
		for name, path := range paths {
			require.NotEmpty(t, name)
			require.NotEmpty(t, path)
		}
	})
}
