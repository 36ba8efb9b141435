package awsjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsjson"
)

type inner struct {
	Name  string
	Count *int32
}

type sample struct {
	Text     string `json:"text"`
	Small    int32
	Big      int64
	Flag     bool
	Blob     []byte
	Optional *int32
	Switch   *bool
	Nested   inner
	Pointer  *inner
	List     []inner
	Words    []string
	Map      map[string]string
	Deep     map[string]inner
	hidden   string
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want sample
	}{
		"nothing":               {`{}`, sample{}},
		"space everywhere":      {" { \"text\" : \"a\" ,\n\t\"Small\" : 1 }\r\n", sample{Text: "a", Small: 1}},
		"scalars":               {`{"text":"a","Small":-7,"Big":9007199254740993,"Flag":true}`, sample{Text: "a", Small: -7, Big: 9007199254740993, Flag: true}},
		"null is nothing":       {`{"text":null,"Small":null,"Optional":null,"List":null,"Map":{"a":null,"b":"c"}}`, sample{Map: map[string]string{"b": "c"}}},
		"zero is something":     {`{"Optional":0,"Switch":false}`, sample{Optional: new(int32(0)), Switch: new(false)}},
		"a fraction is cut off": {`{"Small":1.9,"Big":-1.9e1}`, sample{Small: 1, Big: -19}},
		"blob":                  {`{"Blob":"AAEC/w=="}`, sample{Blob: []byte{0, 1, 2, 255}}},
		"structures":            {`{"Nested":{"Name":"a"},"Pointer":{"Count":3}}`, sample{Nested: inner{Name: "a"}, Pointer: &inner{Count: new(int32(3))}}},
		"lists":                 {`{"List":[{"Name":"a"},{},null,{"Count":1}],"Words":["x","y"]}`, sample{List: []inner{{Name: "a"}, {}, {}, {Count: new(int32(1))}}, Words: []string{"x", "y"}}},
		"an empty list is none": {`{"Words":[]}`, sample{Words: []string{}}},
		"maps":                  {`{"Map":{"a":"b","":"c"},"Deep":{"k":{"Name":"n"},"l":{}}}`, sample{Map: map[string]string{"a": "b", "": "c"}, Deep: map[string]inner{"k": {Name: "n"}, "l": {}}}},
		"names match exactly":   {`{"Text":"a","TEXT":"b","small":3,"hidden":"c"}`, sample{}},
		"an escaped name":       {`{"te\u0078t":"a"}`, sample{Text: "a"}},
		"unknown names":         {`{"x":[{"y":[1,-2.5e+3,true,false,null,"\n"]}],"z":{},"w":[],"text":"a"}`, sample{Text: "a"}},
		"the last one counts":   {`{"text":"a","text":"b","List":[{"Name":"a"}],"List":[{}]}`, sample{Text: "b", List: []inner{{}}}},
		"escapes":               {`{"text":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00"}`, sample{Text: "\"\\/\b\f\n\r\tAé€😀"}},
		"half a pair":           {`{"text":"\ud83dx\ude00\ud83d\u0041"}`, sample{Text: "\uFFFDx\uFFFD\uFFFDA"}},
		"beyond ASCII":          {`{"text":"é€😀"}`, sample{Text: "é€😀"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got sample
			require.NoError(t, awsjson.Decode([]byte(c.body), &got))
			require.Equal(t, c.want, got)
		})
	}
}

func TestDecodeForgetsWhatWasThere(t *testing.T) {
	got := sample{Text: "old", Words: []string{"old"}, hidden: "old"}
	require.NoError(t, awsjson.Decode([]byte(`{"Small":1}`), &got))
	require.Equal(t, sample{Small: 1}, got)
}

func TestDecodeOfTheWrongType(t *testing.T) {
	const (
		list      = "Start of list found where not expected"
		structure = "Start of structure or map found where not expected."
	)
	for body, message := range map[string]string{
		`[]`:                        list,
		`{"text":1}`:                "NUMBER_VALUE can not be converted to a String",
		`{"text":true}`:             "TRUE_VALUE can not be converted to a String",
		`{"text":[]}`:               list,
		`{"text":{}}`:               structure,
		`{"Small":"1"}`:             "STRING_VALUE can not be converted to an Integer",
		`{"Optional":false}`:        "FALSE_VALUE can not be converted to an Integer",
		`{"Small":[]}`:              list,
		`{"Small":2147483648}`:      "NUMBER_VALUE is out of range",
		`{"Small":-2147483649}`:     "NUMBER_VALUE is out of range",
		`{"Small":1e400}`:           "NUMBER_VALUE is out of range",
		`{"Big":"1"}`:               "STRING_VALUE can not be converted to a Long",
		`{"Big":1e19}`:              "NUMBER_VALUE is out of range",
		`{"Flag":"true"}`:           "STRING_VALUE can not be converted to a Boolean",
		`{"Flag":-1}`:               "NUMBER_VALUE can not be converted to a Boolean",
		`{"Blob":1}`:                "NUMBER_VALUE can not be converted to a Blob",
		`{"Blob":"a"}`:              "Invalid Base64 value",
		`{"List":{}}`:               structure,
		`{"List":"a"}`:              "Expected list or null",
		`{"List":[[]]}`:             list,
		`{"List":[1]}`:              "Expected null",
		`{"Nested":"a"}`:            "Expected null",
		`{"Nested":[]}`:             list,
		`{"Map":true}`:              "Expected null",
		`{"Map":[]}`:                list,
		`{"Map":{"a":1}}`:           "NUMBER_VALUE can not be converted to a String",
		`{"Deep":{"a":{"Name":0}}}`: "NUMBER_VALUE can not be converted to a String",
	} {
		t.Run(body, func(t *testing.T) {
			var got sample
			var err *awsjson.Error
			require.ErrorAs(t, awsjson.Decode([]byte(body), &got), &err)
			require.Equal(t, message, err.Message)
		})
	}
}

func TestDecodeOfWhatIsNoJSON(t *testing.T) {
	deep := ""
	for range 200 {
		deep += `[`
	}
	for _, body := range []string{
		``, ` `, `null`, `1`, `"a"`, `true`, `{`, `}`, `{}x`, `{}{}`, `{,}`, `{"text"}`, `{"text":}`, `{"text":"a",}`,
		`{"text" "a"}`, `{"text":"a" "Small":1}`, `{text:"a"}`, `{'text':"a"}`, `{1:2}`, `{"text":"a`, `{"text":"\`, `{"text":"\"`,
		`{"text":"\x"}`, `{"text":"\u12"}`, `{"text":"\u12g4"}`, "{\"text\":\"a\nb\"}", "{\"text\":\"0123456789\x01\"}", "{\"text\":\"\xff\"}",
		`{"Small":01}`, `{"Small":-}`, `{"Small":1.}`, `{"Small":.5}`, `{"Small":1e}`, `{"Small":+1}`, `{"Small":NaN}`,
		`{"Flag":tru}`, `{"Flag":nul}`, `{"Flag":truex}`, `{"List":[{},]}`, `{"List":[,]}`, `{"List":[{}`, `{"List":[{}}`, `{"List":]}`,
		`{"Map":{"a"}}`, `{"Map":{"a":"b"]}`, `{"x":[1,]}`, `{"x":[1 2]}`, `{"x":{"a":1,}}`, `{"x":{"a"}}`, `{"x":{1:1}}`, `{"x":tru}`, `{"x":"\q"}`, `{"x":1.}`, `{"x":}`,
		`{"x":` + deep,
	} {
		t.Run(body, func(t *testing.T) {
			var got sample
			var err *awsjson.Error
			require.ErrorAs(t, awsjson.Decode([]byte(body), &got), &err)
			require.Empty(t, err.Message)
		})
	}
}

func TestATypeThatHasNoPlaceInJSON(t *testing.T) {
	require.Panics(t, func() { awsjson.Append(nil, struct{ F float32 }{}) })
}
