package shard_test

import (
	"crypto/md5"
	"errors"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// bigKey and keyOf are the naive arithmetic that hash keys are compared with.
func bigKey(k shard.HashKey) *big.Int {
	n := new(big.Int).SetUint64(k.Hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(k.Lo))
}

var two128 = new(big.Int).Lsh(big.NewInt(1), 128)

func keyOf(n *big.Int) shard.HashKey {
	n = new(big.Int).Mod(n, two128)
	return shard.HashKey{Hi: new(big.Int).Rsh(n, 64).Uint64(), Lo: new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()}
}

// randomKey is likely to be at an edge of a word.
func randomKey(r *rand.Rand) shard.HashKey {
	word := func() uint64 {
		switch r.IntN(4) {
		case 0:
			return uint64(r.IntN(3))
		case 1:
			return 1<<64 - 1 - uint64(r.IntN(3))
		default:
			return r.Uint64() >> r.IntN(64)
		}
	}
	return shard.HashKey{Hi: word(), Lo: word()}
}

func TestKeyOf(t *testing.T) {
	for key, want := range map[string]string{
		"":  "281949768489412648962353822266799178366", // d41d8cd98f00b204e9800998ecf8427e
		"a": "16955237001963240173058271559858726497",  // 0cc175b9c0f1b6a831c399e269772661
	} {
		require.Equal(t, want, shard.KeyOf(key).String())
	}
	key := strings.Repeat("é", 256)
	sum := md5.Sum([]byte(key))
	require.Equal(t, new(big.Int).SetBytes(sum[:]), bigKey(shard.KeyOf(key)))
	require.Zero(t, testing.AllocsPerRun(100, func() { shard.KeyOf(key) }))
}

func TestParseHashKey(t *testing.T) {
	for text, want := range map[string]error{
		"0":                       nil,
		"1":                       nil,
		"9999999999999999999":     nil,
		"10000000000000000000":    nil,
		"18446744073709551616":    nil,
		shard.MaxHashKey.String(): nil,
		"340282366920938463463374607431768211456":  shard.ErrTooLarge,
		"999999999999999999999999999999999999999":  shard.ErrTooLarge,
		"1000000000000000000000000000000000000000": shard.ErrSyntax,
		"": shard.ErrSyntax, "00": shard.ErrSyntax, "01": shard.ErrSyntax, "-1": shard.ErrSyntax,
		"+1": shard.ErrSyntax, " 1": shard.ErrSyntax, "1 ": shard.ErrSyntax, "1a": shard.ErrSyntax, "0x1": shard.ErrSyntax, "1_0": shard.ErrSyntax, "٣": shard.ErrSyntax,
	} {
		key, err := shard.ParseHashKey(text)
		require.ErrorIs(t, err, want, text)
		if want == nil {
			require.Equal(t, text, key.String())
			continue
		}
		typed, ok := errors.AsType[*shard.Error](err)
		require.True(t, ok)
		require.Equal(t, "hash key", typed.What)
		require.Equal(t, text, typed.Text)
		require.Contains(t, err.Error(), "hash key")
	}
	require.Equal(t, "340282366920938463463374607431768211455", shard.MaxHashKey.String())
}

func TestHashKeyArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		a, b := randomKey(r), randomKey(r)
		x, y := bigKey(a), bigKey(b)
		require.Equal(t, keyOf(new(big.Int).Add(x, y)), a.Add(b))
		require.Equal(t, keyOf(new(big.Int).Sub(x, y)), a.Sub(b))
		require.Equal(t, keyOf(new(big.Int).Rsh(x, 1)), a.Half())
		require.Equal(t, x.Cmp(y), a.Compare(b))
		require.Equal(t, x.Cmp(y) < 0, a.Less(b))
		require.Equal(t, x.String(), a.String())
		text, err := a.AppendText([]byte("x"))
		require.NoError(t, err)
		require.Equal(t, "x"+x.String(), string(text))
		back, err := shard.ParseHashKey(a.String())
		require.NoError(t, err)
		require.Equal(t, a, back)
	}
}

var hashKeyForm = regexp.MustCompile(`\A(0|[1-9][0-9]{0,38})\z`)

func FuzzParseHashKey(f *testing.F) {
	for _, s := range []string{"", "0", "01", "340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "10000000000000000000", "1x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want error
		n := new(big.Int)
		switch {
		case !hashKeyForm.MatchString(text):
			want = shard.ErrSyntax
		default:
			n.SetString(text, 10)
			if n.Cmp(two128) >= 0 {
				want = shard.ErrTooLarge
			}
		}
		key, err := shard.ParseHashKey(text)
		require.ErrorIs(t, err, want)
		if want == nil {
			require.Equal(t, keyOf(n), key)
			require.Equal(t, text, key.String())
		}
	})
}

var sink shard.HashKey

func BenchmarkKeyOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = shard.KeyOf("visitor-0123456789")
	}
}
