package desync

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// preface is what a client that knows that the server speaks HTTP/2 begins with (RFC 9113,
// 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// The server gets one of these in place of a request that is refused. It has a body that
// never comes, which makes net/http close the connection after the answer, but not at
// once: what the client still sends would have its system discard the answer.
const (
	refused     = "GET / HTTP/1.1\r\nHost: refused\r\nContent-Length: 9223372036854775807\r\n\r\n"
	refusedHead = "HEAD / HTTP/1.1\r\nHost: refused\r\nContent-Length: 9223372036854775807\r\n\r\n"
)

const (
	directSize = 1024     // what a reader must have room for if a head is to be read into it
	firstSize  = 512      // of a buffer
	keepSize   = 8 << 10  // a larger buffer is not kept
	heldLimit  = 64 << 10 // how much is held; at least
)

var errHeld = errors.New("desync: the client sent too much before it knew which protocol to speak")

// Read reads what is gated: whole heads, and bodies as they come. It never returns bytes
// of two requests at once.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(c.out) > 0:
			n := copy(p, c.out)
			c.out = c.out[n:]
			return n, nil
		case c.state == stateEnd:
			return 0, c.err
		case c.state == stateHeld:
			if err := c.awaitRelease(); err != nil {
				return 0, err
			}
			continue
		case c.r < c.w:
			data := c.buf[c.r:c.w]
			n, verbatim := c.examine(data)
			c.r += n
			if verbatim {
				c.out = data[:n]
			}
			if n > 0 {
				continue
			}
		}
		if c.err != nil {
			return 0, c.err
		}
		if c.r == c.w && (c.state != stateHead || len(p) >= directSize) {
			if n, err := c.readDirectly(p); n > 0 || err != nil {
				return n, err
			}
		} else if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// readDirectly reads into p. It returns how much of that passes as it is; the rest is kept.
func (c *Conn) readDirectly(p []byte) (int, error) {
	if cap(c.buf) > keepSize { // the connection may idle now
		c.buf, c.r, c.w = nil, 0, 0
	}
	room := p
	if c.state == stateLength {
		room = p[:min(int64(len(p)), c.remain)]
	}
	n, err := c.conn.Read(room)
	if n == 0 {
		return 0, err
	}
	c.err = lasting(err)
	data := p[:n]
	used, verbatim := c.examine(data)
	c.keep(data[used:])
	if !verbatim {
		return 0, nil
	}
	return used, nil
}

// fill reads more of a head that is not whole, and begins to limit its time.
func (c *Conn) fill() error {
	if c.r < c.w && c.timeout > 0 && !c.timing {
		c.limitTime(time.Now().Add(c.timeout))
	}
	n, err := c.conn.Read(c.room())
	c.w += n
	if n > 0 {
		c.err = lasting(err)
		return nil
	}
	if c.timing && errors.Is(err, os.ErrDeadlineExceeded) {
		c.mu.Lock()
		over := !time.Now().Before(c.until)
		c.mu.Unlock()
		if over {
			c.refuse(c.buf[c.r:c.w], nil, Verdict{Status: http.StatusRequestTimeout})
			return nil
		}
	}
	return err
}

// lasting returns err unless it is a deadline's, which may be put off.
func lasting(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// awaitRelease keeps what comes until the handler says what is to become of it.
func (c *Conn) awaitRelease() error {
	for {
		c.mu.Lock()
		if c.release != releaseNone {
			c.state = stateHead
			if c.release == releaseRaw {
				c.state = stateRaw
			}
			c.heldBy = 0
			c.mu.Unlock()
			return nil
		}
		if c.err == nil && c.w-c.r >= heldLimit {
			c.err = errHeld
		}
		c.waiting = c.err == nil
		c.mu.Unlock()
		if c.err != nil {
			return c.err
		}
		n, err := c.conn.Read(c.room())
		c.w += n
		c.mu.Lock()
		kicked := c.kicked
		c.waiting, c.kicked = false, false
		if kicked {
			_ = c.applyLocked()
		}
		c.mu.Unlock()
		if c.err = lasting(err); c.err == nil && err != nil && !kicked {
			return err
		}
	}
}

// room returns where to read to, behind what is kept.
func (c *Conn) room() []byte {
	if c.r == c.w {
		c.r, c.w = 0, 0
		if cap(c.buf) > keepSize {
			c.buf = nil
		}
	}
	if c.w == len(c.buf) && c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		c.buf = append(c.buf, make([]byte, max(firstSize, 3*len(c.buf)))...)
		c.buf = c.buf[:cap(c.buf)]
	}
	return c.buf[c.w:]
}

// keep keeps data for later. Nothing else is kept then.
func (c *Conn) keep(data []byte) {
	for len(data) > 0 {
		n := copy(c.room(), data)
		c.w += n
		data = data[n:]
	}
}

// examine looks at bytes that follow those it has used. It returns how many it uses now,
// and whether they pass as they are; else what passes in their place, if anything, is in
// out. It uses none if it needs more.
func (c *Conn) examine(data []byte) (used int, verbatim bool) {
	switch c.state {
	case stateHead:
		return c.examineHead(data)
	case stateLength, stateChunks:
		n := c.follow(data)
		c.count(int64(n))
		return n, n > 0
	default:
		c.count(int64(len(data)))
		return len(data), true
	}
}

// follow returns how much of data belongs to the body and passes. The end of the body is
// the end of the message.
func (c *Conn) follow(data []byte) int {
	n, over := 0, false
	if c.state == stateLength {
		n = int(min(c.remain, int64(len(data))))
		c.remain -= int64(n)
		over = c.remain == 0
	} else {
		var err error
		n, err = c.chunks.follow(data)
		over = c.chunks.state == chunksDone
		if err != nil {
			c.end(err)
			return n
		}
	}
	if over {
		c.endMessage()
	}
	return n
}

func (c *Conn) endMessage() {
	c.state = stateHead
	if c.hold {
		c.state = stateHeld
	}
}

// end ends the stream, after what is in out.
func (c *Conn) end(err error) {
	c.state, c.err = stateEnd, err
	if c.timing {
		c.limitTime(time.Time{})
	}
}

// refuse has the handler refuse the request that begins with raw, or all that there is of
// it, and ends the stream. There is no h if it was not parsed.
func (c *Conn) refuse(raw []byte, h *Head, v Verdict) {
	v.Close = true
	v.HeadBytes = len(raw)
	v.describe(raw, h)
	c.push(v)
	c.scratch = append(c.scratch[:0], refused...)
	if h != nil && string(h.Method) == http.MethodHead {
		c.scratch = append(c.scratch[:0], refusedHead...)
	}
	c.out = c.scratch
	c.end(io.EOF)
}
