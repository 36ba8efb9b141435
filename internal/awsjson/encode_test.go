package awsjson_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsjson"
)

func TestAppend(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"zero values are left out": {sample{List: []inner{}, Map: map[string]string{}}, `{"Nested":{}}`},
		"a struct or its pointer":  {&inner{Name: "a"}, `{"Name":"a"}`},
		"pointers show zero":       {struct{ A, B *bool }{new(false), nil}, `{"A":false}`},
		"scalars": {
			sample{Text: "a", Small: -1, Big: 1 << 60, Flag: true, Blob: []byte{0, 255}, Optional: new(int32(0))},
			`{"text":"a","Small":-1,"Big":1152921504606846976,"Flag":true,"Blob":"AP8=","Optional":0,"Nested":{}}`,
		},
		"lists and maps": {
			struct {
				L []inner
				P []*inner
				M map[string][]string
			}{[]inner{{}, {Name: "a"}}, []*inner{nil, {}}, map[string][]string{"b": {"x", "y"}, "a": {}}},
			`{"L":[{},{"Name":"a"}],"P":[null,{}],"M":{"a":[],"b":["x","y"]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, string(awsjson.Append(nil, c.value)))
		})
	}
}

func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"":                           `""`,
		"a/<&>\x7f":                  "\"a/<&>\x7f\"",
		"\"\\\n\r\t":                 `"\"\\\n\r\t"`,
		"\x00\b\x1f":                 `"\u0000\u0008\u001f"`,
		"é€😀":                        `"é€😀"`,
		"a\xffb\xc3":                 "\"a\uFFFDb\uFFFD\"",
		"\u2028 and a literal\uFFFD": "\"\u2028 and a literal\uFFFD\"",
	} {
		require.Equal(t, want, string(awsjson.AppendString(nil, s)))
	}
}

// FuzzDecode holds Decode against encoding/json: both take the same texts for
// JSON, and what is read, written and read again by either is the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"text":"a\u00e9\ud83d\ude00\n","Small":1,"Big":-2,"Flag":true,"Blob":"AAE=","Optional":0,"Nested":{"Name":"x"},"List":[{"Count":3},null],"Words":["a"],"Map":{"a":"b"},"Deep":{"k":{}}}`))
	f.Add([]byte(`{"x":[1,2.5e-3,{"y":null}],"text":"\"\\\/"}`))
	f.Add([]byte(`{"text":1}`))
	f.Add([]byte(`{"text":"unfinished`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got sample
		err := awsjson.Decode(body, &got)
		if err != nil {
			var e *awsjson.Error
			require.ErrorAs(t, err, &e)
			var object map[string]any
			if e.Message == "" && nesting(body) < 100 && !containsInvalidUTF8(body) {
				require.False(t, json.Unmarshal(body, &object) == nil && object != nil, "encoding/json reads it")
			}
			return
		}
		require.True(t, json.Valid(body), "encoding/json does not read it")

		written := awsjson.Append(nil, got)
		var ours, theirs sample
		require.NoError(t, awsjson.Decode(written, &ours))
		require.NoError(t, json.Unmarshal(written, &theirs))
		require.Equal(t, theirs, ours)
		require.Equal(t, written, awsjson.Append(nil, ours))
	})
}

func nesting(body []byte) (brackets int) {
	for _, b := range body {
		if b == '[' || b == '{' {
			brackets++
		}
	}
	return brackets
}

func containsInvalidUTF8(body []byte) bool {
	for _, r := range string(body) {
		if r == '\uFFFD' {
			return true
		}
	}
	return false
}

func BenchmarkDecode(b *testing.B) {
	type message struct {
		QueueURL    string `json:"QueueUrl"`
		MessageBody string
		Delay       *int32
		Attributes  map[string]inner
	}
	body := make([]byte, 1024)
	for i := range body {
		body[i] = "{\"order\": 12345, \"items\": []} "[i%30]
	}
	data := awsjson.Append(nil, message{QueueURL: "http://localhost:4566/000000000000/orders", MessageBody: string(body)})
	b.Run("awsjson", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m message
			require.NoError(b, awsjson.Decode(data, &m))
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m message
			require.NoError(b, json.Unmarshal(data, &m))
		}
	})
}

// FuzzAppendString: whatever the text, encoding/json reads it back, but for what is
// not UTF-8.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "eight ch", `a "quoted" \\ text`, "line\nbreaks\tand\x00\x1f\x7f", "seven..\u00e4 and \U0001f600", "\xff in eight bytes \xc3", "12345678\"2345678\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		text := awsjson.AppendString(nil, s)
		require.NoError(t, json.Unmarshal(text, &got), "%s", text)
		require.Equal(t, string([]rune(s)), got)
	})
}
