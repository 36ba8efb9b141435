package elb_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// proxyCertificate is one for example.com.
func proxyCertificate() tls.Certificate {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	return s.TLS.Certificates[0]
}

// greeter is a target that ends TLS, says its name, the server's and the protocol, and is
// then an echo.
func greeter(t *testing.T, name string) string {
	config := &tls.Config{Certificates: []tls.Certificate{proxyCertificate()}, NextProtos: []string{"h2", "http/1.1"}}
	return serveTCP(t, func(c *net.TCPConn) {
		conn := tls.Server(c, config)
		defer conn.Close()
		if conn.Handshake() == nil {
			s := conn.ConnectionState()
			_, _ = io.WriteString(conn, name+" "+s.ServerName+" "+s.NegotiatedProtocol+"\n")
			_, _ = io.Copy(conn, conn)
		}
	})
}

// plainGreeter is one that leaves TLS to others.
func plainGreeter(t *testing.T, name string) string {
	return serveTCP(t, func(c *net.TCPConn) {
		defer c.Close()
		_, _ = io.WriteString(c, name+"\n")
		_, _ = io.Copy(c, c)
	})
}

// greeting reads a line.
func greeting(t *testing.T, conn io.Reader) string {
	t.Helper()
	var line []byte
	for !strings.HasSuffix(string(line), "\n") {
		b := make([]byte, 1)
		_, err := io.ReadFull(conn, b)
		require.NoError(t, err)
		line = append(line, b...)
	}
	return strings.TrimSuffix(string(line), "\n")
}

func dialTLS(t *testing.T, address, name string, protocols ...string) *tls.Conn {
	t.Helper()
	conn := tls.Client(dialTCP(t, address), &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: protocols})
	require.NoError(t, conn.Handshake())
	return conn
}

func TestProxyEndsTLS(t *testing.T) {
	log := make(flowLog, 10)
	_, front := tcpProxy(t, elb.ProxyConfig{
		Group: tcpGroup(t, elb.GroupConfig{}, plainGreeter(t, "default")),
		ServerNames: map[string]*elb.TargetGroup{
			"A.example":   tcpGroup(t, elb.GroupConfig{Name: "a"}, plainGreeter(t, "a")),
			"*.b.example": tcpGroup(t, elb.GroupConfig{Name: "b", Protocol: elb.TLS}, greeter(t, "b")),
		},
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{proxyCertificate()}, NextProtos: []string{"h2", "http/1.1"}},
		AccessLog: log.add,
	}, nil)
	tests := []struct {
		name, protocol, want string
	}{
		{"a.example", "", "a"},
		{"a.EXAMPLE", "", "a"},
		{"x.b.example", "h2", "b 127.0.0.1 h2"},
		{"y.b.example", "http/1.1", "b 127.0.0.1 http/1.1"},
		{"x.b.example", "", "b 127.0.0.1 "},
		{"b.example", "h2", "default"},
		{"x.y.b.example", "", "default"},
		{"", "", "default"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var protocols []string
			if test.protocol != "" {
				protocols = []string{test.protocol}
			}
			conn := dialTLS(t, front, test.name, protocols...)
			require.Equal(t, test.protocol, conn.ConnectionState().NegotiatedProtocol)
			// An IP address is no server name: TLS does not send one.
			require.Equal(t, strings.Replace(test.want, "127.0.0.1", "", 1), greeting(t, conn))
			talk(t, conn, "hello")
			require.NoError(t, conn.CloseWrite())
			requireEnd(t, conn)
			r := <-log
			require.NoError(t, r.Err)
			require.Equal(t, test.name, r.Domain)
			require.Equal(t, test.protocol, r.ALPN)
			require.Equal(t, "TLSv1.3", r.TLSProtocol)
			require.Positive(t, r.HandshakeTime)
			require.EqualValues(t, 5, r.ReceivedBytes)
		})
	}
}

// Clients that end TCP without TLS's goodbye end the connection.
func TestProxyTLSWithoutGoodbye(t *testing.T) {
	log := make(flowLog, 1)
	_, front := tcpProxy(t, elb.ProxyConfig{
		Group:     tcpGroup(t, elb.GroupConfig{}, plainGreeter(t, "default")),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{proxyCertificate()}},
		AccessLog: log.add,
	}, nil)
	conn := dialTLS(t, front, "a.example")
	greeting(t, conn)
	talk(t, conn, "hello")
	require.NoError(t, conn.NetConn().(*net.TCPConn).CloseWrite())
	requireEnd(t, conn)
	require.NoError(t, (<-log).Err)
}

func TestProxyTLSFails(t *testing.T) {
	log := make(flowLog, 10)
	notTLS := serveTCP(t, func(c *net.TCPConn) {
		defer c.Close()
		_, _ = io.WriteString(c, "this is no TLS\n")
	})
	p, front := tcpProxy(t, elb.ProxyConfig{
		Group: tcpGroup(t, elb.GroupConfig{}, plainGreeter(t, "default")),
		ServerNames: map[string]*elb.TargetGroup{
			"strict.example": tcpGroup(t, elb.GroupConfig{Name: "strict", Protocol: elb.TLS, TLSConfig: new(tls.Config)}, greeter(t, "strict")),
			"broken.example": tcpGroup(t, elb.GroupConfig{Name: "broken", Protocol: elb.TLS}, notTLS),
			"mended.example": tcpGroup(t, elb.GroupConfig{Name: "mended", Protocol: elb.TLS}, notTLS, greeter(t, "mended")),
		},
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{proxyCertificate()}, MinVersion: tls.VersionTLS12},
		AccessLog: log.add,
	}, nil)

	conn := dialTCP(t, front)
	_, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(conn)
	if err != nil {
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	require.ErrorIs(t, (<-log).Err, elb.ErrClientTLS)

	old := tls.Client(dialTCP(t, front), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	require.ErrorContains(t, old.Handshake(), "protocol version", "the client is told why")
	require.ErrorIs(t, (<-log).Err, elb.ErrClientTLS)

	require.NoError(t, dialTCP(t, front).Close()) // as a health check does
	require.NoError(t, (<-log).Err)

	requireReset(t, dialTLS(t, front, "strict.example"))
	var unknown *tls.CertificateVerificationError
	err = (<-log).Err
	require.ErrorIs(t, err, elb.ErrTargetTLS)
	require.True(t, errors.As(err, &unknown), "%v", err)
	requireReset(t, dialTLS(t, front, "broken.example"))
	require.ErrorIs(t, (<-log).Err, elb.ErrTargetTLS)
	for range 2 {
		conn := dialTLS(t, front, "mended.example")
		require.Equal(t, "mended  ", greeting(t, conn))
		conn.Close()
		require.NoError(t, (<-log).Err)
	}
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, elb.ProxyMetrics{NewFlowCount: 2, ProcessedBytes: 18, RejectedFlowCount: 2, TCPELBResetCount: 2,
		ClientTLSNegotiationErrorCount: 2, TargetTLSNegotiationErrorCount: 2}, p.Metrics())
}

func TestProxyPassesTLS(t *testing.T) {
	log := make(flowLog, 10)
	names := map[string]*elb.TargetGroup{
		"a.example":   tcpGroup(t, elb.GroupConfig{Name: "a"}, greeter(t, "a")),
		"*.b.example": tcpGroup(t, elb.GroupConfig{Name: "b"}, greeter(t, "b")),
	}
	_, front := tcpProxy(t, elb.ProxyConfig{
		Group: tcpGroup(t, elb.GroupConfig{}, plainGreeter(t, "default")), ServerNames: names, AccessLog: log.add}, nil)
	require.Equal(t, "a a.example h2", greeting(t, dialTLS(t, front, "a.example", "h2")))
	conn := dialTLS(t, front, "x.b.example")
	require.Equal(t, "b x.b.example ", greeting(t, conn))
	talk(t, conn, strings.Repeat("hello", 1<<16))

	// What is no TLS, or of no name, goes to the default, whole.
	for _, first := range []string{"GET / HTTP/1.1\r\n", "\x16\x03\x01\x00\x05?\x00\x00\x01x", strings.Repeat("x", 1000)} {
		conn := dialTCP(t, front)
		_, err := io.WriteString(conn, first)
		require.NoError(t, err)
		require.Equal(t, "default", greeting(t, conn))
		require.NoError(t, conn.CloseWrite())
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, first, string(all))
		require.NoError(t, (<-log).Err)
	}

	_, front = tcpProxy(t, elb.ProxyConfig{ServerNames: names, AccessLog: log.add}, nil)
	for sent, name := range map[string]string{"c.example": "c.example", "": "", "c.example\nforged": ""} {
		conn := tls.Client(dialTCP(t, front), &tls.Config{ServerName: sent, InsecureSkipVerify: true})
		require.ErrorIs(t, conn.Handshake(), syscall.ECONNRESET)
		r := <-log
		require.Equal(t, elb.ErrNoServerName, r.Err)
		require.Equal(t, name, r.Domain)
	}
	gone := dialTCP(t, front)
	require.NoError(t, gone.SetLinger(0))
	require.NoError(t, gone.Close())
	require.ErrorIs(t, (<-log).Err, elb.ErrClientReset)

	// The message may come in pieces.
	slow := tls.Client(&pieces{dialTCP(t, front)}, &tls.Config{ServerName: "a.example", InsecureSkipVerify: true})
	require.NoError(t, slow.Handshake())
	require.Equal(t, "a a.example ", greeting(t, slow))
}

// pieces writes one byte at a time.
type pieces struct{ *net.TCPConn }

func (c *pieces) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.TCPConn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// TLS goes after the header of the PROXY protocol, which has what it has agreed on.
func TestProxyIntroducesTLS(t *testing.T) {
	headers := make(chan *elb.ProxyHeader, 1)
	certificate := proxyCertificate()
	target := serveTCP(t, func(c *net.TCPConn) {
		if h, err := elb.ReadProxyHeader(c, 0); err == nil {
			headers <- h
		}
		echo(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	})
	_, front := tcpProxy(t, elb.ProxyConfig{
		Group:     tcpGroup(t, elb.GroupConfig{ProxyProtocol: true, Protocol: elb.TLS}, target),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"mqtt"}},
	}, nil)
	conn := dialTLS(t, front, "a.example", "mqtt")
	talk(t, conn, "hello")
	h := <-headers
	require.Equal(t, conn.LocalAddr().String(), h.Source.String())
	require.Equal(t, "a.example", h.Authority())
	require.Equal(t, "mqtt", h.ALPN())
}

// Who does not begin the handshake is reset in time.
func TestProxyHandshakeTimeout(t *testing.T) {
	for _, end := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			g := tcpGroup(t, elb.GroupConfig{}, "10.0.0.1:80")
			config := elb.ProxyConfig{ServerNames: map[string]*elb.TargetGroup{"a.example": g}}
			if end {
				config.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{}}}
			}
			p, err := elb.NewProxy(config)
			require.NoError(t, err)
			defer p.Close()
			client, server := memPair(memAddr("203.0.113.7:1"), memAddr(proxyFront))
			begun := time.Now()
			over := make(chan error, 1)
			go func() { over <- p.ServeConn(t.Context(), server) }()
			requireReset(t, client)
			err = <-over
			require.ErrorContains(t, err, "timeout")
			require.Equal(t, end, errors.Is(err, elb.ErrClientTLS))
			require.Equal(t, 10*time.Second, time.Since(begun))
		})
	}
}
