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

// shut ends a socket's attempt to connect. It goes on until the socket is closed, which
// whoever dialled does: the first time may be before the attempt has begun, and such
// a shutdown does not hold.
//
// It shuts down what is received, no more. That ends an attempt just as well; and a connection
// that is there already stays one, of which package net learns. If both ends of it were
// shut down before that, package net would wait for it for ever.
func shut(socket syscall.RawConn) {
	for socket.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RD) }) == nil {
		time.Sleep(time.Millisecond)
	}
}
