package uid_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/uid"
)

func TestHexDigits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	values := []uint32{0, 9, 10, 0x9a, 0xa9, 0x01234567, 0x89abcdef, 0xffffffff}
	for range 1000 {
		values = append(values, rng.Uint32())
	}
	for _, v := range values {
		digits := uid.HexDigits(v)
		text := fmt.Sprintf("%08x", v)
		for i := range 8 {
			require.Equal(t, text[i], byte(digits>>(8*(7-i))), text)
		}
		got, ok := uid.ParseHexDigits(digits)
		require.True(t, ok)
		require.Equal(t, v, got)
	}
}

func TestParseHexDigitsTakesNothingElse(t *testing.T) {
	good := uid.HexDigits(0x0123cdef)
	for place := range 8 {
		for c := range uint64(256) {
			digits := good&^(0xff<<(8*place)) | c<<(8*place)
			_, ok := uid.ParseHexDigits(digits)
			want := '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
			require.Equal(t, want, ok, "character %q", c)
		}
	}
}
