package eventstream_test

import (
	"encoding/hex"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/eventstream"
)

// TestVectors has frames that AWS's own implementations are tested with.
func TestVectors(t *testing.T) {
	for name, c := range map[string]struct {
		headers []eventstream.Header
		payload string
		want    string
	}{
		"empty":      {nil, "", "00000010 00000000 05c248eb 7d98c8ff"},
		"no headers": {nil, "{'foo':'bar'}", "0000001d 00000000 fd528c5a 7b27666f6f273a27626172277d c3653936"},
		"a header": {
			[]eventstream.Header{{Name: "content-type", Value: "application/json"}}, "{'foo':'bar'}",
			"0000003d 00000020 07fd8396 0c 636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 7b27666f6f273a27626172277d 8d9c08b1",
		},
	} {
		got, err := eventstream.Append(nil, c.headers, []byte(c.payload))
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(c.want, " ", ""), hex.EncodeToString(got), name)
	}
}

func TestLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	many := func(n int) (h []eventstream.Header) {
		for range n {
			h = append(h, eventstream.Header{Name: "n", Value: long(1<<10 - 5)}) // 1 KiB each
		}
		return h
	}
	for name, c := range map[string]struct {
		headers []eventstream.Header
		payload int
		fits    bool
	}{
		"a name":            {[]eventstream.Header{{Name: long(255)}}, 0, true},
		"a longer name":     {[]eventstream.Header{{Name: long(256)}}, 0, false},
		"no name":           {[]eventstream.Header{{Value: "a"}}, 0, false},
		"a value":           {[]eventstream.Header{{Name: "a", Value: long(32767)}}, 0, true},
		"a longer value":    {[]eventstream.Header{{Name: "a", Value: long(32768)}}, 0, false},
		"headers":           {many(128), 0, true},
		"more headers":      {many(129), 0, false},
		"a payload":         {nil, eventstream.MaxPayload, true},
		"more of a payload": {nil, eventstream.MaxPayload + 1, false},
	} {
		before := []byte("before")
		got, err := eventstream.Append(before, c.headers, make([]byte, c.payload))
		if !c.fits {
			require.ErrorIs(t, err, eventstream.ErrTooLong, name)
			require.Equal(t, "before", string(got), name)
			continue
		}
		require.NoError(t, err, name)
		headers, payload, rest := readFrame(t, got[len(before):])
		require.Equal(t, c.headers, headers, name)
		require.Len(t, payload, c.payload, name)
		require.Empty(t, rest, name)
	}
}

// FuzzAppend: whatever is written, a reader that was made from the specification reads,
// also from the second frame of a buffer.
func FuzzAppend(f *testing.F) {
	f.Add(":message-type", "event", ":event-type", "initial-response", []byte("{}"))
	f.Add("a", "", "b", "\x00\xff", []byte{})
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string, payload []byte) {
		headers := []eventstream.Header{{Name: name1, Value: value1}, {Name: name2, Value: value2}}
		b, err := eventstream.Append(nil, eventstream.Event("e", "t"), []byte("first"))
		require.NoError(t, err)
		whole, err := eventstream.Append(b, headers, payload)
		if err != nil {
			require.True(t, name1 == "" || name2 == "" || len(name1) > 255 || len(name2) > 255 || len(value1) > 32767 || len(value2) > 32767 || len(payload) > 16<<20)
			return
		}
		got, first, rest := readFrame(t, whole)
		require.Equal(t, eventstream.Event("e", "t"), got)
		require.Equal(t, "first", string(first))
		got, second, rest := readFrame(t, rest)
		require.Equal(t, headers, got)
		require.Equal(t, payload, append([]byte{}, second...))
		require.Empty(t, rest)
	})
}

// readFrame reads a frame as the specification tells it, byte by byte.
func readFrame(t *testing.T, b []byte) (headers []eventstream.Header, payload, rest []byte) {
	t.Helper()
	number := func(at, size int) (n int) {
		for _, c := range b[at : at+size] {
			n = n<<8 + int(c)
		}
		return n
	}
	require.GreaterOrEqual(t, len(b), 16)
	total, ofHeaders := number(0, 4), number(4, 4)
	require.LessOrEqual(t, total, len(b))
	require.LessOrEqual(t, 12+ofHeaders+4, total)
	require.Equal(t, int(crc32.ChecksumIEEE(b[:8])), number(8, 4), "the prelude's checksum")
	require.Equal(t, int(crc32.ChecksumIEEE(b[:total-4])), number(total-4, 4), "the frame's checksum")
	for at := 12; at < 12+ofHeaders; {
		name := string(b[at+1 : at+1+number(at, 1)])
		at += 1 + len(name)
		require.Equal(t, 7, number(at, 1), "a string")
		value := string(b[at+3 : at+3+number(at+1, 2)])
		at += 3 + len(value)
		require.LessOrEqual(t, at, 12+ofHeaders)
		headers = append(headers, eventstream.Header{Name: name, Value: value})
	}
	return headers, b[12+ofHeaders : total-4], b[total:]
}
