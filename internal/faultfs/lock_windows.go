package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// lock opens the file without sharing it, which ends with the process.
func (d *dir) lock(name string) (io.Closer, error) {
	return d.hold(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, syscall.OPEN_ALWAYS)
}

// share opens the file for reading, and shares it with those who do so too.
func (d *dir) share(name string) (io.Closer, error) {
	lock, err := d.hold(name, syscall.GENERIC_READ, syscall.FILE_SHARE_READ, syscall.OPEN_EXISTING)
	if errors.Is(err, fs.ErrNotExist) {
		return nothing{}, nil
	}
	return lock, err
}

func (d *dir) hold(name string, access, mode, disposition uint32) (io.Closer, error) {
	path := filepath.Join(d.root.Name(), name)
	wide, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(wide, access, mode, nil, disposition, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == syscall.Errno(32) { // ERROR_SHARING_VIOLATION
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}
