package awsquery

import (
	"encoding/base64"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/awsshape"
)

// Error says why parameters could not be read: AWS answers with a MalformedInput.
type Error struct {
	Parameter string // its whole name
	Message   string // AWS's text
}

func (e *Error) Error() string { return "awsquery: " + e.Parameter + ": " + e.Message }

// Decode sets the fields of the struct that dst points to from the parameters that
// there are; other fields stay as they were. Parameters that the struct has not
// are skipped, and of one that occurs twice the first counts. Indexes begin at 1;
// where some are missing the list is shorter. A flat list of one may do without its
// index, as in AttributeName=All. On an [*Error] dst is partly filled.
func Decode(params url.Values, dst any) error {
	d := decoder{params: params, keys: slices.Sorted(maps.Keys(params))}
	v := reflect.ValueOf(dst).Elem()
	return d.structure(awsshape.Of(v.Type()), "", v)
}

type decoder struct {
	params url.Values
	keys   []string // of params, sorted
}

func (d *decoder) structure(s *awsshape.Shape, name string, v reflect.Value) error {
	for i := range s.Fields {
		f := &s.Fields[i]
		if err := d.value(f.Shape, &f.Query, join(name, f.Query.Name), v.Field(f.Index)); err != nil {
			return err
		}
	}
	return nil
}

// value reads what is called name. The layout is that of the field it is in.
func (d *decoder) value(s *awsshape.Shape, l *awsshape.Layout, name string, v reflect.Value) error {
	switch s.Kind {
	case awsshape.Pointer:
		if !d.has(name) {
			return nil
		}
		v.Set(reflect.New(s.Elem.Type))
		return d.value(s.Elem, l, name, v.Elem())
	case awsshape.List:
		return d.list(s, l, name, v)
	case awsshape.Map:
		return d.mapping(s, l, name, v)
	case awsshape.Structure:
		return d.structure(s, name, v)
	}
	if values := d.params[name]; len(values) > 0 {
		if problem := parse(s.Kind, values[0], v); problem != "" {
			return &Error{Parameter: name, Message: problem}
		}
	}
	return nil
}

func (d *decoder) list(s *awsshape.Shape, l *awsshape.Layout, name string, v reflect.Value) error {
	base := name
	if !l.Flat {
		base = join(name, "member")
	}
	indexes, err := d.indexes(base)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(indexes)+1)
	if _, bare := d.params[base]; bare && l.Flat {
		names = append(names, base)
	}
	for _, i := range indexes {
		names = append(names, join(base, strconv.Itoa(i)))
	}
	if len(names) == 0 {
		return nil
	}
	v.Set(reflect.MakeSlice(s.Type, len(names), len(names)))
	for i, name := range names {
		if err := d.value(s.Elem, l, name, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) mapping(s *awsshape.Shape, l *awsshape.Layout, name string, v reflect.Value) error {
	base := name
	if !l.Flat {
		base = join(name, "entry")
	}
	indexes, err := d.indexes(base)
	if err != nil || len(indexes) == 0 {
		return err
	}
	v.Set(reflect.MakeMapWithSize(s.Type, len(indexes)))
	elem := reflect.New(s.Elem.Type).Elem()
	for _, i := range indexes {
		entry := join(base, strconv.Itoa(i))
		elem.SetZero()
		if err := d.value(s.Elem, l, join(entry, l.Value), elem); err != nil {
			return err
		}
		key := reflect.ValueOf(d.params.Get(join(entry, l.Key)))
		v.SetMapIndex(key.Convert(s.Type.Key()), elem)
	}
	return nil
}

// indexes returns the indexes that follow a name, in order.
func (d *decoder) indexes(name string) ([]int, error) {
	prefix := name + "."
	var indexes []int
	for at := sort.SearchStrings(d.keys, prefix); at < len(d.keys) && strings.HasPrefix(d.keys[at], prefix); {
		token, _, _ := strings.Cut(d.keys[at][len(prefix):], ".")
		i, err := strconv.ParseInt(token, 10, 32)
		switch {
		case strings.Trim(token, "0123456789") != "" || token == "":
			return nil, &Error{Parameter: d.keys[at], Message: "Start of list found where not expected"}
		case err != nil || token[0] == '0':
			return nil, &Error{Parameter: d.keys[at], Message: token + " is not a valid index"}
		}
		indexes = append(indexes, int(i))
		at++
		for below := prefix + token + "."; at < len(d.keys) && strings.HasPrefix(d.keys[at], below); {
			at++
		}
	}
	slices.Sort(indexes)
	return indexes, nil
}

// has tells whether there is a parameter of this name, or one below it.
func (d *decoder) has(name string) bool {
	if _, ok := d.params[name]; ok {
		return true
	}
	at := sort.SearchStrings(d.keys, name+".")
	return at < len(d.keys) && strings.HasPrefix(d.keys[at], name+".")
}

// parse sets v to a scalar. It returns AWS's text for what is wrong with it.
func parse(k awsshape.Kind, text string, v reflect.Value) (problem string) {
	switch k {
	case awsshape.String:
		v.SetString(text)
	case awsshape.Integer:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return "STRING_VALUE can not be converted to an Integer"
		}
		v.SetInt(n)
	case awsshape.Long:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "STRING_VALUE can not be converted to a Long"
		}
		v.SetInt(n)
	case awsshape.Boolean:
		if text != "true" && text != "false" {
			return "STRING_VALUE can not be converted to a Boolean"
		}
		v.SetBool(text == "true")
	case awsshape.Blob:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "Invalid Base64 value"
		}
		v.SetBytes(b)
	}
	return ""
}

func join(name, part string) string {
	if name == "" {
		return part
	}
	return name + "." + part
}
