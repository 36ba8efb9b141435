package faultfs

import (
	"io"
	"io/fs"
	"os"
)

// OpenDirReadOnly opens a directory of the operating system in which nothing will
// be changed or made, nor has to be allowed to: what would change something fails
// with fs.ErrPermission. Lock shares the lock with others who read, and takes none
// if there is no file that stands for it, as nobody has the directory open then.
func OpenDirReadOnly(path string) (FS, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return readOnly{&dir{root}}, nil
}

type readOnly struct{ *dir }

func (d readOnly) Open(name string, create bool) (File, error) {
	if create {
		return nil, refused("open", name)
	}
	if !local(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	return readOnlyFile{file{f}}, nil
}

func (d readOnly) Rename(from, _ string) error { return refused("rename", from) }
func (d readOnly) Remove(name string) error    { return refused("remove", name) }
func (d readOnly) SyncDir() error              { return refused("sync", ".") }

func (d readOnly) Lock(name string) (io.Closer, error) {
	if !local(name) {
		return nil, &fs.PathError{Op: "lock", Path: name, Err: fs.ErrInvalid}
	}
	return d.share(name)
}

// nothing is a lock that nobody can have.
type nothing struct{}

func (nothing) Close() error { return nil }

type readOnlyFile struct{ file }

func (f readOnlyFile) WriteAt([]byte, int64) (int, error) { return 0, refused("write", f.Name()) }
func (f readOnlyFile) Truncate(int64) error               { return refused("truncate", f.Name()) }
func (f readOnlyFile) Reserve(int64, int64) error         { return refused("reserve", f.Name()) }
func (f readOnlyFile) Sync() error                        { return refused("sync", f.Name()) }

func refused(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
}
