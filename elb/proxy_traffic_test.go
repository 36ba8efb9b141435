package elb_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// trafficTarget is an echo that can be killed, and started again at the same port.
type trafficTarget struct {
	*elb.Target
	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]struct{}
	running  sync.WaitGroup
}

func (s *trafficTarget) start(t *testing.T) {
	l, err := net.Listen("tcp", s.Address)
	require.NoError(t, err)
	s.mu.Lock()
	s.listener, s.conns = l, make(map[net.Conn]struct{})
	s.mu.Unlock()
	s.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = struct{}{}
			s.mu.Unlock()
			s.running.Go(func() { echo(conn) })
		}
	})
}

// kill does what the system does when a process dies.
func (s *trafficTarget) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener.Close()
	for conn := range s.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

// One target is killed under load and started again, another deregistered: no connection
// fails but those that the killed one had.
func TestProxyTraffic(t *testing.T) {
	const clients, exchanges = 8, 20
	targets := make([]*trafficTarget, 3)
	g := tcpGroup(t, elb.GroupConfig{
		NewPicker:      func() elb.SetPicker { return new(elb.LeastOutstanding) },
		ConnectTimeout: 10 * time.Second,
	})
	for i := range targets {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		targets[i] = &trafficTarget{Target: &elb.Target{ID: fmt.Sprint("t", i), Address: l.Addr().String()}}
		l.Close()
		targets[i].start(t)
		defer targets[i].running.Wait()
		defer targets[i].kill()
		require.NoError(t, g.Register(targets[i].Target))
	}
	killed, drained := targets[1], targets[2]

	var mu sync.Mutex
	served, failed := make(map[string]int), make(map[string]error) // by target; by client
	var after atomic.Int64                                         // connections of the killed target's that came after its restart
	var restarted atomic.Bool
	p, front := tcpProxy(t, elb.ProxyConfig{Group: g, AccessLog: func(r *elb.FlowRecord) {
		mu.Lock()
		defer mu.Unlock()
		if r.Err != nil {
			failed[r.Client.String()] = r.Err
			if r.Target != killed.Target || !errors.Is(r.Err, elb.ErrTargetReset) {
				t.Errorf("%v at %v", r.Err, r.Target)
			}
			return
		}
		served[r.Target.ID]++
		if r.Target == killed.Target && restarted.Load() {
			after.Add(1)
		}
	}}, nil)

	// Connections are counted as steps, so that each thing happens under load however slow
	// the machine is.
	var done, broken atomic.Int64
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if client, err := exchange(front, exchanges); err == nil {
					done.Add(1)
				} else if broken.Add(1); client == "" {
					t.Errorf("not accepted: %v", err)
				}
			}
		})
	}
	var metrics elb.ProxyMetrics
	more := func(n int64) {
		for from := done.Load(); done.Load() < from+n; {
			metrics = p.Metrics() // anybody may ask while connections come and go
			time.Sleep(time.Millisecond)
		}
	}
	more(100)
	killed.kill()
	more(100)
	require.NoError(t, g.Deregister(drained.Target))
	more(100)
	killed.start(t)
	restarted.Store(true)
	for after.Load() < 100 {
		more(10)
	}
	close(stop)
	running.Wait()

	require.Eventually(t, func() bool { return len(g.Targets()) == 2 }, 10*time.Second, time.Millisecond, "the drained one leaves when it is idle")
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d connections of %d exchanges; %v; broken %d, all of the killed target's", done.Load(), exchanges, served, broken.Load())
	require.LessOrEqual(t, broken.Load(), int64(clients))
	require.Len(t, failed, int(broken.Load()))
	require.Positive(t, served[drained.ID])
	require.GreaterOrEqual(t, p.Metrics().NewFlowCount, done.Load())
	require.Greater(t, metrics.NewFlowCount, int64(300))
}

// exchange makes a connection, sends a word some times, and expects it back. It returns the
// client's address; none if there was no connection.
func exchange(address string, times int) (client string, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	client = conn.LocalAddr().String()
	word := make([]byte, 128)
	for range times {
		if _, err = conn.Write(word); err != nil {
			return client, err
		}
		if _, err = io.ReadFull(conn, word); err != nil {
			return client, err
		}
	}
	if err = conn.(*net.TCPConn).CloseWrite(); err != nil {
		return client, err
	}
	if n, err := conn.Read(word); n != 0 || err != io.EOF {
		return client, fmt.Errorf("after the end came %d bytes and %v", n, err)
	}
	return client, nil
}
