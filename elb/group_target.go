package elb

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// What can be wrong with a target. It comes wrapped in a [*TargetError].
var (
	// ErrInvalidTarget: there is nothing to send requests to, or more than one thing, or
	// no name, or a weight that is none.
	ErrInvalidTarget = errors.New("invalid target")
	// ErrTargetInUse: another target of that name is registered, or would be.
	ErrTargetInUse = errors.New("target name in use")
	// ErrTargetNotFound: the target is not registered.
	ErrTargetNotFound = errors.New("target not found")
)

// TargetError is what is wrong with one target.
type TargetError struct {
	Group, Target string // the names; Target is empty if it has none
	Detail        string // what is wrong; empty if Err says all
	Err           error  // one of this package's sentinels
}

func (e *TargetError) Error() string {
	text := "elb: group " + e.Group + ": target " + strconv.Quote(e.Target) + ": " + e.Err.Error()
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap returns the sentinel.
func (e *TargetError) Unwrap() error { return e.Err }

// validate returns what keeps requests from being sent to the target.
func (t *Target) validate(group string) (faults []error) {
	fault := func(format string, args ...any) {
		faults = append(faults, &TargetError{group, t.name(), fmt.Sprintf(format, args...), ErrInvalidTarget})
	}
	if t == nil {
		fault("it is nil")
		return faults
	}
	ways := 0
	for _, way := range [...]bool{t.Address != "", t.Handler != nil, t.Function != nil} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		fault("it has not exactly one of Address, Handler and Function")
	}
	if t.Name() == "" {
		fault("it has no ID")
	}
	if t.Weight < 0 || t.Weight > maxTargetWeight {
		fault("the weight %d is not between 0 and %d", t.Weight, maxTargetWeight)
	}
	if t.Address != "" {
		host, port, err := net.SplitHostPort(t.Address)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || host == "" {
			fault("the address %.50q is not a host and a port", t.Address)
		}
	}
	return faults
}

// name is Name, and empty if there is no target.
func (t *Target) name() string {
	if t == nil {
		return ""
	}
	return t.Name()
}
