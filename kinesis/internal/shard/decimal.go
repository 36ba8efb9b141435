package shard

import "math/bits"

// Numbers of up to 192 bits and decimal text, without math/big: a sequence number is
// written for every record that is put. They are taken apart into pieces of 19 digits,
// the most that a uint64 always holds.

const (
	pieceDigits = 19
	piece       = 1e19 // 10 to the power of pieceDigits
	maxDigits   = 58   // of 2¹⁹²-1
)

// A wide is an unsigned number of 192 bits.
type wide struct{ hi, mid, lo uint64 }

// divPiece divides by 10¹⁹.
func (w wide) divPiece() (quotient wide, remainder uint64) {
	var r uint64
	quotient.hi, r = w.hi/piece, w.hi%piece
	quotient.mid, r = bits.Div64(r, w.mid, piece)
	quotient.lo, r = bits.Div64(r, w.lo, piece)
	return quotient, r
}

// appendDecimal appends w without leading zeros.
func appendDecimal(dst []byte, w wide) []byte {
	var text [4 * pieceDigits]byte
	at := len(text)
	for w.hi|w.mid != 0 || w.lo >= piece {
		var r uint64
		w, r = w.divPiece()
		at -= pieceDigits
		putDigits(text[at:at+pieceDigits], r)
	}
	at -= pieceDigits
	putDigits(text[at:at+pieceDigits], w.lo)
	for at < len(text)-1 && text[at] == '0' {
		at++
	}
	return append(dst, text[at:]...)
}

const pairs = "" +
	"00010203040506070809101112131415161718192021222324" +
	"25262728293031323334353637383940414243444546474849" +
	"50515253545556575859606162636465666768697071727374" +
	"75767778798081828384858687888990919293949596979899"

// putDigits writes the 19 digits of v, which is below 10¹⁹.
func putDigits(dst []byte, v uint64) {
	_ = dst[pieceDigits-1]
	for at := pieceDigits - 2; at > 0; at -= 2 {
		pair := v % 100 * 2
		v /= 100
		dst[at], dst[at+1] = pairs[pair], pairs[pair+1]
	}
	dst[0] = byte('0' + v)
}

// parseDecimal reads a number that begins with 0 only if it is 0. It returns ErrSyntax
// if the text is none or has more than most digits, and ErrTooLarge if it has 58 digits
// or more, which not every number of 192 bits has room for.
func parseDecimal(text string, most int) (wide, error) {
	if text == "" || len(text) > most || text[0] == '0' && text != "0" {
		return wide{}, ErrSyntax
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return wide{}, ErrSyntax
		}
	}
	if len(text) >= maxDigits {
		return wide{}, ErrTooLarge
	}
	var w wide
	for len(text) > 0 {
		n := (len(text)-1)%pieceDigits + 1 // the first piece is what is left over
		value, scale := uint64(0), uint64(1)
		for i := range n {
			value = value*10 + uint64(text[i]-'0')
			scale *= 10
		}
		text = text[n:]
		w = w.mulAdd(scale, value)
	}
	return w, nil
}

// mulAdd returns w*scale + value. Its callers see to it that this has 192 bits.
func (w wide) mulAdd(scale, value uint64) wide {
	var out wide
	var carry, c uint64
	carry, out.lo = bits.Mul64(w.lo, scale)
	out.lo, c = bits.Add64(out.lo, value, 0)
	carry += c
	high, mid := bits.Mul64(w.mid, scale)
	out.mid, c = bits.Add64(mid, carry, 0)
	out.hi = w.hi*scale + high + c
	return out
}
