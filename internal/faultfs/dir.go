package faultfs

import (
	"io"
	"io/fs"
	"os"
	"slices"
)

// OpenDir opens a directory of the operating system, and makes it if it does not
// exist. Nothing outside it is touched, whatever symbolic links are in it. A
// directory that it makes is for the user alone.
func OpenDir(path string) (FS, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &dir{root}, nil
}

type dir struct{ root *os.Root }

func (d *dir) Open(name string, create bool) (File, error) {
	f, err := d.open(name, create)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (d *dir) open(name string, create bool) (*os.File, error) {
	if !local(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	return d.root.OpenFile(name, flag, 0o600)
}

func (d *dir) Rename(from, to string) error { return d.root.Rename(from, to) }
func (d *dir) Remove(name string) error     { return d.root.Remove(name) }

func (d *dir) ReadDir() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func (d *dir) SyncDir() error { return syncDir(d.root) }

func (d *dir) Lock(name string) (io.Closer, error) {
	if !local(name) {
		return nil, &fs.PathError{Op: "lock", Path: name, Err: fs.ErrInvalid}
	}
	return d.lock(name)
}

func (d *dir) Close() error { return d.root.Close() }

type file struct{ *os.File }

func (f file) Sync() error { return syncFile(f.File) }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
