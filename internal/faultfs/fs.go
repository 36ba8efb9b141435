package faultfs

import (
	"errors"
	"io"
	"strings"
)

// ErrLocked is returned by Lock if another process, or another owner in this one,
// has the lock.
var ErrLocked = errors.New("locked by another owner")

// FS is a directory of files. Names have no separators. All methods are safe for
// concurrent use.
type FS interface {
	// Open opens a file for reading and writing at any offset. With create, a
	// file that does not exist is made, empty. Without, that is fs.ErrNotExist.
	Open(name string, create bool) (File, error)
	// Rename gives a file another name and replaces the file that had it.
	Rename(from, to string) error
	// Remove removes a name. A file that is open can be used until it is closed.
	Remove(name string) error
	// ReadDir returns the names in the directory, sorted.
	ReadDir() ([]string, error)
	// SyncDir makes durable what Open, Rename and Remove did to the directory.
	SyncDir() error
	// Lock takes the lock that the file of this name stands for, until the
	// closer is closed or the process ends. It does not wait: ErrLocked.
	Lock(name string) (io.Closer, error)
	// Close ends the use of the directory. Files that are open stay so.
	Close() error
}

// File is an open file. Reads and writes may happen at once, as on an *os.File.
type File interface {
	io.ReaderAt
	// WriteAt writes at an offset, and extends the file if needed. After an
	// error any part of what was to be written may be there.
	io.WriterAt
	io.Closer
	// Size returns the length in bytes.
	Size() (int64, error)
	// Truncate cuts the file, or extends it by zeros.
	Truncate(size int64) error
	// Reserve makes the file longer, from its length to a greater one, by zeros for
	// which there is space. What is written there then takes less time to sync. It is
	// an advice: after an error, which is errors.ErrUnsupported where the system
	// can not do that, any part of it may be there.
	Reserve(from, to int64) error
	// Sync makes contents and length durable.
	Sync() error
}

// IsNoSpace tells whether an error says that the disk or a quota is full, which
// may pass.
func IsNoSpace(err error) bool {
	return errors.Is(err, errFull) || isFull(err)
}

// local tells whether a name is one of a file in the directory itself.
func local(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\:`)
}
