package awscbor

import (
	"math"
	"reflect"
	"time"

	"github.com/leat-go/leat/internal/awsshape"
)

// Decode reads the CBOR map in data into the struct that dst points to. Names that
// the struct has not are skipped, null is the same as nothing, and of a name that
// occurs twice the last counts. Bytes after the map are an error. On an [*Error] dst
// is partly filled.
//
// A []byte in dst refers to data afterwards, unless it came in chunks: whoever keeps
// it longer than data copies it. Strings are copies.
//
// Memory is used for what data has, never for what a length in it promises. Every
// element of a list is at least a byte in data, and takes the size of its Go type.
func Decode(data []byte, dst any) error {
	v := reflect.ValueOf(dst).Elem()
	d := decoder{data: data}
	h, err := d.item()
	if err != nil {
		return err
	}
	if h.major != majorMap && h.major != majorArray {
		return awsshape.ErrMalformed
	}
	if err := d.rest(awsshape.Of(v.Type()), v, h); err != nil {
		return err
	}
	if d.pos != len(data) {
		return awsshape.ErrMalformed
	}
	return nil
}

const (
	// maxDepth bounds the nesting of values that are skipped. No request of AWS's
	// comes near it. What is not skipped is as deep as its Go type.
	maxDepth = 100

	// maxRoom bounds the elements that a list has room for before they are read.
	// More come by growing.
	maxRoom = 1024
)

// decoder reads CBOR from data.
type decoder struct {
	data []byte
	pos  int
	most int // of the field that is read
}

func (d *decoder) value(s *awsshape.Shape, v reflect.Value) error {
	h, err := d.item()
	if err != nil {
		return err
	}
	return d.rest(s, v, h)
}

// rest reads what is left of a value whose head was read.
func (d *decoder) rest(s *awsshape.Shape, v reflect.Value, h head) error {
	if h.isNull() {
		v.SetZero()
		return nil
	}
	switch s.Kind {
	case awsshape.String:
		if h.major != majorText {
			return mismatch(h, "a String")
		}
		text, err := d.str(h)
		v.SetString(string(text))
		return err
	case awsshape.Integer:
		n, err := integer(h, 32, "an Integer")
		v.SetInt(n)
		return err
	case awsshape.Long:
		n, err := integer(h, 64, "a Long")
		v.SetInt(n)
		return err
	case awsshape.Boolean:
		if !isBoolean(h) {
			return mismatch(h, "a Boolean")
		}
		v.SetBool(h.info == simpleTrue&31)
		return nil
	case awsshape.Blob:
		if h.major != majorBytes {
			return mismatch(h, "a Blob")
		}
		b, err := d.str(h)
		v.SetBytes(b)
		return err
	case awsshape.Timestamp:
		ms, err := integer(h, 64, "a Timestamp")
		if err == nil {
			*v.Addr().Interface().(*time.Time) = time.UnixMilli(ms).UTC()
		}
		return err
	case awsshape.Pointer:
		v.Set(reflect.New(s.Elem.Type))
		return d.rest(s.Elem, v.Elem(), h)
	case awsshape.List:
		return d.list(s, v, h)
	case awsshape.Map:
		return d.mapping(s, v, h)
	default:
		return d.structure(s, v, h)
	}
}

func (d *decoder) list(s *awsshape.Shape, v reflect.Value, h head) error {
	if h.major != majorArray {
		return unexpected(h, awsshape.ErrNoList)
	}
	most := d.most
	d.most = 0
	room := 0
	if h.info != indefinite {
		room = int(min(h.arg, uint64(len(d.data)-d.pos), maxRoom))
	}
	v.Set(reflect.MakeSlice(s.Type, 0, room)) // empty is not nil
	for i := 0; d.more(h, uint64(i)); i++ {
		n := i
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
	return nil
}

func (d *decoder) mapping(s *awsshape.Shape, v reflect.Value, h head) error {
	if h.major != majorMap {
		return unexpected(h, awsshape.ErrNotNull)
	}
	v.Set(reflect.MakeMap(s.Type))
	elem := reflect.New(s.Elem.Type).Elem()
	for i := uint64(0); d.more(h, i); i++ {
		name, err := d.name()
		if err != nil {
			return err
		}
		k := reflect.ValueOf(string(name)).Convert(s.Type.Key())
		item, err := d.item()
		if err != nil {
			return err
		}
		if item.isNull() {
			v.SetMapIndex(k, reflect.Value{}) // deletes
			continue
		}
		elem.SetZero()
		if err := d.rest(s.Elem, elem, item); err != nil {
			return err
		}
		v.SetMapIndex(k, elem)
	}
	return nil
}

func (d *decoder) structure(s *awsshape.Shape, v reflect.Value, h head) error {
	if h.major != majorMap {
		return unexpected(h, awsshape.ErrNotNull)
	}
	v.SetZero()
	for i := uint64(0); d.more(h, i); i++ {
		name, err := d.name()
		if err != nil {
			return err
		}
		item, err := d.item()
		if err != nil {
			return err
		}
		if f := field(s, name); f != nil {
			d.most = f.Most
			err = d.rest(f.Shape, v.Field(f.Index), item)
		} else {
			err = d.skip(item, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name reads the name of a member. It may refer to d.data.
func (d *decoder) name() ([]byte, error) {
	h, err := d.item()
	if err != nil {
		return nil, err
	}
	if h.major != majorText {
		return nil, awsshape.ErrMalformed
	}
	return d.str(h)
}

func field(s *awsshape.Shape, name []byte) *awsshape.Field {
	for i := range s.Fields {
		if s.Fields[i].Name == string(name) { // does not allocate
			return &s.Fields[i]
		}
	}
	return nil
}

func isBoolean(h head) bool {
	return h.major == majorSimple && (h.info == simpleTrue&31 || h.info == simpleFalse&31)
}

// integer returns a number of so many bits. A fraction is cut off, as AWS does in JSON.
func integer(h head, bits int, wanted string) (int64, error) {
	limit := uint64(1) << (bits - 1)
	switch {
	case h.major == majorUnsigned && h.arg < limit:
		return int64(h.arg), nil
	case h.major == majorNegative && h.arg < limit:
		return ^int64(h.arg), nil // -1-arg
	case h.isFloat():
		if f := math.Trunc(h.float()); -float64(limit) <= f && f < float64(limit) { // not for NaN
			return int64(f), nil
		}
	case h.major > majorNegative:
		return 0, mismatch(h, wanted)
	}
	return 0, awsshape.ErrOutOfRange
}
