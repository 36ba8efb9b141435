package awscbor_test

import (
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
)

func TestAppend(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123)
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"nothing":                  {struct{}{}, `a0`},
		"zero values are left out": {sample{List: []inner{}, Map: map[string]string{}}, `a1 61'n'a0`},
		"a struct or its pointer":  {&inner{Name: "a"}, `a1 64'Name'61'a'`},
		"pointers show zero":       {struct{ A, B *bool }{new(false), nil}, `a1 61'A'f4`},
		"scalars": {
			sample{Text: "a", Small: -1, Big: 1 << 60, Flag: true, Blob: []byte{0, 255}, Optional: new(int32(0))},
			`a7 61't'61'a' 61'i'20 61'l'1b1000000000000000 61'f'f5 61'b'4200ff 68'Optional'00 61'n'a0`,
		},
		"lists and maps": {
			struct {
				L []inner
				P []*inner
				M map[string][]string
			}{[]inner{{}, {Name: "a"}}, []*inner{nil, {}}, map[string][]string{"b": {"x", "y"}, "a": {}}},
			`a3 61'L'82 a0 a164'Name'61'a' 61'P'82 f6 a0 61'M'a2 61'a'80 61'b'8261'x'61'y'`,
		},
		"timestamps":              {sample{At: at, Until: &at}, `a3 61'n'a0 61'a'c11b0000018bcfe5687b 61'u'c11b0000018bcfe5687b`},
		"and behind a pointer":    {&sample{At: at}, `a2 61'n'a0 61'a'c11b0000018bcfe5687b`},
		"1970 is no zero":         {struct{ At time.Time }{time.Unix(0, 0)}, `a1 62'At'c100`},
		"before 1970":             {struct{ At time.Time }{time.UnixMilli(-2)}, `a1 62'At'c121`},
		"less than a millisecond": {struct{ At time.Time }{time.UnixMicro(1999)}, `a1 62'At'c101`},
		"timestamps in a map":     {struct{ M map[string]time.Time }{map[string]time.Time{"a": time.UnixMilli(1)}}, `a1 61'M'a161'a'c101`},
		"what is not UTF-8":       {inner{Name: "a\xff\xfeb"}, `a1 64'Name'68'a` + "\uFFFD\uFFFD" + `b'`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, hex.EncodeToString(bytesOf(t, c.want)), hex.EncodeToString(awscbor.Append(nil, c.value)))
			require.Equal(t, append([]byte("x"), bytesOf(t, c.want)...), awscbor.Append([]byte("x"), c.value))
		})
	}
}

func TestATypeThatHasNoPlaceInCBOR(t *testing.T) {
	require.Panics(t, func() { awscbor.Append(nil, struct{ F float32 }{}) })
}

type pair struct {
	A int64   `json:"a"`
	B []int64 `json:"b"`
}

// TestVectors has the examples of RFC 8949 appendix A that a shape can hold. Those
// that are as this package writes them are written, too. All are read as a member
// that is not known.
func TestVectors(t *testing.T) {
	var upTo25 []int64
	for i := range int64(25) {
		upTo25 = append(upTo25, i+1)
	}
	letters := map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
	for _, c := range []struct {
		cbor    string
		value   any // nil: of no shape
		written bool
	}{
		{"00", int64(0), true}, {"01", int64(1), true}, {"0a", int64(10), true}, {"17", int64(23), true}, {"1818", int64(24), true}, {"1819", int64(25), true},
		{"1864", int64(100), true}, {"1903e8", int64(1000), true}, {"1a000f4240", int64(1000000), true}, {"1b000000e8d4a51000", int64(1000000000000), true},
		{"1bffffffffffffffff", nil, false}, {"c249010000000000000000", nil, false}, {"3bffffffffffffffff", nil, false}, {"c349010000000000000000", nil, false},
		{"20", int64(-1), true}, {"29", int64(-10), true}, {"3863", int64(-100), true}, {"3903e7", int64(-1000), true},
		{"f90000", int64(0), false}, {"f98000", int64(0), false}, {"f93c00", int64(1), false}, {"fb3ff199999999999a", int64(1), false}, {"f93e00", int64(1), false},
		{"f97bff", int32(65504), false}, {"fa47c35000", int32(100000), false}, {"fa7f7fffff", nil, false}, {"fb7e37e43c8800759c", nil, false}, {"f90001", int64(0), false},
		{"f90400", int64(0), false}, {"f9c400", int64(-4), false}, {"fbc010666666666666", int64(-4), false}, {"f97c00", nil, false}, {"f97e00", nil, false}, {"f9fc00", nil, false},
		{"fa7f800000", nil, false}, {"fa7fc00000", nil, false}, {"faff800000", nil, false}, {"fb7ff0000000000000", nil, false}, {"fb7ff8000000000000", nil, false}, {"fbfff0000000000000", nil, false},
		{"f4", false, true}, {"f5", true, true}, {"f6", (*int64)(nil), true}, {"f7", (*int64)(nil), false}, {"f0", nil, false}, {"f8ff", nil, false},
		{"c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z", false},
		{"c11a514b67b0", time.UnixMilli(1363896240).UTC(), true}, {"c1fb41d452d9ec200000", time.UnixMilli(1363896240).UTC(), false},
		{"d74401020304", []byte{1, 2, 3, 4}, false}, {"d818456449455446", []byte("dIETF"), false}, {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", "http://www.example.com", false},
		{"40", []byte{}, true}, {"4401020304", []byte{1, 2, 3, 4}, true},
		{"60", "", true}, {"6161", "a", true}, {"6449455446", "IETF", true}, {"62225c", "\"\\", true}, {"62c3bc", "\u00fc", true}, {"63e6b0b4", "\u6c34", true}, {"64f0908591", "\U00010151", true},
		{"80", []int64{}, true}, {"83010203", []int64{1, 2, 3}, true}, {"8301820203820405", nil, false},
		{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", upTo25, true},
		{"a0", map[string]string{}, true}, {"a201020304", nil, false}, {"a26161016162820203", pair{1, []int64{2, 3}}, true}, {"826161a161626163", nil, false},
		{"a56161614161626142616361436164614461656145", letters, true},
		{"5f42010243030405ff", []byte{1, 2, 3, 4, 5}, false}, {"7f657374726561646d696e67ff", "streaming", false},
		{"9fff", []int64{}, false}, {"9f018202039f0405ffff", nil, false}, {"9f01820203820405ff", nil, false}, {"83018202039f0405ff", nil, false}, {"83019f0203ff820405", nil, false},
		{"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", upTo25, false},
		{"bf61610161629f0203ffff", pair{1, []int64{2, 3}}, false}, {"826161bf61626163ff", nil, false}, {"bf6346756ef563416d7421ff", nil, false},
	} {
		t.Run(c.cbor, func(t *testing.T) {
			var after struct{ After string }
			require.NoError(t, awscbor.Decode(bytesOf(t, `a2 61'V'`+c.cbor+`65'After'61'x'`), &after))
			require.Equal(t, "x", after.After)

			if c.value == nil {
				return
			}
			// A list shows a zero, where a member would leave it out.
			list := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: reflect.SliceOf(reflect.TypeOf(c.value))}}))
			body := bytesOf(t, `a1 61'V'81`+c.cbor)
			require.NoError(t, awscbor.Decode(body, list.Interface()))
			require.Equal(t, c.value, list.Elem().Field(0).Index(0).Interface())
			if c.written {
				require.Equal(t, body, awscbor.Append(nil, list.Interface()))
			}
		})
	}
}

// Every width of length comes back.
func TestLengths(t *testing.T) {
	for _, n := range []int{1, 23, 24, 255, 256, 65535, 65536, 100_000} {
		want := sample{Text: strings.Repeat("t", n), Blob: []byte(strings.Repeat("b", n)), Words: make([]string, n), Map: map[string]string{strings.Repeat("k", n): "v"}}
		var got sample
		require.NoError(t, awscbor.Decode(awscbor.Append(nil, want), &got))
		require.Equal(t, want, got)
	}
}
