package awscbor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
)

func TestListsThatAreBounded(t *testing.T) {
	type nested struct{ Words []string }
	type bounded struct {
		Words  []string `most:"3"`
		Deep   []nested `most:"2"`
		Others []string
	}
	words := func(n int) []string { return append(strings.Split(strings.Repeat("x", n-1), ""), "z") }
	sent := bounded{Words: words(50), Deep: []nested{{words(4)}, {}, {}, {words(4)}, {}}, Others: words(5)}
	want := bounded{Words: words(4), Deep: []nested{{words(4)}, {}, {}}, Others: words(5)}
	var got bounded
	require.NoError(t, awscbor.Decode(awscbor.Append(nil, sent), &got))
	require.Equal(t, want, got)
	got = bounded{}
	require.NoError(t, awscbor.Decode(bytesOf(t, `a2 65'Words' 9f 61'a' 61'b' 61'c' 61'd' 61'e' ff 66'Others' 9f 61'a' ff`), &got))
	require.Equal(t, bounded{Words: []string{"a", "b", "c", "e"}, Others: []string{"a"}}, got)
	require.EqualError(t, awscbor.Decode(bytesOf(t, `a1 65'Words' 9f 61'a' 61'b' 61'c' 61'd' 61'e' 01 ff`), &got), "NUMBER_VALUE can not be converted to a String")
}
