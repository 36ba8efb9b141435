package awsjson

import (
	"encoding/base64"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsshape"
)

// Error says why a body could not be read. Its Message is empty when the body is no
// JSON.
type Error = awsshape.Error

// Decode reads the JSON object in data into the struct that dst points to. Names
// that the struct has not are skipped, null is the same as nothing, and of a name
// that occurs twice the last counts. Nothing in dst refers to data afterwards. On
// an [*Error] dst is partly filled.
func Decode(data []byte, dst any) error {
	d := decoder{data: data}
	return d.decode(dst)
}

// DecodeTo is Decode for a body with much binary data: what is decoded of base64 is
// appended to blobs, and every []byte in dst is a part of the extended buffer, which
// it returns. When the buffer has room for three quarters of data, it stays where it
// is.
func DecodeTo(blobs, data []byte, dst any) ([]byte, error) {
	d := decoder{data: data, blobs: blobs, shared: true}
	err := d.decode(dst)
	return d.blobs, err
}

func (d *decoder) decode(dst any) error {
	v := reflect.ValueOf(dst).Elem()
	if !utf8.Valid(d.data) {
		return awsshape.ErrMalformed
	}
	c := d.next()
	if c != '{' && c != '[' {
		return awsshape.ErrMalformed
	}
	if err := d.value(awsshape.Of(v.Type()), v); err != nil {
		return err
	}
	if d.space(); d.pos != len(d.data) {
		return awsshape.ErrMalformed
	}
	return nil
}

var errBlob = &Error{Message: "Invalid Base64 value"}

// decoder reads JSON from data, which is valid UTF-8.
type decoder struct {
	data   []byte
	pos    int
	blobs  []byte // that are decoded, if they share a buffer
	shared bool
	most   int // of the field that is read
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
		b, err := d.blob()
		v.SetBytes(b)
		return err
	case awsshape.Timestamp:
		if b := d.next(); b != '-' && !digit(b) {
			return d.mismatch("a Timestamp")
		}
		t, err := d.timestamp()
		*v.Addr().Interface().(*time.Time) = t
		return err
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
	if err := d.open('[', awsshape.ErrNoList); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(s.Type, 0, 0)) // empty is not nil
	most := d.most
	d.most = 0
	for first := true; ; first = false {
		more, err := d.more(first, ']')
		if err != nil || !more {
			return err
		}
		n := v.Len()
		if most > 0 && n > most {
			n = most
		}
		v.Grow(1)
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		if err := d.value(s.Elem, v.Index(n)); err != nil {
			return err
		}
	}
}

func (d *decoder) mapping(s *awsshape.Shape, v reflect.Value) error {
	if err := d.open('{', awsshape.ErrNotNull); err != nil {
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
	if err := d.open('{', awsshape.ErrNotNull); err != nil {
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
			d.most = f.Most
			err = d.value(f.Shape, v.Field(f.Index))
		} else {
			err = d.skip(0)
		}
		if err != nil {
			return err
		}
	}
}

// blob reads base64.
func (d *decoder) blob() ([]byte, error) {
	raw, err := d.name() // the bytes, without a copy
	if err != nil {
		return nil, err
	}
	var dst []byte
	if d.shared {
		dst = d.blobs
	}
	start := len(dst)
	if dst, err = base64.StdEncoding.AppendDecode(dst, raw); err != nil {
		return nil, errBlob
	}
	if d.shared {
		d.blobs = dst
	}
	if dst == nil {
		dst = []byte{} // empty is not nil
	}
	return dst[start:len(dst):len(dst)], nil
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
		return awsshape.ErrList
	case b == '{':
		return awsshape.ErrStructure
	case b == '"' || b == '-' || digit(b) || b == 't' || b == 'f':
		return scalar
	default:
		return awsshape.ErrMalformed
	}
}

// mismatch is the error of a value that can not be what is wanted.
func (d *decoder) mismatch(wanted string) error {
	var found string
	switch b := d.next(); {
	case b == '[':
		return awsshape.ErrList
	case b == '{':
		return awsshape.ErrStructure
	case b == '"':
		found = "STRING_VALUE"
	case b == '-' || digit(b):
		found = "NUMBER_VALUE"
	case b == 't':
		found = "TRUE_VALUE"
	case b == 'f':
		found = "FALSE_VALUE"
	default:
		return awsshape.ErrMalformed
	}
	return awsshape.Mismatch(found, wanted)
}
