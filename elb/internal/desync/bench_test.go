package desync_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb/internal/desync"
)

// repeater is a connection on which the same bytes come again and again, one request a Read.
type repeater struct {
	net.Conn // nil
	request  string
}

func (r *repeater) Read(p []byte) (int, error)      { return copy(p, r.request), nil }
func (*repeater) SetReadDeadline(_ time.Time) error { return nil }

// BenchmarkConn is one request, read as net/http's server does. The baseline reads the
// same from the connection itself.
func BenchmarkConn(b *testing.B) {
	fields := []string{
		host, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language: en-US,en;q=0.5",
		"Accept-Encoding: gzip, deflate, br, zstd", "Connection: keep-alive", "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
		"Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate",
	}
	head := func(line string, more ...string) string {
		return wire(append(append([]string{line}, fields...), more...)...)
	}
	for _, bench := range []struct{ name, request string }{
		{"small", wire("GET / HTTP/1.1", host, "User-Agent: curl/8.5.0", "Accept: */*")},
		{"browser", head("GET /a/path?and=query HTTP/1.1")},
		{"length", head("POST /a HTTP/1.1", "Content-Length: 1000") + strings.Repeat("a", 1000)},
		{"chunked", head("POST /a HTTP/1.1", "Transfer-Encoding: chunked") + "3e8\r\n" + strings.Repeat("a", 1000) + "\r\n0\r\n\r\n"},
		{"mended", head("GET /a/path?and=query HTTP/1.1", "X : y")},
	} {
		run := func(name string, conn net.Conn, after func()) {
			b.Run(bench.name+"/"+name, func(b *testing.B) {
				r := bufio.NewReader(conn)
				b.ReportAllocs()
				b.SetBytes(int64(len(bench.request)))
				for b.Loop() {
					if _, err := r.Peek(1); err != nil {
						b.Fatal(err)
					}
					if _, err := r.Discard(r.Buffered()); err != nil {
						b.Fatal(err)
					}
					after()
				}
			})
		}
		run("baseline", &repeater{request: bench.request}, func() {})
		c := desync.NewConn(&repeater{request: bench.request}, desync.Config{})
		run("gated", c, func() {
			if c.Next().HeadBytes == 0 {
				b.Fatal("there is no verdict")
			}
		})
	}
}

// BenchmarkBody is 32 KB of a long body.
func BenchmarkBody(b *testing.B) {
	for name, head := range map[string]string{
		"length":  wire("POST / HTTP/1.1", host, "Content-Length: 9000000000000000000"),
		"chunked": wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "7fffffffffffffff\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			r := &repeater{request: head}
			c := desync.NewConn(r, desync.Config{})
			p := make([]byte, 32<<10)
			if _, err := io.ReadFull(c, p[:len(head)]); err != nil {
				b.Fatal(err)
			}
			r.request = strings.Repeat("a", len(p))
			b.ReportAllocs()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				if n, err := c.Read(p); n != len(p) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
