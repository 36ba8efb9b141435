package http1

import "io"

// Read reads the answer's body: what is there, and waits only for the first byte. With the
// last bytes it may return io.EOF.
func (x *Exchange) Read(p []byte) (n int, err error) {
	switch {
	case x.err != nil:
		return 0, x.err
	case x.ended && x.state >= answered:
		return 0, io.EOF
	case x.state != answered:
		return 0, &Error{Phase: AnswerBody, Err: ErrUsed}
	case len(p) == 0:
		return 0, nil
	}
	switch x.framing {
	case byChunks:
		n, err = x.readChunks(p)
	case byLength:
		if int64(len(p)) > x.rest {
			p = p[:x.rest]
		}
		n, err = x.take(p)
		x.rest -= int64(n)
		x.ended = x.rest == 0
	default:
		n, err = x.take(p)
		if e, ok := err.(*Error); ok && e.Err == io.EOF {
			x.ended, err = true, nil
		}
	}
	if err != nil {
		if e, ok := err.(*Error); ok && e.Err == io.EOF {
			e.Err = io.ErrUnexpectedEOF
		}
		x.err = err
	} else if x.ended {
		err = io.EOF
	}
	return n, err
}

// take reads from the buffer or else the connection, past the buffer if p is no smaller.
func (x *Exchange) take(p []byte) (int, error) {
	c := x.c
	if c.r == c.w {
		if len(p) >= readBuffer {
			return x.read(p)
		}
		if err := x.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.buf[c.r:c.w])
	c.r += n
	return n, nil
}

// Buffered returns how many bytes of the body Read surely returns without waiting.
func (x *Exchange) Buffered() int {
	if x.c == nil || x.ended || x.err != nil {
		return 0
	}
	n := x.c.w - x.c.r
	if x.framing != byEndOfConn && int64(n) > x.rest {
		n = int(x.rest)
	}
	return n
}
