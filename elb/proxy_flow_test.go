package elb_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

func TestProxyIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}) // 350 s
		var toSay, heard = make(chan string), make(chan string)
		s.network.serve(t, proxyTargets[0].Address, func(c *memConn) {
			go func() {
				for word := range toSay {
					_, _ = io.WriteString(c, word)
				}
			}()
			b := make([]byte, 10)
			for {
				n, err := c.Read(b)
				if err != nil {
					heard <- err.Error()
					return
				}
				heard <- string(b[:n])
			}
		})
		require.NoError(t, s.group.Register(proxyTargets[0]))
		conn := s.dial()
		begun := time.Now()
		for range 3 { // each direction by itself keeps the connection
			time.Sleep(349 * time.Second)
			_, err := io.WriteString(conn, "up")
			require.NoError(t, err)
			require.Equal(t, "up", <-heard)
			time.Sleep(349 * time.Second)
			toSay <- "down"
			_, err = io.ReadFull(conn, make([]byte, 4))
			require.NoError(t, err)
		}
		require.Equal(t, 6*349*time.Second, time.Since(begun))
		requireReset(t, conn)
		require.Equal(t, (6*349+350)*time.Second, time.Since(begun), "to the nanosecond")
		require.Equal(t, syscall.ECONNRESET.Error(), <-heard)
		close(toSay)
		synctest.Wait()
		require.Equal(t, elb.ErrIdle, s.record().Err)
		require.EqualValues(t, 1, s.proxy.Metrics().TCPELBResetCount)
	})
}

// What a client does not take does not keep the connection.
func TestProxyIdleWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{IdleTimeout: time.Minute}, proxyTargets[0])
		conn := s.dial()
		begun := time.Now()
		for {
			if _, err := conn.Write(make([]byte, 1000)); err != nil {
				require.ErrorIs(t, err, syscall.EPIPE)
				break
			}
		}
		require.Equal(t, time.Minute, time.Since(begun))
	})
}

func TestProxyHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{})
		heard := make(chan string)
		s.network.serve(t, proxyTargets[0].Address, func(c *memConn) { // answers when all is said
			all, _ := io.ReadAll(c)
			time.Sleep(time.Minute)
			_, _ = c.Write(all)
			_ = c.Close()
		})
		s.network.serve(t, proxyTargets[1].Address, func(c *memConn) { // ends, and then listens
			_, _ = io.WriteString(c, "all is said")
			_ = c.CloseWrite()
			all, _ := io.ReadAll(c)
			heard <- string(all)
			_ = c.Close()
		})
		require.NoError(t, s.group.Register(proxyTargets[:2]...))

		begun := time.Now()
		conn := s.dial()
		_, err := io.WriteString(conn, "question")
		require.NoError(t, err)
		require.NoError(t, conn.CloseWrite())
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "question", string(all))
		require.Equal(t, time.Minute, time.Since(begun))

		conn = s.dial()
		all, err = io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "all is said", string(all))
		_, err = io.WriteString(conn, "thank you")
		require.NoError(t, err)
		require.NoError(t, conn.CloseWrite())
		require.Equal(t, "thank you", <-heard)
		synctest.Wait()
		require.Equal(t, elb.ProxyMetrics{NewFlowCount: 2, ProcessedBytes: 36}, s.proxy.Metrics())
		for _, r := range s.log() {
			require.NoError(t, r.Err)
		}
	})
}

// The end of one direction is that of both where an end can not be half closed.
func TestProxyNoHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		client, server := net.Pipe()
		over := make(chan error)
		go func() { over <- s.proxy.ServeConn(t.Context(), server) }()
		talk(t, client, "hello")
		client.Close()
		require.NoError(t, <-over)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{})
		s.network.serve(t, proxyTargets[0].Address, func(c *memConn) { _ = c.CloseWrite() })
		require.NoError(t, s.group.Register(proxyTargets[0]))
		client, server := net.Pipe()
		over := make(chan error)
		go func() { over <- s.proxy.ServeConn(t.Context(), server) }()
		requireEnd(t, client)
		require.NoError(t, <-over)
	})
}

func TestProxyResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{})
		resets := make(chan struct{})
		heard := make(chan error)
		s.network.serve(t, proxyTargets[0].Address, func(c *memConn) {
			go func() {
				_, err := io.Copy(c, c)
				heard <- err
			}()
			<-resets
			_ = c.SetLinger(0)
			_ = c.Close()
		})
		require.NoError(t, s.group.Register(proxyTargets[0]))

		conn := s.dial()
		talk(t, conn, "client")
		_ = conn.SetLinger(0)
		conn.Close()
		require.ErrorIs(t, <-heard, syscall.ECONNRESET)
		resets <- struct{}{}
		synctest.Wait()
		require.ErrorIs(t, s.log()[0].Err, elb.ErrClientReset)
		require.EqualValues(t, 1, s.proxy.Metrics().TCPClientResetCount)
		require.Zero(t, s.group.Targets()[0].Errors)

		conn = s.dial()
		talk(t, conn, "target")
		resets <- struct{}{}
		requireReset(t, conn)
		<-heard
		synctest.Wait()
		require.ErrorIs(t, s.log()[1].Err, elb.ErrTargetReset)
		require.Equal(t, elb.ProxyMetrics{NewFlowCount: 2, ProcessedBytes: 24, TCPClientResetCount: 1, TCPTargetResetCount: 1}, s.proxy.Metrics())
		require.Zero(t, s.group.Targets()[0].Errors, "it has answered")

		conn = s.dial()
		resets <- struct{}{}
		requireReset(t, conn)
		<-heard
		synctest.Wait()
		require.EqualValues(t, 1, s.group.Targets()[0].Errors)
	})
}

func TestProxyDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{DeregistrationDelay: new(30 * time.Second)}, elb.ProxyConfig{}, proxyTargets[:2]...)
		first := s.dial()
		talk(t, first, "one") // so that the first target has it
		second := s.dial()
		talk(t, second, "two")
		begun := time.Now()
		require.NoError(t, s.group.Deregister(proxyTargets[0]))
		for range 4 { // new ones go elsewhere
			conn := s.dial()
			talk(t, conn, "new")
			conn.Close()
		}
		synctest.Wait()
		for _, r := range s.log() {
			require.Equal(t, proxyTargets[1], r.Target)
		}
		talk(t, first, "still")
		requireReset(t, first)
		require.Equal(t, 30*time.Second, time.Since(begun))
		talk(t, second, "still")
		synctest.Wait()
		require.Equal(t, elb.ErrDrained, s.log()[4].Err)
		require.Len(t, s.group.Targets(), 1)
	})
}

func TestProxyUnhealthy(t *testing.T) {
	for _, keep := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var ill atomic.Bool
			s := newProxyStory(t, elb.GroupConfig{
				KeepUnhealthyConns: keep,
				HealthCheck: elb.HealthCheck{Interval: 10 * time.Second, Func: func(context.Context, *elb.Target) error {
					if ill.Load() {
						return errTest
					}
					return nil
				}},
			}, elb.ProxyConfig{}, proxyTargets[0])
			time.Sleep(time.Minute)
			conn := s.dial()
			talk(t, conn, "well")
			ill.Store(true)
			time.Sleep(time.Minute)
			if keep {
				talk(t, conn, "ill")
				conn.Close()
				return
			}
			requireReset(t, conn)
			synctest.Wait()
			require.Equal(t, elb.ErrUnhealthy, s.record().Err)
		})
	}
}

func TestProxyGroupClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		conn := s.dial()
		talk(t, conn, "open")
		require.NoError(t, s.group.Close())
		requireReset(t, conn)
		requireReset(t, s.dial())
		synctest.Wait()
		require.Len(t, s.log(), 2)
		for _, r := range s.log() {
			require.Equal(t, elb.ErrGroupClosed, r.Err)
		}
		require.EqualValues(t, 1, s.proxy.Metrics().RejectedFlowCount)
	})
}

func TestProxyTriesOthers(t *testing.T) {
	tests := []struct {
		name   string
		refuse []bool // by target; one of true does not listen
		stuck  []bool // one of true does not answer
		err    error
		took   time.Duration
		tried  int
	}{
		{"the first", []bool{false}, []bool{false}, nil, 0, 1},
		{"the second", []bool{true, false}, []bool{false, false}, nil, 0, 2},
		{"the third", []bool{true, true, false}, []bool{false, false, false}, nil, 0, 3},
		{"not the fourth", []bool{true, true, true, false}, []bool{false, false, false, false}, syscall.ECONNREFUSED, 0, 3},
		{"the only one once", []bool{true}, []bool{false}, syscall.ECONNREFUSED, 0, 1},
		{"after the timeout", []bool{false, false}, []bool{true, false}, nil, 10 * time.Second, 2},
		{"until the timeout", []bool{false}, []bool{true}, context.DeadlineExceeded, 10 * time.Second, 1},
		{"none there", nil, nil, elb.ErrNoTargets, 0, 0},
	}
	for _, test := range tests {
		t.Log(test.name)
		synctest.Test(t, func(t *testing.T) {
			s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{})
			for i, refuse := range test.refuse {
				switch {
				case test.stuck[i]:
					s.network.listen(proxyTargets[i].Address)
				case !refuse:
					s.network.serve(t, proxyTargets[i].Address, func(c *memConn) { echo(c) })
				}
			}
			require.NoError(t, s.group.Register(proxyTargets[:len(test.refuse)]...))
			begun, dialled := time.Now(), s.network.dialled
			conn := s.dial()
			if test.err == nil {
				talk(t, conn, "hello")
				require.NoError(t, conn.CloseWrite())
				requireEnd(t, conn)
			} else {
				requireReset(t, conn)
			}
			require.Equal(t, test.took, time.Since(begun))
			synctest.Wait()
			require.Equal(t, test.tried, s.network.dialled-dialled-1)
			m := s.proxy.Metrics()
			if test.err == nil {
				require.NoError(t, s.record().Err)
				require.Equal(t, proxyTargets[test.tried-1], s.record().Target)
			} else {
				require.ErrorIs(t, s.record().Err, test.err)
				require.Nil(t, s.record().Target)
				require.Equal(t, elb.ProxyMetrics{RejectedFlowCount: 1, TCPELBResetCount: 1}, m)
			}
			for _, target := range s.group.Targets() {
				require.Zero(t, target.Outstanding)
			}
		})
	}
}

// A target that becomes unhealthy while it is connected to is given up for another.
func TestProxyDialingAborted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ill atomic.Bool
		s := newProxyStory(t, elb.GroupConfig{
			ConnectTimeout: time.Hour,
			HealthCheck: elb.HealthCheck{Interval: time.Second, Func: func(_ context.Context, target *elb.Target) error {
				if ill.Load() && target == proxyTargets[0] {
					return errTest
				}
				return nil
			}},
		}, elb.ProxyConfig{})
		s.network.listen(proxyTargets[0].Address)
		s.network.serve(t, proxyTargets[1].Address, func(c *memConn) { echo(c) })
		require.NoError(t, s.group.Register(proxyTargets[:2]...))
		time.Sleep(time.Minute)
		var stuck []*memConn
		for range 2 { // one of them is for the first target
			stuck = append(stuck, s.dial())
		}
		time.Sleep(time.Minute)
		ill.Store(true)
		for _, conn := range stuck {
			talk(t, conn, "hello")
			conn.Close()
		}
		synctest.Wait()
		for _, r := range s.log() {
			require.Equal(t, proxyTargets[1], r.Target)
		}
	})
}

// A function of the configuration that panics costs one connection.
func TestProxyPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newMemNetwork()
		g, err := elb.NewTargetGroup(elb.GroupConfig{Name: "g", Protocol: elb.TCP, HealthCheck: elb.HealthCheck{Disabled: true},
			DialContext: func(context.Context, string, string) (net.Conn, error) { panic("dial") }})
		require.NoError(t, err)
		defer g.Close()
		require.NoError(t, g.Register(proxyTargets[0]))
		p, err := elb.NewProxy(elb.ProxyConfig{Group: g, Logger: slog.New(slog.DiscardHandler),
			AccessLog: func(*elb.FlowRecord) { panic("log") }})
		require.NoError(t, err)
		defer p.Close()
		l := n.listen(proxyFront)
		go p.Serve(l)
		for range 2 {
			conn, err := n.dial(t.Context(), "tcp", proxyFront)
			require.NoError(t, err)
			requireReset(t, conn)
		}
		synctest.Wait()
		require.Zero(t, g.Targets()[0].Outstanding)
		require.Zero(t, p.Metrics().ActiveFlowCount)
	})
}

// Connections of one flow go to one target where the picker hashes.
func TestProxyFlowHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{NewPicker: func() elb.SetPicker { return new(elb.ConsistentHash) }}, elb.ProxyConfig{}, proxyTargets...)
		seen := make(map[*elb.Target]bool)
		for port := range 32 {
			s.forget()
			for range 3 {
				client, server := memPair(&net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 2000 + port}, memAddr(proxyFront))
				go s.proxy.ServeConn(t.Context(), server)
				talk(t, client, "hello")
				client.Close()
				synctest.Wait()
			}
			seen[s.log()[0].Target] = true
			require.Equal(t, s.log()[0].Target, s.log()[1].Target)
			require.Equal(t, s.log()[0].Target, s.log()[2].Target)
		}
		require.Len(t, seen, len(proxyTargets))
	})
}
