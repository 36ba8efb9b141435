package journal

import (
	"errors"
	"fmt"
	"io"
)

// Read returns the record at a place, in buf if it is large enough. It can be
// called from when the ticket of the batch is done, and does not wait for what is
// being written. What was read is not checked: see CheckSum. A journal that has
// failed can be read.
//
// Errors: ErrGone if the segment was trimmed, so that there is a newer place or
// the record is not needed any more; ErrInvalid if there is no such place yet;
// ErrCorrupt if the file ends before; ErrClosed, and those of the file system.
func (j *Journal) Read(p Place, buf []byte) ([]byte, error) {
	const op = "Read"
	id := fileID(p.Segment)
	if err := j.readable(p); err != nil {
		return nil, err
	}
	h, err := j.shelf.hold(op, id)
	if err != nil {
		return nil, err
	}
	defer j.shelf.release(h)
	// Once more: what was given up before it was held may be gone, or used again.
	if err := j.readable(p); err != nil {
		return nil, err
	}
	f, err := j.shelf.open(h)
	if err != nil {
		return nil, &Error{Op: op, File: id.name(), Cause: err}
	}
	if cap(buf) < int(p.Size) {
		buf = make([]byte, p.Size)
	}
	buf = buf[:p.Size]
	n, err := f.ReadAt(buf, int64(p.Offset))
	switch {
	case n == len(buf):
		return buf, nil
	case errors.Is(err, io.EOF):
		return nil, &Error{Op: op, File: id.name(), Offset: int64(p.Offset), Err: ErrCorrupt,
			Detail: fmt.Sprintf("of %d bytes there are %d", p.Size, n)}
	}
	return nil, &Error{Op: op, File: id.name(), Offset: int64(p.Offset), Cause: err}
}

// readable tells whether a place can be in the journal.
func (j *Journal) readable(p Place) error {
	j.mu.Lock()
	first, last := j.segments[0].Number, j.segments[len(j.segments)-1]
	j.mu.Unlock()
	n := uint64(p.Segment)
	end := int64(p.Offset) + int64(p.Size)
	switch {
	case p.Segment == 0 || p.Size > MaxBatch || n > last.Number || n == last.Number && end > last.Size:
		return &Error{Op: "Read", Err: ErrInvalid, Detail: fmt.Sprintf("there is no place %+v", p)}
	case n < first:
		return &Error{Op: "Read", File: segmentName(n), Err: ErrGone}
	}
	return nil
}
