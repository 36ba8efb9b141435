package kpl_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

func TestPackerEmpty(t *testing.T) {
	var p kpl.Packer
	require.Zero(t, p.Len())
	require.Zero(t, p.Size())
	require.Nil(t, p.Bytes())
	require.Empty(t, p.ExplicitHashKey())
	p.Reset()
	require.True(t, p.Add("k", "", nil))
	p.Reset()
	require.Zero(t, p.Len())
	require.Zero(t, p.Size())
	require.Nil(t, p.Bytes())
	require.Empty(t, p.ExplicitHashKey())
}

func TestPackerLimit(t *testing.T) {
	// 20 bytes around the message, 3 for the key, 2 for the record, 2 for the index, 2 or more
	// before the data.
	for name, c := range map[string]struct {
		limit, data int
		fits        bool
	}{
		"exact":               {limit: 20 + 3 + 2 + 2 + 2 + 10, data: 10, fits: true},
		"one too many":        {limit: 20 + 3 + 2 + 2 + 2 + 10, data: 11},
		"longer lengths":      {limit: 20 + 3 + 3 + 2 + 3 + 128, data: 128, fits: true},
		"their record's only": {limit: 20 + 3 + 3 + 2 + 2 + 124, data: 124, fits: true},
		"default":             {data: kpl.DefaultLimit - 20 - 3 - 4 - 2 - 4, fits: true},
		"beyond the default":  {data: kpl.DefaultLimit - 20 - 3 - 4 - 2 - 4 + 1},
		"no data":             {limit: 29, fits: true},
		"no room":             {limit: 28},
		"negative":            {limit: -1},
		"no limit":            {limit: math.MaxInt, data: 1 << 20, fits: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := kpl.Packer{Limit: c.limit}
			require.Equal(t, c.fits, p.Add("k", "", make([]byte, c.data)))
			if !c.fits {
				require.Zero(t, p.Len())
				require.Zero(t, p.Size())
				require.Empty(t, p.ExplicitHashKey())
				return
			}
			require.Equal(t, 1, p.Len())
			require.Len(t, p.Bytes(), p.Size())
			if c.limit < 1000 && c.limit > 0 {
				require.Equal(t, c.limit, p.Size())
			}
		})
	}
}

// TestExplicitHashKey has the MD5 of the key "a", and one that begins with zeros.
func TestExplicitHashKey(t *testing.T) {
	var p kpl.Packer
	require.True(t, p.Add("a", "", nil))
	require.True(t, p.Add("b", "7", nil))
	require.Equal(t, "16955237001963240173058271559858726497", p.ExplicitHashKey(), "0x0cc175b9c0f1b6a831c399e269772661")
	p.Reset()
	require.True(t, p.Add("b", "340282366920938463463374607431768211455", nil))
	require.True(t, p.Add("a", "", nil))
	require.Equal(t, "340282366920938463463374607431768211455", p.ExplicitHashKey())
	require.Equal(t, "a", kpl.PartitionKey)
}

func TestBytesAgain(t *testing.T) {
	var p kpl.Packer
	require.True(t, p.Add("a", "", []byte("xyz")))
	first := bytes.Clone(p.Bytes())
	require.Equal(t, first, p.Bytes())
	require.True(t, p.Add("bc", "7", []byte("hi")))
	require.True(t, p.Add("a", "7", nil))
	require.Equal(t, goldenBytes(t), p.Bytes(), "added after Bytes")
}

// TestDataIsCopied changes what was added.
func TestDataIsCopied(t *testing.T) {
	var p kpl.Packer
	data := []byte("xyz")
	require.True(t, p.Add("a", "", data))
	copy(data, "???")
	users, err := kpl.Unpack(p.Bytes())
	require.NoError(t, err)
	require.Equal(t, "xyz", string(users[0].Data))
}

// TestPackerReuse counts what a Packer allocates that has been used before.
func TestPackerReuse(t *testing.T) {
	var p kpl.Packer
	data := make([]byte, 100)
	allocs := testing.AllocsPerRun(100, func() {
		p.Reset()
		for i := range 100 {
			p.Add(keys[i%len(keys)], "7", data)
		}
		p.Bytes()
	})
	require.Zero(t, allocs)
}

var keys = []string{"", "k", "user-1", "user-2", "größer", strings.Repeat("x", 127), strings.Repeat("y", 128), strings.Repeat("z", 256), "a", "b", "c"}

// checkRoundTrip packs records as input says, compares each step with naivePack, and unpacks
// them. It tells how many records fit and how many did not.
func checkRoundTrip(t require.TestingT, p *kpl.Packer, input []byte) (fit, not int) {
	next := func() int {
		if len(input) == 0 {
			return 0
		}
		b := input[0]
		input = input[1:]
		return int(b)
	}
	p.Limit = 1 + next() + 100*next()
	p.Reset()
	var users []kpl.User
	for len(input) > 0 && len(users) < 100 {
		u := kpl.User{PartitionKey: keys[next()%len(keys)], ExplicitHashKey: []string{"", "", "0", "7", "340282366920938463463374607431768211455"}[next()%5]}
		u.Data = bytes.Repeat([]byte{byte(len(users))}, next()+(next()%8)*100)
		want := naivePack(append(users[:len(users):len(users)], u))
		size := p.Size()
		require.Equal(t, len(want) <= p.Limit, p.Add(u.PartitionKey, u.ExplicitHashKey, u.Data))
		if len(want) > p.Limit {
			require.Equal(t, size, p.Size())
			not++
			continue
		}
		users = append(users, u)
		fit++
		require.Equal(t, len(users), p.Len())
		require.Equal(t, len(want), p.Size())
	}
	if len(users) == 0 {
		require.Nil(t, p.Bytes())
		return fit, not
	}
	require.True(t, bytes.Equal(naivePack(users), p.Bytes()))
	got, err := kpl.Unpack(p.Bytes())
	require.NoError(t, err)
	require.Equal(t, users, got)
	return fit, not
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var p kpl.Packer
	var fit, not int
	for range 300 {
		f, n := checkRoundTrip(t, &p, randomBytes(r, r.IntN(200)))
		fit, not = fit+f, not+n
	}
	t.Log(fit, "records fit,", not, "did not")
	require.Greater(t, fit, 1000)
	require.Greater(t, not, 1000)
}

// TestManyKeys has indexes of one, two and three bytes.
func TestManyKeys(t *testing.T) {
	p := kpl.Packer{Limit: math.MaxInt}
	var users []kpl.User
	for i := range 20_000 {
		u := kpl.User{PartitionKey: string(varint(uint64(i))), ExplicitHashKey: string(varint(uint64(i + 1))), Data: []byte{byte(i)}}
		users = append(users, u)
		require.True(t, p.Add(u.PartitionKey, u.ExplicitHashKey, u.Data))
	}
	require.Len(t, p.Bytes(), p.Size())
	got, err := kpl.Unpack(p.Bytes())
	require.NoError(t, err)
	require.Equal(t, users, got)
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzRoundTrip(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		f.Add(randomBytes(r, 100))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		checkRoundTrip(t, new(kpl.Packer), input)
	})
}
