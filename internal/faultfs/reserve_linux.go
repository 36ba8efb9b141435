package faultfs

import (
	"errors"
	"os"
	"syscall"
)

// reserve allocates blocks, which the file system knows to be zero.
func reserve(f *os.File, from, to int64) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var reserveErr error
	err = conn.Control(func(fd uintptr) {
		for {
			if reserveErr = syscall.Fallocate(int(fd), 0, from, to-from); reserveErr != syscall.EINTR {
				return
			}
		}
	})
	switch {
	case err != nil:
		return err
	case errors.Is(reserveErr, errors.ErrUnsupported):
		return errors.ErrUnsupported
	}
	return os.NewSyscallError("fallocate", reserveErr)
}
