package shard

import "errors"

const (
	// maxSequenceDigits is what AWS lets through to look at: 0|([1-9]\d{0,128}).
	maxSequenceDigits = 129
	// firstInvalidSecond is from when on AWS takes a number of the first layout for none.
	firstInvalidSecond = 16_025_175_000
)

// ParseSequenceNumber reads a decimal sequence number. It returns an [*Error] with
// [ErrSyntax] if the text is no number of at most 129 digits without leading zeros, with
// [ErrInvalid] if the number is of no layout, and with [ErrForeign] if it is of the
// layouts 0 and 1, which AWS used before and still recognizes, or has fields that
// contradict each other.
func ParseSequenceNumber(decimal string) (SequenceNumber, error) {
	w, err := parseDecimal(decimal, maxSequenceDigits)
	shard := 0
	switch {
	case errors.Is(err, ErrTooLarge):
		err = ErrInvalid
	case err != nil:
	default:
		shard, err = checkLayout(w)
	}
	if err != nil {
		return SequenceNumber{}, &Error{What: "sequence number", Text: decimal, Shard: shard, Err: err}
	}
	return SequenceNumber{w}, nil
}

// checkLayout returns ErrInvalid, ErrForeign and the shard that the number names, or no
// error.
func checkLayout(w wide) (shard int, err error) {
	if w.hi < 2 {
		// Layout 0 has up to 129 bits: a digit, 9 digits of the second of creation, 18
		// that do not matter, 4 of the shard's index. The first digit may be left out.
		if second := w.mid >> 24 & MaxSecond; second >= firstInvalidSecond {
			return 0, ErrInvalid
		}
		return int(w.lo & 0xffff), ErrForeign
	}
	version := w.lo & 0xf
	if w.hi>>56 != layoutMark || version != layoutVersion && version != layoutPrevious {
		return 0, ErrInvalid
	}
	n := SequenceNumber{w}
	if n.Shard() > MaxIndex {
		return 0, ErrInvalid
	}
	if version == layoutPrevious {
		return n.Shard(), ErrForeign
	}
	if n.Index() < 0 {
		return 0, ErrInvalid
	}
	if n != MakeSequenceNumber(n.Created(), n.Shard(), n.Index(), n.Put()) {
		return n.Shard(), ErrForeign
	}
	return 0, nil
}
