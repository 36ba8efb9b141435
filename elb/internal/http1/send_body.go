package http1

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// smallRequest is up to which size a request is sent in one write, once its body is there.
const smallRequest = 4 << 10

// bodyBuffer is how much of a body is read and sent at a time.
const bodyBuffer = 32 << 10

var bodyBuffers = sync.Pool{New: func() any { return new([bodyBuffer]byte) }}

// isSmall tells whether the body is short enough to be sent with the head.
func (x *Exchange) isSmall() bool {
	return x.body == sizedBody && !x.req.Expect && int64(len(x.out))+x.req.ContentLength <= smallRequest
}

// startSender has the body sent. The caller has set no deadline for writes, or a later one.
func (x *Exchange) startSender(withHead bool) {
	c := x.c
	if !c.writeBy.IsZero() {
		c.writeBy = time.Time{}
		_ = c.nc.SetWriteDeadline(time.Time{})
	}
	if c.done == nil {
		c.done = make(chan struct{}, 1)
	}
	x.mu.Lock()
	aborted := x.cause != nil // perhaps before the deadline was set
	x.sender = senderRuns
	x.sendMoved = time.Now()
	x.mu.Unlock()
	if aborted {
		_ = c.nc.SetDeadline(past)
	}
	x.joinable = true
	go x.send(c, withHead)
}

// send is the sender's goroutine.
func (x *Exchange) send(c *conn, withHead bool) {
	failed := x.sendAll(c, withHead)
	x.mu.Lock()
	wake := false
	switch {
	case x.sender == senderStopped:
	case failed == nil:
		x.sender = senderDone
	default:
		x.sender, x.sendErr, wake = senderFailed, failed, true
	}
	x.mu.Unlock()
	if wake {
		x.wake.Store(true)
		_ = c.nc.SetReadDeadline(past)
	}
	c.done <- struct{}{}
}

func (x *Exchange) sendAll(c *conn, withHead bool) (failed *Error) {
	defer func() {
		if r := recover(); r != nil {
			failed = &Error{Phase: Body, Err: fmt.Errorf("it panicked: %v", r)}
		}
	}()
	switch {
	case withHead:
		return x.sendSmall(c)
	case x.body == sizedBody:
		return x.sendSized(c)
	default:
		return x.sendChunked(c)
	}
}

// sendSmall sends the head together with the body.
func (x *Exchange) sendSmall(c *conn) *Error {
	head := len(x.out)
	x.out = slices.Grow(x.out, int(x.req.ContentLength))
	whole := x.out[:head+int(x.req.ContentLength)]
	for at := head; at < len(whole); {
		n, err := x.readBody(whole[at:])
		at += n
		if at < len(whole) && err != nil {
			return bodyError(err)
		}
	}
	x.mu.Lock()
	x.whole = whole
	x.mu.Unlock()
	return x.write(c, whole, true)
}

func (x *Exchange) sendSized(c *conn) *Error {
	b := bodyBuffers.Get().(*[bodyBuffer]byte)
	defer bodyBuffers.Put(b)
	for rest := x.req.ContentLength; rest > 0; {
		n, err := x.readBody(b[:min(rest, bodyBuffer)])
		rest -= int64(n)
		if n > 0 {
			if failed := x.write(c, b[:n], rest == 0); failed != nil {
				return failed
			}
		}
		if rest > 0 && err != nil {
			return bodyError(err)
		}
	}
	return nil
}

// chunkPrefix is the room for a chunk's size before it.
const chunkPrefix = len("8000\r\n")

func (x *Exchange) sendChunked(c *conn) *Error {
	b := bodyBuffers.Get().(*[bodyBuffer]byte)
	defer bodyBuffers.Put(b)
	for {
		n, err := x.readBody(b[chunkPrefix : bodyBuffer-len("\r\n0\r\n\r\n")])
		chunk := b[chunkPrefix:chunkPrefix]
		if n > 0 {
			var space [chunkPrefix]byte
			size := append(strconv.AppendInt(space[:0], int64(n), 16), "\r\n"...)
			from := chunkPrefix - len(size)
			copy(b[from:], size)
			chunk = append(b[from:chunkPrefix+n], "\r\n"...)
		}
		if err == io.EOF {
			chunk = x.appendTrailer(append(chunk, "0\r\n"...))
		}
		if len(chunk) > 0 {
			if failed := x.write(c, chunk, err == io.EOF); failed != nil {
				return failed
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
	}
}

// appendTrailer appends the client's trailer, of which that is left out which would break
// the message.
func (x *Exchange) appendTrailer(b []byte) []byte {
	for name, values := range x.req.Trailer {
		if name = canonicalName(name); !mayTrail(x.req, name) {
			continue
		}
		for _, value := range values {
			at := len(b)
			var ok bool
			if b, ok = appendField(b, name, value); !ok {
				b = b[:at]
			}
		}
	}
	return append(b, "\r\n"...)
}

// mayTrail tells whether the trailer may have a field of a canonical name. Some servers merge the
// trailer into the header, so that what the client must not say there it must not say here.
func mayTrail(req *Request, name string) bool {
	return name != "" && !isFraming(name) && !isSet(req.Set, name) && (req.Skip == nil || !req.Skip(name))
}

func bodyError(err error) *Error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &Error{Phase: Body, Err: err}
}

// readBody reads the request's body.
func (x *Exchange) readBody(p []byte) (n int, err error) {
	x.mu.Lock()
	if x.sender == senderStopped {
		x.mu.Unlock()
		return 0, errStopped
	}
	x.inBody, x.bodyRead = true, true
	x.mu.Unlock()
	for range 100 {
		if n, err = x.req.Body.Read(p); n > 0 || err != nil {
			break
		}
	}
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	x.mu.Lock()
	x.inBody = false
	x.sendMoved = time.Now()
	x.mu.Unlock()
	return n, err
}

// write writes a part of the request, or the last.
func (x *Exchange) write(c *conn, p []byte, last bool) *Error {
	x.mu.Lock()
	if x.sender == senderStopped {
		x.mu.Unlock()
		return &Error{Phase: Send, Err: errStopped}
	}
	if last {
		x.sender = senderEnds
	}
	x.mu.Unlock()
	n, err := c.nc.Write(p)
	x.mu.Lock()
	x.wrote = x.wrote || n > 0
	x.sendMoved = time.Now()
	x.mu.Unlock()
	if err != nil {
		return &Error{Phase: Send, Err: err}
	}
	return nil
}
