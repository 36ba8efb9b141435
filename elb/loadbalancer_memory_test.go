package elb_test

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// webConn is one end of a connection in memory that is like one by TCP: it holds some bytes
// that nobody has read yet, takes deadlines, and can be half closed and reset.
type webConn struct {
	in, out       *webStream
	local, remote net.Addr
}

func (c *webConn) Read(p []byte) (int, error)        { return c.in.read(p) }
func (c *webConn) Write(p []byte) (int, error)       { return c.out.write(p) }
func (c *webConn) LocalAddr() net.Addr               { return c.local }
func (c *webConn) RemoteAddr() net.Addr              { return c.remote }
func (c *webConn) SetReadDeadline(t time.Time) error { return c.in.change(func() { c.in.readBy = t }) }
func (c *webConn) SetWriteDeadline(t time.Time) error {
	return c.out.change(func() { c.out.writeBy = t })
}
func (c *webConn) CloseWrite() error { return c.out.change(func() { c.out.ended = true }) }

func (c *webConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *webConn) Close() error {
	_ = c.in.change(func() { c.in.left = true })
	return c.CloseWrite()
}

// reset ends the connection as a crash does.
func (c *webConn) reset() {
	for _, s := range []*webStream{c.in, c.out} {
		_ = s.change(func() { s.broken = true })
	}
}

// webStream is one direction.
type webStream struct {
	mu              sync.Mutex
	changed         chan struct{} // closed when something changes
	data            []byte
	ended           bool // no more comes
	left            bool // nobody reads
	broken          bool
	readBy, writeBy time.Time
}

const webWindow = 64 << 10

func newWebStream() *webStream { return &webStream{changed: make(chan struct{})} }

func (s *webStream) change(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// await calls ready, with the mutex held, until it says that it is done or there is an error.
func (s *webStream) await(by *time.Time, ready func() (bool, error)) error {
	for {
		s.mu.Lock()
		done, err := false, error(nil)
		if by := *by; !by.IsZero() && !time.Now().Before(by) {
			err = os.ErrDeadlineExceeded
		} else {
			done, err = ready()
		}
		changed, limit := s.changed, *by
		s.mu.Unlock()
		if done || err != nil {
			return err
		}
		if limit.IsZero() {
			<-changed
			continue
		}
		timer := time.NewTimer(time.Until(limit))
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *webStream) read(p []byte) (n int, err error) {
	err = s.await(&s.readBy, func() (bool, error) {
		switch {
		case s.left:
			return false, net.ErrClosed
		case s.broken:
			return false, syscall.ECONNRESET
		case len(s.data) > 0:
			n = copy(p, s.data)
			s.data = s.data[n:]
			close(s.changed)
			s.changed = make(chan struct{})
			return true, nil
		case s.ended:
			return false, io.EOF
		}
		return false, nil
	})
	return n, err
}

func (s *webStream) write(p []byte) (n int, err error) {
	err = s.await(&s.writeBy, func() (bool, error) {
		switch {
		case s.ended:
			return false, net.ErrClosed
		case s.broken, s.left:
			return false, syscall.EPIPE
		}
		if k := min(webWindow-len(s.data), len(p)-n); k > 0 {
			s.data = append(s.data, p[n:n+k]...)
			n += k
			close(s.changed)
			s.changed = make(chan struct{})
		}
		return n == len(p), nil
	})
	return n, err
}

// webNetwork is listeners in memory by address.
type webNetwork struct {
	mu        sync.Mutex
	listeners map[string]*webListener
	ports     int // of clients
}

type webListener struct {
	addr   net.Addr
	conns  chan *webConn
	once   sync.Once
	closed chan struct{}
}

func (n *webNetwork) listen(address string) *webListener {
	l := &webListener{addr: memAddr(address), conns: make(chan *webConn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners = make(map[string]*webListener)
	}
	n.listeners[address] = l
	return l
}

func (l *webListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *webListener) Addr() net.Addr { return l.addr }

func (l *webListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// dial connects to a listener, and waits until it accepts.
func (n *webNetwork) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.ports++
	from := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 10000 + n.ports}
	n.mu.Unlock()
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	up, down := newWebStream(), newWebStream()
	select {
	case l.conns <- &webConn{up, down, l.addr, from}:
		return &webConn{down, up, from, l.addr}, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
