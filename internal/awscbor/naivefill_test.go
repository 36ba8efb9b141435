package awscbor_test

import (
	"math/big"
	"reflect"
	"time"
)

// naiveFill puts a tree into v, and tells whether it fits.
func naiveFill(v reflect.Value, tree any) bool {
	if tree == nil {
		v.SetZero()
		return true
	}
	switch v.Interface().(type) {
	case time.Time:
		n, ok := naiveInt(tree, 64)
		v.Set(reflect.ValueOf(time.UnixMilli(n).UTC()))
		return ok
	case []byte:
		b, ok := tree.([]byte)
		v.SetBytes(b)
		return ok
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := tree.(string)
		v.SetString(s)
		return ok
	case reflect.Bool:
		b, ok := tree.(bool)
		v.SetBool(b)
		return ok
	case reflect.Int32, reflect.Int64:
		n, ok := naiveInt(tree, v.Type().Bits())
		v.SetInt(n)
		return ok
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return naiveFill(v.Elem(), tree)
	case reflect.Slice:
		list, ok := tree.([]any)
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i := range list {
			ok = ok && naiveFill(v.Index(i), list[i])
		}
		return ok
	}
	entries, ok := tree.([]entry)
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMap(v.Type()))
	} else {
		v.SetZero()
	}
	for _, e := range entries {
		name, isText := e.key.(string)
		if !isText {
			return false
		}
		if v.Kind() == reflect.Map {
			elem := reflect.New(v.Type().Elem()).Elem()
			if !naiveFill(elem, e.value) {
				return false
			}
			if e.value == nil {
				elem = reflect.Value{}
			}
			v.SetMapIndex(reflect.ValueOf(name), elem)
			continue
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			known := f.Tag.Get("json")
			if known == "" {
				known = f.Name
			}
			if f.IsExported() && known == name && !naiveFill(v.Field(i), e.value) {
				return false
			}
		}
	}
	return ok
}

func naiveInt(tree any, bits int) (int64, bool) {
	f, ok := tree.(*big.Float)
	if !ok || f.IsInf() {
		return 0, false
	}
	n, _ := f.Int(nil)
	limit := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	if n.Cmp(limit) >= 0 || n.Cmp(new(big.Int).Neg(limit)) < 0 {
		return 0, false
	}
	return n.Int64(), true
}
