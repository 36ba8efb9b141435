package sns

import "github.com/leat-go/leat/internal/awserr"

var storage = awserr.Storage{Closed: ErrClosed, Failure: &condition{"InternalError", "The storage of the service failed."}}

// stored returns the error of an operation whose journal said err; nil if that is.
func stored(op, resource string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Resource: resource, Err: storage.Condition(err)}
}
