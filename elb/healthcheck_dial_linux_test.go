package elb

import (
	"context"
	"net"
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
