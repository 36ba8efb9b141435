package awsjson

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
	"github.com/leat-go/leat/internal/syntax"
)

// Append appends the JSON of a struct, or of the struct that v points to, to dst
// and returns the extended buffer. Maps are written in the order of their keys.
func Append(dst []byte, v any) []byte {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	return appendValue(dst, awsshape.Of(rv.Type()), rv)
}

// AppendString appends s as a JSON string. What is not valid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is not written yet
	for i := 0; i < len(s); {
		if len(s)-i >= 8 && isPlain(syntax.Word(s[i:])) {
			i += 8
			continue
		}
		for end := min(i+8, len(s)); i < end; {
			c := s[i]
			if c >= utf8.RuneSelf {
				r, size := utf8.DecodeRuneInString(s[i:])
				if r == utf8.RuneError && size == 1 {
					dst = append(append(dst, s[start:i]...), "\uFFFD"...)
					start = i + 1
				}
				i += size
				continue
			}
			if c < ' ' || c == '"' || c == '\\' {
				dst = appendEscape(append(dst, s[start:i]...), c)
				start = i + 1
			}
			i++
		}
	}
	return append(append(dst, s[start:]...), '"')
}

// isPlain tells whether eight bytes can stay as they are. For some that can it
// says no.
func isPlain(w uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^(ones*'"'), w^(ones*'\\')
	odd := w | (w - ones*' ') | (quote - ones) | (backslash - ones) // where there is one a top bit is set
	return odd&tops == 0
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}

func appendValue(dst []byte, s *awsshape.Shape, v reflect.Value) []byte {
	switch s.Kind {
	case awsshape.String:
		return AppendString(dst, v.String())
	case awsshape.Integer, awsshape.Long:
		return strconv.AppendInt(dst, v.Int(), 10)
	case awsshape.Boolean:
		return strconv.AppendBool(dst, v.Bool())
	case awsshape.Blob:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
		return append(dst, '"')
	case awsshape.Timestamp:
		return appendTimestamp(dst, awsshape.Time(v))
	case awsshape.Text:
		return append(awsshape.AppendText(append(dst, '"'), v), '"')
	case awsshape.Pointer:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return appendValue(dst, s.Elem, v.Elem())
	case awsshape.List:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, s.Elem, v.Index(i))
		}
		return append(dst, ']')
	case awsshape.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendString(dst, key.String()), ':')
			dst = appendValue(dst, s.Elem, v.MapIndex(key))
		}
		return append(dst, '}')
	default:
		dst = append(dst, '{')
		empty := len(dst)
		for i := range s.Fields {
			f := &s.Fields[i]
			fv := v.Field(f.Index)
			if f.Shape.Omits(fv) {
				continue
			}
			if len(dst) > empty {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, '"'), f.Name...), `":`...)
			dst = appendValue(dst, f.Shape, fv)
		}
		return append(dst, '}')
	}
}
