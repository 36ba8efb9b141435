package desync_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// status answers with the verdict's status.
func status(w http.ResponseWriter, r *http.Request) {
	v := desync.FromContext(r.Context()).Next()
	w.WriteHeader(max(v.Status, 200))
}

// collect reads what the client gets, and notes after what time it ends.
func collect(client net.Conn) (got func() (string, time.Duration)) {
	var b bytes.Buffer
	var took time.Duration
	done := make(chan struct{})
	go func() {
		defer close(done)
		start := time.Now()
		_, _ = io.Copy(&b, client)
		took = time.Since(start)
	}()
	return func() (string, time.Duration) {
		<-done
		return b.String(), took
	}
}

func TestHeadTimeout(t *testing.T) {
	tests := map[string]struct {
		sent    []string // one each 40 seconds
		timeout time.Duration
		answers int
		status  string
		ends    time.Duration
	}{
		"nothing":                {nil, 0, 0, "", 90 * time.Second}, // the server's idle timeout
		"empty lines":            {[]string{"\r\n\r\n"}, 0, 0, "", 90 * time.Second},
		"a part":                 {[]string{"GET /"}, 0, 1, "408", 60*time.Second + 500*time.Millisecond},
		"a part, own timeout":    {[]string{"GET /"}, 3 * time.Second, 1, "408", 3*time.Second + 500*time.Millisecond},
		"a part, no timeout":     {[]string{"GET /"}, -1, 0, "", 90 * time.Second},
		"in time":                {[]string{"GET /", " HTTP/1.1\r\n" + host + "\r\n\r\n"}, 0, 1, "200", 130 * time.Second},
		"too late":               {[]string{"GET /", " HTTP/1.1\r\n", host}, 0, 1, "408", 60*time.Second + 500*time.Millisecond},
		"longer than idle":       {[]string{"\r\n", "", "GET /", " HTTP/1.1\r\n" + host + "\r\n\r\n"}, 0, 1, "200", 210 * time.Second},
		"the second request":     {[]string{wire("GET / HTTP/1.1", host), "GET /"}, 0, 2, "408", 100*time.Second + 500*time.Millisecond},
		"both in one, no second": {[]string{wire("GET / HTTP/1.1", host) + "GET /"}, 0, 2, "408", 60*time.Second + 500*time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, conn := net.Pipe()
				defer client.Close()
				serve(t, desync.NewConn(conn, desync.Config{HeadTimeout: test.timeout}),
					&http.Server{Handler: http.HandlerFunc(status), IdleTimeout: 90 * time.Second, ReadHeaderTimeout: 90 * time.Second})
				got := collect(client)
				go func() {
					for _, s := range test.sent {
						_, _ = io.WriteString(client, s)
						time.Sleep(40 * time.Second)
					}
				}()
				answers, took := got()
				require.Equal(t, test.answers, strings.Count(answers, "HTTP/1.1 "), answers)
				if test.answers > 0 {
					require.Equal(t, test.status, answers[strings.LastIndex(answers, "HTTP/1.1 ")+9:][:3])
				}
				require.Equal(t, test.ends, took)
				time.Sleep(200 * time.Second) // the client has written all
			})
		})
	}
}

// TestAPartOfAHeadIsKept: a server may break a read off, as it does when a handler ends.
func TestAPartOfAHeadIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, conn := net.Pipe()
		defer client.Close()
		c := desync.NewConn(conn, desync.Config{})
		defer c.Close()
		sent := wire("GET / HTTP/1.1", host)
		go func() {
			_, _ = io.WriteString(client, sent[:9])
			time.Sleep(10 * time.Second)
			_, _ = io.WriteString(client, sent[9:])
		}()
		for _, room := range []int{1, 4096} {
			go func() {
				time.Sleep(time.Second)
				_ = c.SetReadDeadline(time.Unix(1, 0))
			}()
			_, err := c.Read(make([]byte, room))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.NoError(t, c.SetReadDeadline(time.Time{}))
		}
		got := make([]byte, len(sent))
		_, err := io.ReadFull(c, got)
		require.NoError(t, err)
		require.Equal(t, sent, string(got))
	})
}

func TestConnIsAConnection(t *testing.T) {
	for transport, ends := range pipes(t) {
		t.Run(transport, func(t *testing.T) {
			client, server := ends[0], ends[1].(watched).Conn
			c := desync.NewConn(server, desync.Config{})
			defer client.Close()
			defer c.Close()
			require.Equal(t, server, c.NetConn())
			require.Equal(t, server.LocalAddr(), c.LocalAddr())
			require.Equal(t, server.RemoteAddr(), c.RemoteAddr())
			n, err := c.Read(nil)
			require.NoError(t, err)
			require.Zero(t, n)
			require.NoError(t, c.SetDeadline(time.Now().Add(-time.Second)))
			_, err = c.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			_, err = c.Write([]byte("a"))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.NoError(t, c.SetDeadline(time.Time{}))
			got := collect(client)
			k, err := c.ReadFrom(strings.NewReader("written"))
			require.NoError(t, err)
			require.EqualValues(t, 7, k)
			err = c.CloseWrite()
			if transport == "TCP" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, errors.ErrUnsupported)
				require.NoError(t, c.Close())
			}
			written, _ := got()
			require.Equal(t, "written", written)
		})
	}
}

func TestWriteTo(t *testing.T) {
	for sent, want := range map[string]string{
		wire("GET / HTTP/1.1", host, "X : y") + "GET": wire("GET / HTTP/1.1", host),
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nabc":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nabc",
		"":                                            "",
	} {
		var b bytes.Buffer
		n, err := desync.NewConn(&script{rest: sent}, desync.Config{}).WriteTo(&b)
		require.NoError(t, err)
		require.Equal(t, want, b.String())
		require.EqualValues(t, len(want), n)
	}
}

func TestContext(t *testing.T) {
	require.Nil(t, desync.FromContext(t.Context()))
	require.Equal(t, t.Context(), desync.NewContext(t.Context(), &script{}))
	c := desync.NewConn(&script{}, desync.Config{})
	require.Same(t, c, desync.FromContext(desync.NewContext(t.Context(), c)))
	require.Same(t, c, desync.FromContext(desync.NewContext(context.Background(), wrapped{c})))
	require.Zero(t, c.Next())
	require.False(t, c.Raw())
}

type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

func TestConfig(t *testing.T) {
	require.NoError(t, desync.Config{}.Validate())
	require.NoError(t, desync.Config{Mode: desync.Strictest}.Validate())
	require.Error(t, desync.Config{Mode: desync.Strictest + 1}.Validate())
}

// TestManyAtOnce has a client send ahead, and a handler that is behind the server.
func TestManyAtOnce(t *testing.T) {
	var sent strings.Builder
	var sizes []int64
	for i := range 100 {
		request := wire("POST / HTTP/1.1", host, "X: "+strings.Repeat("x", i), "Content-Length: 5") + "abcde"
		sent.WriteString(request)
		sizes = append(sizes, int64(len(request)))
	}
	for _, room := range []int{1, 300, 4096} {
		c := desync.NewConn(&script{rest: sent.String()}, desync.Config{})
		passed, err := io.ReadAll(readsOf{c, room})
		require.NoError(t, err)
		require.Equal(t, sent.String(), string(passed))
		for _, size := range sizes {
			require.NotZero(t, c.Next().HeadBytes)
			require.Equal(t, size, c.Received())
		}
	}
}

// readsOf reads at most room bytes at once.
type readsOf struct {
	io.Reader
	room int
}

func (r readsOf) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.room)]) }
