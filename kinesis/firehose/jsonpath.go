package firehose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A path leads to a value in a JSON document. It is a part of what jq has: steps to a
// field, .name or ."any name" or ["any name"], and to an element, [0], after an optional $.
type path []step

// step is a field's name, or an element's index.
type step struct {
	name  string
	index int // -1 for a field
}

// maxSteps bounds the length of a path.
const maxSteps = 64

var errPath = errors.New("it is not a path like .a.b, $.a[0] or .[\"a b\"]")

func parsePath(text string) (path, error) {
	fault := fmt.Errorf("%.200q: %w", text, errPath)
	rest := strings.TrimPrefix(text, "$")
	var p path
	for rest != "" {
		var s step
		var ok bool
		if s, rest, ok = parseStep(rest); !ok || len(p) == maxSteps {
			return nil, fault
		}
		p = append(p, s)
	}
	if len(p) == 0 {
		return nil, fault
	}
	return p, nil
}

func parseStep(text string) (s step, rest string, ok bool) {
	s.index = -1
	dotted := strings.TrimPrefix(text, ".")
	if inner, found := strings.CutPrefix(dotted, "["); found {
		if strings.HasPrefix(inner, `"`) {
			if s.name, rest, ok = parseQuoted(inner); !ok {
				return s, "", false
			}
			rest, ok = strings.CutPrefix(rest, "]")
			return s, rest, ok
		}
		number, rest, found := strings.Cut(inner, "]")
		index, err := strconv.ParseUint(number, 10, 31)
		s.index = int(index)
		return s, rest, found && err == nil
	}
	if dotted == text {
		return s, "", false
	}
	if strings.HasPrefix(dotted, `"`) {
		s.name, rest, ok = parseQuoted(dotted)
		return s, rest, ok
	}
	end := strings.IndexFunc(dotted, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		end = len(dotted)
	}
	s.name, rest = dotted[:end], dotted[end:]
	return s, rest, end > 0 && (s.name[0] < '0' || s.name[0] > '9')
}

// parseQuoted reads a JSON string at the beginning of a text.
func parseQuoted(text string) (value, rest string, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	if d.Decode(&value) != nil {
		return "", "", false
	}
	return value, text[d.InputOffset():], true
}

// extractor finds values by their paths.
type extractor struct {
	names []string
	paths []path // in step with names
}

// values returns the values of a record by name.
func (x *extractor) values(data []byte) (map[string]string, error) {
	if !json.Valid(data) {
		return nil, errors.New("the record is not JSON")
	}
	found := make(map[string]string, len(x.names))
	for i, p := range x.paths {
		value, err := p.find(data)
		if err != nil {
			return nil, fmt.Errorf("the partition key %s: %w", x.names[i], err)
		}
		found[x.names[i]] = value
	}
	return found, nil
}

var (
	errNoValue   = errors.New("there is no value")
	errNotScalar = errors.New("the value is an object or an array")
)

// find returns the value that a path leads to in a valid document, as a text: of a
// string without its quotes, of a number or a boolean as it is written.
func (p path) find(data []byte) (string, error) {
	v := bytes.TrimLeft(data, space)
	for _, s := range p {
		var ok bool
		if v, ok = s.find(v); !ok {
			return "", errNoValue
		}
	}
	switch v[0] {
	case '{', '[':
		return "", errNotScalar
	case 'n':
		return "", errNoValue
	case '"':
		return unquote(v[:skip(v)]), nil
	}
	return string(v[:skip(v)]), nil
}

const space = " \t\r\n"

// find returns what begins with the value of a field or an element of the valid value
// that v begins with. Of fields of one name the last counts.
func (s step) find(v []byte) (found []byte, ok bool) {
	if s.index < 0 && v[0] != '{' || s.index >= 0 && v[0] != '[' {
		return nil, false
	}
	v = bytes.TrimLeft(v[1:], space)
	for n := 0; v[0] != '}' && v[0] != ']'; n++ {
		match := n == s.index
		if s.index < 0 {
			end := skip(v)
			match = unquote(v[:end]) == s.name
			v = bytes.TrimLeft(v[end:], space)[1:] // the colon
			v = bytes.TrimLeft(v, space)
		}
		if match {
			found, ok = v, true
			if s.index >= 0 {
				break
			}
		}
		v = bytes.TrimLeft(v[skip(v):], space)
		if v[0] == ',' {
			v = bytes.TrimLeft(v[1:], space)
		}
	}
	return found, ok
}

// skip returns the length of the valid value that v begins with.
func skip(v []byte) int {
	depth := 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			for i++; v[i] != '"'; i++ {
				if v[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			end := bytes.IndexAny(v[i:], ",]}"+space)
			if end < 0 {
				return len(v)
			}
			return i + end
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(v)
}

// unquote returns the text of a valid JSON string.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 && isASCII(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // which is valid
	return text
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 { // perhaps not UTF-8, which json mends
			return false
		}
	}
	return true
}
