//go:build unix

package elb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A check in quick succession resets its connection, and others close theirs.
func TestHowChecksClose(t *testing.T) {
	for _, c := range []struct {
		check HealthCheck
		want  error
	}{
		{HealthCheck{Protocol: HealthTCP, Interval: 100 * time.Millisecond}, io.EOF},
		{HealthCheck{Protocol: HealthTCP, Interval: 99 * time.Millisecond}, syscall.ECONNRESET},
		{HealthCheck{Interval: 100 * time.Millisecond}, io.EOF},
		{HealthCheck{Interval: 99 * time.Millisecond}, syscall.ECONNRESET},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			defer conn.Close()
			if c.check.Protocol != HealthTCP {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
			_, err = conn.Read(make([]byte, 1))
			ended <- err
		}()
		p, err := NewProber(c.check)
		require.NoError(t, err)
		got := p.Check(t.Context(), &Target{Address: l.Addr().String()})
		require.True(t, got.OK, "%v", got.Err)
		require.ErrorIs(t, <-ended, c.want)
		require.NoError(t, l.Close())
	}
}

func TestChecksOfOtherAddresses(t *testing.T) {
	for _, c := range []struct{ listen, host string }{
		{"127.0.0.1:0", "localhost"}, {"[::1]:0", "::1"}, {"127.0.0.1:0", "::ffff:127.0.0.1"},
	} {
		l, err := net.Listen("tcp", c.listen)
		if err != nil {
			t.Logf("%s is not checked: %v", c.listen, err)
			continue
		}
		server := &http.Server{Handler: after(0, 200, "ok")}
		done := make(chan error)
		go func() { done <- server.Serve(l) }()
		_, port, err := net.SplitHostPort(l.Addr().String())
		require.NoError(t, err)
		p, err := NewProber(HealthCheck{})
		require.NoError(t, err)
		got := p.Check(t.Context(), &Target{Address: net.JoinHostPort(c.host, port)})
		require.True(t, got.OK, "%s: %v", c.host, got.Err)
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	}
}

// An attempt to connect that nobody answers ends with the check, and leaves nothing behind.
func TestConnectingThatIsCutOff(t *testing.T) {
	address := unaccepting(t)
	before := runtime.NumGoroutine()
	for _, protocol := range []HealthProtocol{HealthTCP, HealthHTTP, HealthGRPC} {
		p, err := NewProber(HealthCheck{Protocol: protocol, Timeout: 20 * time.Millisecond})
		require.NoError(t, err)
		got := p.Check(t.Context(), &Target{Address: address})
		require.Equal(t, ReasonTimeout, got.Reason, "%v: %v", protocol, got.Err)

		p, err = NewProber(HealthCheck{Protocol: protocol, Interval: time.Hour, Timeout: time.Hour})
		require.NoError(t, err)
		cause := errors.New("the balancer closes")
		for _, wait := range []time.Duration{0, time.Nanosecond, time.Microsecond, 20 * time.Microsecond, 20 * time.Millisecond} {
			ctx, cancel := context.WithCancelCause(t.Context())
			if wait == 0 {
				cancel(cause)
			} else {
				time.AfterFunc(wait, func() { cancel(cause) })
			}
			got = p.Check(ctx, &Target{Address: address})
			require.Equal(t, ReasonInternalError, got.Reason, "%v, %v", protocol, wait)
			require.ErrorIs(t, got.Err, cause)
		}
	}
	for limit := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(limit), "goroutines are left behind")
	}
}

// unaccepting is the address of a listener that accepts no more connections: attempts hang.
func unaccepting(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }))
	require.NoError(t, err)
	for range 10 {
		conn, err := net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond)
		if err != nil {
			return l.Addr().String()
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this system lets connections wait without limit")
	return ""
}
