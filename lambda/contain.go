package lambda

import (
	"errors"
	"runtime/debug"
)

var errGoexit = errors.New("lambda: the function ended its goroutine")

// contained calls fn in a goroutine of its own and waits for it, so that neither a panic
// nor the end of that goroutine, as by a test's FailNow, reaches the caller.
func contained(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		err := errGoexit
		defer func() {
			if v := recover(); v != nil {
				err = &PanicError{Value: v, Stack: debug.Stack()}
			}
			result <- err
		}()
		err = fn()
	}()
	return <-result
}
