package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Function is a Lambda function as AWS sees it: JSON in, JSON out. The payload must not be
// changed, and what it returns is the caller's. ctx ends when the function's time is over.
type Function func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke calls the function.
func (f Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

// Invoker is something that can be called as a function: a [Function], a [*LocalFunction],
// or an adapter over AWS. It may be called concurrently. An [*Error] says that the function
// was not called, and any other that it failed. One that has a method ARN() string is named
// by that where a function is to be named.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// FunctionConfig says what a function may use. Its zero value is AWS's.
type FunctionConfig struct {
	// Timeout is how long an invocation may take, 1 to 900 seconds. Zero means 3 seconds.
	// A function that does not end with its context runs on, and its caller waits for it;
	// what it returns then counts as ErrTimedOut all the same.
	Timeout time.Duration

	// ReservedConcurrency is how many invocations may run at once; one more is throttled.
	// Zero throttles all. Nil means no bound.
	ReservedConcurrency *int
}

func (c FunctionConfig) withDefaults() FunctionConfig {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return c
}

func (c *FunctionConfig) check(f *faults) {
	f.require(time.Second <= c.Timeout && c.Timeout <= 900*time.Second, "Timeout is %v; it must be 1 to 900 seconds.", c.Timeout)
	f.require(c.ReservedConcurrency == nil || *c.ReservedConcurrency >= 0, "ReservedConcurrency must not be negative.")
}

// Metrics is a snapshot of a function's counters and gauges under the names that AWS gives
// them in CloudWatch.
type Metrics struct {
	Invocations int64 // calls of the function, those that failed included
	Errors      int64 // those that failed
	Throttles   int64 // refused, for ReservedConcurrency; not counted as Invocations

	Duration    time.Duration // of all invocations together
	MaxDuration time.Duration // of the longest

	ConcurrentExecutions    int // now
	MaxConcurrentExecutions int // the most at any time
}

// LocalFunction is a registered function. All methods may be called concurrently.
type LocalFunction struct {
	name, arn string
	fn        Function
	cfg       FunctionConfig
	gone      atomic.Bool

	mu      sync.Mutex
	metrics Metrics // guarded by mu
}

// Name returns the name that the function was registered under, with its qualifier if it
// has one.
func (f *LocalFunction) Name() string { return f.name }

// ARN returns the function's Amazon Resource Name.
func (f *LocalFunction) ARN() string { return f.arn }

// Config returns the function's configuration, with defaults filled in.
func (f *LocalFunction) Config() FunctionConfig { return f.cfg }

// Metrics returns the function's metrics as of now.
func (f *LocalFunction) Metrics() Metrics {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.metrics
}

// maxPayload is the most bytes of a synchronous invocation, each way. ("Lambda quotas".)
const maxPayload = 6 << 20

// Invoke calls the function with a payload, which is JSON of at most 6,291,456 bytes, or
// empty, and returns its result; null in place of an empty one. It fails with a
// [*FunctionError] if the function did, and with ErrTooManyRequests,
// ErrInvalidRequestContent, ErrRequestTooLarge or, after Unregister, ErrResourceNotFound if
// it was not called; with ctx's error if that had ended before. (Invoke, of type
// RequestResponse.)
func (f *LocalFunction) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	refuse := func(err error, format string, args ...any) ([]byte, error) {
		return nil, &Error{Op: "Invoke", Function: f.arn, Err: err, Message: fmt.Sprintf(format, args...)}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case f.gone.Load():
		return refuse(ErrResourceNotFound, "Function not found: %s", f.arn)
	case len(payload) > maxPayload:
		return refuse(ErrRequestTooLarge, "")
	case len(payload) > 0 && !json.Valid(payload):
		return refuse(ErrInvalidRequestContent, "")
	}
	if !f.enter() {
		return refuse(ErrTooManyRequests, "")
	}
	began := time.Now()
	var result []byte
	limited, cancel := context.WithTimeoutCause(ctx, f.cfg.Timeout, ErrTimedOut)
	err := contained(func() (err error) {
		result, err = f.fn(limited, payload)
		return err
	})
	switch {
	case context.Cause(limited) == ErrTimedOut:
		err = fmt.Errorf("%w after %.2f seconds", ErrTimedOut, f.cfg.Timeout.Seconds())
	case err == nil && len(result) > maxPayload:
		err = ErrResponseTooLarge
	}
	cancel()
	f.leave(time.Since(began), err)
	if err != nil {
		return nil, &FunctionError{Function: f.arn, RequestID: uuid.NewString(), Err: err}
	}
	if len(result) == 0 {
		result = []byte("null")
	}
	return result, nil
}

// enter takes the place of one invocation, if there is one.
func (f *LocalFunction) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &f.metrics
	if f.cfg.ReservedConcurrency != nil && m.ConcurrentExecutions >= *f.cfg.ReservedConcurrency {
		m.Throttles++
		return false
	}
	m.Invocations++
	m.ConcurrentExecutions++
	m.MaxConcurrentExecutions = max(m.MaxConcurrentExecutions, m.ConcurrentExecutions)
	return true
}

func (f *LocalFunction) leave(took time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &f.metrics
	m.ConcurrentExecutions--
	m.Duration += took
	m.MaxDuration = max(m.MaxDuration, took)
	if err != nil {
		m.Errors++
	}
}

// invoke calls a function for an event source. An error is refused if the function was not
// called and may be another time.
func invoke(ctx context.Context, fn Invoker, payload []byte) ([]byte, error) {
	answer, err := fn.Invoke(ctx, payload)
	if e, ok := err.(*Error); ok && (errors.Is(e, ErrTooManyRequests) || errors.Is(e, ErrResourceNotFound)) {
		return nil, &refused{e}
	}
	return answer, err
}

// arnOf returns what a function is named by; empty if it has no ARN.
func arnOf(v any) string {
	if named, ok := v.(interface{ ARN() string }); ok {
		return named.ARN()
	}
	return ""
}

// requestIDOf returns the id of the invocation that failed, or a new one.
func requestIDOf(err error) string { return failureOf(err).RequestID }

// failureOf returns the function's own failure, or makes one of a handler's.
func failureOf(err error) *FunctionError {
	if f, ok := errors.AsType[*FunctionError](err); ok {
		return f
	}
	return &FunctionError{RequestID: uuid.NewString(), Err: err}
}
