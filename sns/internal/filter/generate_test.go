package filter_test

import (
	"encoding/json"
	"strings"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

// A dice makes choices from the bytes of a fuzz input, and the first choice always
// when they are used up, which is the one that ends things.
type dice struct {
	bytes []byte
	used  map[string]int // what the policies are made of, for the tests that count
}

func (d *dice) roll(n int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	b := d.bytes[0]
	d.bytes = d.bytes[1:]
	return int(b) % n
}

func pick[T any](d *dice, from ...T) T { return from[d.roll(len(from))] }

func (d *dice) scope() filter.Scope { return pick(d, filter.Attributes, filter.Body) }

// The vocabulary is small, so that policies and messages often meet.
var (
	keys    = []string{"a", "b", "a", "b", "a.b", "a", "b", "c", "a.b.c", "$or", ""}
	strs    = []string{"a", "ab", "abc", "a", "ab", "10.0.0.1", "b", "A", "AB", "", "10.0.0.200", "10.1.0.1", "2001:db8::1", "é", "É", "q\"u", "1"}
	numbers = []string{"0", "1", "1.0", "1", "1e0", "100", "1e2", "3.5", "3.50", "0.1", "0.100001", "-0.000001", "-1", "99.99999", "1e10", "10000000000", "-2e9", "1000000000"}
)

func (d *dice) str() string      { return pick(d, strs...) }
func (d *dice) num() json.Number { return json.Number(pick(d, numbers...)) }

func (d *dice) use(what string) { d.used[what]++ }

// policy makes a policy that Compile accepts, or one that is beyond a limit.
func (d *dice) policy(scope filter.Scope) string {
	text, err := json.Marshal(d.policyObject(scope, 0))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (d *dice) policyObject(scope filter.Scope, depth int) map[string]any {
	object := make(map[string]any)
	for range 1 + d.roll(5)/2 {
		key := pick(d, keys...)
		switch what := d.roll(6); {
		case what == 1 && scope == filter.Body && depth < 2 && key != "$or":
			d.use("nesting")
			object[key] = d.policyObject(scope, depth+1)
		case what == 2 && depth < 2:
			d.use("$or")
			branches := make([]any, 2+d.roll(2))
			for i := range branches {
				branches[i] = d.policyObject(scope, depth+1)
			}
			object["$or"] = branches
		case strings.HasPrefix(key, "$or"):
			object["b"] = d.alternatives()
		default:
			object[key] = d.alternatives()
		}
	}
	return object
}

func (d *dice) alternatives() []any {
	list := make([]any, 1+d.roll(3))
	for i := range list {
		list[i] = d.alternative()
	}
	return list
}

func (d *dice) alternative() any {
	what := pick(d, "string", "number", "literal", "string", "equals-ignore-case", "prefix", "suffix", "cidr", "exists",
		"numeric", "anything-but", "anything-but list", "anything-but prefix")
	d.use(what)
	switch what {
	case "string":
		return d.str()
	case "number":
		return d.num()
	case "literal":
		return pick[any](d, true, false, nil)
	case "cidr":
		return map[string]any{what: pick(d, "10.0.0.0/24", "10.0.0.77/16", "0.0.0.0/0", "2001:db8::/32", "::/0")}
	case "exists":
		return map[string]any{what: pick(d, false, true)}
	case "numeric":
		switch operator := pick(d, "=", "<", "<=", ">", ">=", "between"); operator {
		case "between":
			return map[string]any{what: []any{pick(d, ">", ">="), pick(d, json.Number("-1"), "0", "0.1"), pick(d, "<", "<="), pick(d, json.Number("1"), "3.5", "100")}}
		default:
			return map[string]any{what: []any{operator, pick(d, json.Number("0"), "1", "0.1", "3.50", "1e2", "1000000000")}}
		}
	case "anything-but":
		return map[string]any{what: pick[any](d, d.str(), d.num())}
	case "anything-but list":
		if d.roll(2) == 0 {
			return map[string]any{"anything-but": []any{d.str(), d.str()}}
		}
		return map[string]any{"anything-but": []any{d.num(), d.num()}}
	case "anything-but prefix":
		return map[string]any{"anything-but": map[string]any{"prefix": pick(d, "a", "ab", "10.0.")}}
	default:
		return map[string]any{what: d.str()}
	}
}

// A message is a body and attributes.
type message struct {
	body       string
	attributes map[string]sqs.Attribute
}

func (d *dice) message() message {
	var m message
	text, err := json.Marshal(d.bodyObject(0))
	if err != nil {
		panic(err)
	}
	m.body = string(text)
	if d.roll(16) == 15 {
		m.body = pick(d, "", "[]", `{"a":"a"`, `"a"`, "null", `{"a":01}`)
	}
	m.attributes = make(map[string]sqs.Attribute)
	for range d.roll(8) {
		m.attributes[pick(d, keys...)] = d.attribute()
	}
	return m
}

func (d *dice) attribute() sqs.Attribute {
	switch pick(d, "String", "String", "Number", "String.Array", "Number.Array", "String.label", "Binary", "malformed") {
	case "Number":
		return sqs.NumberAttribute(string(d.num()))
	case "String.Array":
		text, _ := json.Marshal(d.array(2))
		return sqs.Attribute{DataType: "String.Array", Value: string(text)}
	case "Number.Array":
		text, _ := json.Marshal([]any{d.num(), d.num()})
		return sqs.Attribute{DataType: "Number.Array", Value: string(text)}
	case "String.label":
		return sqs.Attribute{DataType: "String.label", Value: d.str()}
	case "Binary":
		return sqs.BinaryAttribute([]byte(d.str()))
	case "malformed":
		return sqs.Attribute{DataType: pick(d, "Number", "String.Array"), Value: pick(d, "a", "[1", `{"a":1}`, "")}
	default:
		return sqs.StringAttribute(d.str())
	}
}

func (d *dice) bodyObject(depth int) map[string]any {
	object := make(map[string]any)
	for range 1 + d.roll(4) {
		object[pick(d, keys...)] = d.bodyValue(depth + 1)
	}
	return object
}

func (d *dice) bodyValue(depth int) any {
	switch what := pick(d, "string", "number", "literal", "object", "array", "objects", "object"); {
	case what == "object" && depth < 3:
		return d.bodyObject(depth)
	case what == "array" && depth < 3:
		return d.array(depth)
	case what == "objects" && depth < 3:
		list := make([]any, 1+d.roll(3))
		for i := range list {
			list[i] = d.bodyObject(depth)
		}
		return list
	case what == "number":
		return d.num()
	case what == "literal":
		return pick[any](d, true, false, nil)
	default:
		return d.str()
	}
}

func (d *dice) array(depth int) []any {
	list := make([]any, d.roll(4))
	for i := range list {
		list[i] = d.bodyValue(depth + 1)
	}
	return list
}

// pairs makes a policy of a few conditions below the same keys, and grid a body with
// arrays of objects in which each of them may be met somewhere.
func (d *dice) pairs() string {
	object := make(map[string]any)
	for _, path := range []string{"a.x", "a.y", "a.b.x", "a.b.y", "b.x", "x"} {
		if d.roll(3) == 1 && len(object) < 4 {
			object[path] = []any{d.roll(2)}
		}
	}
	object["a.z"] = []any{d.roll(2)}
	text, _ := json.Marshal(object)
	return string(text)
}

func (d *dice) grid(depth int) any {
	object := make(map[string]any)
	for _, key := range []string{"x", "y", "z"} {
		if what := d.roll(3); what > 0 {
			object[key] = what - 1
		}
	}
	if depth < 3 {
		for _, key := range []string{"a", "b"} {
			list := make([]any, d.roll(5)*2/3)
			for i := range list {
				list[i] = d.grid(depth + 1)
			}
			switch len(list) {
			case 0:
			case 1:
				object[key] = list[0]
			default:
				object[key] = list
			}
		}
	}
	return object
}
