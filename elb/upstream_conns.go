package elb

import (
	"context"
	"net"
	"sync"
)

// connSet is connections that can be closed together: http.Transport closes none that is in
// use, and keeps it then.
type connSet struct {
	connect func(context.Context) (net.Conn, error)

	mu     sync.Mutex
	conns  map[*setConn]struct{} // guarded by mu
	closed bool                  // guarded by mu
}

func newConnSet(connect func(context.Context) (net.Conn, error)) *connSet {
	return &connSet{connect: connect, conns: make(map[*setConn]struct{})}
}

// dial connects. After close it fails.
func (s *connSet) dial(ctx context.Context) (net.Conn, error) {
	below, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &setConn{below, s}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if closed {
		_ = below.Close()
		return nil, net.ErrClosed
	}
	return c, nil
}

func (s *connSet) close() {
	s.mu.Lock()
	conns := s.conns
	s.conns, s.closed = nil, true
	s.mu.Unlock()
	for c := range conns {
		_ = c.Conn.Close()
	}
}

// setConn is a connection of a set until it is closed.
type setConn struct {
	net.Conn
	set *connSet
}

// Close implements net.Conn.
func (c *setConn) Close() error {
	c.set.mu.Lock()
	delete(c.set.conns, c)
	c.set.mu.Unlock()
	return c.Conn.Close()
}
