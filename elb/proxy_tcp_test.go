package elb_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// serveTCP has a handler called for each connection to a port of the loopback interface,
// until the test is over, and returns its address.
func serveTCP(t testing.TB, handler func(*net.TCPConn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { handler(conn.(*net.TCPConn)) })
		}
	}()
	return l.Addr().String()
}

// tcpGroup returns a group of the targets at some addresses, which are not checked.
func tcpGroup(t testing.TB, config elb.GroupConfig, addresses ...string) *elb.TargetGroup {
	if config.Name == "" {
		config.Name = "tcp"
	}
	if config.Protocol == "" {
		config.Protocol = elb.TCP
	}
	if config.HealthCheck.Func == nil {
		config.HealthCheck.Disabled = true
	}
	g, err := elb.NewTargetGroup(config)
	require.NoError(t, err)
	t.Cleanup(func() { g.Close() })
	for _, address := range addresses {
		require.NoError(t, g.Register(&elb.Target{Address: address}))
	}
	return g
}

// tcpProxy serves a proxy on the loopback interface until the test is over, and returns its
// address.
func tcpProxy(t testing.TB, config elb.ProxyConfig, wrap func(net.Listener) net.Listener) (*elb.Proxy, string) {
	p, err := elb.NewProxy(config)
	require.NoError(t, err)
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if wrap != nil {
		l = wrap(l)
	}
	served := make(chan error)
	go func() { served <- p.Serve(l) }()
	t.Cleanup(func() {
		p.Close()
		if err := <-served; err != elb.ErrBalancerClosed {
			t.Errorf("Serve returned %v", err)
		}
	})
	return p, l.Addr().String()
}

func dialTCP(t testing.TB, address string) *net.TCPConn {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) // if all goes wrong
	return conn.(*net.TCPConn)
}

// flowLog is an AccessLog that tells what it gets.
type flowLog chan elb.FlowRecord

func (l flowLog) add(r *elb.FlowRecord) { l <- *r }

func TestProxyTCPResets(t *testing.T) {
	log := make(flowLog, 10)
	heard, resets := make(chan error, 1), make(chan struct{})
	target := serveTCP(t, func(c *net.TCPConn) {
		echoed := make(chan struct{})
		go func() {
			_, err := io.Copy(struct{ io.Writer }{c}, c)
			heard <- err
			close(echoed)
		}()
		<-resets
		_ = c.SetLinger(0)
		_ = c.Close()
		<-echoed
	})
	g := tcpGroup(t, elb.GroupConfig{}, target)
	_, front := tcpProxy(t, elb.ProxyConfig{Group: g, AccessLog: log.add}, nil)

	conn := dialTCP(t, front)
	talk(t, conn, "client")
	require.NoError(t, conn.SetLinger(0))
	require.NoError(t, conn.Close())
	require.ErrorIs(t, <-heard, syscall.ECONNRESET)
	require.ErrorIs(t, (<-log).Err, elb.ErrClientReset)
	resets <- struct{}{}

	conn = dialTCP(t, front)
	talk(t, conn, "target")
	resets <- struct{}{}
	requireReset(t, conn)
	require.ErrorIs(t, (<-log).Err, elb.ErrTargetReset)
	<-heard

	conn = dialTCP(t, front)
	talk(t, conn, "group")
	require.NoError(t, g.Close())
	requireReset(t, conn)
	require.ErrorIs(t, <-heard, syscall.ECONNRESET)
	require.ErrorIs(t, (<-log).Err, elb.ErrGroupClosed)
	resets <- struct{}{}
}

func TestProxyTCPIdle(t *testing.T) {
	p, front := tcpProxy(t, elb.ProxyConfig{
		Group:       tcpGroup(t, elb.GroupConfig{}, serveTCP(t, func(c *net.TCPConn) { echo(c) })),
		IdleTimeout: 20 * time.Millisecond,
	}, nil)
	requireReset(t, dialTCP(t, front))
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, elb.ProxyMetrics{NewFlowCount: 1, TCPELBResetCount: 1}, p.Metrics())
}

// What passes is what was sent, whatever its size and the way it is passed.
func TestProxyTCPBytes(t *testing.T) {
	const size = 16 << 20
	data := make([]byte, size)
	_, _ = rand.Read(data)
	sum := sha256.Sum256(data)
	target := serveTCP(t, func(c *net.TCPConn) {
		defer c.Close()
		got := sha256.New()
		_, _ = io.Copy(got, c)
		if bytes.Equal(got.Sum(nil), sum[:]) {
			sendUnevenly(c, data)
		}
	})
	p, front := tcpProxy(t, elb.ProxyConfig{Group: tcpGroup(t, elb.GroupConfig{}, target)}, nil)
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			conn := dialTCP(t, front)
			sendUnevenly(conn, data)
			_ = conn.CloseWrite()
			got := sha256.New()
			_, err := io.Copy(got, conn)
			if err != nil || !bytes.Equal(got.Sum(nil), sum[:]) {
				t.Errorf("the answer is another, %v", err)
			}
		})
	}
	clients.Wait()
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, elb.ProxyMetrics{NewFlowCount: 3, ProcessedBytes: 6 * size}, p.Metrics())
}

// sendUnevenly writes now little, now much at a time.
func sendUnevenly(w io.Writer, data []byte) {
	r := mathrand.New(mathrand.NewPCG(1, 2))
	for len(data) > 0 {
		most := 1 << r.IntN(22)
		for range 1 + r.IntN(20) {
			n := min(1+r.IntN(most), len(data))
			if _, err := w.Write(data[:n]); err != nil {
				return
			}
			data = data[n:]
		}
	}
}

// A slow reader is waited for, by the sender as well.
func TestProxyTCPPressure(t *testing.T) {
	const size = 64 << 20
	sent := make(chan error, 1)
	target := serveTCP(t, func(c *net.TCPConn) {
		defer c.Close()
		_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := c.Write(make([]byte, size))
		sent <- err
	})
	p, front := tcpProxy(t, elb.ProxyConfig{Group: tcpGroup(t, elb.GroupConfig{}, target)}, nil)
	conn := dialTCP(t, front)
	require.ErrorIs(t, <-sent, os.ErrDeadlineExceeded, "nobody keeps all that for a client that does not read")
	n, err := io.Copy(io.Discard, conn)
	require.NoError(t, err)
	require.Less(t, n, int64(size))
	conn.Close()
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, n, p.Metrics().ProcessedBytes)
}

// The client's address comes by the PROXY protocol, and goes on by it.
func TestProxyTCPIntroduces(t *testing.T) {
	headers := make(chan *elb.ProxyHeader, 1)
	target := serveTCP(t, func(c *net.TCPConn) {
		if h, err := elb.ReadProxyHeader(c, 0); err == nil {
			headers <- h
		}
		echo(c)
	})
	log := make(flowLog, 10)
	_, front := tcpProxy(t, elb.ProxyConfig{
		Group:     tcpGroup(t, elb.GroupConfig{ProxyProtocol: true}, target),
		AccessLog: log.add,
	}, func(l net.Listener) net.Listener { return &elb.ProxyListener{Listener: l, Policy: elb.ProxyOptional} })

	conn := dialTCP(t, front)
	talk(t, conn, "I am nobody else, so this is payload")
	h := <-headers
	require.Equal(t, conn.LocalAddr().String(), h.Source.String())
	require.Equal(t, front, h.Destination.String())
	_, err := conn.Write(make([]byte, 1<<20)) // from a ProxyConn too
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, conn, 1<<20)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	r := <-log
	require.Equal(t, h.Source, r.Client)
	require.EqualValues(t, 1<<20+36, r.SentBytes)

	conn = dialTCP(t, front)
	require.NoError(t, elb.WriteProxyHeader(conn, &elb.ProxyHeader{
		Command: elb.ProxyRelayed, Transport: elb.ProxyStream,
		Source: addrPort("203.0.113.7:56324"), Destination: addrPort("192.0.2.1:443"),
		TLVs: []elb.ProxyTLV{{Type: elb.ProxyTypeUniqueID, Value: []byte("not passed on")}},
	}))
	talk(t, conn, "hello")
	h = <-headers
	require.Equal(t, "203.0.113.7:56324", h.Source.String())
	require.Equal(t, "192.0.2.1:443", h.Destination.String())
	require.Empty(t, h.TLVs)
	require.NoError(t, conn.Close())
	require.Equal(t, "203.0.113.7:56324", (<-log).Client.String())

	conn = dialTCP(t, front) // a header that is none
	_, err = io.WriteString(conn, "PROXY TCP4 what is this\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(conn)
	if err != nil {
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	require.ErrorIs(t, (<-log).Err, elb.ErrProxyMalformed)
}

// Nothing is left open, however a connection ends.
func TestProxyTCPLeaks(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("open files can be counted on Linux alone")
	}
	files := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(all)
	}
	target := serveTCP(t, func(c *net.TCPConn) { echo(c) })
	g := tcpGroup(t, elb.GroupConfig{}, target, "127.0.0.1:1") // nobody listens there
	p, front := tcpProxy(t, elb.ProxyConfig{Group: g}, nil)
	goroutines, before := runtime.NumGoroutine(), files()
	for i := range 100 {
		conn := dialTCP(t, front)
		switch i % 4 {
		case 0:
			talk(t, conn, "hello")
		case 1:
			_ = conn.SetLinger(0)
		case 2:
			go conn.Write(make([]byte, 1<<20))
			_, err := io.CopyN(io.Discard, conn, 1<<20)
			require.NoError(t, err)
		case 3:
			go conn.Write(make([]byte, 1<<20))
			_, err := io.CopyN(io.Discard, conn, 1<<19)
			require.NoError(t, err)
		}
		conn.Close()
	}
	require.NoError(t, p.Shutdown(t.Context()))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // the target's ends close a little later
		f, g := files(), runtime.NumGoroutine()
		if f <= before && g <= goroutines {
			break
		}
		require.True(t, time.Now().Before(end), "%d files, where %d were; %d goroutines, where %d were", f, before, g, goroutines)
	}
}
