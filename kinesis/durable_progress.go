package kinesis

import (
	"errors"
	"strings"

	"github.com/leat-go/leat/internal/faultfs"
)

// measure finds out how many bytes there are to read.
func (o *opening) measure() error {
	total, err := sizeOf(o.disk.fs)
	if err != nil {
		return err
	}
	names, err := o.files.list()
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := numberOf(name); !ok {
			continue
		}
		fs, err := o.files.open(name)
		if err != nil {
			return err
		}
		size, err := sizeOf(fs)
		if err := errors.Join(err, fs.Close()); err != nil {
			return err
		}
		total += size
	}
	o.progress.Total = total
	return nil
}

// sizeOf returns how many bytes the segments in a directory have.
func sizeOf(fs faultfs.FS) (total int64, err error) {
	names, err := fs.ReadDir()
	for _, name := range names {
		if !strings.HasPrefix(name, "segment-") {
			continue
		}
		f, err := fs.Open(name, false)
		if err != nil {
			return 0, err
		}
		size, err := f.Size()
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, err
		}
		total += size
	}
	return total, err
}

// tell returns what tells how much of a journal has been read, nil if nobody wants to
// know.
func (o *opening) tell() func(done, total int64) {
	if o.options.Progress == nil {
		return nil
	}
	before := int64(0)
	return func(done, _ int64) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.progress.Bytes += done - before
		before = done
		o.progress.Total = max(o.progress.Total, o.progress.Bytes)
		o.options.Progress(o.progress)
	}
}
