package kinesis

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/faultfs"
)

// files is where a durable service keeps its journals: one directory for its own, and in
// it a directory for each stream.
type files interface {
	// open returns a directory, which is made if it does not exist: the service's own
	// for an empty name.
	open(name string) (faultfs.FS, error)
	// list returns the names of the directories in the service's own.
	list() ([]string, error)
	// remove removes a directory with what is in it. If there is none, that is no error.
	remove(name string) error
}

// osFiles is a directory of the operating system.
type osFiles struct{ path string }

func (o osFiles) open(name string) (faultfs.FS, error) {
	return faultfs.OpenDir(filepath.Join(o.path, name))
}

func (o osFiles) list() (names []string, err error) {
	entries, err := os.ReadDir(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (o osFiles) remove(name string) error { return os.RemoveAll(filepath.Join(o.path, name)) }

const streamDirectory = "stream-"

// directoryOf returns the name of the directory of the stream with a number.
func directoryOf(number int64) string { return streamDirectory + strconv.FormatInt(number, 10) }

// numberOf returns the number of the stream whose directory has a name.
func numberOf(directory string) (number int64, ok bool) {
	digits, ok := strings.CutPrefix(directory, streamDirectory)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, err == nil && number > 0 && directoryOf(number) == directory
}
