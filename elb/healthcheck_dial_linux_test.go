package elb

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A check may end after its socket is made and before the attempt to connect begins.
func TestShutBeforeConnecting(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	dialer := net.Dialer{Control: func(_, _ string, socket syscall.RawConn) error {
		go shut(socket)
		time.Sleep(10 * time.Millisecond)
		return nil
	}}
	_, err := dialer.DialContext(ctx, "tcp", unaccepting(t))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.NoError(t, ctx.Err())
}

// A context may end at any time while its connection comes about; connecting ends then.
func TestDialLiteralEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: http.NotFoundHandler()} // closes what is shut down
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	made, ended := 0, 0
	for i := range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i%40)*2*time.Microsecond, cancel)
		dialled := make(chan net.Conn, 1)
		go func() {
			c, _ := dialLiteral(ctx, "tcp", l.Addr().String())
			dialled <- c
		}()
		select {
		case c := <-dialled:
			if ended++; c != nil {
				made, ended = made+1, ended-1
				require.NoError(t, c.Close())
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the attempt %d does not end", i)
		}
		cancel()
	}
	t.Logf("%d connections, %d attempts that ended before", made, ended)
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}
