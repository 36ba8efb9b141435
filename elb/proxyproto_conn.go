package elb

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ProxyConn is a connection that a [ProxyListener] accepted. It reads its header when it
// is first used: by Header, Read, Write, LocalAddr, RemoteAddr, ReadFrom, WriteTo or
// NetConn, all of which wait for it. If there is none, in time and in order, then the
// connection is closed, as the protocol demands, and every use returns the same error, a
// [*ProxyError] or io.EOF; the addresses are then the connection's own.
//
// A read deadline that passes before the header is there ends the connection too. Write
// deadlines begin to count after it.
//
// Nothing stands between the payload and the connection beneath. io.Copy from or to
// a ProxyConn calls WriteTo or ReadFrom, and these have io.Copy work on the connection
// beneath: between two [*net.TCPConn]s Linux moves the bytes by itself, with splice.
// Code that looks for the connection itself gets it from NetConn.
type ProxyConn struct {
	conn     net.Conn
	optional bool
	timeout  time.Duration // of the header; less than zero for none
	limit    int

	started atomic.Bool // somebody reads the header
	ready   atomic.Bool // done is closed; header and err are set
	done    chan struct{}
	header  *ProxyHeader // nil if there is none
	err     error        // why the connection can not be used

	mu       sync.Mutex
	pending  []byte    // payload that was read in search of a header; guarded by mu
	deadline time.Time // of reads, as the caller wants it; guarded by mu
	until    time.Time // when the header must be there; zero while it is not read; guarded by mu
}

// Header returns the connection's header; nil if the connection has none and needs none.
// It must not be changed. It waits for the header like any other use.
func (c *ProxyConn) Header() (*ProxyHeader, error) {
	err := c.await()
	return c.header, err
}

// RemoteAddr returns the client's address: the header's source, if it has one.
func (c *ProxyConn) RemoteAddr() net.Addr {
	if c.await() == nil && c.header.relayed() {
		return c.header.address(c.header.Source, c.header.SourcePath)
	}
	return c.conn.RemoteAddr()
}

// LocalAddr returns the address that the client connected to: the header's destination,
// if it has one.
func (c *ProxyConn) LocalAddr() net.Addr {
	if c.await() == nil && c.header.relayed() {
		return c.header.address(c.header.Destination, c.header.DestinationPath)
	}
	return c.conn.LocalAddr()
}

// Read reads payload.
func (c *ProxyConn) Read(p []byte) (int, error) {
	if err := c.await(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	c.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	return c.conn.Read(p)
}

// Write writes p, not before the header was read: a server that speaks first must not do
// so to somebody whom it does not know yet.
func (c *ProxyConn) Write(p []byte) (int, error) {
	if err := c.await(); err != nil {
		return 0, err
	}
	return c.conn.Write(p)
}

// WriteTo writes the payload to w until its end. It implements io.WriterTo for io.Copy.
func (c *ProxyConn) WriteTo(w io.Writer) (n int64, err error) {
	if err := c.await(); err != nil {
		if err == io.EOF {
			err = nil // as for any other reader
		}
		return 0, err
	}
	c.mu.Lock()
	first := c.pending
	c.pending = nil
	c.mu.Unlock()
	if len(first) > 0 {
		written, err := w.Write(first)
		n = int64(written)
		if err == nil && written < len(first) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return n, err
		}
	}
	rest, err := io.Copy(w, c.conn)
	return n + rest, err
}

// ReadFrom writes what r yields until its end. It implements io.ReaderFrom for io.Copy.
func (c *ProxyConn) ReadFrom(r io.Reader) (int64, error) {
	if err := c.await(); err != nil {
		return 0, err
	}
	return io.Copy(c.conn, r)
}

// NetConn returns the connection beneath, of which only payload is left to read. While
// some of that is in c, as can be where no header is needed, it returns c.
func (c *ProxyConn) NetConn() net.Conn {
	_ = c.await() // the connection is closed then, and says so
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) > 0 {
		return c
	}
	return c.conn
}

// Close closes the connection. A use that waits for the header fails.
func (c *ProxyConn) Close() error { return c.conn.Close() }

// CloseWrite ends what the peer reads; what it writes can still be read. It fails with
// errors.ErrUnsupported if the connection beneath has no such thing.
func (c *ProxyConn) CloseWrite() error {
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetDeadline sets both deadlines.
func (c *ProxyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the deadline of reads, also of the header's.
func (c *ProxyConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.applyLocked()
}

// SetWriteDeadline sets the deadline of writes.
func (c *ProxyConn) SetWriteDeadline(t time.Time) error { return c.conn.SetWriteDeadline(t) }

// applyLocked gives the connection the earlier of the two deadlines.
func (c *ProxyConn) applyLocked() error {
	t := c.deadline
	if !c.until.IsZero() && (t.IsZero() || c.until.Before(t)) {
		t = c.until
	}
	return c.conn.SetReadDeadline(t)
}

// limitTime begins or, with the zero time, ends the time in which the header must come.
// A connection that is over takes no deadline any more; reading it tells so.
func (c *ProxyConn) limitTime(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = until
	_ = c.applyLocked()
}

// await waits for the header. The first to call it reads it.
func (c *ProxyConn) await() error {
	if c.ready.Load() {
		return c.err
	}
	if c.started.CompareAndSwap(false, true) {
		c.readHeader()
	}
	<-c.done
	return c.err
}

func (c *ProxyConn) readHeader() {
	c.err = errors.New("elb: the connection panicked") // unless it returns
	defer func() {
		c.ready.Store(true)
		close(c.done)
	}()
	var until time.Time
	if c.timeout > 0 {
		until = time.Now().Add(c.timeout)
		c.limitTime(until)
	}
	header, raw, err := readProxyHeader(c.conn, c.limit)
	if err != nil && c.optional && isPayload(raw, err, until) {
		header, err = nil, nil
		c.pending = raw // nobody else looks before ready
	}
	if err == nil && c.timeout > 0 {
		c.limitTime(time.Time{})
	}
	if err != nil {
		_ = c.conn.Close() // the error that counts is there already
	}
	c.header, c.err = header, err
}

// isPayload tells whether a search that ended in err shows that there is no header: the
// connection starts with something else, ended before it could be one, or waits for its
// server to speak.
func isPayload(raw []byte, err error, until time.Time) bool {
	switch {
	case errors.Is(err, ErrProxyMissing), err == io.EOF:
		return true
	case errors.Is(err, ErrProxyTruncated):
		return len(raw) < len(proxyV1Start)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return len(raw) == 0 && !until.IsZero() && !time.Now().Before(until)
	default:
		return false
	}
}
