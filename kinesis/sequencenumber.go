package kinesis

import "github.com/leat-go/leat/kinesis/internal/shard"

// SequenceNumber is the place of a record in its shard. It is a decimal number of 56
// digits, in which AWS, and leat with it, hides when the shard was created, which it
// is, the index of the record and the second of its arrival. Numbers grow within a
// shard, not without gaps; those of a child shard are greater than its parents'.
// The zero value is no number of any record, and less than all. SequenceNumbers may
// be compared with ==.
type SequenceNumber struct{ n shard.SequenceNumber }

// ParseSequenceNumber reads a decimal sequence number. It fails with
// ErrInvalidArgument if the text is none that a stream of AWS's or leat's gives.
func ParseSequenceNumber(decimal string) (SequenceNumber, error) {
	n, err := shard.ParseSequenceNumber(decimal)
	if err != nil {
		return SequenceNumber{}, located("ParseSequenceNumber", "", invalid("SequenceNumber %.130q is invalid.", decimal))
	}
	return SequenceNumber{n}, nil
}

// Compare returns -1, 0 or 1 as n is less than, equal to or greater than other.
func (n SequenceNumber) Compare(other SequenceNumber) int { return n.n.Compare(other.n) }

// IsZero tells whether n is the zero value.
func (n SequenceNumber) IsZero() bool { return n.n.IsZero() }

// String returns the number in decimal, 0 for the zero value.
func (n SequenceNumber) String() string { return n.n.String() }

// AppendText appends what String returns; the error is nil.
func (n SequenceNumber) AppendText(dst []byte) ([]byte, error) { return n.n.AppendText(dst) }

// MarshalText returns what String returns, empty for the zero value; the error is nil.
func (n SequenceNumber) MarshalText() ([]byte, error) {
	if n.IsZero() {
		return []byte{}, nil
	}
	return n.AppendText(nil)
}

// UnmarshalText reads what MarshalText writes. It fails as ParseSequenceNumber does.
func (n *SequenceNumber) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = SequenceNumber{}
		return nil
	}
	parsed, err := ParseSequenceNumber(string(text))
	if err == nil {
		*n = parsed
	}
	return err
}
