package awsjson

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
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
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
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
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
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
