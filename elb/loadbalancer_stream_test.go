package elb_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// echoLines answers each line as it comes, at once.
func echoLines(w http.ResponseWriter, q *http.Request) {
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex()
	w.Header().Set("Content-Type", "text/plain")
	_ = control.Flush()
	lines := bufio.NewReader(q.Body)
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(w, line)
		_ = control.Flush()
		if err != nil {
			w.Header().Set(http.TrailerPrefix+"X-Sum", q.Trailer.Get("X-Sum")+" too")
			return
		}
	}
}

// Each line arrives before the next one is sent; the header before the first; trailers at the
// end, both ways.
func TestBothWaysAtOnce(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, echoLines)
		body, to := io.Pipe()
		q, err := http.NewRequest("POST", r.url("/"), body)
		require.NoError(t, err)
		q.Trailer = http.Header{"X-Sum": nil}
		response, err := r.client.Do(q)
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
		from := bufio.NewReader(response.Body)
		for _, line := range []string{"one\n", "two\n", strings.Repeat("x", 100_000) + "\n", "four\n"} {
			_, err = io.WriteString(to, line)
			require.NoError(t, err)
			got, err := from.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, line, got)
		}
		q.Trailer.Set("X-Sum", "right")
		require.NoError(t, to.Close())
		_, err = from.ReadByte()
		require.Equal(t, io.EOF, err)
		require.Equal(t, "right too", response.Trailer.Get("X-Sum"))
		require.NoError(t, response.Body.Close())
		a := r.lastRecord()
		require.Equal(t, 200, a.Status)
		require.Greater(t, a.SentBytes, int64(100_000))
		require.Greater(t, a.ReceivedBytes, int64(100_000))
	})
}

func TestLargeBodies(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			sum := sha256.New()
			_, err := io.Copy(sum, q.Body)
			require.NoError(t, err)
			w.Header().Set("X-Sum", string(sum.Sum(nil)[0]%26+'a'))
			_, _ = w.Write(sum.Sum(nil))
			_, _ = io.CopyN(w, rand.NewChaCha8([32]byte{1}), 3<<20)
		})
		body := make([]byte, 2<<20)
		_, _ = rand.NewChaCha8([32]byte{2}).Read(body)
		a := r.send("PUT", "/", strings.NewReader(string(body)))
		require.NoError(t, a.err)
		sum := sha256.Sum256(body)
		require.Equal(t, string(sum[:]), a.body[:32])
		want := make([]byte, 3<<20)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(want)
		require.True(t, string(want) == a.body[32:])
	})
}

// What a target says before its answer reaches the client.
func TestEarlyHints(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
			time.Sleep(time.Second)
			w.Header().Set("X-Final", "yes")
			_, _ = io.WriteString(w, "done")
		})
		began := time.Now()
		var hints []string
		var after time.Duration
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
			Got1xxResponse: func(status int, h textproto.MIMEHeader) error {
				require.Equal(t, 103, status)
				hints, after = append(hints, h.Get("Link")), time.Since(began)
				return nil
			},
		})
		q, err := http.NewRequestWithContext(ctx, "GET", r.url("/"), nil)
		require.NoError(t, err)
		a := r.do(q)
		require.Equal(t, "done", a.body)
		require.Equal(t, []string{"</style.css>; rel=preload"}, hints)
		require.Zero(t, after)
		require.Empty(t, a.header.Get("Link"))
		require.Equal(t, "yes", a.header.Get("X-Final"))
	})
}

// countedBody counts how often it is read.
type countedBody struct {
	io.Reader
	reads int
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.reads++
	return b.Reader.Read(p)
}

// A client that asks whether its body is wanted is told by the target: it sends nothing if the
// target answers without it.
func TestExpectContinue(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/no" {
				http.Error(w, "not wanted", http.StatusForbidden)
				return
			}
			b, _ := io.ReadAll(q.Body)
			_, _ = w.Write(b)
		})
		body := &countedBody{Reader: strings.NewReader("body")}
		a := r.send("POST", "/yes", body, "Expect", "100-continue")
		require.Equal(t, "body", a.body)
		require.NotZero(t, body.reads)
		if back != inProcess && front.http2() {
			return // net/http's server with HTTP/2 does not tell, nor does its client wait there
		}
		body = &countedBody{Reader: strings.NewReader("body")}
		a = r.send("POST", "/no", body, "Expect", "100-continue")
		require.Equal(t, http.StatusForbidden, a.status)
		require.Zero(t, body.reads)
	})
}

// A target's hints do not meet the 100 that the server itself sends.
func TestHintsAndContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{targets: []*elb.Target{{Address: "10.0.0.9:80"}}})
		r.raw("10.0.0.9:80", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		})
		conn := r.connect()
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
		require.NoError(t, err)
		from := bufio.NewReader(conn)
		requireLine(t, "HTTP/1.1 100 Continue\r\n", from)
		requireLine(t, "\r\n", from)
		_, err = io.WriteString(conn, "abc")
		require.NoError(t, err)
		require.Equal(t, "ok", readRaw(from).body)
	})
}

// A target that answers before it has the whole body is heard, and the rest of the body does no
// harm.
func TestAnswerBeforeTheBody(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.ReadFull(q.Body, make([]byte, 5))
			if back != inProcess {
				w.Header().Set("Connection", "close") // net/http's server fails otherwise
			}
			_ = http.NewResponseController(w).EnableFullDuplex()
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "enough")
		})
		body, to := io.Pipe()
		defer to.Close()
		go func() { _, _ = io.WriteString(to, "12345") }()
		began := time.Now()
		a := r.send("POST", "/", body)
		require.NoError(t, a.err)
		require.Equal(t, http.StatusConflict, a.status)
		require.Equal(t, "enough", a.body)
		require.Less(t, time.Since(began), 2*time.Second)
		require.Equal(t, http.StatusConflict, r.lastRecord().Status)
		_ = to.Close()
		a = r.send("POST", "/", strings.NewReader("123456"))
		require.Equal(t, "enough", a.body)
	})
}

func TestAnswersWithoutABody(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			switch q.URL.Path {
			case "/204":
				w.WriteHeader(204)
			case "/304":
				w.Header().Set("Etag", `"x"`)
				w.WriteHeader(304)
			case "/empty":
				w.Header().Set("Content-Length", "0")
			default:
				w.Header().Set("Content-Length", "5")
				_, _ = io.WriteString(w, "hello")
			}
		})
		for range 2 { // connections go on
			a := r.send("HEAD", "/", nil)
			require.Equal(t, []any{200, "5", ""}, []any{a.status, a.header.Get("Content-Length"), a.body})
			a = r.get("/204")
			require.Equal(t, []any{204, "", ""}, []any{a.status, a.header.Get("Content-Length"), a.body})
			a = r.get("/304")
			require.Equal(t, []any{304, `"x"`, ""}, []any{a.status, a.header.Get("Etag"), a.body})
			a = r.get("/empty")
			require.Equal(t, []any{200, "0", ""}, []any{a.status, a.header.Get("Content-Length"), a.body})
			require.NotContains(t, a.header, "Content-Type")
		}
	})
}

// A target that breaks off has the client see that its answer is not whole.
func TestBrokenAnswer(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/known" {
				w.Header().Set("Content-Length", "100")
			}
			_, _ = io.WriteString(w, "some")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		for _, path := range []string{"/known", "/unknown"} {
			a := r.get(path)
			require.Equal(t, "some", a.body)
			require.Error(t, a.err)
			require.Equal(t, 200, r.lastRecord().Status)
			require.EqualValues(t, 1, r.group.Targets()[0].Errors)
			require.NoError(t, r.group.Deregister(r.targets[0]))
			require.NoError(t, r.group.Register(r.targets[0]))
		}
	})
}
