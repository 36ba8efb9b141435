package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// scripts is a target in memory. Its connections do what the scripts say, one each.
type scripts struct {
	mu      sync.Mutex
	next    []func(p *peer) // guarded by mu
	dialled int             // guarded by mu
	open    int             // connections that the pool has not closed; guarded by mu
	peers   sync.WaitGroup
}

func script(next ...func(p *peer)) *scripts { return &scripts{next: next} }

var errNoScript = errors.New("nobody listens")

func (s *scripts) dial(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dialled == len(s.next) {
		return nil, errNoScript
	}
	run := s.next[s.dialled]
	s.dialled++
	s.open++
	ours, theirs := net.Pipe()
	p := &peer{Conn: theirs, r: bufio.NewReader(theirs)}
	s.peers.Go(func() {
		defer theirs.Close()
		run(p)
	})
	return &counted{Conn: ours, s: s}, nil
}

// counts returns how many connections were dialled and how many are open.
func (s *scripts) counts() (dialled, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled, s.open
}

func (s *scripts) pool() *http1.Pool {
	return http1.NewPool(http1.Config{Dial: s.dial, MaxIdle: 4})
}

type counted struct {
	net.Conn
	s    *scripts
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.open--
	})
	return c.Conn.Close()
}

// peer is the target's end of a connection.
type peer struct {
	net.Conn
	r *bufio.Reader
}

// head reads the head of a request.
func (p *peer) head() string {
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String()
		}
	}
}

func (p *peer) say(text string) { io.WriteString(p, text) }

// sink reads until the other end closes.
func (p *peer) sink() { io.Copy(io.Discard, p.r) }

// answers reads a head and says something, for each of the texts, and then waits for the end.
func answers(texts ...string) func(p *peer) {
	return func(p *peer) {
		for _, text := range texts {
			if p.head() == "" {
				return
			}
			p.say(text)
		}
		p.sink()
	}
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func get() *http1.Request { return &http1.Request{Method: "GET", Target: "/", Host: "t"} }

// fetch does a whole exchange and returns the body.
func fetch(t testing.TB, p *http1.Pool, req *http1.Request) (*http1.Exchange, string, error) {
	t.Helper()
	x := new(http1.Exchange)
	defer x.Close()
	if err := p.RoundTrip(t.Context(), req, x); err != nil {
		return x, "", err
	}
	b, err := io.ReadAll(x)
	return x, string(b), err
}

func failure(t testing.TB, err error) *http1.Error {
	t.Helper()
	e, ok := errors.AsType[*http1.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return e
}

func header(x *http1.Exchange) http.Header {
	h := make(http.Header)
	x.CopyHeader(h)
	return h
}

// dialOnce is Dial for a single connection.
func dialOnce(conn func() net.Conn) func(context.Context) (net.Conn, error) {
	done := false
	return func(context.Context) (net.Conn, error) {
		if done {
			return nil, errNoScript
		}
		done = true
		return conn(), nil
	}
}

func newReader(c net.Conn) *bufio.Reader { return bufio.NewReader(c) }

func dialer(address string) func(ctx context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

// clientHeader is what a browser might send.
var clientHeader = http.Header{
	"User-Agent":      {"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"},
	"Accept":          {"text/html,application/xhtml+xml"},
	"Accept-Encoding": {"gzip, deflate, br"},
	"Cookie":          {"session=0123456789abcdef0123456789abcdef"},
}
