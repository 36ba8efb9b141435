package sqs

import "github.com/leat-go/leat/internal/awserr"

var storage = awserr.Storage{Closed: ErrClosed, Failure: &condition{"InternalFailure", "The storage of the service failed."}}

// stored returns the error of an operation whose journal said err; nil if that is.
func stored(op, queue string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Queue: queue, Err: storage.Condition(err)}
}

// refused returns why an operation on the queue can not be begun whose journal is not ready,
// and says err. Of a queue that is gone it is that.
func (q *LocalQueue) refused(op string, err error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone != nil {
		return q.err(op, q.gone)
	}
	return stored(op, q.name, err)
}

// ready returns why an operation that has to be stored can not be begun. Of a service that
// is closed it is that.
func (r *registry) ready(op, about string) error {
	err := r.store.ready()
	if err == nil {
		return nil
	}
	if closed := r.open(op); closed != nil {
		return closed
	}
	return stored(op, about, err)
}
