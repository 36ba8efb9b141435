package firehose

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePath(t *testing.T) {
	field := func(name string) step { return step{name: name, index: -1} }
	for text, want := range map[string]path{
		".a":             {field("a")},
		"$.a":            {field("a")},
		".a_1.B":         {field("a_1"), field("B")},
		".[0]":           {{index: 0}},
		"[12]":           {{index: 12}},
		"$[0][1]":        {{index: 0}, {index: 1}},
		".a[0].b":        {field("a"), {index: 0}, field("b")},
		".a.[0]":         {field("a"), {index: 0}},
		`.["a b"]`:       {field("a b")},
		`["a"].b`:        {field("a"), field("b")},
		`."a.b"."c\"[0"`: {field("a.b"), field(`c"[0`)},
		`.["\u00e4"]`:    {field("ä")},
		`.[""]`:          {field("")},

		"": nil, ".": nil, "$": nil, "a": nil, "$a": nil, "..a": nil, ".a.": nil, ".1a": nil, ".a b": nil, ".a-b": nil, ".ä": nil,
		"[": nil, "[]": nil, "[-1]": nil, "[+1]": nil, "[1": nil, "[99999999999]": nil, "[a]": nil, `["a"`: nil, `["a]`: nil, `."a`: nil, ".a|.b": nil, ".a[0:2]": nil,
		`.[1"a"]`: nil, strings.Repeat(".a", 65): nil,
	} {
		got, err := parsePath(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want == nil, errors.Is(err, errPath), text)
	}
}

func TestExtract(t *testing.T) {
	const document = ` {"a": 1, "b" : {"c":[true , "x\"]}", {"d": -1.50e3 }],"e":null}, "ä": "\u00fc\n", "a": "again", "": "nameless", "\u0066": "f", "n": {}, "z": false } `
	for text, want := range map[string]string{
		".a":        "again", // the last of a name counts
		".b.c[0]":   "true",
		".b.c[1]":   `x"]}`,
		".b.c[2].d": "-1.50e3",
		`.["ä"]`:    "ü\n",
		`.[""]`:     "nameless",
		".f":        "f",
		".z":        "false",
		".b.e":      "!" + errNoValue.Error(),
		".b.c[3]":   "!" + errNoValue.Error(),
		".b.x":      "!" + errNoValue.Error(),
		".a.x":      "!" + errNoValue.Error(),
		".a[0]":     "!" + errNoValue.Error(),
		".b[0]":     "!" + errNoValue.Error(),
		".b.c.x":    "!" + errNoValue.Error(),
		".b":        "!" + errNotScalar.Error(),
		".b.c":      "!" + errNotScalar.Error(),
		".n":        "!" + errNotScalar.Error(),
	} {
		x := &extractor{names: []string{"k"}, paths: []path{mustPath(t, text)}}
		values, err := x.values([]byte(document))
		if reason, fails := strings.CutPrefix(want, "!"); fails {
			require.ErrorContains(t, err, "the partition key k: "+reason, text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, map[string]string{"k": want}, values, text)
	}
	for _, bad := range []string{"", "{", `{"a":1`, `{"a":1} x`, "no JSON", "\x00"} {
		_, err := (&extractor{names: []string{"k"}, paths: []path{mustPath(t, ".a")}}).values([]byte(bad))
		require.ErrorContains(t, err, "not JSON", bad)
	}
}

func mustPath(t testing.TB, text string) path {
	p, err := parsePath(text)
	require.NoError(t, err, text)
	return p
}

// FuzzExtract holds the walk over the text against one over what encoding/json makes
// of it.
func FuzzExtract(f *testing.F) {
	f.Add(`{"a":[1,{"b":"x"}]}`, ".a[1].b")
	f.Add(` { "a" : "\ud800" , "a":null } `, ".a")
	f.Add(`[[],{},"]",[3]]`, "[3][0]")
	f.Add("{\"\xff\":1}", `.["`+"\xff"+`"]`)
	f.Fuzz(func(t *testing.T, document, text string) {
		p, err := parsePath(text)
		if err != nil {
			return
		}
		got, err := (&extractor{names: []string{"k"}, paths: []path{p}}).values([]byte(document))
		want, ok := naiveFind([]byte(document), p)
		require.Equal(t, ok, err == nil, "%q in %q", text, document)
		require.Equal(t, want, got["k"], "%q in %q", text, document)
	})
}

func naiveFind(document []byte, p path) (string, bool) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var v any
	if !json.Valid(document) || d.Decode(&v) != nil {
		return "", false
	}
	for _, s := range p {
		switch x := v.(type) {
		case map[string]any:
			v = nil
			if s.index < 0 {
				v = x[s.name]
			}
		case []any:
			v = nil
			if s.index >= 0 && s.index < len(x) {
				v = x[s.index]
			}
		default:
			v = nil
		}
	}
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return map[bool]string{true: "true", false: "false"}[x], true
	}
	return "", false
}

func BenchmarkExtract(b *testing.B) {
	record := []byte(`{"padding":"` + strings.Repeat("x", 950) + `","customer":{"id":"c-1234","kind":"x"},"at":12345}`)
	x := &extractor{names: []string{"id", "at"}, paths: []path{mustPath(b, ".customer.id"), mustPath(b, ".at")}}
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if _, err := x.values(record); err != nil {
			b.Fatal(err)
		}
	}
}
