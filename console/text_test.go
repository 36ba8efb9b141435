package console

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestShortDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "-5ms": -5 * time.Millisecond, "17µs": 17*time.Microsecond + 3, "2ms": 2900 * time.Microsecond, "9.9s": 9999 * time.Millisecond,
		"59s": 59900 * time.Millisecond, "1m": time.Minute, "3m 20s": 200 * time.Second, "2h": 2*time.Hour + 59*time.Second, "2h 5m": 2*time.Hour + 5*time.Minute,
		"4d": 96 * time.Hour, "14d 1h": 337 * time.Hour,
	} {
		require.Equal(t, want, shortDuration(d))
	}
}

func TestNumbers(t *testing.T) {
	for want, n := range map[string]int64{"0": 0, "999": 999, "1,000": 1000, "-1,234,567": -1234567} {
		require.Equal(t, want, count(n))
	}
	for want, n := range map[string]float64{"0 B": 0, "999 B": 999, "1 KiB": 1024, "1.50 MiB": 1.5 * (1 << 20), "0.98 KiB": 1001, "12.3 GiB": 12.3 * (1 << 30), "2,048 TiB": 1 << 51} {
		require.Equal(t, want, bytesText(n))
	}
}

// An excerpt is never longer than there is room, and is text or hexadecimal.
func FuzzExcerpt(f *testing.F) {
	f.Add("héllo", 3, 10)
	f.Add("\xff\xfe", 1, 1)
	f.Add("a\x00b", 9, 9)
	f.Add("日本語", 4, 0)
	f.Fuzz(func(t *testing.T, body string, each, all int) {
		each, all = each&0xff, all&0xff
		room := &budget{each, all}
		e := room.take(body)
		require.Equal(t, len(body), e.Size)
		shown := e.Text
		if e.Hex {
			raw, err := hex.DecodeString(e.Text)
			require.NoError(t, err)
			shown = string(raw)
		}
		require.True(t, utf8.ValidString(e.Text))
		require.True(t, strings.HasPrefix(body, shown))
		require.LessOrEqual(t, len(shown), min(each, all))
		require.Equal(t, all-len(shown), room.all)
		require.Equal(t, len(shown) < len(body), e.Truncated)
		if utf8.ValidString(body) && len(body) > min(each, all) {
			require.Greater(t, len(shown), min(each, all)-utf8.UTFMax, "no more is cut off than a character")
		}
	})
}
