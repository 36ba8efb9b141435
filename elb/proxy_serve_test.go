package elb_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

func TestProxyShutdownWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		conn := s.dial()
		talk(t, conn, "before")
		begun := time.Now()
		over := make(chan error)
		go func() { over <- s.proxy.Shutdown(t.Context()) }()
		require.Equal(t, elb.ErrBalancerClosed, <-s.served)
		_, err := s.network.dial(t.Context(), "tcp", proxyFront)
		require.Error(t, err)

		time.Sleep(time.Minute)
		talk(t, conn, "meanwhile")
		require.NoError(t, conn.CloseWrite())
		requireEnd(t, conn)
		require.NoError(t, <-over)
		require.Equal(t, time.Minute, time.Since(begun))
		require.NoError(t, s.record().Err)

		require.NoError(t, s.proxy.Shutdown(t.Context()), "again")
		require.NoError(t, s.proxy.Close())
		require.NoError(t, s.proxy.Close(), "again")
	})
}

func TestProxyShutdownGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		conn := s.dial()
		talk(t, conn, "before")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, s.proxy.Shutdown(ctx))
		talk(t, conn, "still")

		require.NoError(t, s.proxy.Close())
		requireReset(t, conn)
		require.Equal(t, elb.ErrBalancerClosed, s.record().Err)
		require.Equal(t, elb.ProxyMetrics{NewFlowCount: 1, ProcessedBytes: 22, TCPELBResetCount: 1}, s.proxy.Metrics())
	})
}

func TestProxyCloseEndsShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		conn := s.dial()
		talk(t, conn, "before")
		over := make(chan error)
		go func() { over <- s.proxy.Shutdown(t.Context()) }()
		synctest.Wait()
		require.NoError(t, s.proxy.Close())
		require.NoError(t, <-over)
		requireReset(t, conn)
	})
}

// Close does not wait for a target that is being connected to.
func TestProxyCloseEndsDialing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{})
		s.network.listen(proxyTargets[0].Address) // nobody accepts
		require.NoError(t, s.group.Register(proxyTargets[0]))
		conn := s.dial()
		synctest.Wait()
		begun := time.Now()
		require.NoError(t, s.proxy.Close())
		require.Zero(t, time.Since(begun))
		requireReset(t, conn)
		require.Equal(t, elb.ErrBalancerClosed, s.record().Err)
		require.Zero(t, s.group.Targets()[0].Outstanding)
		require.Zero(t, s.group.Targets()[0].Errors, "it is not the target's fault")
	})
}

func TestProxyClosedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		require.NoError(t, s.proxy.Close())
		require.NoError(t, s.proxy.Shutdown(t.Context()))
		require.Equal(t, elb.ErrBalancerClosed, <-s.served)

		l := s.network.listen("192.0.2.1:81")
		require.Equal(t, elb.ErrBalancerClosed, s.proxy.Serve(l))
		_, err := l.Accept()
		require.ErrorIs(t, err, net.ErrClosed, "Serve closes what it was given")

		client, server := memPair(memAddr("203.0.113.7:1"), memAddr(proxyFront))
		require.Equal(t, elb.ErrBalancerClosed, s.proxy.ServeConn(t.Context(), server))
		requireReset(t, client)
	})
}

func TestProxyServeConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{}, proxyTargets[0])
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		for _, ends := range []bool{true, false} {
			client, server := memPair(memAddr("203.0.113.7:1"), memAddr(proxyFront))
			over := make(chan error)
			go func() { over <- s.proxy.ServeConn(ctx, server) }()
			talk(t, client, "hello")
			if ends {
				require.NoError(t, client.CloseWrite())
				requireEnd(t, client)
				require.NoError(t, <-over)
			} else {
				cancel(errTest)
				require.Equal(t, errTest, <-over)
				requireReset(t, client)
			}
		}
	})
}

func TestProxyMaxConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{MaxConns: 2}, proxyTargets[0])
		first, second := s.dial(), s.dial()
		talk(t, first, "one")
		talk(t, second, "two")
		requireReset(t, s.dial())
		require.EqualValues(t, 2, s.proxy.Metrics().ActiveFlowCount)
		require.NoError(t, first.Close())
		synctest.Wait()
		third := s.dial()
		talk(t, third, "three")
		synctest.Wait()
		require.Equal(t, elb.ProxyMetrics{ActiveFlowCount: 2, NewFlowCount: 3, RejectedFlowCount: 1,
			ProcessedBytes: 22, TCPELBResetCount: 1}, s.proxy.Metrics())
	})
}

// failingListener fails with each of its errors before it waits.
type failingListener struct {
	*memListener
	errs []error
}

func (l *failingListener) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, err
	}
	return l.memListener.Accept()
}

type temporaryError struct{ error }

func (temporaryError) Temporary() bool { return true }

func TestProxyListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newProxyStory(t, elb.GroupConfig{}, elb.ProxyConfig{Logger: slog.New(slog.DiscardHandler)}, proxyTargets[0])
		begun := time.Now()
		l := &failingListener{memListener: s.network.listen("192.0.2.1:81")}
		for range 10 {
			l.errs = append(l.errs, temporaryError{errTest})
		}
		go func() { s.served <- s.proxy.Serve(l) }()
		conn, err := s.network.dial(t.Context(), "tcp", "192.0.2.1:81")
		require.NoError(t, err)
		// 5 ms doubled seven times are 640 ms, and then a second each.
		require.Equal(t, 1275*time.Millisecond+2*time.Second, time.Since(begun))
		talk(t, conn.(*memConn), "hello")
		conn.Close()

		require.Equal(t, errTest, s.proxy.Serve(&failingListener{s.network.listen("192.0.2.1:82"), []error{errTest}}))

		l = &failingListener{s.network.listen("192.0.2.1:83"), []error{temporaryError{errTest}}}
		go func() { s.served <- s.proxy.Serve(l) }()
		synctest.Wait()
		begun = time.Now()
		require.NoError(t, s.proxy.Close())
		for range 3 {
			require.Equal(t, elb.ErrBalancerClosed, <-s.served)
		}
		require.Zero(t, time.Since(begun), "the pause is over at once")
	})
}
