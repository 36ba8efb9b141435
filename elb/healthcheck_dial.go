package elb

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// resetBelow is the interval from which on checks close their connections in the regular
// way. The end that closes first keeps a connection's port for a minute (RFC 9293, section
// 3.6.1, TIME-WAIT), and of some 28,000 ports that Linux has for connections to one address
// a hundred milliseconds take 600 at most, a millisecond more than there are: connecting
// comes to take milliseconds of processor time, then fails, and a target is unhealthy that
// is well. So checks in quicker succession reset their connections, which frees the port at
// once. Where it is not needed it is not done: it costs no less, and some servers log it.
const resetBelow = 100 * time.Millisecond

// healthDialer connects to targets. A connection lives too short for keep-alives.
type healthDialer struct{ reset bool }

func (d healthDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok && d.reset {
		_ = tcp.SetLinger(0) // does not fail but on a connection that has, as its next use tells
	}
	return conn, nil
}

func (d healthDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(address); err == nil {
		return dialLiteral(ctx, network, address)
	}
	return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, address)
}
