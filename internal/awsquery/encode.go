package awsquery

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/awsshape"
)

// Protocol is what a service's responses have in common.
type Protocol struct {
	// Namespace is the XML namespace, with the API's version in it.
	Namespace string
	// Detail puts the empty Detail element into errors that some services have.
	Detail bool
}

// AppendResponse appends the response to an action to dst and returns the extended
// buffer. The result is a struct or a pointer to one; nil is for actions that have
// none.
func (p Protocol) AppendResponse(dst []byte, action string, result any, requestID string) []byte {
	dst = p.begin(dst, action+"Response")
	if result != nil {
		v := reflect.ValueOf(result)
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		open := len(dst)
		dst = begin(dst, action+"Result")
		empty := len(dst)
		dst = appendFields(dst, awsshape.Of(v.Type()), v)
		if len(dst) == empty {
			dst = append(append(append(dst[:open], '<'), action...), "Result/>"...)
		} else {
			dst = end(dst, action+"Result")
		}
	}
	dst = append(dst, "<ResponseMetadata>"...)
	dst = element(dst, "RequestId", requestID)
	dst = append(dst, "</ResponseMetadata>"...)
	return end(dst, action+"Response")
}

// AppendError appends an error response to dst and returns the extended buffer.
// Fault is whose it was, Sender or Receiver.
func (p Protocol) AppendError(dst []byte, fault, code, message, requestID string) []byte {
	dst = p.begin(dst, "ErrorResponse")
	dst = append(dst, "<Error>"...)
	dst = element(dst, "Type", fault)
	dst = element(dst, "Code", code)
	dst = element(dst, "Message", message)
	if p.Detail {
		dst = append(dst, "<Detail/>"...)
	}
	dst = append(dst, "</Error>"...)
	dst = element(dst, "RequestId", requestID)
	return end(dst, "ErrorResponse")
}

func (p Protocol) begin(dst []byte, name string) []byte {
	dst = append(append(dst, `<?xml version="1.0"?><`...), name...)
	dst = append(escape(append(dst, ` xmlns="`...), p.Namespace), `">`...)
	return dst
}

func appendFields(dst []byte, s *awsshape.Shape, v reflect.Value) []byte {
	for i := range s.Fields {
		f := &s.Fields[i]
		if fv := v.Field(f.Index); !f.Shape.Omits(fv) {
			dst = appendValue(dst, f.Shape, &f.Query, f.Query.Name, fv)
		}
	}
	return dst
}

// appendValue writes the element or elements of a value. The layout is that of the
// field it is in.
func appendValue(dst []byte, s *awsshape.Shape, l *awsshape.Layout, name string, v reflect.Value) []byte {
	switch s.Kind {
	case awsshape.Pointer:
		if v.IsNil() {
			return dst
		}
		return appendValue(dst, s.Elem, l, name, v.Elem())
	case awsshape.List:
		item := name
		if !l.Flat {
			item = "member"
			dst = begin(dst, name)
		}
		for i := range v.Len() {
			dst = appendValue(dst, s.Elem, l, item, v.Index(i))
		}
		if !l.Flat {
			dst = end(dst, name)
		}
		return dst
	case awsshape.Map:
		item := name
		if !l.Flat {
			item = "entry"
			dst = begin(dst, name)
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			dst = element(begin(dst, item), l.Key, key.String())
			dst = end(appendValue(dst, s.Elem, l, l.Value, v.MapIndex(key)), item)
		}
		if !l.Flat {
			dst = end(dst, name)
		}
		return dst
	}
	dst = begin(dst, name)
	switch s.Kind {
	case awsshape.String:
		dst = escape(dst, v.String())
	case awsshape.Integer, awsshape.Long:
		dst = strconv.AppendInt(dst, v.Int(), 10)
	case awsshape.Boolean:
		dst = strconv.AppendBool(dst, v.Bool())
	case awsshape.Blob:
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
	default:
		dst = appendFields(dst, s, v)
	}
	return end(dst, name)
}

func begin(dst []byte, name string) []byte {
	return append(append(append(dst, '<'), name...), '>')
}

func end(dst []byte, name string) []byte {
	return append(append(append(dst, "</"...), name...), '>')
}

func element(dst []byte, name, text string) []byte {
	return end(escape(begin(dst, name), text), name)
}

// escape writes text so that an XML parser reads it as it is. What XML can not
// express becomes U+FFFD.
func escape(dst []byte, text string) []byte {
	start := 0
	for i, r := range text {
		var escaped string
		width := 1
		switch {
		case r == '&':
			escaped = "&amp;"
		case r == '<':
			escaped = "&lt;"
		case r == '>':
			escaped = "&gt;"
		case r == '"':
			escaped = "&quot;"
		case r == '\r': // a parser would make a newline of it
			escaped = "&#xD;"
		case r >= ' ' && r < 0xFFFD || r == '\t' || r == '\n' || r > 0xFFFF:
			continue
		case r == 0xFFFD && strings.HasPrefix(text[i:], "\uFFFD"):
			continue
		default: // a control character, a byte that is no UTF-8, U+FFFE or U+FFFF
			escaped = "\uFFFD"
			if r > 0xFFFD {
				width = 3
			}
		}
		dst = append(append(dst, text[start:i]...), escaped...)
		start = i + width
	}
	return append(dst, text[start:]...)
}
