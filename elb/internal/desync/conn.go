package desync

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// DefaultHeadTimeout is the balancer's default idle timeout, for which it waits for data.
const DefaultHeadTimeout = 60 * time.Second

// Config is what a Conn does. Its zero value is AWS's default.
type Config struct {
	// Mode is the desync mitigation mode. Zero means Defensive.
	Mode Mode

	// HeadTimeout is how long a request's head may take from its first byte on. After
	// that the request is refused with 408. While it runs the connection's read deadline
	// does not count, unless it has passed already. Zero means DefaultHeadTimeout, less
	// than zero no limit.
	HeadTimeout time.Duration
}

// Validate returns an error if the mode is unknown.
func (cfg Config) Validate() error {
	if cfg.Mode > Strictest {
		return fmt.Errorf("desync: unknown mode %d", cfg.Mode)
	}
	return nil
}

// Conn is a connection to a client of which a server reads only what is gated; writes pass
// as they are. Reads must not be concurrent; all else may be.
type Conn struct {
	conn    net.Conn
	mode    Mode
	timeout time.Duration

	// These belong to the reader.
	state   state
	first   bool   // no request was read yet
	last    bool   // none is to be routed any more
	hold    bool   // the message leads to stateHeld
	timing  bool   // until is set
	remain  int64  // of the body, in stateLength
	chunks  chunks // of the body, in stateChunks
	scanner scanner
	head    Head
	buf     []byte // buf[r:w] was read, and not looked at
	r, w    int
	out     []byte // passes next; aliases buf or scratch
	scratch []byte // for heads that are mended
	err     error  // comes after all that; of the connection, or why the stream ends

	mu       sync.Mutex
	deadline time.Time // of reads, as the server wants it; guarded by mu
	until    time.Time // when the head must be whole; guarded by mu
	waiting  bool      // the reader waits for bytes while it holds some; guarded by mu
	kicked   bool      // it is to wake up; guarded by mu
	release  release   // what the handler of the held request said; guarded by mu
	heldBy   uint64    // the number of the held request, from 1 on; zero if there is none; guarded by mu
	pushed   uint64    // requests that were passed or refused; guarded by mu
	served   uint64    // those that Next returned; guarded by mu
	servedAt int64     // where in the stream the last of them starts; guarded by mu
	total    int64     // bytes that were looked at; guarded by mu
	queue    []pending // queue[queued:] waits for Next; guarded by mu
	queued   int       // guarded by mu
}

// state is what the next byte from the client belongs to.
type state uint8

const (
	stateHead   state = iota
	stateLength       // a body with a Content-Length
	stateChunks       // a chunked body
	stateHeld         // what follows a request for another protocol
	stateRaw          // something that is not gated
	stateEnd          // nothing: err ends the stream
)

// release is what becomes of what is held.
type release uint8

const (
	releaseNone release = iota
	releaseRaw
	releaseGated
)

// NewConn returns a Conn that reads from conn and owns it.
func NewConn(conn net.Conn, cfg Config) *Conn {
	timeout := cfg.HeadTimeout
	if timeout == 0 {
		timeout = DefaultHeadTimeout
	}
	return &Conn{conn: conn, mode: cfg.Mode, timeout: timeout, first: true}
}

// NetConn returns the connection beneath. Reading from it, or writing to it, spoils c; its
// other properties, as those of TLS, can be used.
func (c *Conn) NetConn() net.Conn { return c.conn }

// Write writes p to the client.
func (c *Conn) Write(p []byte) (int, error) { return c.conn.Write(p) }

// ReadFrom writes what r yields until its end. It implements io.ReaderFrom for io.Copy.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.conn, r) }

// WriteTo writes to w what can be read, until its end. It implements io.WriterTo for
// io.Copy, so that what is not gated goes directly from one connection to another.
func (c *Conn) WriteTo(w io.Writer) (n int64, err error) {
	if c.state == stateHeld {
		if err := c.awaitRelease(); err != nil {
			return 0, eofIsNil(err)
		}
	}
	if c.state != stateRaw {
		return io.Copy(w, struct{ io.Reader }{c})
	}
	for len(c.out) > 0 || c.r < c.w || c.err != nil {
		p := make([]byte, max(len(c.out), c.w-c.r, 1))
		k, err := c.Read(p)
		if err != nil {
			return n, eofIsNil(err)
		}
		k, err = w.Write(p[:k])
		n += int64(k)
		if err != nil {
			return n, err
		}
	}
	rest, err := io.Copy(w, c.conn)
	c.count(rest)
	return n + rest, err
}

func eofIsNil(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// Close closes the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// CloseWrite ends what the client reads; what it writes can still be read. It fails with
// errors.ErrUnsupported if the connection beneath has no such thing.
func (c *Conn) CloseWrite() error {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// LocalAddr returns the address that the client connected to.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr returns the client's address.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the deadline of reads. See Config.HeadTimeout.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.applyLocked()
}

// SetWriteDeadline sets the deadline of writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.conn.SetWriteDeadline(t) }

// applyLocked gives the connection the read deadline that counts.
func (c *Conn) applyLocked() error {
	t := c.deadline
	switch {
	case c.kicked: // until the reader has seen it
		t = time.Unix(1, 0)
	case !c.until.IsZero() && (t.IsZero() || t.After(time.Now())):
		t = c.until
	}
	return c.conn.SetReadDeadline(t)
}

// limitTime begins or, with the zero time, ends the time in which a head must come. A
// connection that is over takes no deadline any more; reading it tells so.
func (c *Conn) limitTime(until time.Time) {
	c.timing = !until.IsZero()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = until
	_ = c.applyLocked()
}

// count notes that n bytes of a body, or between requests, have been looked at.
func (c *Conn) count(n int64) {
	c.mu.Lock()
	c.total += n
	c.mu.Unlock()
}
