package syntax_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/syntax"
)

// The fast scan of a body agrees with the rule as SQS words it.
func FuzzAllowedText(f *testing.F) {
	for _, s := range []string{"", "plain", strings.Repeat("long ", 20), strings.Repeat("x", 31) + "\x1f", strings.Repeat("x", 32) + "\x7f\x80", strings.Repeat("line\n", 40) + "\x00", strings.Repeat("x", 63) + "ä" + strings.Repeat("y", 200) + "\x1f", "\uFFFD\uFFFE", "\xed\xa0\x80", "\U00010000"} {
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
		require.Equal(t, want, syntax.AllowedText(s), "%q", s)
	})
}

func TestWhatIsAFIFOID(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "a": true, "a b": false, "!~": true, "ä": false, "\x7f": false,
		strings.Repeat("a", 128): true, strings.Repeat("a", 129): false,
	} {
		require.Equal(t, want, syntax.IsFIFOID(s), "%q", s)
	}
}

func TestWhatIsAPlace(t *testing.T) {
	for s, want := range map[string]bool{"000000000000": true, "12345678901": false, "1234567890123": false, "12345678901a": false, "": false} {
		require.Equal(t, want, syntax.IsAccount(s), "%q", s)
	}
	for s, want := range map[string]bool{"us-east-1": true, "local": true, "": false, "a.b": false, "EU": false} {
		require.Equal(t, want, syntax.IsRegion(s), "%q", s)
	}
	for region, want := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		require.Equal(t, want, syntax.Partition(region))
	}
}
