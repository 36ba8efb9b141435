package elb_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// Whatever a target says beyond its answer, or instead of one, the next client gets its own
// answer.
func TestNothingOfAnAnswerReachesTheNextClient(t *testing.T) {
	const ok, evil = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for name, c := range map[string]struct {
		method, says string
		status       int // that the first client gets
	}{
		"a second answer":             {"GET", ok + evil, 200},
		"a body to HEAD":              {"HEAD", ok + evil, 200},
		"a long body to HEAD":         {"HEAD", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(evil)) + evil, 200},
		"a body with 204":             {"GET", "HTTP/1.1 204 No Content\r\n\r\n" + evil, 204},
		"a body with 304":             {"GET", fmt.Sprintf("HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n", len(evil)) + evil, 304},
		"a length with 204":           {"GET", fmt.Sprintf("HTTP/1.1 204 No Content\r\nContent-Length: %d\r\n\r\n", len(evil)) + evil, 502},
		"an upgrade that none wanted": {"GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + evil, 502},
		"after the last chunk":        {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + evil, 200},
		"a length and chunks":         {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + evil, 502},
		"chunks twice":                {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + evil, 502},
		"chunks in HTTP/1.0":          {"GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + evil, 502},
		"lengths in a list":           {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok" + evil, 502},
		"a field behind LF":           {"GET", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n" + evil, 502},
		"a field behind CR":           {"GET", "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 0\r\n\r\n" + evil, 502},
		"too many hints":              {"GET", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 101) + evil, 502},
		"the length for this hop":     {"GET", "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nok" + evil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, rigConfig{targets: []*elb.Target{{Address: "10.0.0.1:80"}}})
				var first sync.Once
				r.raw("10.0.0.1:80", func(conn net.Conn) {
					in := bufio.NewReader(conn)
					for {
						if _, err := http.ReadRequest(in); err != nil {
							return
						}
						text := ok
						first.Do(func() { text = c.says })
						if _, err := io.WriteString(conn, text); err != nil {
							return
						}
					}
				})
				require.Equal(t, c.status, r.send(c.method, "/", nil).status)
				for range 3 {
					a := r.get("/")
					require.NoError(t, a.err)
					require.Equal(t, "ok", a.body)
				}
			})
		})
	}
}

// misleadingPieces are what requests that mean to be misunderstood are made of.
var misleadingPieces = struct{ lines, fields, bodies, bytes []string }{
	lines: []string{"GET /@ HTTP/1.1", "POST /@ HTTP/1.1", "POST /@ HTTP/1.1", "HEAD /@ HTTP/1.1", "POST /@ HTTP/1.0", "POST  /@ HTTP/1.1", "POST /@ HTTP/1.1 ", "POST /@ HTTP/1.2", "POST /@",
		"POST http://h/@ HTTP/1.1", "POST /@ x HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT h:1 HTTP/1.1", "POST\t/@ HTTP/1.1", "post /@ HTTP/1.1"},
	fields: []string{"Content-Length: 5", "Content-Length: 0", "Content-Length: 40", "Content-Length : 5", "Content-Length: 05", "Content-Length: +5", "Content-Length: 5, 5", "Content_Length: 9",
		"Content-Length", "\tContent-Length: 7", "X: y\rContent-Length: 7", "X: y\nContent-Length: 7", "X: y\x00Content-Length: 7", "Transfer-Encoding: chunked", "Transfer-Encoding : chunked",
		"Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity", "Transfer-Encoding:\vchunked", "Transfer-Encoding\r\n : chunked", "Transfer_Encoding: chunked",
		"Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: ,chunked,", "Connection: Content-Length", "Connection: Transfer-Encoding", "Connection: close",
		"Connection: upgrade\r\nUpgrade: websocket", "Connection: upgrade\r\nUpgrade: h2c", "Expect: 100-continue", "Expect: x", "Host: b", "Host : b", "Trailer: Content-Length", ": x", "X y: 1"},
	bodies: []string{"", "hello", "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", "5\nhello\n0\n\n", "5\r\nhello0\r\n\r\n", "05\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
		"-1\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\n\rX", "\r\n\r\n"},
	bytes: []string{"\r", "\n", "\x00", " ", "\t", ":", ",", "\v", "\x7f", "", "\r\n", "0"},
}

func misleading(rng *rand.Rand, path string) string {
	from := func(s []string) string { return s[rng.IntN(len(s))] }
	text := strings.Replace(from(misleadingPieces.lines), "@", path, 1) + "\r\n"
	if rng.IntN(20) > 0 {
		text += "Host: a\r\n"
	}
	for range rng.IntN(4) {
		text += from(misleadingPieces.fields) + "\r\n"
	}
	text += "\r\n" + from(misleadingPieces.bodies)
	if rng.IntN(4) == 0 {
		at := rng.IntN(len(text))
		text = text[:at] + from(misleadingPieces.bytes) + text[at+rng.IntN(2):]
	}
	return text
}

// Whatever a client sends, a target gets the requests that the balancer knows it has sent, no
// others and no more, and the client gets the answer to each, in order.
func TestTargetsGetWhatWasRouted(t *testing.T) {
	const streams = 2000
	for _, mode := range []elb.DesyncMode{elb.DesyncMonitor, elb.DesyncDefensive, elb.DesyncStrictest} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, rigConfig{targets: []*elb.Target{{Address: "10.0.0.1:80"}}, balancer: elb.LoadBalancerConfig{Desync: mode}})
				var mu sync.Mutex
				var got []string
				var fault error // of what came to the target
				r.raw("10.0.0.1:80", func(conn net.Conn) {
					in := bufio.NewReader(conn)
					for {
						q, err := http.ReadRequest(in)
						mu.Lock()
						if err == nil {
							got = append(got, q.Method+" "+q.RequestURI)
						} else if err != io.EOF && err != io.ErrUnexpectedEOF {
							fault = err
						}
						mu.Unlock()
						if err != nil {
							return
						}
						if _, err := io.Copy(io.Discard, q.Body); err != nil {
							return // the client was cut off
						}
						if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Target: %s\r\n\r\n", q.RequestURI); err != nil {
							return
						}
					}
				})
				rng := rand.New(rand.NewPCG(5, uint64(len(mode))))
				routed, answers := 0, 0
				for n := range streams {
					text := ""
					for range 1 + rng.IntN(3) {
						text += misleading(rng, fmt.Sprint(n))
					}
					text += fmt.Sprintf("GET /%dlast HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", n)
					conn := r.connect()
					var said bytes.Buffer
					go func() { _, _ = io.WriteString(conn, text) }()
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						_, _ = io.Copy(&said, conn)
					}()
					time.Sleep(3 * time.Second) // more than anything waits that is not owed
					conn.Close()
					<-ended
					log := r.records()
					mu.Lock()
					seen := got
					got = nil
					require.NoError(t, fault, "%q", text)
					mu.Unlock()
					answer := bufio.NewReader(&said)
					for _, a := range log {
						var sent string // to the target
						if a.Target != nil {
							_, target, _ := strings.Cut(a.URL, "://")
							sent = a.Method + " " + target[strings.IndexAny(target, "/*"):]
						}
						if len(seen) > 0 && a.Target != nil && seen[0] == sent {
							seen = seen[1:]
							routed++
						}
						if a.Status == 460 {
							break
						}
						response, err := http.ReadResponse(answer, &http.Request{Method: a.Method})
						for err == nil && response.StatusCode == http.StatusContinue {
							response, err = http.ReadResponse(answer, &http.Request{Method: a.Method})
						}
						if err != nil {
							require.Contains(t, []int{400, 408}, a.Status, "%q", text) // to the end of the connection
							break
						}
						_, _ = io.Copy(io.Discard, response.Body)
						require.Equal(t, a.Status, response.StatusCode, "%q", text)
						if target := response.Header.Get("X-Target"); target != "" {
							require.Contains(t, a.URL, target, "%q", text)
						}
						answers++
					}
					require.Empty(t, seen, "%q", text)
				}
				t.Logf("%d streams: %d requests routed, %d answers", streams, routed, answers)
				require.Greater(t, routed, streams/20)
			})
		})
	}
}

// frame2 is a frame of HTTP/2 on stream 1, or 0 for settings.
func frame2(kind, flags byte, payload string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	b = append(b, flags)
	return string(binary.BigEndian.AppendUint32(b, uint32(min(kind&1, 1)))) + payload
}

// literals2 is fields as HPACK has them without tables.
func literals2(fields ...string) string {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		b.WriteString("\x10" + string(rune(len(fields[i]))) + fields[i] + string(rune(len(fields[i+1]))) + fields[i+1])
	}
	return b.String()
}

// What HTTP/2 could bring along that is more than a field in HTTP/1.1 gets to no target.
func TestHTTP2BringsNoRequestAlong(t *testing.T) {
	const more = "HTTP/1.1\r\nHost: b\r\n\r\nGET /evil HTTP/1.1\r\n"
	for name, change := range map[string][]string{
		"line end in the path":      {":path", "/ " + more},
		"line end in the authority": {":authority", "a\r\nX: y"},
		"line end in the method":    {":method", "GET / " + more},
		"line end in the scheme":    {":scheme", "http\r\nX: y"},
		"space in the path":         {":path", "/a b"},
		"space in the query":        {":path", "/?a HTTP/1.1"},
		"space in the method":       {":method", "GET /evil"},
		"space in the authority":    {":authority", "a b"},
		"NUL in the path":           {":path", "/\x00"},
		"no path":                   {":path", ""},
		"a fragment":                {":path", "/#evil"},
		"line end in a value":       {"x-a", "b\r\n\r\n" + more},
		"LF in a value":             {"x-a", "b\nX: y"},
		"CR in a value":             {"x-a", "b\r"},
		"NUL in a value":            {"x-a", "b\x00"},
		"line end in a name":        {"x-a\r\nx-b", "c"},
		"colon in a name":           {"x-a: b", "c"},
		"space in a name":           {"x a", "c"},
		"a name in upper case":      {"X-A", "c"},
		"chunks":                    {"transfer-encoding", "chunked"},
		"a connection":              {"connection", "x-forwarded-for"},
		"an upgrade":                {"upgrade", "websocket"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, rigConfig{targets: []*elb.Target{{Address: "10.0.0.1:80"}}})
				var mu sync.Mutex
				var got bytes.Buffer
				r.raw("10.0.0.1:80", func(conn net.Conn) {
					for b := make([]byte, 4096); ; {
						n, err := conn.Read(b)
						mu.Lock()
						got.Write(b[:n])
						mu.Unlock()
						if err != nil {
							return
						}
						if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
							return
						}
					}
				})
				try := func(fields []string) string {
					conn := r.connect()
					defer conn.Close()
					go func() { _, _ = io.Copy(io.Discard, conn) }()
					_, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+frame2(4, 0, "")+frame2(1, 5, literals2(fields...)))
					require.NoError(t, err)
					synctest.Wait()
					mu.Lock()
					defer mu.Unlock()
					defer got.Reset()
					return got.String()
				}
				fields := []string{":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/"}
				require.Contains(t, try(fields), "GET / HTTP/1.1\r\nHost: a\r\n")
				replaced := false
				for i := 0; i < len(fields); i += 2 {
					if fields[i] == change[0] {
						fields[i+1], replaced = change[1], true
					}
				}
				if !replaced {
					fields = append(fields, change...)
				}
				require.Empty(t, try(fields))
			})
		})
	}
}
