package faultfs

import (
	"errors"
	"syscall"
)

var errFull error = syscall.ENOSPC

// isFull knows Windows' errors that mean a lack of space: ERROR_HANDLE_DISK_FULL,
// ERROR_DISK_FULL and ERROR_DISK_QUOTA_EXCEEDED.
func isFull(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && (errno == 39 || errno == 112 || errno == 1295)
}
