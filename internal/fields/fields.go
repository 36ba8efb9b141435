// Package fields writes and reads what the records of a journal consist of, one field
// after the other: varints, texts with their length before them, and maps of texts. The
// reader takes whatever it is given, and asks for no more memory than that has.
package fields

import (
	"encoding/binary"
	"maps"
	"slices"
)

// AppendUints appends numbers that are not negative.
func AppendUints(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// AppendText appends a text.
func AppendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendBool appends a byte that is 0 or 1.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendTexts appends a map, in the order of its keys.
func AppendTexts(b []byte, m map[string]string) []byte {
	b = binary.AppendUvarint(b, uint64(len(m)))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b = AppendText(AppendText(b, key), m[key])
	}
	return b
}

// Reader reads fields in the order in which they were written. After the first that is not
// there, all that it returns is zero, and Bad is true.
type Reader struct {
	Rest []byte // what is not read yet
	Bad  bool
}

// Fail makes the reader bad, for a field that makes no sense.
func (r *Reader) Fail() { r.Rest, r.Bad = nil, true }

// Done tells whether all that was read was there, and that there is no more.
func (r *Reader) Done() bool { return !r.Bad && len(r.Rest) == 0 }

// Uint reads a number that is not negative.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Uint32 reads one that is less than 2^32.
func (r *Reader) Uint32() uint32 {
	v := r.Uint()
	if v > 1<<32-1 {
		r.Fail()
		return 0
	}
	return uint32(v)
}

// Int reads what binary.AppendVarint has written.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.Rest)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if b := r.Fixed(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads a byte that is 0 or 1.
func (r *Reader) Bool() bool {
	b := r.Byte()
	if b > 1 {
		r.Fail()
	}
	return b == 1
}

// Fixed reads n bytes, which are those of Rest; nil if there are not so many.
func (r *Reader) Fixed(n int) []byte {
	if n > len(r.Rest) {
		r.Fail()
		return nil
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b
}

// Count reads how many elements follow, each of which has at least so many bytes: a count
// that is not true takes no memory.
func (r *Reader) Count(least int) int {
	n := r.Uint()
	if n > uint64(len(r.Rest)/least) {
		r.Fail()
		return 0
	}
	return int(n)
}

// Bytes reads a text, as bytes of Rest.
func (r *Reader) Bytes() []byte { return r.Fixed(r.Count(1)) }

// Text reads a text.
func (r *Reader) Text() string { return string(r.Bytes()) }

// Texts reads a map, nil if it is empty.
func (r *Reader) Texts() map[string]string {
	n := r.Count(2)
	if n == 0 {
		return nil
	}
	m := make(map[string]string, n)
	for range n {
		key := r.Text()
		m[key] = r.Text()
	}
	return m
}
