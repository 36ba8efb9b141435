package desync_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

var upgrade = wire("GET /up HTTP/1.1", host, "Connection: keep-alive, Upgrade", "Upgrade: echo")

// serve serves one connection until the test is over.
func serve(t *testing.T, conn net.Conn, server *http.Server) {
	conns := make(connListener, 1)
	conns <- conn
	server.ConnContext = desync.NewContext
	served := make(chan error)
	go func() { served <- server.Serve(conns) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

// echo switches protocols, and sends back what comes.
func echo(t *testing.T, agree func(*desync.Conn) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := desync.FromContext(r.Context())
		v := c.Next()
		defer c.Resume()
		if !v.Held || !agree(c) {
			fmt.Fprint(w, r.RequestURI, v.Held)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		first := make([]byte, buffered.Reader.Buffered())
		_, _ = io.ReadFull(buffered, first)
		_, _ = conn.Write(first)
		_, _ = io.Copy(conn, conn) // by WriteTo
	}
}

// watched tells when it is read from.
type watched struct {
	net.Conn
	reads chan struct{}
}

func (w watched) Read(p []byte) (int, error) {
	select {
	case w.reads <- struct{}{}:
	default:
	}
	return w.Conn.Read(p)
}

// await waits for the second read: the server's in the background, after the one for the
// request.
func await(c *desync.Conn) {
	<-c.NetConn().(watched).reads
	<-c.NetConn().(watched).reads
}

// pipes returns both ends of a connection over loopback, and of one in memory.
func pipes(t *testing.T) map[string][2]net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	server, err := l.Accept()
	require.NoError(t, err)
	a, b := net.Pipe()
	return map[string][2]net.Conn{
		"TCP":  {client, watched{server, make(chan struct{}, 10)}},
		"pipe": {a, watched{b, make(chan struct{}, 10)}},
	}
}

func TestUpgrade(t *testing.T) {
	// What the client sends too early looks like a request that would be refused.
	early := "GET / HTTP/9.9\r\n\r\n" + strings.Repeat("early", 1000)
	for _, late := range []bool{false, true} {
		for name, ends := range pipes(t) {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				client := ends[0]
				defer client.Close()
				require.NoError(t, client.SetDeadline(time.Now().Add(10*time.Second)))
				serve(t, desync.NewConn(ends[1], desync.Config{}), &http.Server{Handler: echo(t, func(c *desync.Conn) bool {
					if late { // the server reads in the background
						await(c)
					}
					return c.Raw()
				})})
				more := strings.Repeat("\x00\r\n\r\n", 1000)
				go func() {
					_, _ = io.WriteString(client, upgrade+early[:10])
					_, _ = io.WriteString(client, early[10:])
					_, _ = io.WriteString(client, more)
				}()
				r := bufio.NewReader(client)
				answer, err := http.ReadResponse(r, nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
				got := make([]byte, len(early)+len(more))
				_, err = io.ReadFull(r, got)
				require.NoError(t, err)
				require.Equal(t, early+more, string(got))
			})
		}
	}
}

func TestNoUpgrade(t *testing.T) {
	for _, late := range []bool{false, true} {
		for name, ends := range pipes(t) {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				client, wait := ends[0], late
				defer client.Close()
				require.NoError(t, client.SetDeadline(time.Now().Add(10*time.Second)))
				serve(t, desync.NewConn(ends[1], desync.Config{}), &http.Server{Handler: echo(t, func(c *desync.Conn) bool {
					if wait {
						await(c)
						wait = false // all that follows may be there
					}
					return false
				})})
				go func() {
					_, _ = io.WriteString(client, wire("GET /1 HTTP/1.1", host)+upgrade+upgrade+wire("GET /2 HTTP/1.1", host)[:7])
					_, _ = io.WriteString(client, wire("GET /2 HTTP/1.1", host)[7:]+wire("GET /3 HTTP/2.7", host))
				}()
				r := bufio.NewReader(client)
				for _, want := range []string{"/1false", "/uptrue", "/uptrue", "/2false", "/false"} {
					answer, err := http.ReadResponse(r, nil)
					require.NoError(t, err)
					body, err := io.ReadAll(answer.Body)
					require.NoError(t, err)
					require.Equal(t, want, string(body))
				}
			})
		}
	}
}

// TestReleaseWakesTheReader: bytes that are held pass at once when they may.
func TestReleaseWakesTheReader(t *testing.T) {
	for name, release := range map[string]func(*desync.Conn){
		"raw":    func(c *desync.Conn) { require.True(t, c.Raw()); c.Resume() },
		"resume": func(c *desync.Conn) { c.Resume(); require.False(t, c.Raw()) },
	} {
		for transport, ends := range pipes(t) {
			again := transport == "TCP"
			t.Run(name+"/"+transport, func(t *testing.T) {
				client, c := ends[0], desync.NewConn(ends[1], desync.Config{})
				defer client.Close()
				defer c.Close()
				next := wire("GET /next HTTP/1.1", host)
				go func() { _, _ = io.WriteString(client, upgrade+next) }()
				p := make([]byte, 4096)
				n, err := c.Read(p)
				require.NoError(t, err)
				require.Equal(t, upgrade, string(p[:n]))
				require.False(t, c.Raw(), "before Next")
				require.True(t, c.Next().Held)
				require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
				_, err = c.Read(p)
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.NoError(t, c.SetReadDeadline(time.Time{}))
				reads := ends[1].(watched).reads
				for len(reads) > 0 {
					<-reads
				}
				read := make(chan string)
				go func() {
					n, err := c.Read(p)
					read <- fmt.Sprint(string(p[:n]), err)
				}()
				<-reads // held bytes are there, or come while it waits
				release(c)
				if again { // as a server does; it must not undo what wakes the reader
					require.NoError(t, c.SetReadDeadline(time.Time{}))
				}
				require.Equal(t, next+"<nil>", <-read)
				require.False(t, c.Raw())
				go func() { _, _ = io.WriteString(client, next) }()
				n, err = c.Read(p)
				require.NoError(t, err)
				require.Equal(t, next, string(p[:n]))
			})
		}
	}
}

func TestTheClientLeavesWhileItsRequestIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, conn := net.Pipe()
		left := make(chan error, 1)
		serve(t, desync.NewConn(conn, desync.Config{}), &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			left <- r.Context().Err()
		})})
		_, err := io.WriteString(client, upgrade+"too early")
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, left)
		require.NoError(t, client.Close())
		require.Equal(t, context.Canceled, <-left)
	})
}

func TestTooMuchIsNotHeld(t *testing.T) {
	client, conn := net.Pipe()
	defer client.Close()
	c := desync.NewConn(conn, desync.Config{})
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(client, upgrade+strings.Repeat("a", 1<<20))
		sent <- err
	}()
	p := make([]byte, 4096)
	_, err := c.Read(p)
	require.NoError(t, err)
	_, err = c.Read(p)
	require.ErrorContains(t, err, "too much")
	require.NoError(t, c.Close())
	require.Error(t, <-sent)
}

// TestHTTP2 has clients speak it over TLS and without.
func TestHTTP2(t *testing.T) {
	certified := httptest.NewUnstartedServer(nil)
	certified.EnableHTTP2 = true
	certified.StartTLS()
	defer certified.Close()
	for name, secure := range map[string]bool{"TLS": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			both := new(http.Protocols)
			both.SetHTTP1(true)
			both.SetUnencryptedHTTP2(true)
			server := &http.Server{Protocols: both, ConnContext: desync.NewContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c := desync.FromContext(r.Context())
				require.Equal(t, r.ProtoMajor == 1, c.Next().HeadBytes > 0)
				_, isTLS := c.NetConn().(*tls.Conn)
				body, err := io.ReadAll(r.Body)
				fmt.Fprint(w, r.Proto, " ", isTLS, " ", len(body), err)
			})}
			accept := net.Listener(l)
			if secure {
				cfg := certified.TLS.Clone()
				cfg.NextProtos = []string{"h2", "http/1.1"}
				accept = tls.NewListener(l, cfg)
			}
			served := make(chan error)
			go func() { served <- server.Serve(gates{accept, desync.Config{}}) }()
			defer func() {
				require.NoError(t, server.Close())
				require.ErrorIs(t, <-served, http.ErrServerClosed)
			}()
			for _, version := range []int{1, 2} {
				only := new(http.Protocols)
				only.SetHTTP1(version == 1)
				only.SetHTTP2(version == 2)
				only.SetUnencryptedHTTP2(version == 2)
				transport := certified.Client().Transport.(*http.Transport).Clone()
				transport.Protocols = only
				defer transport.CloseIdleConnections()
				scheme := "http://"
				if secure {
					scheme = "https://"
				}
				for range 3 {
					answer, err := (&http.Client{Transport: transport}).Post(scheme+l.Addr().String(), "", strings.NewReader(strings.Repeat("a", 1<<18)))
					require.NoError(t, err)
					body, err := io.ReadAll(answer.Body)
					require.NoError(t, err)
					require.NoError(t, answer.Body.Close())
					require.Equal(t, fmt.Sprintf("HTTP/%d.%d %v %d <nil>", version, 2-version, secure, 1<<18), string(body))
				}
			}
		})
	}
}

func TestWriteToWhatIsHeld(t *testing.T) {
	for name, ends := range pipes(t) {
		t.Run(name, func(t *testing.T) {
			client, c := ends[0], desync.NewConn(ends[1], desync.Config{})
			defer c.Close()
			go func() {
				_, _ = io.WriteString(client, upgrade+"early")
				_, _ = io.WriteString(client, "late")
				client.Close()
			}()
			_, err := io.ReadFull(c, make([]byte, len(upgrade)))
			require.NoError(t, err)
			c.Next()
			require.True(t, c.Raw())
			var b strings.Builder
			n, err := io.Copy(&b, c)
			require.NoError(t, err)
			require.Equal(t, "earlylate", b.String())
			require.EqualValues(t, b.Len(), n)
			require.EqualValues(t, len(upgrade)+b.Len(), c.Received())
		})
	}
}

func TestWriteToEndsWithTheClient(t *testing.T) {
	client, conn := net.Pipe()
	c := desync.NewConn(conn, desync.Config{})
	defer c.Close()
	go func() {
		_, _ = io.WriteString(client, upgrade+"early")
		client.Close()
	}()
	_, err := io.ReadFull(c, make([]byte, len(upgrade)))
	require.NoError(t, err)
	n, err := c.WriteTo(io.Discard) // nobody says what is to become of the rest
	require.NoError(t, err)
	require.Zero(t, n)
}
