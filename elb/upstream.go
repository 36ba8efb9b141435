package elb

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/leat-go/leat/elb/internal/http1"
)

// upstream is the connections to one target: one of its two fields is not nil.
type upstream struct {
	pool      *http1.Pool     // for HTTP/1.1
	transport *http.Transport // for HTTP/2
	conns     *connSet        // of transport
}

// upstream returns the connections to the member, which is reached by its address.
func (m *member) upstream() *upstream {
	if up := m.up.Load(); up != nil {
		return up
	}
	up := newUpstream(&m.group.config, m.target.Address)
	if !m.up.CompareAndSwap(nil, up) {
		up.close()
		return m.up.Load()
	}
	m.group.mu.Lock()
	gone := m.gone
	m.group.mu.Unlock()
	if gone {
		up.close() // nobody else does
	}
	return up
}

// maxResponseHeaders is how many bytes the header of an answer may have.
const maxResponseHeaders = 64 << 10

func newUpstream(c *GroupConfig, address string) *upstream {
	connect := func(ctx context.Context) (net.Conn, error) { return c.DialContext(ctx, "tcp", address) }
	var conns *connSet
	if c.Version != HTTP1 {
		conns = newConnSet(connect)
		connect = conns.dial
	}
	dial := connect
	if c.Protocol == HTTPS {
		dial = func(ctx context.Context) (net.Conn, error) { return handshake(ctx, c, address, connect) }
	}
	if c.Version == HTTP1 {
		return &upstream{pool: http1.NewPool(http1.Config{
			Dial:           dial,
			ConnectTimeout: c.ConnectTimeout,
			MaxIdle:        max(c.MaxIdleConns, 0),
			MaxHeaderBytes: maxResponseHeaders,
		})}
	}
	limited := func(ctx context.Context, _, _ string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
		defer cancel()
		conn, err := dial(ctx)
		if err != nil {
			err = &connectError{err}
		}
		return conn, err
	}
	protocols := new(http.Protocols)
	if c.Protocol == HTTPS {
		protocols.SetHTTP2(true)
	} else {
		protocols.SetUnencryptedHTTP2(true)
	}
	return &upstream{conns: conns, transport: &http.Transport{
		DialContext:            limited,
		DialTLSContext:         limited,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxResponseHeaders,
	}}
}

// connectError is an error of connecting to a target: the request has not been sent.
type connectError struct{ err error }

func (e *connectError) Error() string { return "elb: connecting to the target: " + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// tlsError is an error of a target's TLS handshake.
type tlsError struct{ err error }

func (e *tlsError) Error() string { return "elb: TLS handshake with the target: " + e.err.Error() }
func (e *tlsError) Unwrap() error { return e.err }

// handshake connects to a target by TLS. It ends with ctx.
func handshake(ctx context.Context, c *GroupConfig, address string, connect func(context.Context) (net.Conn, error)) (net.Conn, error) {
	below, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	config := c.TLSConfig.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	config.NextProtos = []string{"http/1.1"}
	if c.Version != HTTP1 {
		config.NextProtos = []string{"h2"}
	}
	conn := tls.Client(below, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = below.Close()
		return nil, &tlsError{err}
	}
	return conn, nil
}

// close closes the connections: over HTTP/1.1 those that are in use when they are not any more.
// Nobody uses those over HTTP/2, or all who do have been told to stop.
func (u *upstream) close() {
	if u.pool != nil {
		u.pool.Close()
		return
	}
	u.transport.CloseIdleConnections()
	u.conns.close()
}
