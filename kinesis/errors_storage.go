package kinesis

import "github.com/leat-go/leat/internal/awserr"

// storage has errors.Is find ErrInternalFailure as well as what the journal said.
var storage = awserr.Storage{Closed: ErrClosed, Failure: ErrInternalFailure.(*condition)}

// stored returns the error of an operation whose journal said err; nil if that is.
func stored(op, stream string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Stream: stream, Err: storage.Condition(err)}
}
