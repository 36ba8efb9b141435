package journal

import (
	"encoding/binary"
	"fmt"
)

// Frame is a batch that is made where it will be written from, so that large
// records are not copied once more.
type Frame struct {
	b []byte
}

// NewFrame returns a frame of records of some sizes in bytes. It appends the
// records to a slice; they are zero, and the caller fills them.
func NewFrame(into [][]byte, sizes ...int) (*Frame, [][]byte) {
	size := 0
	for _, n := range sizes {
		size += n + int(uvarintLen(n))
	}
	b := appendFrameHeader(make([]byte, 0, frameHeader+size), size, len(sizes))
	for _, n := range sizes {
		b = binary.AppendUvarint(b, uint64(n))
		from := len(b)
		b = b[:from+n]
		into = append(into, b[from:len(b):len(b)])
	}
	return &Frame{b}, into
}

// AddFrame is Add, but it does not copy the records: they must not be changed any
// more, and can be read for ever. A frame is added once.
func (j *Journal) AddFrame(f *Frame) (Ticket, error) {
	const op = "Add"
	size := int64(len(f.b) - frameHeader)
	if size > MaxBatch {
		return Ticket{}, tooLarge(op, size)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(op); err != nil || size == 0 {
		return Ticket{}, err
	}
	if err := j.hasRoom(op); err != nil {
		return Ticket{}, err
	}
	g := j.push(&group{journal: j, buf: f.b, given: true, frames: 1})
	j.added(g, len(f.b))
	return Ticket{g, 0, 0}, nil
}

func tooLarge(op string, size int64) error {
	return &Error{Op: op, Err: ErrTooLarge,
		Detail: fmt.Sprintf("%d bytes in a batch; the most is %d", size, MaxBatch)}
}
