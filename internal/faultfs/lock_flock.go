//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// lock uses flock, which belongs to the open file: it ends with the process,
// however that ends, and keeps a second opener in the same process out too.
func (d *dir) lock(name string) (io.Closer, error) {
	f, err := d.open(name, true)
	if err != nil {
		return nil, err
	}
	return flock(f, syscall.LOCK_EX)
}

// share takes the lock together with others who share it.
func (d *dir) share(name string) (io.Closer, error) {
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nothing{}, nil
	}
	if err != nil {
		return nil, err
	}
	return flock(f, syscall.LOCK_SH)
}

func flock(f *os.File, how int) (io.Closer, error) {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
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
