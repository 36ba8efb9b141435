package elb

import "errors"

// Why a request or connection that a target had was ended by its group.
var (
	// ErrDrained: the target was deregistered, and its deregistration delay is over.
	ErrDrained = errors.New("elb: the target is deregistered")
	// ErrUnhealthy: the target has become unhealthy. Only connections at layer 4 are
	// ended for that.
	ErrUnhealthy = errors.New("elb: the target is unhealthy")
	// ErrGroupClosed: the target group was closed.
	ErrGroupClosed = errors.New("elb: the target group is closed")
	// ErrTargetsBusy: all targets have as many requests as they may.
	ErrTargetsBusy = errors.New("elb: all targets are busy")
)

// lease is a target's being in use by a request or a connection: a pick that the group
// can call back. Its owner sets the fields that are marked so, calls acquire, and release
// once; then it may be used again.
type lease struct {
	// abort, if not nil, is called at most once between the begin of acquire and the end of
	// release, by any goroutine, when the group ends the use: with ErrDrained, ErrUnhealthy or
	// ErrGroupClosed. It is called with a mutex held, so that release waits for its end: it must
	// not block, nor call the group. Set by the owner before each acquire.
	abort func(cause error)
	// connection tells that this is a connection at layer 4, which ends when the target
	// becomes unhealthy. Set by the owner.
	connection bool

	target *Target // set by acquire
	member *member
	done   func(Outcome)

	previous, next *lease // in member.leases; guarded by its mutex
}
