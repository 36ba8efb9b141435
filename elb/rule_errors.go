package elb

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong with rules. They come wrapped in a *RuleError.
var (
	// ErrTooManyRules: a listener has at most 100 besides the default.
	ErrTooManyRules = errors.New("elb: too many rules")
	// ErrPriority: a priority is 1 to 50,000.
	ErrPriority = errors.New("elb: invalid priority")
	// ErrPriorityInUse: two rules have the same priority.
	ErrPriorityInUse = errors.New("elb: priority in use")
	// ErrNoDefaultAction: nothing says what becomes of requests that no rule matches.
	ErrNoDefaultAction = errors.New("elb: no default action")
	// ErrInvalidCondition: a condition, or all conditions of a rule together.
	ErrInvalidCondition = errors.New("elb: invalid condition")
	// ErrInvalidAction: an action that is none, or more than one, or a bad one.
	ErrInvalidAction = errors.New("elb: invalid action")
	// ErrRedirectLoop: a redirect to the URL that the request is at.
	ErrRedirectLoop = errors.New("elb: redirect loop")
	// ErrInvalidTransform: a rewrite that is none, or more than one, or a bad one.
	ErrInvalidTransform = errors.New("elb: invalid transform")
	// ErrRewrite: a rewrite of a request that came to no valid host or URL. It is the
	// only one that a Decision has.
	ErrRewrite = errors.New("elb: the rewrite failed")
)

// RuleError is one fault of one rule.
type RuleError struct {
	// Index is the rule's place in what CompileRules was given; -1 if the fault is in the
	// default action or in the set.
	Index int
	// Priority is the rule's.
	Priority int
	// Part is where in the rule the fault is, "Conditions[1].PathPattern"; it may be
	// empty.
	Part string
	// Err is one of this package's sentinels.
	Err error
	// Message says what is wrong.
	Message string
}

func (e *RuleError) Error() string {
	var b strings.Builder
	b.WriteString("elb: ")
	if e.Index >= 0 {
		fmt.Fprintf(&b, "rule %d (priority %d): ", e.Index, e.Priority)
	}
	if e.Part != "" {
		b.WriteString(e.Part + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap returns the sentinel.
func (e *RuleError) Unwrap() error { return e.Err }

// ErrorCode returns the code that the API of ELB gives for such a fault.
func (e *RuleError) ErrorCode() string {
	switch e.Err {
	case ErrTooManyRules:
		return "TooManyRules"
	case ErrPriorityInUse:
		return "PriorityInUse"
	case ErrInvalidAction, ErrRedirectLoop:
		return "InvalidLoadBalancerAction"
	}
	return "ValidationError"
}

// ErrorMessage returns what is wrong, without saying where.
func (e *RuleError) ErrorMessage() string { return e.Message }

// ruleFaults collects what is wrong with a rule, or outside of any.
type ruleFaults struct {
	index, priority int
	found           []error
}

func (f *ruleFaults) add(part string, err error, format string, args ...any) {
	f.found = append(f.found, &RuleError{Index: f.index, Priority: f.priority, Part: part, Err: err, Message: fmt.Sprintf(format, args...)})
}

func (f *ruleFaults) err() error { return errors.Join(f.found...) }
