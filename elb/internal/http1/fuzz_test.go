package http1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
)

// canned is a connection on which the answer has come already, in pieces, and then the end.
type canned struct {
	text   string
	piece  int
	closed bool
}

func (c *canned) Read(p []byte) (int, error) {
	n := copy(p, c.text[:min(len(c.text), c.piece)])
	c.text = c.text[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
func (c *canned) Write(p []byte) (int, error)      { return len(p), nil }
func (c *canned) Close() error                     { c.closed = true; return nil }
func (c *canned) LocalAddr() net.Addr              { return nil }
func (c *canned) RemoteAddr() net.Addr             { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// FuzzResponse has answers read by this package and by http.ReadResponse. What we accept that
// accepts, and understands in the same way. It also accepts much that we do not: all that
// answer_test.go calls bad. Where we leave out fields, so does the comparison.
func FuzzResponse(f *testing.F) {
	add := func(text string, head bool, piece uint16) {
		if len(text) < 1000 { // long ones keep the fuzzer from its work
			f.Add(text, head, piece)
		}
	}
	for _, c := range good {
		add(c.text, c.method == "HEAD", 7)
	}
	for _, c := range bad {
		add(c.text, false, 5000)
	}
	f.Fuzz(func(t *testing.T, text string, head bool, piece uint16) {
		conn := &canned{text: text, piece: max(int(piece), 1)}
		pool := http1.NewPool(http1.Config{MaxIdle: 1, Dial: func(context.Context) (net.Conn, error) { return conn, nil }})
		defer pool.Close()
		req := get()
		if head {
			req.Method = "HEAD"
		}
		var x http1.Exchange
		err := pool.RoundTrip(context.Background(), req, &x)
		var body []byte
		if err == nil {
			body, err = io.ReadAll(&x)
		}
		x.Close()
		kept := !conn.closed
		if err != nil {
			if kept {
				t.Fatalf("kept after %v", err)
			}
			return
		}
		r := bufio.NewReader(strings.NewReader(text))
		std, err := readFinal(r, req.Method)
		if err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		if std.StatusCode != x.Status() {
			t.Fatalf("status %d, not %d", x.Status(), std.StatusCode)
		}
		stdBody, err := io.ReadAll(std.Body)
		if err != nil {
			t.Fatalf("body accepted, but %v", err)
		}
		if string(stdBody) != string(body) {
			t.Fatalf("body %q, not %q", body, stdBody)
		}
		if std.ContentLength != x.ContentLength() && std.StatusCode != http.StatusNotModified && !head {
			t.Fatalf("length %d, not %d", x.ContentLength(), std.ContentLength)
		}
		compare(t, header(&x), std.Header, std.Header["Connection"])
		compare(t, x.Trailer(), std.Trailer, nil)
		if !kept {
			return
		}
		// The pieces may end with the answer, but what was read of the rest has gone with the
		// connection.
		rest, _ := io.ReadAll(r)
		if string(rest) != conn.text {
			t.Fatalf("kept, with %q left over, of which %q was read", rest, rest[:len(rest)-len(conn.text)])
		}
		if std.Close {
			t.Fatal("kept, though it closes")
		}
	})
}

// readFinal reads the first answer that is not informational.
func readFinal(r *bufio.Reader, method string) (*http.Response, error) {
	for {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil || res.StatusCode >= 200 {
			return res, err
		}
	}
}

// compare compares what we have of a header with what there is.
func compare(t *testing.T, got, want http.Header, connection []string) {
	left := func(name string) bool {
		switch name {
		case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection",
			"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Host", "Expect":
			return true
		}
		for _, list := range connection {
			for e := range strings.SplitSeq(list, ",") {
				if strings.EqualFold(strings.Trim(e, " \t"), name) {
					return true
				}
			}
		}
		return false
	}
	for name, values := range want {
		if !left(name) && len(values) > 0 && !slices.Equal(values, got[name]) {
			t.Fatalf("%s: %q, not %q", name, got[name], values)
		}
	}
	for name := range got {
		if !left(name) && len(want[name]) == 0 {
			t.Fatalf("%s: %q, not there", name, got[name])
		}
	}
}
