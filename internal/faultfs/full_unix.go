//go:build unix

package faultfs

import (
	"errors"
	"syscall"
)

var errFull error = syscall.ENOSPC

// isFull knows the other errors that mean a lack of space.
func isFull(err error) bool { return errors.Is(err, syscall.EDQUOT) }
