package elb

import (
	"context"
	"net"
	"syscall"
	"time"
)

// dialLiteral connects to an IP address. A [net.Dialer] with a context that can end has
// a second goroutine wait for that, whose start and end cost a fifth of what connecting
// does. Here the context's end shuts the socket down, which ends a connection attempt with
// an error.
func dialLiteral(ctx context.Context, network string, address string) (net.Conn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	stop := func() bool { return true }
	dialer := net.Dialer{
		KeepAlive:     -1,
		FallbackDelay: -1, // there is one address
		Control: func(_, _ string, socket syscall.RawConn) error {
			stop = context.AfterFunc(ctx, func() { shut(socket) })
			return nil
		},
	}
	defer func() { stop() }()
	// Not DialTCP, which binds the socket to a port before: of those there are 28,000 for all
	// targets together then, rather than for each.
	return dialer.DialContext(context.WithoutCancel(ctx), network, address)
}

// shut shuts a socket down until it is closed: the first time may be before the attempt to
// connect has begun, and such a shutdown does not hold. Whoever dialled closes it.
func shut(socket syscall.RawConn) {
	for socket.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) }) == nil {
		time.Sleep(time.Millisecond)
	}
}
