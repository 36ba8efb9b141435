package elb

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipes is a listener whose connections are in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// accepted returns both sides of a connection that a ProxyListener accepted.
func accepted(t *testing.T, l *ProxyListener) (near net.Conn, far *ProxyConn) {
	p := newPipes()
	l.Listener = p
	go func() { near, _ = p.dial() }()
	conn, err := l.Accept()
	require.NoError(t, err)
	synctest.Wait()
	return near, conn.(*ProxyConn)
}

func TestProxyConnectionNamesTheClient(t *testing.T) {
	for name, c := range map[string]struct {
		wire     string
		from, to string // empty for the connection's own addresses
	}{
		"v1":          {"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "tcp 192.168.0.1:56324", "tcp 192.168.0.11:443"},
		"v2":          {v2(1, block(0x21, sixTo)), "tcp [2001:db8::1]:56324", "tcp [2001:db8::2]:443"},
		"udp":         {v2(1, block(0x12, fourTo)), "udp 192.168.0.1:56324", "udp 192.168.0.11:443"},
		"unix":        {v2(1, block(0x31, "/a"+strings.Repeat("\x00", 106)+"\x00b"+strings.Repeat("\x00", 106))), "unix /a", "unix @b"},
		"unix, dgram": {v2(1, block(0x32, strings.Repeat("\x00", 216))), "unixgram ", "unixgram "},
		"unknown":     {"PROXY UNKNOWN\r\n", "", ""},
		"local":       {v2(0, block(0x11, fourTo)), "", ""},
		"unspecified": {v2(1, block(0x00)), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := accepted(t, &ProxyListener{})
				defer near.Close()
				defer far.Close()
				go near.Write([]byte(c.wire + payload))
				if c.from == "" {
					require.Equal(t, far.conn.RemoteAddr(), far.RemoteAddr())
					require.Equal(t, far.conn.LocalAddr(), far.LocalAddr())
				} else {
					require.Equal(t, c.from, far.RemoteAddr().Network()+" "+far.RemoteAddr().String())
					require.Equal(t, c.to, far.LocalAddr().Network()+" "+far.LocalAddr().String())
				}
				h, err := far.Header()
				require.NoError(t, err)
				require.NotNil(t, h)
				got := make([]byte, len(payload))
				_, err = io.ReadFull(far, got)
				require.NoError(t, err)
				require.Equal(t, payload, string(got))
				require.Same(t, far.conn, far.NetConn())
			})
		})
	}
}

func TestProxyConnectionWithoutAHeader(t *testing.T) {
	for name, c := range map[string]struct {
		wire  string
		close bool // after it
		want  error
		after time.Duration // is the error there
		// and if a header is optional:
		optional error
		payload  string
	}{
		"something else":     {wire: payload, want: ErrProxyMissing, payload: payload},
		"one byte":           {wire: "x", close: true, want: ErrProxyMissing, payload: "x"},
		"nothing":            {close: true, want: io.EOF},
		"half the signature": {wire: "\r\n\r\n", close: true, want: ErrProxyTruncated, payload: "\r\n\r\n"},
		"a silent peer":      {want: os.ErrDeadlineExceeded, after: 5 * time.Second},
		"half, and then none": {wire: "PROXY TCP4 1", want: os.ErrDeadlineExceeded, after: 5 * time.Second,
			optional: os.ErrDeadlineExceeded},
		"half, and the end": {wire: "PROXY TCP4 1", close: true, want: ErrProxyTruncated, optional: ErrProxyTruncated},
		"a bad header":      {wire: proxySignature + "\x31", want: ErrProxyVersion, optional: ErrProxyVersion},
	} {
		t.Run(name, func(t *testing.T) {
			for _, policy := range []ProxyPolicy{ProxyRequire, ProxyOptional} {
				synctest.Test(t, func(t *testing.T) {
					near, far := accepted(t, &ProxyListener{Policy: policy})
					defer near.Close()
					defer far.Close()
					go func() {
						near.Write([]byte(c.wire))
						if c.close {
							near.Close()
						}
					}()
					start := time.Now()
					h, err := far.Header()
					require.Equal(t, c.after, time.Since(start))
					require.Nil(t, h)
					want := c.want
					if policy == ProxyOptional {
						want = c.optional
					}
					if want != nil {
						require.ErrorIs(t, err, want)
						_, err = far.Read(make([]byte, 1))
						require.ErrorIs(t, err, want)
						_, err = far.Write(make([]byte, 1))
						require.ErrorIs(t, err, want)
						_, err = far.ReadFrom(strings.NewReader("x"))
						require.ErrorIs(t, err, want)
						n, err := far.WriteTo(io.Discard)
						require.Zero(t, n)
						require.Equal(t, want == io.EOF, err == nil, "WriteTo returns no EOF")
						require.Equal(t, far.conn.RemoteAddr(), far.RemoteAddr())
						_, err = near.Write([]byte("x"))
						require.ErrorIs(t, err, io.ErrClosedPipe, "the connection is closed")
						return
					}
					require.NoError(t, err)
					if c.payload != "" {
						require.Same(t, far, far.NetConn(), "there is payload in it")
						got := make([]byte, len(c.payload))
						_, err = io.ReadFull(far, got)
						require.NoError(t, err)
						require.Equal(t, c.payload, string(got))
					}
					require.Same(t, far.conn, far.NetConn())
				})
			}
		})
	}
}

func TestProxyHeaderTimeouts(t *testing.T) {
	for name, c := range map[string]struct {
		timeout  time.Duration // of the listener
		deadline time.Duration // of the caller; 0 for none
		comes    time.Duration // the header
		fails    time.Duration // at; 0 if it does not
	}{
		"the default":                  {comes: 4 * time.Second},
		"too late":                     {comes: 6 * time.Second, fails: 5 * time.Second},
		"a longer one":                 {timeout: time.Minute, comes: 59 * time.Second},
		"none":                         {timeout: -1, comes: time.Hour},
		"the caller's deadline":        {deadline: 2 * time.Second, comes: 3 * time.Second, fails: 2 * time.Second},
		"a later deadline":             {deadline: 20 * time.Second, comes: 6 * time.Second, fails: 5 * time.Second},
		"only the caller's":            {timeout: -1, deadline: time.Minute, comes: 61 * time.Second, fails: time.Minute},
		"a deadline holds afterwards":  {deadline: 7 * time.Second, comes: 4 * time.Second},
		"no deadline, none afterwards": {comes: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := accepted(t, &ProxyListener{HeaderTimeout: c.timeout})
				defer near.Close()
				defer far.Close()
				start := time.Now()
				if c.deadline != 0 {
					time.AfterFunc(time.Second, func() { far.SetDeadline(start.Add(c.deadline)) })
				}
				time.AfterFunc(c.comes, func() { near.Write([]byte(v2(1, block(0x11, fourTo)))) })
				_, err := far.Header()
				if c.fails != 0 {
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
					require.Equal(t, c.fails, time.Since(start))
					time.Sleep(time.Hour) // the late header comes to a closed pipe
					return
				}
				require.NoError(t, err)
				require.Equal(t, c.comes, time.Since(start))
				if c.deadline != 0 {
					_, err = far.Read(make([]byte, 1))
					require.ErrorIs(t, err, os.ErrDeadlineExceeded)
					require.Equal(t, c.deadline, time.Since(start))
					return
				}
				time.AfterFunc(time.Hour, func() { near.Write([]byte("x")) })
				_, err = far.Read(make([]byte, 1))
				require.NoError(t, err, "the header's deadline is gone")
			})
		})
	}
}

func TestASlowProxyHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := &ProxyListener{Listener: p}
		served := make(chan string, 2)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					served <- conn.RemoteAddr().String()
				}()
			}
		}()
		start := time.Now()
		silent, err := p.dial()
		require.NoError(t, err)
		quick, err := p.dial()
		require.NoError(t, err)
		go WriteProxyHeader(quick, &four)
		require.Equal(t, "192.168.0.1:56324", <-served)
		require.Zero(t, time.Since(start))
		require.Equal(t, "pipe", <-served)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.NoError(t, errors.Join(silent.Close(), quick.Close(), l.Close()))
	})
}

func TestManyUseAConnectionAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := accepted(t, &ProxyListener{})
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if far.RemoteAddr().String() != "192.168.0.1:56324" {
					t.Error("a use did not wait for the header")
				}
			})
		}
		time.Sleep(time.Second)
		require.NoError(t, WriteProxyHeader(near, &four))
		all.Wait()
		far.Close()

		near, far = accepted(t, &ProxyListener{HeaderTimeout: -1})
		all.Go(func() {
			if _, err := far.Read(make([]byte, 1)); err == nil {
				t.Error("Close does not end the wait for a header")
			}
		})
		time.Sleep(time.Second)
		require.NoError(t, far.Close())
		all.Wait()
		near.Close()
	})
}

// A server of net/http needs to know nothing of all this.
func TestAServerBehindAProxyListener(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr)
	})}
	trust := func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }
	done := make(chan error)
	go func() { done <- server.Serve(&ProxyListener{Listener: tcp, Trusted: trust}) }()
	conn, err := net.Dial("tcp", tcp.Addr().String())
	require.NoError(t, err)
	require.NoError(t, WriteProxyHeader(conn, &six))
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "\r\n\r\n[2001:db8::1]:56324"), string(answer))
	require.NoError(t, conn.Close())
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}

func TestAPeerThatIsNotTrusted(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer tcp.Close()
	l := &ProxyListener{Listener: tcp, Trusted: func(a netip.Addr) bool { return !a.IsLoopback() }}
	near, err := net.Dial("tcp", tcp.Addr().String())
	require.NoError(t, err)
	defer near.Close()
	require.NoError(t, WriteProxyHeader(near, &four))
	far, err := l.Accept()
	require.NoError(t, err)
	defer far.Close()
	require.IsType(t, &net.TCPConn{}, far)
	require.Equal(t, near.LocalAddr().String(), far.RemoteAddr().String())
	first := make([]byte, 4)
	_, err = io.ReadFull(far, first)
	require.NoError(t, err)
	require.Equal(t, "\r\n\r\n", string(first), "its header is payload")
	require.NoError(t, tcp.Close())
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestProxyHeaderOf(t *testing.T) {
	addr := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	for name, c := range map[string]struct {
		from, to net.Addr
		want     ProxyHeader
	}{
		"tcp":             {&net.TCPAddr{IP: net.IP{10, 0, 0, 1}, Port: 1}, &net.TCPAddr{IP: net.IP{10, 0, 0, 2}, Port: 2}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream, Source: addr("10.0.0.1:1"), Destination: addr("10.0.0.2:2")}},
		"a dual socket's": {&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1).To16(), Port: 1}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2).To16(), Port: 2}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream, Source: addr("10.0.0.1:1"), Destination: addr("10.0.0.2:2")}},
		"a zone":          {&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"}, &net.TCPAddr{IP: net.ParseIP("fe80::2"), Port: 2, Zone: "eth0"}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream, Source: addr("[fe80::1]:1"), Destination: addr("[fe80::2]:2")}},
		"udp":             {&net.UDPAddr{IP: net.IP{10, 0, 0, 1}, Port: 1}, &net.UDPAddr{IP: net.IP{10, 0, 0, 2}, Port: 2}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyDatagram, Source: addr("10.0.0.1:1"), Destination: addr("10.0.0.2:2")}},
		"unix":            {&net.UnixAddr{Name: "@", Net: "unix"}, &net.UnixAddr{Name: "/run/a", Net: "unix"}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream, DestinationPath: "/run/a"}},
		"abstract":        {&net.UnixAddr{Name: "", Net: "unixgram"}, &net.UnixAddr{Name: "@a", Net: "unixgram"}, ProxyHeader{Command: ProxyRelayed, Transport: ProxyDatagram, DestinationPath: "\x00a"}},
		"anything else":   {&net.IPAddr{}, &net.IPAddr{}, ProxyHeader{Command: ProxyRelayed}},
		"no address":      {&net.TCPAddr{}, &net.TCPAddr{}, ProxyHeader{Command: ProxyRelayed}},
		"a mixture":       {&net.TCPAddr{IP: net.IP{10, 0, 0, 1}}, &net.UDPAddr{IP: net.IP{10, 0, 0, 1}}, ProxyHeader{Command: ProxyRelayed}},
	} {
		got := ProxyHeaderOf(addressed{from: c.from, to: c.to})
		require.Equal(t, c.want, got, name)
		_, err := got.AppendTo(nil)
		require.NoError(t, err, name)
	}
	mixed := ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream, Source: addr("10.0.0.1:1"), Destination: addr("[::1]:2")}
	require.Equal(t, "\x21\x21\x00\x24", string(wireOf(t, &mixed)[12:16]), "IPv4 beside IPv6 is written as IPv6")
}

// addressed is a connection that knows its addresses and whether somebody copies to or
// from it.
type addressed struct {
	net.Conn
	from, to net.Addr
	copied   *[]string
}

func (a addressed) RemoteAddr() net.Addr { return a.from }
func (a addressed) LocalAddr() net.Addr  { return a.to }
func (a addressed) CloseWrite() error    { *a.copied = append(*a.copied, "CloseWrite"); return nil }

func (a addressed) WriteTo(w io.Writer) (int64, error) {
	*a.copied = append(*a.copied, "WriteTo")
	return io.Copy(w, struct{ io.Reader }{a.Conn})
}

func (a addressed) ReadFrom(r io.Reader) (int64, error) {
	*a.copied = append(*a.copied, "ReadFrom")
	return io.Copy(struct{ io.Writer }{a.Conn}, r)
}

func TestCopyReachesTheConnectionBeneath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, policy := range []ProxyPolicy{ProxyRequire, ProxyOptional} {
			var copied []string
			near, far := accepted(t, &ProxyListener{Policy: policy})
			far.conn = addressed{Conn: far.conn, copied: &copied}
			go func() {
				if policy == ProxyRequire {
					WriteProxyHeader(near, &four)
				}
				io.WriteString(near, payload)
				near.Close()
			}()
			var got strings.Builder
			n, err := io.Copy(&got, far)
			require.NoError(t, err)
			require.EqualValues(t, len(payload), n)
			require.Equal(t, payload, got.String())
			require.Equal(t, []string{"WriteTo"}, copied)

			near, far = accepted(t, &ProxyListener{})
			copied = nil
			far.conn = addressed{Conn: far.conn, copied: &copied}
			go func() {
				WriteProxyHeader(near, &four)
				io.ReadFull(near, make([]byte, 5))
			}()
			n, err = io.Copy(far, io.LimitReader(strings.NewReader("hello, you"), 5))
			require.NoError(t, err)
			require.EqualValues(t, 5, n)
			require.NoError(t, far.CloseWrite())
			require.Equal(t, []string{"ReadFrom", "CloseWrite"}, copied)
			require.NoError(t, errors.Join(near.Close(), far.Close()))
		}
		near, far := accepted(t, &ProxyListener{Policy: ProxyOptional})
		require.ErrorIs(t, far.CloseWrite(), errors.ErrUnsupported)
		go near.Write([]byte("payload"))
		_, err := far.WriteTo(shortWriter{})
		require.ErrorIs(t, err, io.ErrShortWrite)
		require.NoError(t, errors.Join(near.Close(), far.Close()))
	})
}

type shortWriter struct{}

func (shortWriter) Write([]byte) (int, error) { return 0, nil }

// TLS on top works as on any connection, and half-close reaches the socket.
func TestTLSBehindAProxyListener(t *testing.T) {
	near, far := tcpPair(t, &ProxyListener{})
	certificate := testCertificate(t)
	failed := make(chan error, 1)
	go func() {
		server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{certificate}})
		_, err := io.Copy(server, server)
		failed <- errors.Join(err, server.CloseWrite())
	}()
	require.NoError(t, WriteProxyHeader(near, &four))
	client := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	_, err := io.WriteString(client, "hello")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "hello", string(got))
	require.NoError(t, <-failed)
	require.NoError(t, far.(*ProxyConn).CloseWrite())
}

// tcpPair returns both sides of a connection over loopback.
func tcpPair(t testing.TB, l *ProxyListener) (near *net.TCPConn, far net.Conn) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Listener = tcp
	conn, err := net.Dial("tcp", tcp.Addr().String())
	require.NoError(t, err)
	far, err = l.Accept()
	require.NoError(t, err)
	require.NoError(t, tcp.Close())
	t.Cleanup(func() { _ = errors.Join(conn.Close(), far.Close()) })
	return conn.(*net.TCPConn), far
}
