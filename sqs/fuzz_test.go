package sqs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A string is the handle of what it says, or it is refused.
func FuzzParseHandle(f *testing.F) {
	c := &core{seeds: seeds{tag: 0x0123456789abcdef}}
	good := string(c.appendHandle(nil, 7, &record{seq: 9, receives: 3}))
	f.Add(good)
	f.Add(strings.ToUpper(good))
	f.Add(good[1:])
	f.Fuzz(func(t *testing.T, s string) {
		tag, h, ok := parseHandle(s)
		if !ok {
			return
		}
		c := &core{seeds: seeds{tag: tag}}
		require.Equal(t, s, string(c.appendHandle(nil, h.ref, &record{seq: h.seq, receives: h.receives})))
	})
}
