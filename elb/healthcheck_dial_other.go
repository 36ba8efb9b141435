//go:build !linux

package elb

import (
	"context"
	"net"
)

// dialLiteral connects to an IP address. Other systems do not end an attempt to connect
// when its socket is shut down, as Linux does.
func dialLiteral(ctx context.Context, network string, address string) (net.Conn, error) {
	return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, address)
}
