package elb

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// front is what a client has told before a target was chosen.
type front struct {
	conn  net.Conn // to talk to the client by: TLS, if the proxy ends that
	first []byte   // what was read already, and is the target's
	name  string   // the server name of TLS; empty without one
	tls   *tls.ConnectionState
	took  time.Duration // the handshake
}

// greet learns from the client what it takes to choose a group, and chooses it. It fails
// with io.EOF if the client has gone.
func (f *flow) greet() error {
	c := &f.proxy.config
	f.front.conn = f.client
	if proxied, ok := f.client.(*ProxyConn); ok {
		if _, err := proxied.Header(); err != nil {
			return err
		}
	}
	if c.TLSConfig != nil || len(c.ServerNames) > 0 {
		tell, tooSlow := f.peek, os.ErrDeadlineExceeded
		if c.TLSConfig != nil {
			tell, tooSlow = f.endTLS, fmt.Errorf("%w: %w", ErrClientTLS, tooSlow)
		}
		// Not a deadline, which not every connection takes.
		defer time.AfterFunc(c.HandshakeTimeout, func() { f.fail(tooSlow) }).Stop()
		if err := tell(); err != nil {
			return err
		}
		if !isServerName(f.front.name) { // crypto/tls lets all bytes pass, which end up in logs
			f.front.name = ""
		}
	}
	if f.group = c.groupOf(f.front.name); f.group == nil {
		return ErrNoServerName
	}
	return nil
}

// endTLS makes the handshake.
func (f *flow) endTLS() error {
	conn := tls.Server(f.client, f.proxy.config.TLSConfig)
	begun := time.Now()
	err := conn.Handshake()
	f.front.took = time.Since(begun)
	if err == io.EOF {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrClientTLS, err)
	}
	f.front.conn, f.front.tls = conn, new(conn.ConnectionState())
	f.front.name = f.front.tls.ServerName
	return nil
}

// peek looks at the client's first message.
func (f *flow) peek() (err error) {
	f.front.name, f.front.first, err = peekServerName(f.client)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%w: %w", ErrClientReset, err)
	}
	return err
}

// peekServerName reads the first message of TLS and returns the server name in it, empty if
// there is none, and what was read. Something else than TLS has no server name. It fails
// if the client's connection does.
func peekServerName(client net.Conn) (name string, read []byte, err error) {
	p := &peekConn{Conn: client}
	// The handshake fails as soon as the message is read, so that it is never answered. This
	// reads what any client may send, also in several records; only a message longer than
	// crypto/tls takes, 64 KiB, is none.
	_ = tls.Server(p, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name = hello.ServerName
		return nil, errPeeked
	}}).Handshake()
	return name, p.read.Bytes(), p.err
}

var errPeeked = errors.New("elb: the message was read")

// peekConn keeps what is read, and writes nothing.
type peekConn struct {
	net.Conn
	read bytes.Buffer
	err  error
}

func (p *peekConn) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.read.Write(b[:n])
	if err != nil {
		p.err = err
	}
	return n, err
}

func (p *peekConn) Write(b []byte) (int, error) { return len(b), nil }
