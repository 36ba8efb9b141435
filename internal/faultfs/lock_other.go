//go:build !darwin && !dragonfly && !freebsd && !illumos && !linux && !netbsd && !openbsd && !windows

package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// lock makes the file and removes it in the end. After a crash the file is left
// and has to be removed by hand: these systems have no lock in package syscall
// that ends with the process and keeps out a second opener in it.
func (d *dir) lock(name string) (io.Closer, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return held{f, d.root}, nil
}

// share can only look whether there is a lock.
func (d *dir) share(name string) (io.Closer, error) {
	_, err := d.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nothing{}, nil
	case err != nil:
		return nil, err
	}
	return nil, ErrLocked
}

type held struct {
	*os.File
	root *os.Root
}

func (h held) Close() error {
	return errors.Join(h.File.Close(), h.root.Remove(h.Name()))
}
