package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

const nestedText = "Filter policy scope MessageAttributes does not support nested filter policy"

// errorCases are policies that are refused in both scopes, unless the text is
// nestedText. Those marked V are recorded from AWS.
var errorCases = []struct{ policy, text string }{
	{`{"key_a":"value_one"}`, `"key_a" must be an object or an array`},                                         // V
	{`{"key":{"suffix":"value"}}`, `"suffix" must be an object or an array`},                                   // V
	{`{"key":{"suffix":"value","prefix":"value"}}`, `"suffix" must be an object or an array`},                  // V
	{`{"key":{"not-an-operator":"value"}}`, `"not-an-operator" must be an object or an array`},                 // V
	{`{"key":[["value"]]}`, "Match value must be String, number, true, false, or null"},                        // V
	{`{"key":[{"wrong-operator":true}]}`, "Unrecognized match type wrong-operator"},                            // V
	{`{"key":[{"suffix":"value","prefix":"value2"}]}`, "Only one key allowed in match expression"},             // V
	{`{"key":[{"suffix":100}]}`, "suffix match pattern must be a string"},                                      // V
	{`{"key":[{"suffix":null}]}`, "suffix match pattern must be a string"},                                     // V
	{`{"key":[{"suffix":[]}]}`, "suffix match pattern must be a string"},                                       // V
	{`{"key":[{"suffix":["test","test2"]}]}`, "suffix match pattern must be a string"},                         // V
	{`{"key":[{"numeric":[]}]}`, "Invalid member in numeric match: ]"},                                         // V
	{`{"key":[{"numeric":["operator"]}]}`, "Unrecognized numeric range operator: operator"},                    // V
	{`{"key":[{"numeric":[1,"<="]}]}`, "Invalid member in numeric match: 1"},                                   // V
	{`{"key":[{"numeric":["=","000"]}]}`, "Value of equals must be numeric"},                                   // V
	{`{"key":[{"numeric":[">="]}]}`, "Value of >= must be numeric"},                                            // V
	{`{"key":[{"numeric":["<",100,">",10]}]}`, "Too many elements in numeric expression"},                      // V
	{`{"key":[{"numeric":[">=",1,">",2]}]}`, "Bad numeric range operator: >"},                                  // V
	{`{"key":[{"numeric":[">",3,"<",1]}]}`, "Bottom must be less than top"},                                    // V
	{`{"key":[{"numeric":[">",20,"<="]}]}`, "Value of <= must be numeric"},                                     // V
	{`{"key":[{"numeric":[">",20,30]}]}`, "Bad value in numeric range: 30"},                                    // V
	{`{"key":[{"numeric":[">",20,"test"]}]}`, "Bad numeric range operator: test"},                              // V
	{`{"key":[{"numeric":[">","20","<","30"]}]}`, "Value of > must be numeric"},                                // V
	{`{"key":[{"numeric":[">",20,"<","30"]}]}`, "Value of < must be numeric"},                                  // V
	{`{"key":[{"numeric":[">",20,"<",30,"<",50]}]}`, "Too many terms in numeric range expression"},             // V
	{`{"key":[{"exists":null}]}`, "exists match pattern must be either true or false."},                        // V
	{`{"key":[{"exists":"no"}]}`, "exists match pattern must be either true or false."},                        // V
	{`{"key":[{"anything-but":{"wrong-operator":null}}]}`, "Unsupported anything-but pattern: wrong-operator"}, // V
	{`{"key":[{"anything-but":{"suffix":"test"}}]}`, "Unsupported anything-but pattern: suffix"},               // V
	{`{"key":[{"anything-but":{"exists":false}}]}`, "Unsupported anything-but pattern: exists"},                // V
	{`{"key":[{"anything-but":{"prefix":false}}]}`, "prefix match pattern must be a string"},                   // V
	{`{"object":{"key":[{"prefix":"auto-"}]}}`, nestedText},                                                    // V
	{`{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}`, "Filter policy can not have more than 5 keys"},       // V
	{`{"key":[` + values(151) + `]}`, "Filter policy is too complex"},                                          // V
	{`{"a":[` + values(100) + `],"b":[` + values(51) + `]}`, "Filter policy is too complex"},                   // V
	{`{"source":[` + values(4) + `],"$or":[{"metricName":[` + values(6) + `]},{"metricType":[` + values(4) + `],"$or":[{"metricId":[` +
		values(4) + `]},{"spaceId":[` + values(4) + `]}]}]}`, "Filter policy is too complex"}, // V: 24 + 64 + 64 = 152

	{`{"key":[]}`, "Empty arrays are not allowed"},
	{`{"key":[{"prefix":1}]}`, "prefix match pattern must be a string"},
	{`{"key":[{"equals-ignore-case":1}]}`, "equals-ignore-case match pattern must be a string"},
	{`{"key":[{"cidr":10}]}`, "prefix match pattern must be a string"},
	{`{"key":[{"cidr":"10.0.0.0"}]}`, "Malformed CIDR, one '/' required"},
	{`{"key":[{"cidr":"10.0.0.0/"}]}`, "Malformed CIDR, one '/' required"},
	{`{"key":[{"cidr":"10.0.0.0/8/8"}]}`, "Malformed CIDR, one '/' required"},
	{`{"key":[{"cidr":"10.0.0.0/a"}]}`, "Malformed CIDR, mask bits must be an integer"},
	{`{"key":[{"cidr":"10.0.0.0/-1"}]}`, "Malformed CIDR, mask bits must not be negative"},
	{`{"key":[{"cidr":"xx/24"}]}`, "Nonstandard IP address: xx"},
	{`{"key":[{"cidr":"10.0.0/24"}]}`, "Nonstandard IP address: 10.0.0"},
	{`{"key":[{"cidr":"10.0.0.0/32"}]}`, "IPv4 mask bits must be < 32"},
	{`{"key":[{"cidr":"::/128"}]}`, "IPv6 mask bits must be < 128"},
	{`{"key":[{"wildcard":"a*"}]}`, "Unrecognized match type wildcard"},
	{`{"key":[{}]}`, "Match expression name not found"},
	{`{"key":[{"exists":true,"prefix":"a"}]}`, "Only one key allowed in match expression"},
	{`{"key":[{"numeric":["=",1],"prefix":"a"}]}`, "Too many elements in numeric expression"},
	{`{"key":[{"numeric":1}]}`, "Value of numeric must be an array."},
	{`{"key":[{"numeric":[[]]}]}`, "Invalid member in numeric match: ["},
	{`{"key":[{"numeric":[{}]}]}`, "Invalid member in numeric match: {"},
	{`{"key":[{"numeric":["=",1,2]}]}`, "Too many elements in numeric expression"},
	{`{"key":[{"numeric":[">",1,null]}]}`, "Bad value in numeric range: null"},
	{`{"key":[{"numeric":[">",1,"<",1]}]}`, "Bottom must be less than top"},
	{`{"key":[{"numeric":["<",1000000000.1]}]}`, "Value must be between -1.0E9 and 1.0E9, inclusive"},
	{`{"key":[{"anything-but":{}}]}`, "Anything-But expression name not found"},
	{`{"key":[{"anything-but":{"prefix":""}}]}`, "Null prefix/suffix not allowed"},
	{`{"key":[{"anything-but":{"prefix":"a","suffix":"b"}}]}`, "Only one key allowed in match expression"},
	{`{"key":[{"anything-but":true}]}`, "Value of anything-but must be an array or single string/number value."},
	{`{"key":[{"anything-but":[null]}]}`, "Inside anything but list, start|null|boolean is not supported."},
	{`{"key":[{"anything-but":[]}]}`, "Inside anything but list, either all values are number or string, mixed type is not supported"},
	{`{"key":[{"anything-but":["a",1]}]}`, "Inside anything but list, either all values are number or string, mixed type is not supported"},
	{`{"key":{}}`, "Empty objects are not allowed"},
	{`{"$or":[{"a":["x"]},{}]}`, "Empty objects are not allowed"},
	{`{"$or":[{"a":["x"]}]}`, "Unrecognized match type a"},                               // one object make no $or
	{`{"$or":[{"numeric":123},{"prefix":"abc"}]}`, "Value of numeric must be an array."}, // nor do reserved keys
	{`{"$or":{"a":["x"]}}`, nestedText},
	{`invalid`, "failed to parse JSON."}, // V
	{``, "failed to parse JSON."},
	{`{} {}`, "failed to parse JSON."},
	{`["a"]`, "Filter is not an object"},
	{`{"a":["` + strings.Repeat("x", 256<<10) + `"]}`, "Filter policy is too large"},
	{`{"a":` + strings.Repeat(`{"a":`, 200) + `["x"]` + strings.Repeat("}", 201), "Filter policy is too complex"},
	{strings.Repeat(`{"$or":[{"a":[1]},`, 2000) + `{"a":[1]}` + strings.Repeat("]}", 2000), "Filter policy is too complex"},
	{`{` + strings.Repeat(`"$or":[{"a":["x"]},{"b":["x"]}],`, 60) + `"c":["x"]}`, "Filter policy is too complex"},
	{`{"$or":[{` + fields(18) + `},{"a":["x"]}]}`, "Filter policy is too complex"},
	{strings.Repeat(`{"a":`, 10_001) + `1` + strings.Repeat("}", 10_001), "failed to parse JSON."},
}

// values returns n values of an array, fields n fields of an object.
func values(n int) string { return series(n, `"value%d"`) }
func fields(n int) string { return series(n, `"key%d":["x"]`) }

func series(n int, format string) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(format, i))
	}
	return strings.Join(list, ",")
}

func TestCompileErrors(t *testing.T) {
	for _, c := range errorCases {
		for _, scope := range []filter.Scope{filter.Attributes, filter.Body} {
			_, err := filter.Compile(c.policy, scope)
			if c.text == nestedText && scope == filter.Body {
				require.NoError(t, err, c.policy)
				continue
			}
			require.Equal(t, &filter.Error{Text: c.text, Nested: c.text == nestedText}, err, "%.100s", c.policy)
			require.EqualError(t, err, c.text)
		}
	}
}

func TestComplexity(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		scope        filter.Scope
		refused      bool
	}{
		{"150 values", `{"a":[` + values(150) + `]}`, filter.Attributes, false},
		{"products", `{"a":[` + values(50) + `],"b":[` + values(3) + `]}`, filter.Attributes, false},
		// 3×6 + 3×4×4 + 3×4×7 = 150, recorded.
		{"150 over branches", `{"source":[` + values(3) + `],"$or":[{"metricName":[` + values(6) + `]},{"metricType":[` + values(4) +
			`],"$or":[{"metricId":[` + values(4) + `]},{"spaceId":[` + values(7) + `]}]}]}`, filter.Attributes, false},
		{"the $or first", `{"$or":[{"metricName":[` + values(6) + `]},{"metricType":[` + values(4) +
			`],"$or":[{"metricId":[` + values(4) + `]},{"spaceId":[` + values(7) + `]}]}],"source":[` + values(3) + `]}`, filter.Attributes, false},
		// 3×4 × 2×3 × 1×3 = 216, recorded.
		{"nesting counts", `{"key_a":{"key_b":{"key_c":[` + values(4) + `]}},"key_d":{"key_e":[` + values(3) + `]},"key_f":[` + values(3) + `]}`, filter.Body, true},
		{"72 with nesting", `{"key_a":{"key_b":{"key_c":[` + values(4) + `]}},"key_d":{"key_e":[` + values(3) + `]}}`, filter.Body, false},
		// 24 + 72 + 16 + 48 = 160, recorded.
		{"nested $or", `{"$or":[{"metricName":[` + values(3) + `]},{"namespace":[` + values(2) + `]}],"detail":{"scope":[` + values(2) +
			`],"$or":[{"source":[` + values(1) + `]},{"type":[` + values(3) + `]}]}}`, filter.Body, true},
		{"a dot is no nesting", `{"a.b.c":[` + values(150) + `]}`, filter.Body, false},
		{"5 keys at the top", `{"a":{"x":[1],"y":[1]},"b":[1],"c":[1],"d":[1],"e":[1]}`, filter.Body, false},
		{"six below", `{"a":{` + fields(6) + `}}`, filter.Body, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := filter.Compile(c.policy, c.scope)
			if c.refused {
				require.EqualError(t, err, "Filter policy is too complex")
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// matchCases are policies with messages that match and messages that do not. In the
// scope of attributes a message is an object of attributes: strings are String
// attributes, numbers Number and arrays String.Array.
var matchCases = []struct {
	name    string
	scope   filter.Scope
	policy  string
	matches []string
	not     []string
}{
	{"recorded: numeric", filter.Attributes, `{"attr1":[{"numeric":[">",0,"<=",100]}]}`,
		[]string{`{"attr1":99}`, `{"attr1":100}`, `{"attr1":0.00001}`}, []string{`{"attr1":111}`, `{"attr1":0}`, `{"attr1":"99"}`, `{}`}},
	{"recorded: null or anything but", filter.Attributes, `{"attr1":[null,{"anything-but":"whatever"}]}`,
		[]string{`{"attr1":"x"}`, `{"attr1":[null]}`}, []string{`{}`, `{"attr1":"whatever"}`, `{"attr2":"x"}`}},
	{"recorded: exists", filter.Attributes, `{"store":[{"exists":true}]}`,
		[]string{`{"store":99,"def":99}`, `{"store":["", "a"]}`}, []string{`{"attr1":111}`, `{}`, `{"store":[]}`, `{"store":[null,""]}`}},
	{"recorded: does not exist", filter.Attributes, `{"store":[{"exists":false}]}`,
		[]string{`{"def":99}`, `{"def":"","store":[]}`}, []string{`{"store":99,"def":99}`, `{}`, `{"store":[null]}`}},
	{"recorded: String.Array", filter.Attributes, `{"store":["value1"]}`,
		[]string{`{"store":"value1"}`, `{"store":["value1","value2"]}`, `{"store":[["value1"]]}`}, []string{`{"store":["value2","value3"]}`, `{"store":["value11"]}`}},
	{"recorded: body", filter.Body, `{"object":{"key":[{"prefix":"auto-"},"hardcodedvalue"],"nested_key":[{"exists":false}]},"test":[{"exists":false}]}`,
		[]string{`{"object":{"key":"auto-test"}}`, `{"object":{"key":"hardcodedvalue"}}`},
		[]string{`{"object":{"key":"test-auto"}}`, `{"object":{"key":"auto-test"},"test":"just-exists"}`,
			`{"object":{"key":"auto-test","nested_key":"just-exists"}}`, `{"object":{"test":"auto-test"}}`, `{"test":"auto-test"}`,
			`Regular string message`, `"Regular string message"`}},
	{"recorded: dots", filter.Body, `{"object.nested.test":["string.value"]}`,
		[]string{`{"object":{"nested":{"test":"string.value"}}}`, `{"object.nested.test":"string.value"}`, `{"object.nested":{"test":"string.value"}}`,
			`{"object":{"nested.test":"string.value"}}`},
		[]string{`{"object":{"nested":{"test":"string.notvalue"}}}`, `{"object":{"nested":"string.value"}}`, `{"test":"string.value"}`}},
	{"nesting and dots are the same", filter.Body, `{"object":{"nested":{"test":["string.value"]}}}`,
		[]string{`{"object":{"nested":{"test":"string.value"}}}`, `{"object.nested.test":"string.value"}`, `{"object":{"nested.test":"string.value"}}`}, nil},
	{"recorded: array in the body", filter.Body, `{"headers":{"route-to":["queue1"]}}`,
		[]string{`{"headers":{"route-to":["queue1"]}}`, `{"headers":{"route-to":["queue1","queue2"]}}`},
		[]string{`{"headers":{"route-to":["queue3"]}}`, `{"headers":{"route-to":["queue2"]}}`}},
	{"recorded: array of objects", filter.Body, `{"Records":{"s3":{"object":{"key":[{"prefix":"auto-"}]}},"eventName":[{"prefix":"ObjectCreated:"}]}}`,
		[]string{
			`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":[[{"key":"auto-insurance-2314.xml"}]]}},{"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"home-insurance-2314.xml"}}}]}`,
			`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"auto-insurance-2314.xml"}}}]}`},
		[]string{
			`{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"auto-insurance-2314.xml"}}}]}`,
			`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"home-insurance-2314.xml"}}}]}`,
			// Not recorded: each condition is met, but by different records.
			`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"home"}}},{"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"auto-"}}}]}`}},
	{"recorded: $or", filter.Body, `{"$or":[{"metricName":["CPUUtilization","ReadLatency"]},{"namespace":["AWS/EC2","AWS/ES"]}],
		"detail":{"scope":["Service"],"$or":[{"source":["aws.cloudwatch"]},{"type":["CloudWatch Alarm State Change"]}]}}`,
		[]string{`{"metricName":"CPUUtilization","detail":{"scope":"Service","source":"aws.cloudwatch"}}`,
			`{"metricName":"ReadLatency","detail":{"scope":"Service","source":"aws.cloudwatch"}}`,
			`{"namespace":"AWS/EC2","detail":{"scope":"Service","source":"aws.cloudwatch"}}`,
			`{"namespace":"AWS/ES","detail":{"scope":"Service","source":"aws.cloudwatch"}}`,
			`{"metricName":"CPUUtilization","detail":{"scope":"Service","type":"CloudWatch Alarm State Change"}}`},
		[]string{`{"metricName":"CPUUtilization","detail":{"scope":"aws.cloudwatch","type":"CloudWatch Alarm State Change"}}`,
			`{"metricName":"CPUUtilization","detail":{"scope":"Service","type":"CPUUtilization"}}`,
			`{"metricName":"CPUUtilization","detail":{"type":"CloudWatch Alarm State Change"}}`,
			`{"metricName":"CPUUtilization","detail":{"scope":"Service"}}`, `{"metricName":"CPUUtilization","scope":"Service"}`}},

	{"documented: numbers", filter.Attributes, `{"price_usd":[{"numeric":["=",301.5]}]}`,
		[]string{`{"price_usd":301.5}`, `{"price_usd":3.015e2}`, `{"price_usd":301.50}`, `{"price_usd":[1,301.5]}`}, []string{`{"price_usd":301.6}`, `{"price_usd":"301.5"}`}},
	{"numbers without an operator", filter.Body, `{"n":[0.1,3,-1e9,123456789012]}`,
		[]string{`{"n":0.1}`, `{"n":0.10}`, `{"n":0.1000001}`, `{"n":3.0}`, `{"n":-1000000000}`, `{"n":[0,3]}`, `{"n":123456789012.00}`, `{"n":1234567890.12e2}`},
		[]string{`{"n":0.10001}`, `{"n":"3"}`, `{"n":-1000000001}`, `{"n":123456789013}`, `{"n":true}`}},
	{"the fifth decimal", filter.Body, `{"n":[{"numeric":[">",0.30000,"<",0.30003]}]}`,
		[]string{`{"n":0.30001}`, `{"n":0.300029}`}, []string{`{"n":0.3}`, `{"n":0.30003}`, `{"n":0.300009}`}},
	{"less than zero", filter.Body, `{"n":[{"numeric":["<",0]}]}`, []string{`{"n":-0.000001}`, `{"n":-1e-30}`, `{"n":-1}`}, []string{`{"n":0}`, `{"n":-0.0}`, `{"n":-1e10}`}},
	{"at most", filter.Body, `{"n":[{"numeric":["<=",1e9]}]}`, []string{`{"n":1000000000}`}, []string{`{"n":1000000000.000001}`, `{"n":1e400}`}},
	{"at least", filter.Body, `{"n":[{"numeric":[">=",-1e9]}]}`, []string{`{"n":-1000000000}`, `{"n":0e999999999999}`}, []string{`{"n":-1000000001}`}},
	{"literals", filter.Body, `{"l":[true,null]}`, []string{`{"l":true}`, `{"l":null}`, `{"l":[false,null]}`}, []string{`{"l":false}`, `{"l":"true"}`, `{}`, `{"l":[]}`, `{"l":{}}`}},
	{"documented: anything but", filter.Attributes, `{"price":[{"anything-but":[100,500]}]}`,
		[]string{`{"price":101}`, `{"price":100.1}`, `{"price":[100,50]}`, `{"price":"100"}`}, []string{`{"price":100}`, `{"price":[100,500]}`, `{}`}},
	{"documented: anything but strings", filter.Body, `{"customer_interests":[{"anything-but":["rugby","tennis"]}]}`,
		[]string{`{"customer_interests":"baseball"}`, `{"customer_interests":["rugby","baseball"]}`, `{"customer_interests":1}`},
		[]string{`{"customer_interests":"rugby"}`, `{"customer_interests":["rugby"]}`, `{}`}},
	{"anything but, or missing", filter.Body, `{"a":[{"anything-but":"x"},{"exists":false}]}`, []string{`{"a":"y"}`, `{"b":1}`, `{}`}, []string{`{"a":"x"}`}},
	{"documented: anything but a prefix", filter.Attributes, `{"event":[{"anything-but":{"prefix":"order-"}}]}`,
		[]string{`{"event":"data-entry"}`, `{"event":"order_number"}`, `{"event":1}`}, []string{`{"event":"order-cancelled"}`, `{"event":["order-cancelled"]}`}},
	{"equals-ignore-case", filter.Attributes, `{"a":[{"equals-ignore-case":"Straße É"}]}`, []string{`{"a":"STRAßE é"}`}, []string{`{"a":"Strasse É"}`}},
	{"suffix", filter.Body, `{"a":[{"suffix":"ball"}]}`, []string{`{"a":"baseball"}`, `{"a":"ball"}`}, []string{`{"a":"balls"}`}},
	{"documented: cidr", filter.Attributes, `{"source_ip":[{"cidr":"10.0.0.0/24"}]}`,
		[]string{`{"source_ip":"10.0.0.0"}`, `{"source_ip":"10.0.0.255"}`}, []string{`{"source_ip":"10.1.1.0"}`, `{"source_ip":"10.0.0"}`, `{"source_ip":10}`}},
	{"cidr of the sixth version", filter.Body, `{"source_ip":[{"cidr":"2001:DB8::/32"}]}`,
		[]string{`{"source_ip":"2001:db8:0:1::7"}`, `{"source_ip":"2001:0db8::"}`}, []string{`{"source_ip":"2001:db9::"}`, `{"source_ip":"10.0.0.1"}`}},
	{"exists is about leaves", filter.Body, `{"a":[{"exists":true}]}`, []string{`{"a":false}`, `{"a":[{"b":1},2]}`}, []string{`{"a":{"b":1}}`, `{"a":null}`, `{"a":""}`, `{"a":[]}`}},
	{"does not exist is about leaves", filter.Body, `{"a":[{"exists":false}]}`, []string{`{"a":{"b":1}}`, `{"a":[]}`, `{}`}, []string{`{"a":null}`, `{"a":""}`, `nonsense`}},
	{"escapes", filter.Body, `{"k\u00e9y":["\"caf\u00e9\""]}`, []string{`{"kéy":"\"café\""}`, `{"\u006b\u00e9y":"\u0022caf\u00e9\u0022"}`}, []string{`{"kéy":"café"}`}},
	{"surrogates", filter.Body, `{"k":["😀"]}`, []string{`{"k":"\ud83d\ude00"}`}, []string{`{"k":"\ud83d"}`}},
	{"$or as a key", filter.Body, `{"$or":["a","b"]}`, []string{`{"$or":"b"}`}, []string{`{"a":"b"}`}},
	{"attributes with dots", filter.Attributes, `{"a.b":["x"]}`, []string{`{"a.b":"x"}`}, []string{`{"a":"x"}`}},
	{"the second of equal keys counts", filter.Body, `{"a":["x"],"b":["y"],"a":["z"]}`, []string{`{"a":"z","b":"y"}`}, []string{`{"a":"x","b":"y"}`}},
	{"both of equal keys count in a message", filter.Body, `{"a":["x"],"b":["y"]}`, []string{`{"a":"x","b":"y","a":"z"}`, `{"a":"z","b":"y","a":"x"}`}, nil},
	{"several arrays", filter.Body, `{"a":{"x":[1],"y":[2]},"b":{"x":[1],"y":[2]}}`,
		[]string{`{"a":[{"x":1},{"x":1,"y":2}],"b":[{"x":1,"y":2}]}`, `{"a":[{"x":[{"q":1},1],"y":[0,2]}],"b":{"x":1,"y":2}}`, `{"a.x":1,"a":[{"y":2}],"b":[[{"x":1,"y":2}]]}`},
		[]string{`{"a":[{"x":1},{"y":2}],"b":[{"x":1,"y":2}]}`, `{"a":[{"x":1,"y":2}],"b":[{"x":1},{"y":2}]}`}},
	{"arrays in elements", filter.Body, `{"r":{"a":{"x":[1]},"b":{"y":[2]},"z":[3]}}`,
		[]string{`{"r":[{"a":[{"x":0},{"x":1}],"b":[{"y":2}],"z":3}]}`, `{"r":[{"z":3},{"a":[{"x":1}],"b":[[{"y":1}],[{"y":2}]],"z":3}]}`},
		[]string{`{"r":[{"a":[{"x":1}],"b":[{"y":2}]},{"a":[{"x":1}],"z":3}]}`, `{"r":[{"a":[{"x":1}],"z":3},{"b":[{"y":2}],"z":3}]}`}},
	{"every message", filter.Body, `{}`, []string{`{}`, `nonsense`}, nil},
	{"every message with whatever attributes", filter.Attributes, ` { } `, []string{`{}`, `{"a":1}`}, nil},
}

func TestMatch(t *testing.T) {
	for _, c := range matchCases {
		t.Run(c.name, func(t *testing.T) {
			p, err := filter.Compile(c.policy, c.scope)
			require.NoError(t, err)
			var x filter.Index[string]
			x.Add("it", p)
			require.NotEmpty(t, c.matches)
			for i, text := range append(c.matches, c.not...) {
				var m filter.Message
				if c.scope == filter.Body {
					m.Reset(text, nil)
				} else {
					m.Reset("no JSON", attributesOf(t, text))
				}
				require.Equal(t, i < len(c.matches), p.Match(&m), text)
				require.Equal(t, i < len(c.matches), len(x.AppendMatches(nil, &m)) == 1, "index: %s", text)
			}
		})
	}
}

func attributesOf(t *testing.T, text string) map[string]sqs.Attribute {
	var object map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &object))
	attributes := make(map[string]sqs.Attribute)
	for name, raw := range object {
		var s string
		switch {
		case json.Unmarshal(raw, &s) == nil:
			attributes[name] = sqs.StringAttribute(s)
		case raw[0] == '[':
			attributes[name] = sqs.Attribute{DataType: "String.Array", Value: string(raw)}
		default:
			attributes[name] = sqs.NumberAttribute(string(raw))
		}
	}
	return attributes
}
