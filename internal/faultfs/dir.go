package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// OpenDir opens a directory of the operating system, and makes it, and those above
// it, if it does not exist. Nothing outside it is touched, whatever symbolic links
// are in it. A directory that it makes is for the user alone, and its name is
// durable.
func OpenDir(path string) (FS, error) {
	if err := makeDir(path); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &dir{root}, nil
}

// makeDir makes a directory, and those above it, and syncs their names. The name of
// the last one is synced even if it exists: who made it may not have come to that.
func makeDir(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Stat(path); err == nil {
		if err := syncPath(parent); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		return nil
	}
	if parent != path {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncPath(parent)
}

func syncPath(path string) error {
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	return errors.Join(syncDir(root), root.Close())
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

func (f file) Reserve(from, to int64) error { return reserve(f.File, from, to) }
func (f file) Sync() error                  { return syncFile(f.File) }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
