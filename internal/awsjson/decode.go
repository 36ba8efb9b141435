package awsjson

import (
	"encoding/base64"
	"reflect"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
)

// Error says why a body could not be read: AWS answers with a
// SerializationException.
type Error struct {
	// Message is AWS's text. It is empty when the body is no JSON; AWS has no
	// text for that.
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return "awsjson: malformed JSON"
	}
	return "awsjson: " + e.Message
}

// Decode reads the JSON object in data into the struct that dst points to. Names
// that the struct has not are skipped, null is the same as nothing, and of a name
// that occurs twice the last counts. Nothing in dst refers to data afterwards. On
// an [*Error] dst is partly filled.
func Decode(data []byte, dst any) error {
	v := reflect.ValueOf(dst).Elem()
	d := decoder{data: data}
	if !utf8.Valid(data) {
		return errMalformed
	}
	c := d.next()
	if c != '{' && c != '[' {
		return errMalformed
	}
	if err := d.value(awsshape.Of(v.Type()), v); err != nil {
		return err
	}
	if d.space(); d.pos != len(d.data) {
		return errMalformed
	}
	return nil
}

var (
	errMalformed  = &Error{}
	errList       = &Error{Message: "Start of list found where not expected"}
	errStructure  = &Error{Message: "Start of structure or map found where not expected."}
	errNoList     = &Error{Message: "Expected list or null"}
	errNotNull    = &Error{Message: "Expected null"}
	errBlob       = &Error{Message: "Invalid Base64 value"}
	errOutOfRange = &Error{Message: "NUMBER_VALUE is out of range"}
)

// decoder reads JSON from data, which is valid UTF-8.
type decoder struct {
	data []byte
	pos  int
}

func (d *decoder) value(s *awsshape.Shape, v reflect.Value) error {
	if d.next() == 'n' {
		v.SetZero()
		return d.literal("null")
	}
	switch s.Kind {
	case awsshape.String:
		if d.next() != '"' {
			return d.mismatch("a String")
		}
		text, err := d.text()
		v.SetString(text)
		return err
	case awsshape.Integer, awsshape.Long:
		name, bits := "an Integer", 32
		if s.Kind == awsshape.Long {
			name, bits = "a Long", 64
		}
		if b := d.next(); b != '-' && !digit(b) {
			return d.mismatch(name)
		}
		n, err := d.integer(bits)
		v.SetInt(n)
		return err
	case awsshape.Boolean:
		switch d.next() {
		case 't':
			v.SetBool(true)
			return d.literal("true")
		case 'f':
			v.SetBool(false)
			return d.literal("false")
		default:
			return d.mismatch("a Boolean")
		}
	case awsshape.Blob:
		if d.next() != '"' {
			return d.mismatch("a Blob")
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		b, badBase64 := base64.StdEncoding.DecodeString(text)
		if badBase64 != nil {
			return errBlob
		}
		v.SetBytes(b)
		return nil
	case awsshape.Pointer:
		v.Set(reflect.New(s.Elem.Type))
		return d.value(s.Elem, v.Elem())
	case awsshape.List:
		return d.list(s, v)
	case awsshape.Map:
		return d.mapping(s, v)
	default:
		return d.structure(s, v)
	}
}

func (d *decoder) list(s *awsshape.Shape, v reflect.Value) error {
	if err := d.open('[', errNoList); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(s.Type, 0, 0)) // empty is not nil
	for first := true; ; first = false {
		more, err := d.more(first, ']')
		if err != nil || !more {
			return err
		}
		n := v.Len()
		v.Grow(1)
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		if err := d.value(s.Elem, v.Index(n)); err != nil {
			return err
		}
	}
}

func (d *decoder) mapping(s *awsshape.Shape, v reflect.Value) error {
	if err := d.open('{', errNotNull); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(s.Type))
	elem := reflect.New(s.Elem.Type).Elem()
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil || !more {
			return err
		}
		key, err := d.text()
		if err != nil {
			return err
		}
		if err := d.colon(); err != nil {
			return err
		}
		k := reflect.ValueOf(key).Convert(s.Type.Key())
		if d.next() == 'n' {
			v.SetMapIndex(k, reflect.Value{}) // deletes
			if err := d.literal("null"); err != nil {
				return err
			}
			continue
		}
		elem.SetZero()
		if err := d.value(s.Elem, elem); err != nil {
			return err
		}
		v.SetMapIndex(k, elem)
	}
}

func (d *decoder) structure(s *awsshape.Shape, v reflect.Value) error {
	if err := d.open('{', errNotNull); err != nil {
		return err
	}
	v.SetZero()
	for first := true; ; first = false {
		more, err := d.more(first, '}')
		if err != nil || !more {
			return err
		}
		name, err := d.name()
		if err != nil {
			return err
		}
		if err := d.colon(); err != nil {
			return err
		}
		if f := field(s, name); f != nil {
			err = d.value(f.Shape, v.Field(f.Index))
		} else {
			err = d.skip(0)
		}
		if err != nil {
			return err
		}
	}
}

func field(s *awsshape.Shape, name []byte) *awsshape.Field {
	for i := range s.Fields {
		if s.Fields[i].Name == string(name) { // does not allocate
			return &s.Fields[i]
		}
	}
	return nil
}

// open reads the beginning of a list, structure or map. A value of another kind
// is AWS's text for it; scalar is that for one without parts.
func (d *decoder) open(bracket byte, scalar *Error) error {
	switch b := d.next(); {
	case b == bracket:
		d.pos++
		return nil
	case b == '[':
		return errList
	case b == '{':
		return errStructure
	case b == '"' || b == '-' || digit(b) || b == 't' || b == 'f':
		return scalar
	default:
		return errMalformed
	}
}

// mismatch is the error of a value that can not be what is wanted.
func (d *decoder) mismatch(wanted string) error {
	var found string
	switch b := d.next(); {
	case b == '[':
		return errList
	case b == '{':
		return errStructure
	case b == '"':
		found = "STRING_VALUE"
	case b == '-' || digit(b):
		found = "NUMBER_VALUE"
	case b == 't':
		found = "TRUE_VALUE"
	case b == 'f':
		found = "FALSE_VALUE"
	default:
		return errMalformed
	}
	return &Error{Message: found + " can not be converted to " + wanted}
}
