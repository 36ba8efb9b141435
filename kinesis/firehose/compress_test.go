package firehose

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

const testID = "b3f0d8a6-2f0c-4b0e-8d55-6d0c3a6f9a11"

// compressed is the object of a delivery.
func compressed(t testing.TB, c objectkey.Compression, records ...[]byte) []byte {
	d := Delivery{ID: testID}
	var err error
	d.encode, d.ContentEncoding, err = encoderFor(c, d.ID)
	require.NoError(t, err)
	for _, data := range records {
		d.Records = append(d.Records, Record{Data: data})
	}
	var object, again bytes.Buffer
	n, err := d.WriteTo(&object)
	require.NoError(t, err)
	require.EqualValues(t, object.Len(), n)
	_, err = d.WriteTo(&again)
	require.NoError(t, err)
	require.Equal(t, object.Bytes(), again.Bytes(), "a retry writes the same")
	return object.Bytes()
}

// plain is what an object decompresses to.
func plain(t testing.TB, c objectkey.Compression, object []byte) []byte {
	switch c {
	case objectkey.GZIP:
		z, err := gzip.NewReader(bytes.NewReader(object))
		require.NoError(t, err)
		data, err := io.ReadAll(z)
		require.NoError(t, err)
		return data
	case objectkey.ZIP:
		z, err := zip.NewReader(bytes.NewReader(object), int64(len(object)))
		require.NoError(t, err)
		require.Len(t, z.File, 1)
		require.Equal(t, testID, z.File[0].Name)
		require.Equal(t, zip.Deflate, z.File[0].Method)
		f, err := z.File[0].Open()
		require.NoError(t, err)
		data, err := io.ReadAll(f)
		require.NoError(t, err)
		return data
	case objectkey.Snappy, objectkey.HadoopSnappy:
		data, err := naiveSnappy(object, c == objectkey.HadoopSnappy)
		require.NoError(t, err)
		return data
	}
	return object
}

// naiveSnappy reads both stream formats byte by byte.
func naiveSnappy(stream []byte, hadoop bool) ([]byte, error) {
	if !hadoop {
		if len(stream) < 16 || string(stream[:8]) != "\x82SNAPPY\x00" || !bytes.Equal(stream[8:16], []byte{0, 0, 0, 1, 0, 0, 0, 1}) {
			return nil, errors.New("no header")
		}
		stream = stream[16:]
	}
	var all []byte
	for len(stream) > 0 {
		length := -1
		if hadoop {
			length, stream = int(binary.BigEndian.Uint32(stream)), stream[4:]
		}
		size := int(binary.BigEndian.Uint32(stream))
		block, err := naiveBlock(stream[4 : 4+size])
		if err != nil {
			return nil, err
		}
		if hadoop && len(block) != length {
			return nil, fmt.Errorf("%d bytes instead of %d", len(block), length)
		}
		if len(block) > 32<<10 {
			return nil, fmt.Errorf("a block of %d bytes", len(block))
		}
		all, stream = append(all, block...), stream[4+size:]
	}
	return all, nil
}

// naiveBlock follows the description of the format to the letter.
func naiveBlock(b []byte) ([]byte, error) {
	want, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, errors.New("no length")
	}
	var out []byte
	b = b[n:]
	take := func(n int) (value int) {
		for i := range n {
			value |= int(b[i]) << (8 * i)
		}
		b = b[n:]
		return value
	}
	for len(b) > 0 {
		tag := take(1)
		length, offset := tag>>2+1, 0
		switch tag & 3 {
		case 0:
			if length > 60 {
				length = take(length-60) + 1
			}
			out, b = append(out, b[:length]...), b[length:]
			continue
		case 1:
			length, offset = tag>>2&7+4, tag>>5<<8|take(1)
		case 2:
			offset = take(2)
		case 3:
			offset = take(4)
		}
		if offset == 0 || offset > len(out) {
			return nil, fmt.Errorf("offset %d after %d bytes", offset, len(out))
		}
		for range length {
			out = append(out, out[len(out)-offset])
		}
	}
	if len(out) != int(want) {
		return nil, fmt.Errorf("%d bytes, and the block says %d", len(out), want)
	}
	return out, nil
}

var formats = []objectkey.Compression{"", objectkey.Uncompressed, objectkey.GZIP, objectkey.ZIP, objectkey.Snappy, objectkey.HadoopSnappy}

// noise does not compress.
func noise(n int) []byte {
	source := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = source.Read(b)
	return b
}

func TestCompression(t *testing.T) {
	log := []byte(strings.Repeat(`192.0.2.7 - - [21/Nov/2026:16:08:00 +0000] "GET /index.html HTTP/1.1" 200 1024`+"\n", 40))
	for name, records := range map[string][][]byte{
		"nothing":          nil,
		"empty records":    {{}, {}},
		"a byte":           {{'a'}},
		"lines":            {log, log[:77], log},
		"zeros":            {make([]byte, 200_000)},
		"noise":            {noise(200_000)},
		"noise, repeated":  {noise(5000), noise(5000), noise(100)},
		"a block":          {noise(snappyBlock)},
		"a block and more": {log[:100], noise(snappyBlock), log},
		"two in one block": {noise(snappyBlock / 2), noise(snappyBlock / 2), {'x'}},
	} {
		for _, c := range formats {
			object := compressed(t, c, records...)
			require.True(t, bytes.Equal(bytes.Join(records, nil), plain(t, c, object)), "%s %s", name, c)
		}
	}
}

func TestContentEncoding(t *testing.T) {
	for c, want := range map[objectkey.Compression]string{
		"": "", objectkey.Uncompressed: "", objectkey.GZIP: "gzip", objectkey.ZIP: "zip", objectkey.Snappy: "snappy-java", objectkey.HadoopSnappy: "hadoop-snappy",
	} {
		encode, got, err := encoderFor(c, testID)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, want == "", encode == nil)
	}
	_, _, err := encoderFor("gzip", testID)
	require.ErrorContains(t, err, `no compression format "gzip"`)
}

// TestSnappyBytes has what the description of the format gives for small inputs.
func TestSnappyBytes(t *testing.T) {
	const header = "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
	literal := strings.Repeat("0123456789", 6)
	for _, c := range []struct{ name, data, block string }{
		{"a literal", "leat", "\x04\x0cleat"},
		{"61 bytes take one more for the length", literal[:9] + noiseText(52), "\x3d\xf0\x3c" + literal[:9] + noiseText(52)},
		{"a run: one byte, and copies of what they write", strings.Repeat("a", 100), "\x64\x00a\xfe\x01\x00\x8a\x01\x00"},
		{"a short copy near by", "abcdefgh-abcdefgh-ABCDEFGH", "\x1a\x20abcdefgh-\x15\x09\x1cABCDEFGH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := string(binary.BigEndian.AppendUint32(nil, uint32(len(c.block))))
			require.Equal(t, header+size+c.block, string(compressed(t, objectkey.Snappy, []byte(c.data))))
			length := string(binary.BigEndian.AppendUint32(nil, uint32(len(c.data))))
			require.Equal(t, length+size+c.block, string(compressed(t, objectkey.HadoopSnappy, []byte(c.data))))
		})
	}
	require.Equal(t, header, string(compressed(t, objectkey.Snappy)))
	require.Empty(t, compressed(t, objectkey.HadoopSnappy))
}

// noiseText has no four characters twice.
func noiseText(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte(byte('A' + i))
	}
	return b.String()
}

func TestCompressionIsWorthIt(t *testing.T) {
	log := []byte(strings.Repeat(`192.0.2.7 - - [21/Nov/2026:16:08:00 +0000] "GET /index.html HTTP/1.1" 200 1024`+"\n", 1000))
	for _, c := range formats[2:] {
		require.Less(t, len(compressed(t, c, log)), len(log)/10, c)
		require.Less(t, len(compressed(t, c, noise(1<<20))), 1<<20+1<<10, c)
	}
}

// brokenWriter takes so many bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, errBroken
	}
	w.left -= len(p)
	return len(p), nil
}

func TestCompressionTellsOfErrors(t *testing.T) {
	for _, c := range formats {
		whole := len(compressed(t, c, noise(100_000)))
		for _, left := range []int{0, 10, 50_000, whole - 1} {
			d := Delivery{ID: testID, Records: []Record{{Data: noise(100_000)}}}
			d.encode, _, _ = encoderFor(c, testID)
			n, err := d.WriteTo(&brokenWriter{left})
			require.ErrorIs(t, err, errBroken, "%s %d", c, left)
			require.LessOrEqual(t, n, int64(left))
		}
		require.True(t, bytes.Equal(noise(100), plain(t, c, compressed(t, c, noise(100)))), "the next is whole: %s", c)
	}
}

func TestCompressionInParallel(t *testing.T) {
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			data := bytes.Repeat([]byte{byte('a' + i), 'x', 'y', 'z'}, 20_000+i)
			for range 4 {
				for _, c := range formats {
					if !bytes.Equal(data, plain(t, c, compressed(t, c, data))) {
						t.Errorf("%s: other data", c)
					}
				}
			}
		})
	}
	running.Wait()
}

func FuzzSnappy(f *testing.F) {
	f.Add([]byte("abcdabcdabcdabcd"), uint16(3), uint8(1))
	f.Add(noise(100), uint16(50), uint8(200))
	f.Add(make([]byte, 70), uint16(7), uint8(255))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16, times uint8) {
		data = bytes.Repeat(data, 1+int(times)*8)
		if len(data) > 1<<18 {
			data = data[:1<<18]
		}
		at := min(int(cut), len(data))
		for _, c := range formats[4:] {
			object := compressed(t, c, data[:at], data[at:])
			require.True(t, bytes.Equal(data, plain(t, c, object)), c)
		}
	})
}

func BenchmarkCompression(b *testing.B) {
	source := rand.New(rand.NewPCG(1, 2))
	var records []Record
	for range 1000 {
		records = append(records, Record{Data: fmt.Appendf(nil, `192.0.2.%d - - [21/Nov/2026:16:08:00 +0000] "GET /page/%d HTTP/1.1" 200 %d`+"\n", source.IntN(256), source.IntN(1000), source.IntN(100_000))})
	}
	for _, c := range formats[1:] {
		b.Run(string(c), func(b *testing.B) {
			b.ReportAllocs()
			d := Delivery{ID: testID, Records: records}
			d.encode, _, _ = encoderFor(c, testID)
			n, _ := (&Delivery{Records: records}).WriteTo(io.Discard)
			b.SetBytes(n)
			for b.Loop() {
				if _, err := d.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
