package elb

import (
	"errors"
	"time"
)

// ErrNoTargets is what Pick returns when there is no target to choose from. (503 at
// layer 7, a refused connection at layer 4.)
var ErrNoTargets = errors.New("elb: no targets")

// Picker chooses the target of a request, a connection or a call. The algorithms of
// this package implement it; so may a program's own, and the suite in package elbtest
// says what one owes its users. All methods may be called concurrently.
type Picker interface {
	// Pick chooses a target. The caller sends the request there, and calls done
	// exactly once when it is over, whatever became of it; a picker counts what is
	// outstanding by that. done is never nil if err is. It fails with ErrNoTargets.
	Pick(req Request) (t *Target, done func(Outcome), err error)
}

// SetPicker is a Picker whose targets change. It is what a TargetGroup keeps informed.
type SetPicker interface {
	Picker
	// SetTargets makes targets, and no others, the ones to choose from. The picker
	// keeps the slice, which must not be changed afterwards. What is outstanding at a
	// target that stays is still counted.
	SetTargets(targets []*Target)
}

// Request is what a Picker may look at. It is small: it is passed by value.
type Request struct {
	// Flow is a hash of what belongs together: at layer 4 the protocol, addresses and
	// ports. Only hashing pickers look at it; the same flow then goes to the same
	// target. Use FlowHash to make one.
	Flow uint64

	// Avoid are targets that the request was at already and failed. A picker chooses
	// another if there is one.
	Avoid []*Target
}

// Outcome is what became of a request.
type Outcome struct {
	// Err is why the target gave no answer; nil if it gave one.
	Err error
	// Status is the answer's HTTP status; 0 where there is none.
	Status int
	// Duration is how long the target took, up to the first byte of its answer; 0 if
	// nobody measured it.
	Duration time.Duration
}

// failed tells whether the outcome speaks against the target: no answer, or a 5xx.
func (o Outcome) failed() bool { return o.Err != nil || o.Status >= 500 }
