package sqshttp

import (
	"io"
	"net/http"
	"sync"
)

// buffer holds the body of a request and then that of its answer.
type buffer struct{ data []byte }

const (
	newBuffer  = 4 << 10
	keepBuffer = 64 << 10 // larger ones are left to the collector
)

var buffers = sync.Pool{New: func() any { return &buffer{data: make([]byte, 0, newBuffer)} }}

func takeBuffer() *buffer { return buffers.Get().(*buffer) }

func (b *buffer) release() {
	if cap(b.data) <= keepBuffer {
		b.data = b.data[:0]
		buffers.Put(b)
	}
}

// read fills the buffer with the body of r, all of it. It fails with an
// [*http.MaxBytesError] if that is longer than limit.
func (b *buffer) read(r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	if r.Body == nil {
		return nil
	}
	for {
		if len(b.data) == cap(b.data) {
			b.data = append(b.data, 0)[:len(b.data)] // makes room
		}
		n, err := r.Body.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		switch {
		case int64(len(b.data)) > limit:
			return &http.MaxBytesError{Limit: limit}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
