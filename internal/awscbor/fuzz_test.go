package awscbor_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awsjson"
)

// FuzzDecode holds Decode against the naive reader: both take the same bodies and
// read the same in them. What is read, written and read again is the same.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		`a0`, `bfff`, `a2 61't'61'a' 61'b'4100`, `bf 61'L' 9f bf 64'Name'61'x' 65'Count'03 ff f6 ff 61'W'81'ab' ff`,
		`a3 61'a'c11b0000018bcfe5687b 61'u'fb4278bcfe5687b800 61'M'a161'k'61'v'`, `a2 61'x'5f4100ff 61't'7f61'a'61'b'ff`,
		`a4 61'i'f93e00 61'l'3bffffffffffffffff 61'f'f5 68'Optional'00`, `a2 61'n'a1 64'Name'f7 64'Deep'a161'k'a0`, `d9d9f7a161'i'fac7c35000`, `a161'x'a2 f8ff 01 f97e00 c24101`,
	} {
		f.Add(bytesOf(f, body))
	}
	f.Fuzz(checkDecode)
}

func checkDecode(t *testing.T, body []byte) {
	before := string(body)
	var got, want sample
	err := awscbor.Decode(body, &got)
	require.Equal(t, before, string(body), "a reader does not write")

	tree, naive := naiveTree(body)
	entries, isMap := tree.([]entry)
	fits := naive == nil && isMap && naiveFill(reflect.ValueOf(&want).Elem(), entries)
	if err != nil {
		var e *awscbor.Error
		require.ErrorAs(t, err, &e)
		require.False(t, fits && openings(body) <= 100, "the naive reader reads %x; Decode: %v", body, err) // others may be too deep
		return
	}
	require.True(t, fits, "the naive reader does not read %x: %v", body, naive)
	require.Equal(t, want, got)

	written := awscbor.Append(nil, got)
	var again sample
	require.NoError(t, awscbor.Decode(written, &again))
	require.Equal(t, written, awscbor.Append(nil, again))
}

// openings returns how many arrays and maps a body can have at most.
func openings(body []byte) (n int) {
	for _, b := range body {
		if 0x80 <= b && b < 0xc0 {
			n++
		}
	}
	return n
}

// TestDecodeOfRandomBodies is FuzzDecode on bodies made of heads that are mostly right,
// in which there is more to read than in random bytes.
func TestDecodeOfRandomBodies(t *testing.T) {
	read := 0
	for seed := range uint64(20_000) {
		body := randomBody(rand.New(rand.NewPCG(seed, 1)))
		checkDecode(t, body)
		if awscbor.Decode(body, new(sample)) == nil {
			read++
		}
	}
	require.Greater(t, read, 1000, "bodies that could be read")
	require.Less(t, read, 19_000)
}

func randomBody(r *rand.Rand) []byte {
	names := []string{"t", "i", "l", "f", "b", "Optional", "Switch", "n", "Pointer", "L", "W", "M", "Deep", "a", "u", "Name", "Count", "x", ""}
	// For each of the names, the item that fits, most of the time.
	fitting := []string{"t", "i", "i", "f", "b", "i", "f", "m", "m", "[m", "[t", "M", "D", "i", "i", "t", "i", "?", "?"}
	var b []byte
	var item func(kind byte, depth int)
	head := func(major byte, n int) {
		switch r.IntN(8) {
		case 0:
			b = append(b, major<<5|24, byte(n))
		case 1:
			b = append(b, major<<5|25, 0, byte(n))
		default:
			b = append(b, major<<5|byte(n))
		}
	}
	many := func(major byte, n int, each func()) {
		open := r.IntN(3) == 0
		if open {
			b = append(b, major<<5|31)
		} else {
			head(major, n)
		}
		for range n {
			each()
		}
		if open {
			b = append(b, 0xff)
		}
	}
	text := func(major byte, s string) {
		if r.IntN(6) == 0 {
			b = append(b, major<<5|31)
			head(major, len(s))
			b = append(append(b, s...), 0xff)
			return
		}
		head(major, len(s))
		b = append(b, s...)
	}
	item = func(kind byte, depth int) {
		if r.IntN(60) == 0 {
			kind = "tifbmM[n?"[r.IntN(9)]
		}
		if r.IntN(12) == 0 {
			head(6, r.IntN(24))
		}
		if depth > 6 || r.IntN(30) == 0 {
			kind = 'n'
		}
		switch kind {
		case 't':
			text(3, []string{"", "a", "\u00e9", "abc"}[r.IntN(4)])
		case 'b':
			text(2, "\x00\xff\x80"[:r.IntN(4)])
		case 'i':
			switch r.IntN(6) {
			case 0:
				b = append(b, 0xf9, byte(r.Uint32()), byte(r.Uint32()))
			case 1:
				b = append(b, 0xfa, byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()))
			default:
				head(byte(r.IntN(2)), r.IntN(24))
			}
		case 'f':
			b = append(b, 0xf4+byte(r.IntN(2)))
		case 'm':
			many(5, r.IntN(4), func() {
				i := r.IntN(len(names))
				text(3, names[i])
				kind := fitting[i]
				if kind[0] == '[' {
					many(4, r.IntN(4), func() { item(kind[1], depth+2) })
					return
				}
				item(kind[0], depth+1)
			})
		case 'M', 'D':
			many(5, r.IntN(3), func() { item('t', depth+1); item(map[byte]byte{'M': 't', 'D': 'm'}[kind], depth+1) })
		case '[':
			many(4, r.IntN(3), func() { item('?', depth+1) })
		case '?':
			item("tifbmM[n"[r.IntN(8)], depth+1)
		default:
			b = append(b, 0xf6)
		}
	}
	item('m', 0)
	if r.IntN(20) == 0 {
		b[r.IntN(len(b))] = byte(r.Uint32())
	}
	return b
}

// FuzzAgainstJSON: a value that both codecs wrote is the same when both have read it.
func FuzzAgainstJSON(f *testing.F) {
	f.Add("a", int32(-1), int64(1)<<40, true, []byte{0}, "key", uint8(3))
	f.Add("\xff\u00e9", int32(0), int64(-1)<<63, false, []byte{}, "", uint8(0))
	f.Fuzz(func(t *testing.T, text string, small int32, big int64, flag bool, blob []byte, key string, n uint8) {
		// Timestamps are left out: in JSON they are seconds, which awsjson leaves to
		// others.
		type shape struct {
			Text     string `json:"t"`
			Small    int32
			Big      int64
			Flag     bool
			Blob     []byte
			Optional *int32
			Long     *int64
			Switch   *bool
			Nested   inner
			Pointer  *inner
			List     []inner
			Pointers []*inner
			Blobs    [][]byte
			Map      map[string]string
			Deep     map[string][]inner
		}
		in := shape{Text: text, Small: small, Big: big, Flag: flag, Blob: blob, Nested: inner{Name: key}, Map: map[string]string{key: text, "b": key}}
		if flag {
			in.Optional, in.Long, in.Switch, in.Pointer = &small, &big, new(!flag), &inner{Count: &small}
		}
		for i := range n % 40 {
			in.List = append(in.List, inner{Name: key[:min(len(key), int(i))]})
			in.Pointers = append(in.Pointers, nil, &inner{Name: text})
			in.Blobs = append(in.Blobs, append([]byte{i}, blob...))
			in.Deep = map[string][]inner{key: in.List, text: {}}
		}
		var viaCBOR, viaJSON shape
		require.NoError(t, awscbor.Decode(awscbor.Append(nil, in), &viaCBOR))
		require.NoError(t, awsjson.Decode(awsjson.Append(nil, &in), &viaJSON))
		require.Equal(t, viaJSON, viaCBOR)
	})
}

// FuzzTime: a timestamp of milliseconds comes back.
func FuzzTime(f *testing.F) {
	f.Add(int64(1_700_000_000_123))
	f.Add(int64(-1))
	f.Fuzz(func(t *testing.T, ms int64) {
		ms %= 1 << 53
		type shape struct{ At *time.Time }
		in, got := shape{new(time.UnixMilli(ms).UTC())}, shape{}
		require.NoError(t, awscbor.Decode(awscbor.Append(nil, in), &got))
		require.Equal(t, in, got)
	})
}
