package window_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/window"
)

func TestAValueIsRememberedForFiveMinutes(t *testing.T) {
	var w window.Window[int]
	_, ok := w.Get(0, "a")
	require.False(t, ok)
	for i, start := range []int64{5, 5 + window.Length/2, 5 + 7*window.Length/4, 5 + 100*window.Length} {
		w.Put(start, "a", i)
		for _, later := range []int64{0, 1, window.Length - 1} {
			v, ok := w.Get(start+later, "a")
			require.True(t, ok)
			require.Equal(t, i, v)
		}
		_, ok := w.Get(start+window.Length, "a")
		require.False(t, ok)
	}
	w.Put(200*window.Length, "b", 1)
	_, ok = w.Get(200*window.Length, "a")
	require.False(t, ok)
}
