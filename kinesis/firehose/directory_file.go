package firehose

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
)

// fileWriter writes to a file by way of a buffer, until ctx ends.
type fileWriter struct {
	ctx    context.Context
	f      *os.File
	buffer []byte
}

func (w *fileWriter) Write(p []byte) (int, error) {
	if len(w.buffer)+len(p) > cap(w.buffer) {
		if err := w.flush(); err != nil {
			return 0, err
		}
		if len(p) >= cap(w.buffer) {
			return w.f.Write(p)
		}
	}
	w.buffer = append(w.buffer, p...)
	return len(p), nil
}

func (w *fileWriter) flush() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	_, err := w.f.Write(w.buffer)
	w.buffer = w.buffer[:0]
	return err
}

// comparer is a writer that wants to be written what a file has.
type comparer struct{ r *bufio.Reader }

func (w comparer) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:min(len(p), n+w.r.Size())]
		has, err := w.r.Peek(len(part))
		if err != nil && err != io.EOF {
			return n, err
		}
		if !bytes.Equal(part, has) {
			return n, ErrObjectExists
		}
		n += len(part)
		if _, err := w.r.Discard(len(part)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// end returns ErrObjectExists if the file has more.
func (w comparer) end() error {
	switch _, err := w.r.Peek(1); err {
	case io.EOF:
		return nil
	case nil:
		return ErrObjectExists
	default:
		return err
	}
}
