package elb

import (
	"net"
	"net/netip"
	"time"
)

// ProxyPolicy says what becomes of a connection that starts without a header of the PROXY
// protocol.
type ProxyPolicy uint8

const (
	// ProxyRequire has it closed. This is what the specification asks for.
	ProxyRequire ProxyPolicy = iota
	// ProxyOptional lets it in under its own addresses. Whoever can connect can then
	// claim to be anybody: use it only where Trusted or a firewall decides who that is.
	ProxyOptional
)

// defaultProxyHeaderTimeout leaves time for one packet to be lost, which takes three
// seconds.
const defaultProxyHeaderTimeout = 5 * time.Second

// ProxyListener is a listener whose connections come through proxies that speak the PROXY
// protocol, version 1 or 2. The connections that it accepts are [*ProxyConn]s, and name
// the clients behind the proxies as their peers. Accept does not wait for headers: each
// connection reads its own on first use, so that a slow peer holds up nobody.
//
// Its fields are set before the first Accept and not changed afterwards. All methods may
// be called concurrently.
type ProxyListener struct {
	// Listener is where the connections come from.
	net.Listener

	// Policy is about connections without a header. Zero means ProxyRequire.
	Policy ProxyPolicy

	// Trusted tells which peers may send a header; nil means all. The connections of
	// others are returned as Listener has accepted them, and a header in one would be
	// payload. The address is not valid for a peer without an IP address. It may be called
	// concurrently, and holds up Accept.
	Trusted func(netip.Addr) bool

	// HeaderTimeout is how long a connection waits for its header from its first use on.
	// Zero means 5 s, less than zero forever. The specification asks for 3 s at least.
	HeaderTimeout time.Duration

	// HeaderLimit is how long a header may be, in bytes. Zero means
	// DefaultProxyHeaderLimit.
	HeaderLimit int
}

// Accept waits for the next connection. It fails when Listener does.
func (l *ProxyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.Trusted != nil && !l.Trusted(peerAddr(conn)) {
		return conn, nil
	}
	timeout := l.HeaderTimeout
	if timeout == 0 {
		timeout = defaultProxyHeaderTimeout
	}
	return &ProxyConn{
		conn:     conn,
		optional: l.Policy == ProxyOptional,
		timeout:  timeout,
		limit:    l.HeaderLimit,
		done:     make(chan struct{}),
	}, nil
}

func peerAddr(conn net.Conn) netip.Addr {
	if a, ok := conn.RemoteAddr().(interface{ AddrPort() netip.AddrPort }); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
