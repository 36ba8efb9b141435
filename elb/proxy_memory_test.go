package elb_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// memConn is one end of a connection in memory that can be half closed and reset as one by
// TCP can. It takes no deadlines.
type memConn struct {
	in            *io.PipeReader
	out           *io.PipeWriter
	local, remote *net.TCPAddr
	linger        int
	closed        sync.Once
}

// memPair returns the ends of a connection between two addresses.
func memPair(from, to *net.TCPAddr) (client, server *memConn) {
	upR, upW := io.Pipe()
	downR, downW := io.Pipe()
	return &memConn{in: downR, out: upW, local: from, remote: to, linger: -1},
		&memConn{in: upR, out: downW, local: to, remote: from, linger: -1}
}

func (c *memConn) Read(b []byte) (int, error)       { return c.in.Read(b) }
func (c *memConn) Write(b []byte) (int, error)      { return c.out.Write(b) }
func (c *memConn) CloseWrite() error                { return c.out.Close() }
func (c *memConn) SetLinger(sec int) error          { c.linger = sec; return nil }
func (c *memConn) LocalAddr() net.Addr              { return c.local }
func (c *memConn) RemoteAddr() net.Addr             { return c.remote }
func (c *memConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *memConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *memConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

func (c *memConn) Close() error {
	c.closed.Do(func() {
		if c.linger == 0 {
			c.out.CloseWithError(syscall.ECONNRESET)
		}
		c.out.Close()
		c.in.CloseWithError(syscall.EPIPE)
	})
	return nil
}

// memNetwork is listeners by address.
type memNetwork struct {
	mu        sync.Mutex
	listeners map[string]*memListener
	dialled   int
}

func newMemNetwork() *memNetwork { return &memNetwork{listeners: make(map[string]*memListener)} }

type memListener struct {
	network *memNetwork
	addr    *net.TCPAddr
	conns   chan *memConn
	once    sync.Once
	closed  chan struct{}
}

func memAddr(address string) *net.TCPAddr { return net.TCPAddrFromAddrPort(addrPort(address)) }

func (n *memNetwork) listen(address string) *memListener {
	l := &memListener{network: n, addr: memAddr(address), conns: make(chan *memConn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners[address] = l
	return l
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Addr() net.Addr { return l.addr }

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// dial connects to a listener, and waits until it accepts.
func (n *memNetwork) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.dialled++
	from := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 10000 + n.dialled}
	n.mu.Unlock()
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	client, server := memPair(from, l.addr)
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve has a handler called for each connection to an address, until the test is over.
func (n *memNetwork) serve(t *testing.T, address string, handler func(*memConn)) {
	l := n.listen(address)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go handler(conn.(*memConn))
		}
	}()
}

// echo sends back what comes, until its end.
func echo(conn net.Conn) {
	defer conn.Close()
	_, _ = io.Copy(conn, conn)
}

// proxyStory is a proxy at 192.0.2.1:80 in a network in memory, of a group with an echo
// at each target, 10.0.0.1:80 and so on. It lives in a bubble.
type proxyStory struct {
	t       *testing.T
	network *memNetwork
	group   *elb.TargetGroup
	proxy   *elb.Proxy
	served  chan error // what Serve returns

	mu      sync.Mutex
	records []elb.FlowRecord
}

const proxyFront = "192.0.2.1:80"

var proxyTargets = []*elb.Target{
	{Address: "10.0.0.1:80"}, {Address: "10.0.0.2:80"}, {Address: "10.0.0.3:80"}, {Address: "10.0.0.4:80"},
}

func newProxyStory(t *testing.T, group elb.GroupConfig, config elb.ProxyConfig, targets ...*elb.Target) *proxyStory {
	s := &proxyStory{t: t, network: newMemNetwork(), served: make(chan error, 1)}
	group.Name, group.Protocol, group.DialContext = "tcp", elb.TCP, s.network.dial
	if group.HealthCheck.Func == nil {
		group.HealthCheck.Disabled = true
	}
	var err error
	s.group, err = elb.NewTargetGroup(group)
	require.NoError(t, err)
	t.Cleanup(func() { s.group.Close() })
	require.NoError(t, s.group.Register(targets...))
	for _, target := range targets {
		s.network.serve(t, target.Address, func(c *memConn) { echo(c) })
	}
	config.Group = s.group
	config.AccessLog = func(r *elb.FlowRecord) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.records = append(s.records, *r)
	}
	s.proxy, err = elb.NewProxy(config)
	require.NoError(t, err)
	t.Cleanup(func() { s.proxy.Close() })
	l := s.network.listen(proxyFront)
	go func() { s.served <- s.proxy.Serve(l) }()
	return s
}

func (s *proxyStory) dial() *memConn {
	s.t.Helper()
	conn, err := s.network.dial(s.t.Context(), "tcp", proxyFront)
	require.NoError(s.t, err)
	return conn.(*memConn)
}

// log returns the records of the connections that are over.
func (s *proxyStory) log() []elb.FlowRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// forget empties the log.
func (s *proxyStory) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = nil
}

// record returns the record of the only connection that is over.
func (s *proxyStory) record() elb.FlowRecord {
	s.t.Helper()
	all := s.log()
	require.Len(s.t, all, 1)
	return all[0]
}

// talk sends a word, and expects it back.
func talk(t *testing.T, conn io.ReadWriter, word string) {
	t.Helper()
	_, err := io.WriteString(conn, word)
	require.NoError(t, err)
	answer := make([]byte, len(word))
	_, err = io.ReadFull(conn, answer)
	require.NoError(t, err)
	require.Equal(t, word, string(answer))
}

// requireReset expects the connection to be reset, and nothing to come before.
func requireReset(t *testing.T, conn io.Reader) {
	t.Helper()
	n, err := conn.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

// requireEnd expects the connection to be ended by the other side.
func requireEnd(t *testing.T, conn io.Reader) {
	t.Helper()
	n, err := conn.Read(make([]byte, 1))
	require.Zero(t, n)
	require.Equal(t, io.EOF, err)
}

var errTest = errors.New("the test wants it so")
