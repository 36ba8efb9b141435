package awscbor_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/big"
	"unicode/utf8"
)

// The naive reader makes a tree of a whole body first, on a second way through the
// RFC: the value of a text is a string, of bytes a []byte, of a number a *big.Float, of
// an array a []any, of a map a []entry. Null and undefined are nil.

type entry struct{ key, value any }

type (
	simple  byte
	nan     struct{}
	stopped struct{} // the break
)

var errNaive = errors.New("naive: bad")

func naiveTree(data []byte) (any, error) {
	r := bytes.NewReader(data)
	tree, err := naiveItem(r)
	if err == nil && r.Len() > 0 {
		err = errNaive
	}
	return tree, err
}

// naiveItem reads an item that is no break.
func naiveItem(r *bytes.Reader) (any, error) {
	v, err := naiveAny(r)
	if _, ok := v.(stopped); ok {
		err = errNaive
	}
	return v, err
}

func naiveAny(r *bytes.Reader) (any, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	kind, low := int(first/32), int(first%32)
	var raw []byte
	if low >= 24 && low <= 27 {
		raw = make([]byte, []int{1, 2, 4, 8}[low-24])
		if _, err := io.ReadFull(r, raw); err != nil {
			return nil, err
		}
	}
	n := uint64(low)
	if raw != nil {
		n = new(big.Int).SetBytes(raw).Uint64()
	}
	open := low == 31
	if low >= 28 && (!open || kind == 0 || kind == 1 || kind == 6) {
		return nil, errNaive
	}
	switch kind {
	case 0:
		return new(big.Float).SetUint64(n), nil
	case 1:
		f := new(big.Float).SetPrec(70).SetUint64(n)
		return f.Sub(big.NewFloat(-1), f), nil
	case 2, 3:
		var b []byte
		for open {
			before := r.Len()
			chunk, err := naiveAny(r)
			if err != nil {
				return nil, err
			}
			if _, ok := chunk.(stopped); ok {
				return naiveString(kind, b)
			}
			if head := int(lookBack(r, before)); head/32 != kind || head%32 == 31 {
				return nil, errNaive
			}
			switch chunk := chunk.(type) {
			case string:
				b = append(b, chunk...)
			case []byte:
				b = append(b, chunk...)
			}
		}
		if n > uint64(r.Len()) {
			return nil, errNaive
		}
		b = make([]byte, n)
		io.ReadFull(r, b)
		return naiveString(kind, b)
	case 4:
		list := []any{}
		for i := uint64(0); open || i < n; i++ {
			v, err := naiveAny(r)
			if err != nil {
				return nil, err
			}
			if _, ok := v.(stopped); ok {
				if !open {
					return nil, errNaive
				}
				break
			}
			list = append(list, v)
		}
		return list, nil
	case 5:
		entries := []entry{}
		for i := uint64(0); open || i < n; i++ {
			k, err := naiveAny(r)
			if err != nil {
				return nil, err
			}
			if _, ok := k.(stopped); ok {
				if !open {
					return nil, errNaive
				}
				break
			}
			v, err := naiveItem(r)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry{k, v})
		}
		return entries, nil
	case 6:
		return naiveItem(r)
	}
	switch {
	case open:
		return stopped{}, nil
	case low == 24 && n < 32:
		return nil, errNaive
	case low == 25:
		return naiveFloat(naiveHalf(uint16(n))), nil
	case low == 26:
		return naiveFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))), nil
	case low == 27:
		return naiveFloat(math.Float64frombits(binary.BigEndian.Uint64(raw))), nil
	case n == 20, n == 21:
		return n == 21, nil
	case n == 22, n == 23:
		return nil, nil
	default:
		return simple(n), nil
	}
}

// lookBack returns the byte that the reader was at when it had so many left.
func lookBack(r *bytes.Reader, left int) byte {
	b := make([]byte, 1)
	r.ReadAt(b, r.Size()-int64(left))
	return b[0]
}

func naiveString(kind int, b []byte) (any, error) {
	if kind == 2 {
		return append([]byte{}, b...), nil
	}
	if !utf8.Valid(b) {
		return nil, errNaive
	}
	return string(b), nil
}

// naiveHalf makes a half a single by moving its bits.
func naiveHalf(h uint16) float64 {
	sign, rest := uint32(h&0x8000)<<16, uint32(h&0x7fff)
	if rest < 0x400 {
		return float64(rest) * 0x1p-24 // zero has no sign in what follows
	}
	if rest >= 0x7c00 {
		return float64(math.Float32frombits(sign | 0x7f800000 | rest<<13))
	}
	return float64(math.Float32frombits(sign | (rest<<13 + 112<<23)))
}

func naiveFloat(f float64) any {
	if math.IsNaN(f) {
		return nan{}
	}
	return big.NewFloat(f)
}
