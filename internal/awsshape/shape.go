// Package awsshape tells how Go types stand for the shapes of AWS's service models,
// for the packages that put them on the wire in one protocol or another.
//
// A value may be a string, int32, int64, bool, []byte, time.Time, a pointer to one of
// these, a struct, or a slice or a string-keyed map of any of them. Any other type, and
// a type that contains itself, is a mistake in the program. The Query protocol, whose
// services here have none, does not know time.Time.
//
// A type that has the method AppendText of encoding.TextAppender is a string that is
// only written, without an error, and needs no escapes: digits, for example.
//
// A field is known on the wire by its own name, or that in its json tag if it has
// one, or in the Query protocol that in its query tag. The query tag goes on with
// what the service's model says of lists and maps, as in
// `query:"Tag,flat,key=Key,value=Value"`. Fields that are not exported are left
// alone.
//
// A list of many small elements takes more memory than the body that it comes in. The
// tag most:"500" on a field has the readers keep the first 500 elements of its list,
// and of all the others one, the last, so that one sees that there were too many. They
// are checked all the same.
//
// When written, zero strings, numbers, booleans and times, nil pointers, empty slices
// and empty maps are left out. A field whose zero must be written is a pointer.
package awsshape

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kind is a kind of shape, under the name that AWS has for it.
type Kind uint8

const (
	String  Kind = iota
	Integer      // of 32 bits
	Long         // of 64 bits
	Boolean
	Blob      // of bytes
	Timestamp // to the millisecond
	Text      // that is only written
	Pointer   // to a value that may be absent
	List
	Map // with strings for keys
	Structure
)

// Shape describes a type. It is shared and must not be changed.
type Shape struct {
	Kind   Kind
	Type   reflect.Type
	Elem   *Shape  // of a Pointer, List or Map
	Fields []Field // of a Structure, in their order
}

// Field is a field of a structure.
type Field struct {
	Name  string // on the wire
	Index int    // in the struct
	Shape *Shape
	Most  int // of a list whose elements beyond that are not kept, but for one; 0 for no bound
	Query Layout
}

// Layout is how a field looks in the Query protocol.
type Layout struct {
	Name       string
	Flat       bool   // a list or map with no level between its name and its elements
	Key, Value string // of a map's entries; "key" and "value" unless the tag says else
}

var shapes sync.Map // of *Shape by reflect.Type

var (
	timeType     = reflect.TypeFor[time.Time]()
	appenderType = reflect.TypeFor[encoding.TextAppender]()
)

// Of returns the shape of a type. It panics on one that has none.
func Of(t reflect.Type) *Shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*Shape)
	}
	s, _ := shapes.LoadOrStore(t, newShape(t))
	return s.(*Shape)
}

// Omits tells whether a field of this value is left out.
func (s *Shape) Omits(v reflect.Value) bool {
	switch s.Kind {
	case Blob, List, Map:
		return v.Len() == 0
	case Structure:
		return false
	default:
		return v.IsZero()
	}
}

// Time returns the time that a value of the kind Timestamp holds.
func Time(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time) // does not allocate
	}
	return v.Interface().(time.Time)
}

// AppendText appends the text of a value of the kind Text.
func AppendText(dst []byte, v reflect.Value) []byte {
	if v.CanAddr() {
		v = v.Addr() // does not allocate
	}
	dst, _ = v.Interface().(encoding.TextAppender).AppendText(dst)
	return dst
}

func newShape(t reflect.Type) *Shape {
	s := &Shape{Type: t}
	switch k := t.Kind(); {
	case t == timeType:
		s.Kind = Timestamp
	case k != reflect.Pointer && t.Implements(appenderType):
		s.Kind = Text
	case k == reflect.String:
		s.Kind = String
	case k == reflect.Int32:
		s.Kind = Integer
	case k == reflect.Int64:
		s.Kind = Long
	case k == reflect.Bool:
		s.Kind = Boolean
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		s.Kind = Blob
	case k == reflect.Pointer:
		s.Kind, s.Elem = Pointer, Of(t.Elem())
	case k == reflect.Slice:
		s.Kind, s.Elem = List, Of(t.Elem())
	case k == reflect.Map && t.Key().Kind() == reflect.String:
		s.Kind, s.Elem = Map, Of(t.Elem())
	case k == reflect.Struct:
		s.Kind = Structure
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				s.Fields = append(s.Fields, newField(f, i))
			}
		}
	default:
		panic(fmt.Sprintf("awsshape: %v is not a type that AWS has a shape for", t))
	}
	return s
}

func newField(f reflect.StructField, index int) Field {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		name = f.Name
	}
	layout := Layout{Name: name, Key: "key", Value: "value"}
	query, options, _ := strings.Cut(f.Tag.Get("query"), ",")
	if query != "" {
		layout.Name = query
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option, value, _ := strings.Cut(option, "="); option {
		case "flat":
			layout.Flat = true
		case "key":
			layout.Key = value
		case "value":
			layout.Value = value
		}
	}
	most, _ := strconv.Atoi(f.Tag.Get("most"))
	return Field{Name: name, Index: index, Shape: Of(f.Type), Most: most, Query: layout}
}
