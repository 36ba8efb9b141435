package sqs

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The fast scan of a body agrees with the rule as SQS words it.
func FuzzAllowedText(f *testing.F) {
	for _, s := range []string{"", "plain", strings.Repeat("long ", 20), strings.Repeat("x", 31) + "\x1f", strings.Repeat("x", 32) + "\x7f\x80", "\uFFFD\uFFFE", "\xed\xa0\x80", "\U00010000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := utf8.ValidString(s)
		for _, r := range s {
			switch {
			case r == 0x9, r == 0xA, r == 0xD, 0x20 <= r && r <= 0xD7FF, 0xE000 <= r && r <= 0xFFFD, 0x10000 <= r && r <= 0x10FFFF:
			default:
				want = false
			}
		}
		require.Equal(t, want, allowedText(s), "%q", s)
	})
}

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
