package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/leat-go/leat/internal/faultfs"
)

// create makes a file durable with its contents, and with its name. What had the
// name before is overwritten.
func (j *Journal) create(op, name string, contents ...[]byte) (faultfs.File, error) {
	f, err := j.fs.Open(name, true)
	if err != nil {
		return nil, j.broken(op, name, err)
	}
	if err := j.fill(op, name, f, contents); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func (j *Journal) fill(op, name string, f faultfs.File, contents [][]byte) error {
	if err := f.Truncate(0); err != nil {
		return j.broken(op, name, err)
	}
	offset := int64(0)
	for _, part := range contents {
		if _, err := f.WriteAt(part, offset); err != nil {
			return j.broken(op, name, err)
		}
		offset += int64(len(part))
	}
	if err := f.Sync(); err != nil {
		return j.fail(op, name, err)
	}
	return j.syncDir(op, name)
}

// SyncDir makes durable the names in the journal's directory, for who makes
// directories of his own there. Nobody may sync it otherwise while the journal is
// open: a sync that fails may lose the name of a file that the journal is just
// making, and the next one succeeds. So if this one fails, the journal has failed.
// Errors: ErrFailed, ErrClosed.
func (j *Journal) SyncDir() error {
	const op = "SyncDir"
	j.mu.Lock()
	err := j.usable(op)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	return j.syncDir(op, "")
}

// syncDir makes names durable. Who syncs while another's sync fails would not learn
// that it has lost his name too, so there is one at a time.
func (j *Journal) syncDir(op, name string) error {
	j.dir <- struct{}{}
	defer func() { <-j.dir }()
	j.mu.Lock()
	err := j.failed
	j.mu.Unlock()
	if err != nil {
		return err
	}
	if err := j.fs.SyncDir(); err != nil {
		return j.fail(op, name, err)
	}
	return nil
}

// sizeOf returns the length of a file.
func (j *Journal) sizeOf(name string) (int64, error) {
	f, err := j.fs.Open(name, false)
	if err != nil {
		return 0, &Error{Op: "Open", File: name, Cause: err}
	}
	size, err := f.Size()
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, &Error{Op: "Open", File: name, Cause: err}
	}
	return size, nil
}

// readFile reads a whole file into buf, which it makes larger if needed.
func (j *Journal) readFile(name string, buf []byte, most int64) ([]byte, error) {
	f, err := j.fs.Open(name, false)
	if err != nil {
		return buf, &Error{Op: "Open", File: name, Cause: err}
	}
	size, err := f.Size()
	if err == nil && size > most {
		err = fmt.Errorf("it has %d bytes, more than %d", size, most)
	}
	if err == nil {
		if int64(cap(buf)) < size {
			buf = make([]byte, size, size+size/16) // the next one may be a little longer
		}
		buf = buf[:size]
		if _, err = f.ReadAt(buf, 0); errors.Is(err, io.EOF) && size == 0 {
			err = nil
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return buf, &Error{Op: "Open", File: name, Cause: err}
	}
	return buf, nil
}
