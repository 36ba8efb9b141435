package awscbor

import (
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
)

// Append appends the CBOR of a struct, or of the struct that v points to, to dst and
// returns the extended buffer. Maps are written in the order of their keys, and what
// is not valid UTF-8 in a string becomes U+FFFD. A type that has no shape is a mistake
// in the program, and panics.
func Append(dst []byte, v any) []byte {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	return appendValue(dst, awsshape.Of(rv.Type()), rv)
}

func appendValue(dst []byte, s *awsshape.Shape, v reflect.Value) []byte {
	switch s.Kind {
	case awsshape.String:
		return appendText(dst, v.String())
	case awsshape.Integer, awsshape.Long:
		return appendInteger(dst, v.Int())
	case awsshape.Boolean:
		if v.Bool() {
			return append(dst, simpleTrue)
		}
		return append(dst, simpleFalse)
	case awsshape.Blob:
		b := v.Bytes()
		return append(appendHead(dst, majorBytes, uint64(len(b))), b...)
	case awsshape.Timestamp:
		return appendInteger(appendHead(dst, majorTag, tagTime), awsshape.Time(v).UnixMilli())
	case awsshape.Text:
		start := len(dst)
		dst = awsshape.AppendText(dst, v)
		var head [9]byte
		return slices.Insert(dst, start, appendHead(head[:0], majorText, uint64(len(dst)-start))...)
	case awsshape.Pointer:
		if v.IsNil() {
			return append(dst, simpleNull)
		}
		return appendValue(dst, s.Elem, v.Elem())
	case awsshape.List:
		dst = appendHead(dst, majorArray, uint64(v.Len()))
		for i := range v.Len() {
			dst = appendValue(dst, s.Elem, v.Index(i))
		}
		return dst
	case awsshape.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		dst = appendHead(dst, majorMap, uint64(len(keys)))
		for _, key := range keys {
			dst = appendText(dst, key.String())
			dst = appendValue(dst, s.Elem, v.MapIndex(key))
		}
		return dst
	default:
		return appendStructure(dst, s, v)
	}
}

func appendStructure(dst []byte, s *awsshape.Shape, v reflect.Value) []byte {
	var n uint64
	for i := range s.Fields {
		if f := &s.Fields[i]; !f.Shape.Omits(v.Field(f.Index)) {
			n++
		}
	}
	dst = appendHead(dst, majorMap, n)
	for i := range s.Fields {
		f := &s.Fields[i]
		if fv := v.Field(f.Index); !f.Shape.Omits(fv) {
			dst = append(appendHead(dst, majorText, uint64(len(f.Name))), f.Name...)
			dst = appendValue(dst, f.Shape, fv)
		}
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // one U+FFFD for each byte, as in JSON
	}
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

func appendInteger(dst []byte, n int64) []byte {
	if n < 0 {
		return appendHead(dst, majorNegative, uint64(^n)) // -1-n
	}
	return appendHead(dst, majorUnsigned, uint64(n))
}
