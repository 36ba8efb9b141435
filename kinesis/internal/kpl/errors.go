package kpl

import (
	"errors"
	"fmt"
)

// The conditions that an [*Error] wraps. After each of them the record is one plain record. The
// Kinesis Client Library agrees on all but ErrIndex, as the package comment says.
var (
	// ErrPlain is the error for data without the magic number, or too short for any message.
	ErrPlain = errors.New("not an aggregated record")
	// ErrChecksum is the error for data whose MD5 is not that of its message.
	ErrChecksum = errors.New("wrong checksum")
	// ErrMalformed is the error for a message that is not in protocol buffers' encoding, or
	// lacks a required field.
	ErrMalformed = errors.New("malformed message")
	// ErrIndex is the error for a well-formed message of which a record has an index outside
	// the table of keys.
	ErrIndex = errors.New("index outside the table of keys")
)

// An Error says why data cannot be unpacked.
type Error struct {
	// Err is ErrPlain, ErrChecksum, ErrMalformed or ErrIndex.
	Err error
	// Offset is the byte of the data at which the fault was found: for ErrIndex and a lacking
	// field, the end of the record that has it.
	Offset int
}

func (e *Error) Error() string { return fmt.Sprintf("kpl: %v, at byte %d", e.Err, e.Offset) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
