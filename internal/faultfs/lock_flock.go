//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package faultfs

import (
	"io"
	"syscall"
)

// lock uses flock, which belongs to the open file: it ends with the process,
// however that ends, and keeps a second opener in the same process out too.
func (d *dir) lock(name string) (io.Closer, error) {
	f, err := d.open(name, true)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch err {
		case nil:
			return f, nil
		case syscall.EINTR:
			continue
		case syscall.EWOULDBLOCK:
			err = ErrLocked
		}
		_ = f.Close()
		return nil, err
	}
}
