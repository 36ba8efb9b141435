package elb

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"time"
)

const handshakeTimeout = 10 * time.Second

// frontTLS is the configuration for a listener's connections: its own, but for the versions of
// HTTP.
func frontTLS(l *Listener) *tls.Config {
	versions := []string{"h2", "http/1.1"}
	if l.HTTP2Disabled {
		versions = versions[1:]
	}
	c := l.TLSConfig.Clone()
	c.NextProtos = versions
	if choose := c.GetConfigForClient; choose != nil {
		c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c, err := choose(hello)
			if c != nil && !slices.Equal(c.NextProtos, versions) {
				c = c.Clone()
				c.NextProtos = versions
			}
			return c, err
		}
	}
	return c
}

// acceptedTLS returns the next connection whose handshake is over.
func (f *frontServer) acceptedTLS() (net.Conn, error) {
	select {
	case c, ok := <-f.accepted:
		if !ok {
			return nil, f.err
		}
		return c, nil
	case <-f.ctx.Done():
		return nil, net.ErrClosed
	}
}

// acceptTLS accepts connections, and hands on each when its handshake is over, so that
// a slow one holds up nobody. It ends when below fails.
func (f *frontServer) acceptTLS() {
	var handshakes sync.WaitGroup
	for {
		c, err := f.below.Accept()
		if err == nil {
			handshakes.Go(func() { f.handshake(c) })
			continue
		}
		if isTemporary(err) {
			select { // as net/http does it, more or less
			case <-time.After(10 * time.Millisecond):
				continue
			case <-f.ctx.Done():
			}
		}
		f.err = err
		handshakes.Wait()
		close(f.accepted)
		return
	}
}

func (f *frontServer) handshake(below net.Conn) {
	conn := tls.Server(below, f.tls)
	ctx, cancel := context.WithTimeout(f.ctx, handshakeTimeout)
	err := conn.HandshakeContext(ctx)
	cancel()
	if err != nil {
		f.lb.count.tlsError()
		_ = below.Close()
		return
	}
	var accepted net.Conn = conn // net/http knows what to do with HTTP/2
	if conn.ConnectionState().NegotiatedProtocol != "h2" {
		accepted = f.guard(conn)
	}
	select {
	case f.accepted <- accepted:
	case <-f.ctx.Done():
		_ = below.Close()
	}
}

// await waits, once the server is closed, until no connection can come any more, or until ctx
// ends.
func (f *frontServer) await(ctx context.Context) error {
	select {
	case <-f.served:
	case <-ctx.Done():
		return ctx.Err()
	}
	for f.tls != nil {
		select {
		case c, ok := <-f.accepted:
			if !ok {
				return nil
			}
			_ = c.Close() // nobody else takes it
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
