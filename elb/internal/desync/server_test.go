package desync_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// front is a server behind gates. What it routes is written again to hop, as for a target.
type front struct {
	*http.Server
	addr string

	mu     sync.Mutex
	hop    bytes.Buffer
	routed []string // guarded by mu
	states []http.ConnState
}

// gates wraps the connections that a listener accepts.
type gates struct {
	net.Listener
	cfg desync.Config
}

func (g gates) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return desync.NewConn(conn, g.cfg), nil
}

// newFront starts a server at a port of this machine that answers with what it got, and
// stops it when the test is over. A handler of the test's takes what it wants to.
func newFront(t *testing.T, cfg desync.Config, handler func(w http.ResponseWriter, r *http.Request, v desync.Verdict) bool) *front {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &front{addr: l.Addr().String()}
	f.Server = &http.Server{
		ConnContext:                  desync.NewContext,
		DisableGeneralOptionsHandler: true,
		ConnState: func(_ net.Conn, s http.ConnState) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.states = append(f.states, s)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := desync.FromContext(r.Context())
			v := c.Next()
			defer c.Resume()
			if v.Status != 0 {
				http.Error(w, string(v.Reason), v.Status)
				return
			}
			f.mu.Lock()
			f.routed = append(f.routed, r.Method+" "+r.RequestURI)
			f.mu.Unlock()
			if handler != nil && handler(w, r, v) {
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			out := r.Clone(context.Background())
			out.Body = io.NopCloser(bytes.NewReader(body))
			require.NoError(t, out.Write(&f.hop))
			fmt.Fprintf(w, "%s %s %d %s %d", r.Method, r.RequestURI, len(body), v.Class, c.Received())
		}),
	}
	served := make(chan error)
	go func() { served <- f.Serve(gates{l, cfg}) }()
	t.Cleanup(func() {
		require.NoError(t, f.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return f
}

// ask sends bytes, ends its side if it is to, and returns the answers until the server
// ends its side.
func (f *front) ask(t *testing.T, sent string, end bool) (answers []string) {
	conn, err := net.Dial("tcp", f.addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, sent)
	require.NoError(t, err)
	if end {
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	}
	for r := bufio.NewReader(conn); ; {
		answer, err := http.ReadResponse(r, nil)
		if err == io.ErrUnexpectedEOF {
			return answers
		}
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answers = append(answers, fmt.Sprint(answer.StatusCode, " ", strings.TrimSpace(string(body))))
	}
}

func TestPipelining(t *testing.T) {
	f := newFront(t, desync.Config{}, nil)
	sent := wire("GET /1 HTTP/1.1", host) +
		wire("POST /2 HTTP/1.1", host, "Content-Length: 3") + "abc" +
		wire("POST /3 HTTP/1.1", host, "Transfer-Encoding: chunked") + "3;x\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n" +
		wire("GET /4 HTTP/1.1", host, "X : y") +
		wire("GET /5 HTTP/1.1", host, "Content-Length: x") +
		wire("GET /6 HTTP/1.1", host)
	require.Equal(t, []string{
		"200 GET /1 0 Compliant 33",
		"200 POST /2 3 Compliant 56",
		"200 POST /3 5 Compliant 90",
		"200 GET /4 0 Acceptable 40",
		"400 BadContentLength",
	}, f.ask(t, sent, false))
}

func TestAnAmbiguousRequestIsTheLast(t *testing.T) {
	sent := wire("GET /1 HTTP/1.1", host, "Content-Length: 1") + "a" + wire("GET /2 HTTP/1.1", host)
	f := newFront(t, desync.Config{}, nil)
	require.Equal(t, []string{"200 GET /1 1 Ambiguous 53"}, f.ask(t, sent, false))
	f = newFront(t, desync.Config{Mode: desync.Monitor}, nil)
	require.Equal(t, []string{"200 GET /1 1 Ambiguous 53", "200 GET /2 0 Compliant 33"}, f.ask(t, sent, true))
	f = newFront(t, desync.Config{Mode: desync.Strictest}, nil)
	require.Equal(t, []string{"400 UndefinedContentLengthSemantics"}, f.ask(t, sent, false))
}

func TestLimits(t *testing.T) {
	f := newFront(t, desync.Config{}, nil)
	for sent, status := range map[string]string{
		"GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\n":                                      "414",
		"GET /" + strings.Repeat("a", 1<<20):                                                         "414",
		wire("GET / HTTP/1.1", host, "X: "+strings.Repeat("a", 20<<10)):                              "431",
		"GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("a", 1000)+"\r\n", 1000):          "431",
		wire("POST / HTTP/1.1", host, "Content-Length: y") + strings.Repeat("a", 1<<20):              "400", // which the client learns while it sends
		wire("GET / HTTP/1.1", host, "Connection: close", "X: "+strings.Repeat("a", 15<<10)):         "200",
		wire("GET /"+strings.Repeat("a", 15<<10)+" HTTP/1.1", host, "Connection: close", "X : y"):    "200",
		wire("GET / HTTP/1.0", strings.Repeat("X: "+strings.Repeat("a", 1000)+"\r\n", 60)+"Y: z"):    "200",
		wire("GET / HTTP/1.0", strings.Repeat("X : "+strings.Repeat("a", 1000)+"\r\n", 60)+host):     "200",
		wire("GET / HTTP/1.0", strings.Repeat("X: "+strings.Repeat("a", 10)+"\r\n", 4000)+"X:\x01Y"): "200",
	} {
		answers := f.ask(t, sent, false)
		require.Len(t, answers, 1)
		require.Equal(t, status, answers[0][:3])
	}
}

// TestSmuggling shows what the next servers see of requests that try to hide another one:
// just those that the front has routed, whether they heed the length or the coding first,
// and although they are lenient about names and values.
func TestSmuggling(t *testing.T) {
	hidden := wire("GET /hidden HTTP/1.1", host)
	inChunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(hidden), hidden)
	chunkFirst := "0\r\n\r\n" + hidden
	attack := func(body string, fields ...string) string {
		return wire(append([]string{"POST /front HTTP/1.1", host}, fields...)...) + body
	}
	attacks := map[string]string{
		"CL.TE":                      attack(chunkFirst, fmt.Sprint("Content-Length: ", len(chunkFirst)), "Transfer-Encoding: chunked"),
		"TE.CL":                      attack(inChunk, "Content-Length: 4", "Transfer-Encoding: chunked"),
		"TE.CL, space":               attack(inChunk, "Content-Length: 4", "Transfer-Encoding : chunked"),
		"TE.TE, unknown first":       attack(inChunk, "Content-Length: 4", "Transfer-Encoding: x", "Transfer-Encoding: chunked"),
		"TE.TE, unknown last":        attack(chunkFirst, fmt.Sprint("Content-Length: ", len(chunkFirst)), "Transfer-Encoding: chunked", "Transfer-Encoding: cow"),
		"TE.TE, xchunked":            attack(chunkFirst, "Transfer-Encoding: xchunked"),
		"TE.TE, identity":            attack(inChunk, "Content-Length: 4", "Transfer-Encoding: identity"),
		"TE.TE, tab":                 attack(inChunk, "Content-Length: 4", "Transfer-Encoding:\tchunked"),
		"TE.TE, vertical tab":        attack(inChunk, "Content-Length: 4", "Transfer-Encoding:\vchunked"),
		"TE.TE, LF in a value":       attack(inChunk, "Content-Length: 4", "X: y\nTransfer-Encoding: chunked"),
		"TE.TE, CR in a value":       attack(inChunk, "Content-Length: 4", "X: y\rTransfer-Encoding: chunked"),
		"TE.TE, CR before the colon": attack(inChunk, "Content-Length: 4", "Transfer-Encoding\r: chunked"),
		"TE.TE, LF before the colon": attack(inChunk, "Content-Length: 4", "Transfer-Encoding\n : chunked"),
		"TE.TE, folded":              attack(inChunk, "Content-Length: 4", "Transfer-Encoding:", " chunked"),
		"TE.TE, behind a fold":       attack(inChunk, "Content-Length: 4", "X: y", " Transfer-Encoding: chunked"),
		"TE.TE, underscore":          attack(inChunk, "Content-Length: 4", "Transfer_Encoding: chunked"),
		"TE.TE, NUL":                 attack(inChunk, "Content-Length: 4", "Transfer-Encoding: chunked\x00"),
		"TE.TE, quotes":              attack(inChunk, "Content-Length: 4", `Transfer-Encoding: "chunked"`),
		"TE.TE, dotless i":           attack(inChunk, "Content-Length: 4", "Transfer-Encodıng: chunked"),
		"CL.CL":                      attack(hidden, "Content-Length: 0", fmt.Sprint("Content-Length: ", len(hidden))),
		"CL.CL, space":               attack(hidden, "Content-Length: 0", fmt.Sprint("Content-Length : ", len(hidden))),
		"CL.CL, list":                attack(hidden, fmt.Sprintf("Content-Length: 0, %d", len(hidden))),
		"CL.CL, plus":                attack(hidden, fmt.Sprint("Content-Length: +", len(hidden))),
		"CL.0":                       strings.Replace(attack(hidden, fmt.Sprint("Content-Length: ", len(hidden))), "POST", "GET", 1),
		"TE.0":                       strings.Replace(attack(inChunk, "Transfer-Encoding: chunked"), "POST", "GET", 1),
		"0.CL":                       attack(hidden, fmt.Sprint("Content_Length: ", len(hidden))),
		"HTTP/1.0":                   strings.Replace(attack(inChunk, "Connection: keep-alive", "Content-Length: 4", "Transfer-Encoding: chunked"), "1.1", "1.0", 1),
		"chunk ends in LF":           attack("2\nab\n0\n\n"+hidden, "Transfer-Encoding: chunked"),
		"chunk's size in hex":        attack("0x2\r\nab\r\n0\r\n\r\n"+hidden, "Transfer-Encoding: chunked"),
		"chunk's size overflows":     attack("10000000000000002\r\nab\r\n0\r\n\r\n"+hidden, "Transfer-Encoding: chunked"),
		"LF in an extension":         attack("2;\nxx\r\nab\r\n0\r\n\r\n"+hidden, "Transfer-Encoding: chunked"),
		"folded trailer":             attack("0\r\n X: y\r\n\r\n"+hidden, "Transfer-Encoding: chunked"),
		"LF ends the trailer":        attack("0\r\nX: y\n\n"+hidden, "Transfer-Encoding: chunked"),
	}
	for _, mode := range []desync.Mode{desync.Defensive, desync.Monitor, desync.Strictest} {
		outcomes := map[string]int{}
		for name, sent := range attacks {
			t.Run(mode.String()+"/"+name, func(t *testing.T) {
				f := newFront(t, desync.Config{Mode: mode}, nil)
				answers := f.ask(t, sent, true)
				require.NotEmpty(t, answers)
				outcomes[answers[0][:3]]++
				var want []string // in full: the last may have failed in its body
				for i, line := range f.routed {
					if strings.HasPrefix(answers[i], "200") {
						want = append(want, line)
					}
				}
				require.Equal(t, want, naiveHop(f.hop.String(), true))
				require.Equal(t, want, naiveHop(f.hop.String(), false))
				if mode != desync.Monitor {
					require.NotContains(t, f.routed, "GET /hidden")
				}
			})
		}
		t.Logf("%s: %d attacks, first answers by status: %v", mode, len(attacks), outcomes)
	}
}

// naiveHop parses requests as a careless server may: it looks only at the letters of names,
// and heeds either the coding or the length first.
func naiveHop(s string, codingFirst bool) (lines []string) {
	for s != "" {
		head, rest, ok := strings.Cut(s, "\r\n\r\n")
		if !ok {
			return append(lines, "torn: "+s)
		}
		first, fields, _ := strings.Cut(head, "\r\n")
		lines = append(lines, first[:strings.LastIndexByte(first, ' ')])
		length, chunked, hasLength := 0, false, false
		for _, line := range strings.FieldsFunc(fields, func(r rune) bool { return r == '\r' || r == '\n' }) {
			name, value, _ := strings.Cut(line, ":")
			name = strings.Map(func(r rune) rune {
				if r |= 0x20; 'a' <= r && r <= 'z' {
					return r
				}
				return -1
			}, name)
			switch name {
			case "contentlength":
				_, err := fmt.Sscan(value, &length)
				hasLength = err == nil
			case "transferencoding":
				chunked = strings.Contains(strings.ToLower(value), "chunked")
			}
		}
		if chunked && (codingFirst || !hasLength) {
			for size := -1; size != 0 && rest != ""; {
				var line string
				line, rest, _ = strings.Cut(rest, "\r\n")
				size = 0
				_, _ = fmt.Sscanf(line, "%x", &size)
				rest = rest[min(size+2, len(rest)):]
			}
		} else {
			rest = rest[min(length, len(rest)):]
		}
		s = rest
	}
	return lines
}

func TestAMalformedBodyEndsTheStream(t *testing.T) {
	f := newFront(t, desync.Config{}, nil)
	require.Equal(t, []string{"400 desync: malformed chunked body"},
		f.ask(t, wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked")+"1\r\nab\r\n0\r\n\r\n"+wire("GET / HTTP/1.1", host), false))
}

func TestIdleConnectionsAreSeen(t *testing.T) {
	f := newFront(t, desync.Config{}, nil)
	conn, err := net.Dial("tcp", f.addr)
	require.NoError(t, err)
	defer conn.Close()
	r := bufio.NewReader(conn)
	for range 3 {
		_, err = io.WriteString(conn, wire("GET / HTTP/1.1", host))
		require.NoError(t, err)
		answer, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
	}
	_, err = io.WriteString(conn, "GET") // too little to be active
	require.NoError(t, err)
	require.NoError(t, f.Shutdown(t.Context()))
	_, err = r.ReadByte()
	require.Error(t, err)
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.states) == 8
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateActive, http.StateIdle,
		http.StateActive, http.StateIdle, http.StateClosed}, f.states)
}
