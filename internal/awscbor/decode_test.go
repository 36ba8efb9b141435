package awscbor_test

import (
	"encoding/hex"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
)

type inner struct {
	Name  string
	Count *int32
}

type sample struct {
	Text     string `json:"t"`
	Small    int32  `json:"i"`
	Big      int64  `json:"l"`
	Flag     bool   `json:"f"`
	Blob     []byte `json:"b"`
	Optional *int32
	Switch   *bool
	Nested   inner `json:"n"`
	Pointer  *inner
	List     []inner           `json:"L"`
	Words    []string          `json:"W"`
	Map      map[string]string `json:"M"`
	Deep     map[string]inner
	At       time.Time  `json:"a"`
	Until    *time.Time `json:"u"`
	hidden   string
}

// bytesOf returns the bytes that hex digits and texts in quotes stand for. Space
// counts only between quotes.
func bytesOf(t testing.TB, notation string) []byte {
	var b []byte
	for i, part := range strings.Split(notation, "'") {
		if i%2 == 1 {
			b = append(b, part...)
			continue
		}
		raw, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
		require.NoError(t, err)
		b = append(b, raw...)
	}
	return b
}

func TestDecode(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123).UTC()
	for name, c := range map[string]struct {
		body string
		want sample
	}{
		"nothing":                       {`a0`, sample{}},
		"nothing, of unknown length":    {`bfff`, sample{}},
		"scalars":                       {`a4 61't' 61'a' 61'i' 26 61'l' 1b0020000000000001 61'f' f5`, sample{Text: "a", Small: -7, Big: 9007199254740993, Flag: true}},
		"null is nothing":               {`a6 61't'f6 61'i'f7 68'Optional'f6 61'L'f6 61'a'f6 61'M' a2 61'a'f6 61'b'61'c'`, sample{Map: map[string]string{"b": "c"}}},
		"null takes back":               {`a2 61'M'a2 61'a'61'b' 61'a'f6 61't'60`, sample{Map: map[string]string{}}},
		"zero is something":             {`a2 68'Optional'00 66'Switch'f4`, sample{Optional: new(int32(0)), Switch: new(false)}},
		"lengths wider than needed":     {`b90001 7b0000000000000001't' 7a00000001'a'`, sample{Text: "a"}},
		"integers wider than needed":    {`a2 61'i'1b0000000000000001 61'l'3a00000001`, sample{Small: 1, Big: -2}},
		"the ends of the ranges":        {`a2 61'i'3a7fffffff 61'l'3b7fffffffffffffff`, sample{Small: -1 << 31, Big: -1 << 63}},
		"the other ends":                {`a2 61'i'1a7fffffff 61'l'1b7fffffffffffffff`, sample{Small: 1<<31 - 1, Big: 1<<63 - 1}},
		"a fraction is cut off":         {`a2 61'i'f93e00 61'l'fbc033800000000000`, sample{Small: 1, Big: -19}},
		"a single":                      {`a1 61'i'fa47c35000`, sample{Small: 100000}},
		"blob":                          {`a1 61'b'44000102ff`, sample{Blob: []byte{0, 1, 2, 255}}},
		"blob in chunks":                {`a1 61'b'5f 420001 40 4102 ff`, sample{Blob: []byte{0, 1, 2}}},
		"an empty blob":                 {`a1 61'b'40`, sample{Blob: []byte{}}},
		"a blob of no chunks":           {`a1 61'b'5fff`, sample{Blob: []byte{}}},
		"text in chunks":                {`a1 61't'7f 61'a' 62'bc' 60 ff`, sample{Text: "abc"}},
		"a name in chunks":              {`bf 7f 60 61't' ff 61'a' ff`, sample{Text: "a"}},
		"structures":                    {`a2 61'n' a1 64'Name'61'a' 67'Pointer' bf 65'Count'03 ff`, sample{Nested: inner{Name: "a"}, Pointer: &inner{Count: new(int32(3))}}},
		"lists":                         {`a2 61'L' 84 a1 64'Name'61'a' a0 f6 a1 65'Count'01 61'W' 9f 61'x' 61'y' ff`, sample{List: []inner{{Name: "a"}, {}, {}, {Count: new(int32(1))}}, Words: []string{"x", "y"}}},
		"an empty list is none":         {`a1 61'W'80`, sample{Words: []string{}}},
		"and so of unknown length":      {`a1 61'W'9fff`, sample{Words: []string{}}},
		"maps":                          {`a2 61'M' a2 61'a'61'b' 60 61'c' 64'Deep' bf 61'k' a1 64'Name'61'n' 61'l' a0 ff`, sample{Map: map[string]string{"a": "b", "": "c"}, Deep: map[string]inner{"k": {Name: "n"}, "l": {}}}},
		"names match exactly":           {`a3 61'T'61'a' 64'Text'61'b' 66'hidden'61'c'`, sample{}},
		"unknown names":                 {`a4 61'x' 83 20 bf 01 f90000 ff 9f f8ff c2 41 00 ff 61'y' 7f ff 61'z' 5f 41 00 ff 61't'61'a'`, sample{Text: "a"}},
		"the last one counts":           {`a4 61't'61'a' 61't'61'b' 61'L'81a164'Name'61'a' 61'L'81a0`, sample{Text: "b", List: []inner{{}}}},
		"tags say nothing":              {`d9d9f7 a2 c0 61't' d818 d9ffff 61'a' 61'i' dbffffffffffffffff 01`, sample{Text: "a", Small: 1}},
		"beyond ASCII":                  {`a1 61't'69'é€😀'`, sample{Text: "é€😀"}},
		"a timestamp":                   {`a2 61'a'c11b0000018bcfe5687b 61'u'c11b0000018bcfe5687b`, sample{At: at, Until: &at}},
		"a timestamp without a tag":     {`a1 61'a'1b0000018bcfe5687b`, sample{At: at}},
		"a timestamp with another":      {`a1 61'a'd903e91b0000018bcfe5687b`, sample{At: at}},
		"a float is milliseconds, too":  {`a1 61'a'c1fb4278bcfe5687b800`, sample{At: at}},
		"a timestamp before 1970":       {`a1 61'a'c120`, sample{At: time.UnixMilli(-1).UTC()}},
		"1970 is no zero":               {`a1 61'u'c100`, sample{Until: new(time.UnixMilli(0).UTC())}},
		"a timestamp of null, tagged":   {`a1 61'u'c1f6`, sample{}},
		"the nesting that is just read": {`a2 61'x'` + strings.Repeat(`81`, 100) + `00 61't'61'a'`, sample{Text: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got sample
			require.NoError(t, awscbor.Decode(bytesOf(t, c.body), &got))
			require.Equal(t, c.want, got)
		})
	}
}

func TestDecodeForgetsWhatWasThere(t *testing.T) {
	got := sample{Text: "old", Words: []string{"old"}, At: time.Now(), hidden: "old"}
	require.NoError(t, awscbor.Decode(bytesOf(t, `a1 61'i'01`), &got))
	require.Equal(t, sample{Small: 1}, got)
}

func TestDecodedBlobsReferToTheBody(t *testing.T) {
	body := bytesOf(t, `a2 61'b'43'abc' 61't'61'x'`)
	var got sample
	require.NoError(t, awscbor.Decode(body, &got))
	copy(body, strings.Repeat("!", len(body)))
	require.Equal(t, "!!!", string(got.Blob))
	require.Equal(t, 3, cap(got.Blob), "appending to it would write into the body")
	require.Equal(t, "x", got.Text)
}

func TestDecodeOfTheWrongType(t *testing.T) {
	const (
		list      = "Start of list found where not expected"
		structure = "Start of structure or map found where not expected."
	)
	for body, message := range map[string]string{
		`80`:                               list,
		`9fff`:                             list,
		`a1 61't' 01`:                      "NUMBER_VALUE can not be converted to a String",
		`a1 61't' f93c00`:                  "NUMBER_VALUE can not be converted to a String",
		`a1 61't' f5`:                      "TRUE_VALUE can not be converted to a String",
		`a1 61't' 41'a'`:                   "BLOB_VALUE can not be converted to a String",
		`a1 61't' e0`:                      "SIMPLE_VALUE can not be converted to a String",
		`a1 61't' f8ff`:                    "SIMPLE_VALUE can not be converted to a String",
		`a1 61't' 80`:                      list,
		`a1 61't' a0`:                      structure,
		`a1 61'i' 61'1'`:                   "STRING_VALUE can not be converted to an Integer",
		`a1 61'i' c24101`:                  "BLOB_VALUE can not be converted to an Integer",
		`a1 68'Optional' f4`:               "FALSE_VALUE can not be converted to an Integer",
		`a1 61'i' 80`:                      list,
		`a1 61'i' 1a80000000`:              "NUMBER_VALUE is out of range",
		`a1 61'i' 3a80000000`:              "NUMBER_VALUE is out of range",
		`a1 61'i' fa4f000000`:              "NUMBER_VALUE is out of range", // 2^31
		`a1 61'i' f97c00`:                  "NUMBER_VALUE is out of range", // infinity
		`a1 61'i' f97e00`:                  "NUMBER_VALUE is out of range", // not a number
		`a1 61'l' 61'1'`:                   "STRING_VALUE can not be converted to a Long",
		`a1 61'l' 1b8000000000000000`:      "NUMBER_VALUE is out of range",
		`a1 61'l' 3b8000000000000000`:      "NUMBER_VALUE is out of range",
		`a1 61'l' 3bffffffffffffffff`:      "NUMBER_VALUE is out of range",
		`a1 61'l' fb43e0000000000000`:      "NUMBER_VALUE is out of range", // 2^63
		`a1 61'f' 64'true'`:                "STRING_VALUE can not be converted to a Boolean",
		`a1 61'f' 20`:                      "NUMBER_VALUE can not be converted to a Boolean",
		`a1 61'b' 01`:                      "NUMBER_VALUE can not be converted to a Blob",
		`a1 61'b' 64'AAEC'`:                "STRING_VALUE can not be converted to a Blob",
		`a1 61'a' c071'2013-03-21T20:04Z'`: "STRING_VALUE can not be converted to a Timestamp",
		`a1 61'a' f97e00`:                  "NUMBER_VALUE is out of range",
		`a1 61'a' a0`:                      structure,
		`a1 61'u' 1bffffffffffffffff`:      "NUMBER_VALUE is out of range",
		`a1 61'L' a0`:                      structure,
		`a1 61'L' 61'a'`:                   "Expected list or null",
		`a1 61'L' 8180`:                    list,
		`a1 61'L' 8101`:                    "Expected null",
		`a1 61'n' 61'a'`:                   "Expected null",
		`a1 61'n' 80`:                      list,
		`a1 61'M' f5`:                      "Expected null",
		`a1 61'M' 80`:                      list,
		`a1 61'M' a161'a'01`:               "NUMBER_VALUE can not be converted to a String",
		`a1 64'Deep' a161'a'a164'Name'00`:  "NUMBER_VALUE can not be converted to a String",
	} {
		t.Run(body, func(t *testing.T) {
			var got sample
			var err *awscbor.Error
			require.ErrorAs(t, awscbor.Decode(bytesOf(t, body), &got), &err)
			require.Equal(t, message, err.Message)
			require.Equal(t, message, err.Error())
		})
	}
}

func TestDecodeOfWhatIsNoCBOR(t *testing.T) {
	for _, body := range []string{
		// Nothing, no map, or more than one.
		``, `f6`, `01`, `61'a'`, `f5`, `ff`, `a000`, `a0a0`, `a0f6`, `c1`, `c1ff`, `bfffff`,
		// Ends too soon.
		`a1`, `b8`, `b900`, `bf`, `a161't'`, `bf61't'`, `a161't'62'a'`, `a161't'7f`, `a161't'7f61'a'`, `a161't'78`, `a161'i'18`, `a161'i'1900`,
		`a161'i'1a000000`, `a161'i'1b00000000000000`, `a161'l'f9`, `a161'l'fa0000`, `a161'L'81`, `a161'L'9f`, `a161'L'9fa0`, `a161'n'a1`, `a161'M'bf`, `a161'M'a161'a'`,
		`a161'x'`, `a161'x'81`, `a161'x'a1`, `a161'x'a100`, `a161'x'bf00`, `a161'x'5f`, `a161'x'42'a'`, `a161'x'c1`, `a161'x'f8`,
		// Lengths that are not there.
		`bbffffffffffffffff`, `a161't'7bffffffffffffffff`, `a161'b'5b7fffffffffffffff`, `a161'b'5affffffff00`, `a161'L'9bffffffffffffffff`, `a161'W'9b7fffffffffffffff60`, `a161'M'bbffffffffffffffff`,
		`a161'x'9bffffffffffffffff`, `a161'x'bbffffffffffffffff`, `a161'x'5bffffffffffffffff`,
		// A break that ends nothing, or half an entry.
		`a161't'ff`, `a1ff`, `a161'L'81ff`, `bf61't'ff`, `a161'M'bf61'a'ff`, `a161'x'81ff`, `a161'x'bf00ff`, `a161'x'ff`, `a161'x'c1ff`, `bfc1ff`,
		// Heads that have no meaning (RFC 8949 appendix F).
		`bc`, `bd`, `be`, `a161'i'1c`, `a161'i'1d`, `a161'i'1e`, `a161'i'1f`, `a161'i'3f`, `a161'x'df00`, `a161't'7c`, `a161'x'fc`, `a161'x'fd`, `a161'x'fe`,
		`a161'f'f814`, `a161'f'f815`, `a161't'f816`, `a161'x'f800`, `a161'x'f81f`,
		// Chunks that are none.
		`a161't'7f41'a'ff`, `a161'b'5f61'a'ff`, `a161't'7f00ff`, `a161't'7f7f61'a'ffff`, `a161'b'5f5f4100ffff`, `a161'b'5fc14100ff`, `a161'x'5f80ff`, `a161'x'7f7fffff`, `a161'b'5f1cff`,
		// Text that is not UTF-8, or is within a chunk only half of it.
		`a161't'61ff`, `a161't'62c328`, `a161't'63eda080`, `a161't'7f61c361a9ff`, `a161fff6`, `a161'x'61ff`, `a161'x'7f61c361a9ff`,
		// Names that are no text.
		`a10000`, `a141't'61'a'`, `bff600ff`, `a161'M'a10061'a'`, `a161'n'a18000`,
		// Too deep.
		`a161'x'` + strings.Repeat(`81`, 101) + `00`, `a161'x'` + strings.Repeat(`a100`, 101) + `00`, `a161'x'` + strings.Repeat(`9f`, 100_000),
	} {
		t.Run(body[:min(len(body), 50)], func(t *testing.T) {
			var got sample
			var err *awscbor.Error
			require.ErrorAs(t, awscbor.Decode(bytesOf(t, body), &got), &err)
			require.Empty(t, err.Message)
			require.Equal(t, "malformed body", err.Error())
		})
	}
}

// Whatever a length promises, what is allocated has to do with what is there.
func TestDecodeAllocatesForWhatIsThere(t *testing.T) {
	for _, body := range []string{
		`a161'L'9b00000000ffffffff`, `a161'W'9affffffff60`, `a161'b'5affffffff`, `a161't'7affffffff`, `a161'M'baffffffff`, `baffffffff`, `a161'x'9affffffff`,
	} {
		data := bytesOf(t, body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var got sample
		require.Error(t, awscbor.Decode(data, &got))
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10), body)
	}
}

func TestAListLongerThanItsRoom(t *testing.T) {
	type list struct{ Words []string }
	var want, got list
	for i := range 5000 {
		want.Words = append(want.Words, strings.Repeat("x", i%30))
	}
	require.NoError(t, awscbor.Decode(awscbor.Append(nil, want), &got))
	require.Equal(t, want, got)
}
