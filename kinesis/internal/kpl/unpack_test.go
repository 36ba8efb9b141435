package kpl_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// golden was written down by hand from aggregation-format.md; its MD5 is md5sum's.
const golden = "f3899ac2" +
	"0a 01 61" + // the partition keys: a
	"0a 02 6263" + // and bc
	"12 01 37" + // the explicit hash key 7
	"1a 07 08 00 1a 03 78797a" + // a: xyz
	"1a 08 08 01 10 00 1a 02 6869" + // bc, 7: hi
	"1a 06 08 00 10 00 1a 00" + // a, 7: nothing
	"2731f20e5a9b1c688119e462a8cff4c1"

func goldenBytes(t testing.TB) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(golden, " ", ""))
	require.NoError(t, err)
	return b
}

var goldenUsers = []kpl.User{
	{PartitionKey: "a", Data: []byte("xyz")},
	{PartitionKey: "bc", ExplicitHashKey: "7", Data: []byte("hi")},
	{PartitionKey: "a", ExplicitHashKey: "7", Data: []byte{}},
}

func TestGolden(t *testing.T) {
	data := goldenBytes(t)
	require.True(t, kpl.IsAggregated(data))
	users, err := kpl.Unpack(data)
	require.NoError(t, err)
	require.Equal(t, goldenUsers, users)

	var p kpl.Packer
	for _, u := range goldenUsers {
		require.True(t, p.Add(u.PartitionKey, u.ExplicitHashKey, u.Data))
	}
	require.Equal(t, data, p.Bytes())
}

func TestIsAggregated(t *testing.T) {
	magic := []byte{0xF3, 0x89, 0x9A, 0xC2}
	require.False(t, kpl.IsAggregated(nil))
	require.False(t, kpl.IsAggregated(magic))
	require.False(t, kpl.IsAggregated(append(magic, make([]byte, 16)...)), "no room for a message")
	require.True(t, kpl.IsAggregated(append(magic, make([]byte, 17)...)))
	for i := range magic {
		data := append(bytes.Clone(magic), make([]byte, 100)...)
		data[i] ^= 1
		require.False(t, kpl.IsAggregated(data), i)
	}
}

// TestMessages has whatever a message may be, well-formed or not.
func TestMessages(t *testing.T) {
	const huge = math.MaxUint64
	key, hash := text(1, "k"), text(2, "5")
	record := text(3, string(concat(integer(1, 0), text(3, "d"))))
	with := func(parts ...[]byte) []byte { return concat(key, hash, text(3, string(concat(parts...)))) }
	plain := []kpl.User{{PartitionKey: "k", Data: []byte("d")}}
	hashed := []kpl.User{{PartitionKey: "k", ExplicitHashKey: "5", Data: []byte("d")}}
	i1, d3 := integer(1, 0), text(3, "d")
	for name, c := range map[string]struct {
		message []byte
		want    []kpl.User
		err     error
		offset  int // in the message
	}{
		"one":                           {message: concat(key, record), want: plain},
		"table behind":                  {message: concat(record, key), want: plain},
		"tables between":                {message: concat(record, hash, key, record), want: append(plain, plain...)},
		"no record":                     {message: key},
		"unused keys":                   {message: concat(key, key, key, hash, record), want: plain},
		"unknown fields":                {message: concat(integer(9, huge), key, text(1000, "x"), record, []byte{0x59, 1, 2, 3, 4, 5, 6, 7, 8, 0x5d, 1, 2, 3, 4}), want: plain},
		"unknown group":                 {message: concat(key, []byte{0x0b, 0x08, 1, 0x13, 0x14, 0x0c}, record), want: plain},
		"groups, 100 deep":              {message: concat(key, bytes.Repeat([]byte{0x2b}, 100), bytes.Repeat([]byte{0x2c}, 100), record), want: plain},
		"known number, another type":    {message: concat(key, integer(1, 5), integer(2, 5), integer(3, 5), record), want: plain},
		"hash key":                      {message: with(i1, d3, integer(2, 0)), want: hashed},
		"the last of each counts":       {message: with(integer(1, 9), text(3, "e"), integer(2, 9), i1, d3, integer(2, 0)), want: hashed},
		"tags":                          {message: with(i1, d3, text(4, string(text(1, "k"))), text(4, string(concat(text(2, "v"), text(1, ""))))), want: plain},
		"tag of another type":           {message: with(i1, d3, integer(4, 0)), want: plain},
		"unknown field of a record":     {message: with(i1, text(7, "x"), d3), want: plain},
		"index of another type ignored": {message: with(i1, text(1, "x"), d3), want: plain},
		"overlong varints":              {message: concat(key, []byte{0x9a, 0x00, 0x86, 0x80, 0x00, 0x08, 0x80, 0x00, 0x1a, 0x01}, []byte("d")), want: plain},
		"empty explicit hash key":       {message: concat(text(2, ""), key, text(3, string(concat(i1, integer(2, 0), d3)))), want: plain},
		"keys are not checked":          {message: concat(text(1, "\xff\x00"), record), want: []kpl.User{{PartitionKey: "\xff\x00", Data: []byte("d")}}},

		"no table":                       {message: record, err: kpl.ErrIndex, offset: len(record)},
		"index outside":                  {message: concat(key, record, text(3, string(concat(integer(1, 1), d3))), record), err: kpl.ErrIndex, offset: 3 + 2*len(record)},
		"index of 2^32":                  {message: with(integer(1, 1<<32), d3), err: kpl.ErrIndex, offset: 17},
		"greatest index":                 {message: with(integer(1, huge), d3), err: kpl.ErrIndex, offset: 22},
		"hash index outside":             {message: with(i1, d3, integer(2, 1)), err: kpl.ErrIndex, offset: 15},
		"greatest hash index":            {message: with(i1, d3, integer(2, huge)), err: kpl.ErrIndex, offset: 24},
		"malformed behind index outside": {message: concat(key, text(3, string(concat(integer(1, 1), d3))), text(3, "\x08\x00\x20\x00")), err: kpl.ErrMalformed, offset: 16},

		"truncated tag":                 {message: []byte{0x80}, err: kpl.ErrMalformed},
		"field 0":                       {message: []byte{0x02, 0x00}, err: kpl.ErrMalformed},
		"field 2^29":                    {message: concat(key, integer(1<<29, 0)), err: kpl.ErrMalformed, offset: 3},
		"tag beyond 64 bits":            {message: concat(bytes.Repeat([]byte{0x8a}, 9), []byte{0x02, 0x00}), err: kpl.ErrMalformed},
		"wire type 6":                   {message: []byte{0x0e, 0x00}, err: kpl.ErrMalformed, offset: 1},
		"wire type 7":                   {message: []byte{0x0f, 0x00}, err: kpl.ErrMalformed, offset: 1},
		"truncated varint":              {message: []byte{0x48, 0x80}, err: kpl.ErrMalformed, offset: 1},
		"varint beyond 64 bits":         {message: concat([]byte{0x48}, bytes.Repeat([]byte{0xff}, 9), []byte{0x02}), err: kpl.ErrMalformed, offset: 1},
		"truncated 32 bits":             {message: []byte{0x4d, 0, 0, 0}, err: kpl.ErrMalformed, offset: 1},
		"truncated 64 bits":             {message: []byte{0x49, 0, 0, 0, 0, 0, 0, 0}, err: kpl.ErrMalformed, offset: 1},
		"key longer than the rest":      {message: []byte{0x0a, 0x02, 'k'}, err: kpl.ErrMalformed, offset: 2},
		"key of 2^63 bytes":             {message: concat([]byte{0x0a}, varint(1<<63)), err: kpl.ErrMalformed, offset: 11},
		"key of the greatest length":    {message: concat([]byte{0x0a}, varint(huge)), err: kpl.ErrMalformed, offset: 11},
		"record of the greatest length": {message: concat(key, []byte{0x1a}, varint(huge), record), err: kpl.ErrMalformed, offset: 14},
		"length reaches into the MD5":   {message: concat(key, []byte{0x1a, 0x08, 0x08, 0x00, 0x1a, 0x04}), err: kpl.ErrMalformed, offset: 5},
		"end of no group":               {message: concat(key, []byte{0x0c}), err: kpl.ErrMalformed, offset: 4},
		"end of another group":          {message: []byte{0x0b, 0x14}, err: kpl.ErrMalformed, offset: 2},
		"group without end":             {message: []byte{0x0b, 0x08, 0x00}, err: kpl.ErrMalformed, offset: 3},
		"groups, 101 deep":              {message: concat(bytes.Repeat([]byte{0x2b}, 101), bytes.Repeat([]byte{0x2c}, 101)), err: kpl.ErrMalformed, offset: 101},
		"a million groups":              {message: bytes.Repeat([]byte{0x0b}, 1<<20), err: kpl.ErrMalformed, offset: 101},
		"empty record":                  {message: concat(key, []byte{0x1a, 0x00}), err: kpl.ErrMalformed, offset: 5},
		"no index":                      {message: with(text(3, "dd")), err: kpl.ErrMalformed, offset: 12},
		"no data":                       {message: with(integer(1, 0), integer(5, 0)), err: kpl.ErrMalformed, offset: 12},
		"data of another type":          {message: with(integer(1, 0), integer(3, 0)), err: kpl.ErrMalformed, offset: 12},
		"data beyond its record":        {message: concat(with(i1, []byte{0x1a, 0x05, 'd'}), key, key), err: kpl.ErrMalformed, offset: 12},
		"tag without a key":             {message: with(i1, d3, text(4, string(text(2, "v")))), err: kpl.ErrMalformed, offset: 18},
		"truncated tag of a record":     {message: with(i1, d3, text(4, "\x0a\x05")), err: kpl.ErrMalformed, offset: 17},
	} {
		t.Run(name, func(t *testing.T) {
			data := seal(c.message)
			users, err := kpl.Unpack(data)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, users)
			if c.err != nil {
				require.Equal(t, &kpl.Error{Err: c.err, Offset: 4 + c.offset}, err)
			}
			checkUnpack(t, data)
		})
	}
}

func TestPlainRecords(t *testing.T) {
	data := goldenBytes(t)
	for n := range len(data) {
		_, err := kpl.Unpack(data[:n])
		want := &kpl.Error{Err: kpl.ErrChecksum, Offset: n - 16}
		if n < 21 {
			want = &kpl.Error{Err: kpl.ErrPlain}
		}
		require.Equal(t, want, err, n)
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x10
		_, err := kpl.Unpack(damaged)
		if i < 4 {
			require.ErrorIs(t, err, kpl.ErrPlain)
		} else {
			require.ErrorIs(t, err, kpl.ErrChecksum)
		}
	}
	_, err := kpl.Unpack(data[:30])
	require.EqualError(t, err, "kpl: wrong checksum, at byte 14")
}

func TestAppendUsers(t *testing.T) {
	data := goldenBytes(t)
	before := []kpl.User{{PartitionKey: "before"}}
	users, err := kpl.AppendUsers(before, data)
	require.NoError(t, err)
	require.Equal(t, append(before, goldenUsers...), users)

	faulty := seal(concat(text(1, "k"), text(3, string(concat(integer(1, 0), text(3, "")))), text(3, string(concat(integer(1, 1), text(3, ""))))))
	users, err = kpl.AppendUsers(before, faulty)
	require.ErrorIs(t, err, kpl.ErrIndex)
	require.Equal(t, before, users)
}

func TestDataIsShared(t *testing.T) {
	data := goldenBytes(t)
	users, err := kpl.Unpack(data)
	require.NoError(t, err)
	at := bytes.Index(data, []byte("xyz"))
	require.Same(t, &data[at], &users[0].Data[0])
	require.Equal(t, 3, cap(users[0].Data), "an append must not write into the next record")
}

// TestHostileSizes measures what the messages that make most of their bytes cost.
func TestHostileSizes(t *testing.T) {
	const size = 1 << 17
	record := text(3, string(concat(integer(1, 0), text(3, ""))))
	for name, message := range map[string][]byte{
		"smallest records":  concat(text(1, ""), bytes.Repeat(record, size/len(record))),
		"smallest keys":     concat(record, bytes.Repeat(text(1, ""), size/2)),
		"smallest hashes":   concat(text(1, ""), record, bytes.Repeat(text(2, ""), size/2)),
		"both":              concat(bytes.Repeat(text(1, ""), size/4), bytes.Repeat(record, size/2/len(record))),
		"empty records":     bytes.Repeat([]byte{0x1a, 0x00}, size/2),
		"long keys":         concat(bytes.Repeat(text(1, strings.Repeat("k", 1000)), size/1000), record),
		"records of nobody": bytes.Repeat(record, size/len(record)),
	} {
		t.Run(name, func(t *testing.T) {
			data := seal(message)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = kpl.Unpack(data)
			runtime.ReadMemStats(&after)
			require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(10*len(data)))
		})
	}
}

// TestRandomMessages compares Unpack with naiveUnpack, and sees that every outcome was met.
func TestRandomMessages(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	outcomes := map[error]int{}
	records := 0
	for range 5000 {
		users, err := checkUnpack(t, seal(randomMessage(r)))
		outcomes[err]++
		records += len(users)
	}
	t.Log(outcomes, records, "records")
	for _, err := range []error{nil, kpl.ErrMalformed, kpl.ErrIndex} {
		require.Greater(t, outcomes[err], 200, err)
	}
	require.Greater(t, records, 5000)
}

// checkUnpack compares Unpack with naiveUnpack, and returns what both say.
func checkUnpack(t require.TestingT, data []byte) ([]kpl.User, error) {
	before := bytes.Clone(data)
	users, err := kpl.Unpack(data)
	require.True(t, bytes.Equal(before, data), "the data was written to")
	want, wantErr := naiveUnpack(data)
	require.ErrorIs(t, err, wantErr)
	if wantErr != nil {
		var fault *kpl.Error
		require.ErrorAs(t, err, &fault)
		require.Equal(t, wantErr, fault.Err)
		require.LessOrEqual(t, fault.Offset, len(data))
		require.GreaterOrEqual(t, fault.Offset, 0)
	}
	require.Equal(t, want, users)
	return want, wantErr
}

func FuzzUnpack(f *testing.F) {
	data := goldenBytes(f)
	f.Add(data, false)
	f.Add(data[4:len(data)-16], true)
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(randomMessage(r), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = seal(data)
		}
		checkUnpack(t, data)
	})
}
