package elb

import (
	"context"
	"crypto/tls"
	"net"
)

// healthConn is a check's connection. It breaks when the check's context ends.
type healthConn struct {
	net.Conn
	stop func() bool
}

// open connects to where a target is checked, with a handshake if the protocol is one over
// TLS.
func (p *Prober) open(ctx context.Context, address string) (*healthConn, error) {
	conn, err := p.check.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	// Neither deadlines, which not every connection of a caller's has, nor a goroutine that
	// waits: most checks end well before.
	c := &healthConn{conn, context.AfterFunc(ctx, func() { _ = conn.Close() })}
	switch p.check.Protocol {
	case HealthHTTPS, HealthTLS:
		secure := tls.Client(conn, p.tlsConfig(address))
		if err := secure.HandshakeContext(context.WithoutCancel(ctx)); err != nil {
			c.stop()
			_ = conn.Close()
			return nil, err
		}
		c.Conn = secure
	}
	return c, nil
}

func (p *Prober) tlsConfig(address string) *tls.Config {
	config := p.tls
	if config.ServerName == "" && !config.InsecureSkipVerify {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	return config
}

// Close does not wait for the peer. TLS says goodbye before it closes, and gives the peer
// five seconds to take that, if it must.
func (c *healthConn) Close() error {
	c.stop()
	if _, ok := c.Conn.(*tls.Conn); ok {
		go c.Conn.Close()
		return nil
	}
	return c.Conn.Close()
}
