package awshttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Buffer holds the body of a request and then that of its answer.
type Buffer struct{ Data []byte }

const (
	newBuffer  = 4 << 10
	keepBuffer = 2 << 20 // larger ones are left to the collector, which also thins out the pool
	trusted    = 1 << 20 // of an announced length; more room comes as more bytes come
)

var buffers = sync.Pool{New: func() any { return &Buffer{Data: make([]byte, 0, newBuffer)} }}

// TakeBuffer returns an empty buffer.
func TakeBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Release gives the buffer back, for another request to use.
func (b *Buffer) Release() {
	if cap(b.Data) <= keepBuffer {
		b.Data = b.Data[:0]
		buffers.Put(b)
	}
}

// Read fills the buffer with the body of r, all of it. It fails with an
// [*http.MaxBytesError] if that is longer than limit.
func (b *Buffer) Read(r *http.Request, limit int64) error {
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	if r.Body == nil {
		return nil
	}
	if n := min(r.ContentLength, trusted); n > 0 {
		b.Data = slices.Grow(b.Data, int(n)+1) // one more to read the end into
	}
	for {
		if len(b.Data) == cap(b.Data) {
			b.Data = append(b.Data, 0)[:len(b.Data)] // makes room
		}
		n, err := r.Body.Read(b.Data[len(b.Data):cap(b.Data)])
		b.Data = b.Data[:len(b.Data)+n]
		switch {
		case int64(len(b.Data)) > limit:
			return &http.MaxBytesError{Limit: limit}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// Unreadable is the error for a body that could not be read for err; kind is the
// protocol's for a body that is broken off.
func (t Conditions) Unreadable(err error, kind string) error {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return t.New("RequestEntityTooLargeException", fmt.Sprintf("The request is longer than %d bytes.", tooLong.Limit))
	}
	return t.New(kind, "The body of the request did not arrive.")
}
