package awsjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsjson"
)

type bounded struct {
	Words  []string `most:"3"`
	Deep   []nested `most:"2"`
	Others []string
}

type nested struct{ Words []string }

func TestListsThatAreBounded(t *testing.T) {
	words := func(n int) string {
		return `["0"` + strings.Repeat(`,"x"`, n-2) + `,"z"]`
	}
	for body, want := range map[string]bounded{
		`{"Words":` + words(3) + `}`:                                     {Words: []string{"0", "x", "z"}},
		`{"Words":` + words(4) + `}`:                                     {Words: []string{"0", "x", "x", "z"}},
		`{"Words":` + words(50) + `}`:                                    {Words: []string{"0", "x", "x", "z"}},
		`{"Words":null,"Others":` + words(5) + `}`:                       {Others: []string{"0", "x", "x", "x", "z"}},
		`{"Deep":[{"Words":` + words(4) + `},{},{},{"Words":["a"]},{}]}`: {Deep: []nested{{[]string{"0", "x", "x", "z"}}, {}, {}}},
	} {
		var got bounded
		require.NoError(t, awsjson.Decode([]byte(body), &got), body)
		require.Equal(t, want, got, body)
	}
	var got bounded
	require.EqualError(t, awsjson.Decode([]byte(`{"Words":["a","b","c","d","e",1,"f"]}`), &got), "NUMBER_VALUE can not be converted to a String")
}
