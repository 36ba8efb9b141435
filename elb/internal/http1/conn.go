package http1

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// readBuffer is the size of a connection's buffer. It holds most headers, and short bodies
// with them. Long bodies go past it.
const readBuffer = 4 << 10

// conn is a connection. It belongs to the pool while it idles, and then to an exchange.
type conn struct {
	nc     net.Conn
	secure *tls.Conn // nc, if that is one
	used   bool      // by an exchange before

	raw   syscall.RawConn  // of the socket beneath; nil if there is none
	look  func(fd uintptr) // has raw's descriptor looked at
	quiet bool             // what look found
	spare [1]byte

	buf  []byte // what was read; nil while the connection idles, if it had grown
	r, w int    // of buf, what was not taken yet

	// The deadlines that were set. A read that runs into one earlier than it need be goes
	// on, so that most exchanges set none. A write must not: half a record would end TLS.
	readBy, writeBy time.Time

	since time.Time     // when it began to idle
	done  chan struct{} // takes one value when the sender of a body ends; nil before the first
}

func newConn(nc net.Conn) *conn {
	c := &conn{nc: nc}
	if c.secure, _ = nc.(*tls.Conn); c.secure != nil {
		nc = c.secure.NetConn()
	}
	if s, ok := nc.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			c.raw, c.look = raw, c.lookAt
		}
	}
	return c
}

// rest makes the connection ready for idling.
func (c *conn) rest() {
	c.used = true
	c.r, c.w = 0, 0
	if len(c.buf) > readBuffer {
		c.buf = nil
	}
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

// isQuiet tells whether an idle connection is open and nothing has come. What comes without
// a request would be taken for the answer to the next. It does not wait, and tells nothing if
// there is no socket.
func (c *conn) isQuiet() bool {
	if c.raw == nil {
		return true
	}
	c.quiet = false
	if c.raw.Control(c.look) != nil || !c.quiet {
		return false
	}
	if c.secure == nil {
		return true
	}
	// TLS may have more of what was read than it has given out.
	_ = c.nc.SetReadDeadline(past)
	c.readBy = past
	n, err := c.nc.Read(c.spare[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

// close closes the connection. In order or not, it does not wait for the peer: TLS, which says
// goodbye, waits for that to be taken, if the socket has no room for it.
func (c *conn) close(inOrder bool) {
	if c.secure != nil && (!inOrder || c.raw == nil) {
		_ = c.secure.NetConn().Close()
		return
	}
	_ = c.nc.Close()
}
