package desync_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// agree checks that net/http finds the requests where the gate finds them.
func agree(t testing.TB, sent string, mode desync.Mode, seed uint64) (routed int) {
	passed, verdicts, starts := gateStarts(t, sent, mode, nil)
	inPieces, verdictsInPieces, _ := gateStarts(t, sent, mode, rand.New(rand.NewPCG(seed, 0)))
	require.Equal(t, passed, inPieces)
	require.Equal(t, verdicts, verdictsInPieces)

	whole := strings.NewReader(passed)
	r := bufio.NewReader(whole)
	complete := true
	for i, v := range verdicts {
		require.True(t, complete, "a request follows one that has no end")
		require.Equal(t, starts[i], len(passed)-whole.Len()-r.Buffered())
		request, err := http.ReadRequest(r)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, request.Body)
		complete = err == nil
		if v.Status != 0 {
			require.Equal(t, len(verdicts)-1, i)
			require.Equal(t, "refused", request.Host)
			continue
		}
		routed++
		if v.Line == "" {
			require.Equal(t, -1, strings.Index(request.Method+request.RequestURI+request.Proto, " "))
		}
		require.Equal(t, v.Close && request.ProtoAtLeast(1, 0), v.Close && request.Close)
	}
	if complete {
		require.Equal(t, 0, whole.Len()+r.Buffered())
	}

	again, verdictsAgain, _ := gateStarts(t, passed, desync.Monitor, nil)
	require.Len(t, verdictsAgain, len(verdicts), "%s: %q: %q", mode, sent, passed)
	for _, v := range verdictsAgain { // what was passed needs no mending
		require.Contains(t, []desync.Reason{"", desync.GetHeadZeroContentLength, desync.UndefinedContentLengthSemantics,
			desync.UndefinedTransferEncodingSemantics, desync.NonCompliantVersion}, v.Reason)
	}
	require.Equal(t, passed, again)
	return routed
}

// gateStarts is gate, and tells at which bytes of what is passed the requests start: no
// Read returns bytes of two.
func gateStarts(t testing.TB, sent string, mode desync.Mode, rng *rand.Rand) (passed string, verdicts []desync.Verdict, starts []int) {
	passed, verdicts = gateEach(t, sent, mode, rng, func(before int) { starts = append(starts, before) })
	return passed, verdicts, starts
}

var (
	someLines = []string{
		"GET / HTTP/1.1", "POST /a HTTP/1.1", "POST /a HTTP/1.1", "PUT /a?b HTTP/1.1", "HEAD / HTTP/1.1", "POST / HTTP/1.0", "GET / HTTP/0.9",
		"POST /", "POST / HTTP/1.4", "GET /a b HTTP/1.1", "GET /\t HTTP/1.1", "GET /\x00 HTTP/1.1", "GET  HTTP/1.1", "GET /%2f HTTP/1.1", "GET /%2 HTTP/1.1",
		"GET //a:b HTTP/1.1", "GET http://a/b HTTP/1.1", "GET http://a b/ HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1", "CONNECT /a HTTP/1.1",
		"GET / HTTP/2.0", "PRI * HTTP/2.0", "GET /  HTTP/1.1 ", "G\xe4T / HTTP/1.1", "GET /ä#b HTTP/1.1", "GET / HTTP/1.1\r",
	}
	someFields = []string{
		"Content-Length: 3", "Content-Length: 3", "Content-Length: 5", "Content-Length:\t03 ", "Content-Length: 3, 3", "Content-Length: +3", "Content-Length: 0",
		"Content-Length : 3", "Content_Length: 5", "content-length: 3\r\n 4", "Content-Length:", "Content-Length", "Content-Length: 3\x00", "\x01Content-Length: 3",
		"Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Transfer-Encoding: CHUNKED ", "Transfer-Encoding: xchunked",
		"Transfer-Encoding: identity, chunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked", "Transfer_Encoding: chunked",
		" Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: \vchunked", "X: a\nTransfer-Encoding: chunked",
		"X: a\rTransfer-Encoding: chunked", "Transfer-Encoding\n : chunked", "transfer-encoding: \"chunked\"", "Transfer-Encoding: gzip, chunked",
		"Connection: close", "Connection: keep-alive", "Connection: upgrade", "Upgrade: a", "Expect: 100-continue", "Expect: a", "Trailer: a", "Trailer: content-length",
		"Host: b", "Host : b", "Host: a\x01", "X: \x7f", "\xe4: b", ":", "", " ", "\t", "a", "A b: c", "X: a\r\n\r\n", "Content-Type: a\r\n b", "Ｃontent-Length: 3",
	}
	someBodies = []string{
		"", "", "abc", "abcde", "3\r\nabc\r\n0\r\n\r\n", "3;a=\"b\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n00\r\nA: b\r\nC:\r\n\r\n", "0\r\n\r\n", "3\nabc\n0\n\n", "3\r\nabcd\r\n",
		"g\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "3\r\r\nabc\r\n0\r\n\r\n", "00000000000000003\r\nabc\r\n0\r\n\r\n", "ffffffffffffffff\r\n", "7fffffffffffffff\r\na", "0\r\n A: b\r\n\r\n",
		"0\r\nA: b\n\n\r\n\r\n", "0\r\nA\r\n\r\n", "0\r\nA: b\r\n\r", "3 ;a\r\nabc\r\n0\r\n\r\n", "\r\n", "\n", "0\r\nContent-Length: 5\r\n\r\n", "-3\r\nabc",
	}
)

// someRequests makes up to three requests that are seldom good.
func someRequests(rng *rand.Rand) string {
	var b strings.Builder
	pick := func(of []string) string { return of[rng.IntN(len(of))] }
	for range 1 + rng.IntN(3) {
		b.WriteString(pick(someLines) + "\r\n")
		if rng.IntN(10) > 0 {
			b.WriteString(host + "\r\n")
		}
		for range rng.IntN(4) {
			b.WriteString(pick(someFields) + "\r\n")
		}
		b.WriteString("\r\n" + pick(someBodies))
	}
	s := b.String()
	if rng.IntN(4) == 0 { // one byte is another
		at := rng.IntN(len(s))
		s = s[:at] + string([]byte{"\x00\r\n\t :;,0a\x7f\xff"[rng.IntN(12)]}) + s[at+1:]
	}
	return s
}

func TestAgreement(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	n, routed := 10_000, 0
	if testing.Short() {
		n /= 10
	}
	for range n {
		routed += agree(t, someRequests(rng), desync.Mode(rng.IntN(3)), rng.Uint64())
	}
	require.Greater(t, routed, n/3)
	t.Logf("%d connections, %d requests routed", n, routed)
}

func FuzzAgreement(f *testing.F) {
	for _, test := range requestCases {
		if len(test.sent) < 1000 {
			f.Add(test.sent+test.sent, uint8(1), uint64(1))
		}
	}
	for seed := range uint64(50) {
		f.Add(someRequests(rand.New(rand.NewPCG(seed, 0))), uint8(seed%3), seed)
	}
	f.Fuzz(func(t *testing.T, sent string, mode uint8, seed uint64) {
		if strings.HasPrefix(sent, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
			return
		}
		agree(t, sent, desync.Mode(mode%3), seed)
	})
}

// TestTheServerAddsNothing has net/http's server serve what is gated: it never answers by
// itself, and serves no request that the gate has not found.
func TestTheServerAddsNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	n, answers := 5_000, map[string]int{}
	if testing.Short() {
		n /= 10
	}
	for range n / 100 {
		synctest.Test(t, func(t *testing.T) {
			conns := make(connListener, 100)
			var clients []*recorder
			for range cap(conns) {
				sent := someRequests(rng)
				client := &recorder{script: script{rest: sent}, sent: sent}
				clients = append(clients, client)
				conns <- desync.NewConn(client, desync.Config{Mode: desync.Mode(rng.IntN(3))})
			}
			server := &http.Server{
				ConnContext:                  desync.NewContext,
				DisableGeneralOptionsHandler: true,
				ErrorLog:                     log.New(io.Discard, "", 0),
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					c := desync.FromContext(r.Context())
					v := c.Next()
					if v.HeadBytes == 0 {
						panic("there is no verdict")
					}
					defer c.Resume()
					w.Header().Set("By", "handler")
					w.Header().Set("Content-Length", "0")
					if v.Status != 0 {
						w.WriteHeader(v.Status)
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
				}),
			}
			served := make(chan error)
			go func() { served <- server.Serve(conns) }()
			synctest.Wait()
			require.NoError(t, server.Shutdown(t.Context()))
			require.ErrorIs(t, <-served, http.ErrServerClosed)
			for _, client := range clients {
				r := bufio.NewReader(strings.NewReader(client.got.String()))
				for {
					answer, err := http.ReadResponse(r, nil)
					if err == io.ErrUnexpectedEOF {
						break
					}
					require.NoError(t, err, "%q: %q", client.sent, client.got.String())
					if answer.StatusCode != http.StatusContinue {
						require.Equal(t, "handler", answer.Header.Get("By"), "%q: %q", client.sent, client.got.String())
					}
					answers[fmt.Sprint(answer.StatusCode)]++
				}
			}
		})
	}
	require.Greater(t, answers["200"], n/4)
	t.Logf("%d connections, answers by status: %v", n, answers)
}

// connListener accepts the connections in it.
type connListener chan net.Conn

func (l connListener) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l connListener) Close() error {
	close(l)
	return nil
}

func (connListener) Addr() net.Addr { return nil }

// recorder is a script that keeps what the server writes.
type recorder struct {
	script
	sent string
	got  strings.Builder
}

func (r *recorder) Write(p []byte) (int, error) { return r.got.Write(p) }
func (*recorder) Close() error                  { return nil }
func (*recorder) LocalAddr() net.Addr           { return nil }
func (*recorder) RemoteAddr() net.Addr          { return nil }
