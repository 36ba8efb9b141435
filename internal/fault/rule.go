package fault

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Rule says which calls go wrong and how: late, with an error, or both. At least
// one of Delay and Code must be set.
type Rule struct {
	// Op is the operation as AWS names it, such as "SendMessage". Empty means
	// every operation.
	Op string

	// Times is how many calls the rule strikes; after those it is gone. Zero
	// means all until the rule is removed.
	Times int

	// Share is the part of the calls that the rule strikes, from 0 to 1. They are
	// spread evenly and not at random, so that a test sees the same every time:
	// 0.25 strikes each fourth call, beginning with the fourth. Zero means 1.
	Share float64

	// Delay is how long a struck call waits before it is served or fails.
	Delay time.Duration

	// Code is AWS's error code to answer with, such as "RequestThrottled" or
	// "InternalError". Empty means that the call is served, after the Delay.
	Code string

	// Message is the error's text. Empty means AWS's text for the Code, where it
	// is one of the errors common to AWS's services, else the Code.
	Message string

	// Status is the error's HTTP status, 400 to 599. Zero means AWS's status for
	// the Code, where it is one of the errors common to AWS's services, else 400.
	Status int
}

// RuleError says why a rule was refused.
type RuleError struct {
	Rule    Rule
	Reasons []string // never empty
}

func (e *RuleError) Error() string {
	return "fault: bad rule: " + strings.Join(e.Reasons, "; ")
}

// Fault is the error that a rule makes of a call.
type Fault struct {
	Op      string // the operation that was called
	Code    string
	Message string
	Status  int // HTTP status, 400 to 599
}

func (f *Fault) Error() string {
	return fmt.Sprintf("fault: %s: %s: %s", f.Op, f.Code, f.Message)
}

func (r Rule) validate() error {
	var reasons []string
	check := func(ok bool, format string, args ...any) {
		if !ok {
			reasons = append(reasons, fmt.Sprintf(format, args...))
		}
	}
	check(r.Times >= 0, "Times is %d, must not be negative", r.Times)
	check(r.Share >= 0 && r.Share <= 1, "Share is %v, must be from 0 to 1", r.Share) // false for NaN too
	check(r.Delay >= 0, "Delay is %v, must not be negative", r.Delay)
	check(r.Delay > 0 || r.Code != "", "neither Delay nor Code is set, so the rule does nothing")
	check(r.Status == 0 || r.Status >= 400 && r.Status <= 599, "Status is %d, must be from 400 to 599", r.Status)
	check(r.Code != "" || r.Message == "" && r.Status == 0, "Message and Status need a Code")
	if reasons != nil {
		return &RuleError{Rule: r, Reasons: reasons}
	}
	return nil
}

// complete fills in what zero values stand for.
func (r Rule) complete() Rule {
	if r.Share == 0 {
		r.Share = 1
	}
	if r.Code == "" {
		return r
	}
	known, ok := commonErrors[r.Code]
	if !ok {
		known = commonError{http.StatusBadRequest, r.Code}
	}
	if r.Status == 0 {
		r.Status = known.status
	}
	if r.Message == "" {
		r.Message = known.message
	}
	return r
}

type commonError struct {
	status  int
	message string
}

// commonErrors are the errors worth injecting that any AWS service may answer
// with, and SQS's RequestThrottled. Statuses are those of the "Common Errors" page
// in AWS's API references and of the service model of SQS.
var commonErrors = map[string]commonError{
	"AccessDenied":          {http.StatusForbidden, "Access to the resource is denied."},
	"AccessDeniedException": {http.StatusBadRequest, "You do not have sufficient access to perform this action."},
	"ExpiredToken":          {http.StatusForbidden, "The security token included in the request is expired"},
	"InternalError":         {http.StatusInternalServerError, "We encountered an internal error. Please try again."},
	"InternalFailure":       {http.StatusInternalServerError, "The request processing has failed because of an unknown error, exception or failure."},
	"InvalidClientTokenId":  {http.StatusForbidden, "The security token included in the request is invalid."},
	"RequestThrottled":      {http.StatusForbidden, "The request was denied due to request throttling."},
	"ServiceUnavailable":    {http.StatusServiceUnavailable, "The request has failed due to a temporary failure of the server."},
	"Throttling":            {http.StatusBadRequest, "Rate exceeded"},
	"ThrottlingException":   {http.StatusBadRequest, "Rate exceeded"},
}

// counter is a rule at work.
type counter struct {
	rule Rule // complete

	mu     sync.Mutex // guards the fields below
	seen   int        // calls the rule was tried on
	struck int
}

// next tells whether the rule strikes the call at hand, and whether that was the
// last it had to strike.
func (c *counter) next() (strikes, spent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rule.Times > 0 && c.struck == c.rule.Times {
		return false, false // a call that loaded the rules before this one was removed
	}
	c.seen++
	// After n calls ⌊n·Share⌋ were struck. The constant makes up for shares that
	// have no exact binary form: 100 · 0.29 falls short of 29.
	due := math.Floor(float64(c.seen)*c.rule.Share+1e-9) - math.Floor(float64(c.seen-1)*c.rule.Share+1e-9)
	if due < 1 {
		return false, false
	}
	c.struck++
	return true, c.struck == c.rule.Times
}
