package http1_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// good are answers, to a GET if nothing else is said, and what becomes of them.
var good = []struct {
	name, method, text string
	status             int
	reason             string
	header             http.Header
	length             int64
	body               string
	trailer            http.Header
	kept               bool
	ends               bool // the target closes
}{
	{name: "plain", text: okAnswer, status: 200, reason: "OK", header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok", kept: true},
	{name: "no reason", text: "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n", status: 404, header: http.Header{"Content-Length": {"0"}}, kept: true},
	{name: "no reason and no space", text: "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", status: 404, header: http.Header{"Content-Length": {"0"}}, kept: true},
	{name: "long reason", text: "HTTP/1.1 299 caf\xe9 \t x\r\nContent-Length: 0\r\n\r\n", status: 299, reason: "caf\xe9 \t x", header: http.Header{"Content-Length": {"0"}}, kept: true},
	{name: "status beyond 599", text: "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", status: 999, reason: "x", header: http.Header{"Content-Length": {"0"}}, kept: true},
	{name: "names become canonical", text: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nX-A-b: 1\r\nX-A-B:2\r\nSET-COOKIE: \t a=b \t\r\nempty:\r\n\r\n",
		status: 200, reason: "OK", header: http.Header{"Content-Length": {"0"}, "X-A-B": {"1", "2"}, "Set-Cookie": {"a=b"}, "Empty": {""}}, kept: true},
	{name: "hop-by-hop", text: "HTTP/1.1 200 OK\r\nConnection: x-a, Keep-Alive\r\nKeep-Alive: timeout=5\r\nX-A: 1\r\nX-B: 2\r\nProxy-Authenticate: x\r\n" +
		"Proxy-Status: x\r\nTe: x\r\nUpgrade: h2c\r\nTrailer: x\r\nContent-Length: 0\r\n\r\n", status: 200, reason: "OK",
		header: http.Header{"Content-Length": {"0"}, "X-B": {"2"}, "Proxy-Status": {"x"}}, kept: true},
	{name: "closes", text: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", status: 200, reason: "OK", header: http.Header{"Content-Length": {"1"}}, length: 1, body: "x"},
	{name: "closes and does not", text: "HTTP/1.1 200 OK\r\nConnection: CLOSE, keep-alive\r\nContent-Length: 0\r\n\r\n", status: 200, reason: "OK", header: http.Header{"Content-Length": {"0"}}},
	{name: "more than its length", text: okAnswer + "x", status: 200, reason: "OK", header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok"},
	{name: "leading zeros", text: "HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\nok", status: 200, reason: "OK", header: http.Header{"Content-Length": {"002"}}, length: 2, body: "ok", kept: true},
	{name: "until the end", text: "HTTP/1.1 200 OK\r\n\r\nall of it", status: 200, reason: "OK", header: http.Header{}, length: -1, body: "all of it", ends: true},
	{name: "until the end at once", text: "HTTP/1.1 200 OK\r\n\r\n", status: 200, reason: "OK", header: http.Header{}, length: -1, ends: true},
	{name: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, reason: "OK", header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok"},
	{name: "HTTP/1.0 that stays", text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", status: 200, reason: "OK",
		header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok", kept: true},
	{name: "HTTP/1.0 until the end", text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nok", status: 200, reason: "OK", header: http.Header{}, length: -1, body: "ok", ends: true},
	{name: "HEAD", method: "HEAD", text: "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", status: 200, reason: "OK", header: http.Header{"Content-Length": {"7"}}, length: 7, kept: true},
	{name: "HEAD in chunks", method: "HEAD", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", status: 200, reason: "OK", header: http.Header{}, length: -1, kept: true},
	{name: "HEAD with a body", method: "HEAD", text: okAnswer, status: 200, reason: "OK", header: http.Header{"Content-Length": {"2"}}, length: 2},
	{name: "HEAD without a length", method: "HEAD", text: "HTTP/1.1 200 OK\r\n\r\n", status: 200, reason: "OK", header: http.Header{}, length: -1, kept: true},
	{name: "204", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, reason: "No Content", header: http.Header{}, kept: true},
	{name: "204 of no length", text: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", status: 204, reason: "No Content", header: http.Header{}, kept: true},
	{name: "304", text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", status: 304, reason: "Not Modified", header: http.Header{"Content-Length": {"7"}}, length: 7, kept: true},
	{name: "chunks", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0A;a=b;c=\"d;\"\r\n0123456789\r\n1; x\r\n.\r\n000\r\n\r\n", status: 200, reason: "OK",
		header: http.Header{}, length: -1, body: "ok0123456789.", kept: true},
	{name: "no chunks", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 200, reason: "OK", header: http.Header{}, length: -1, kept: true},
	{name: "trailer", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n1\r\nx\r\n0\r\nx-a: 1\r\nX-A: 2\r\ncontent-length: 5\r\nConnection: x\r\n\r\n", status: 200, reason: "OK",
		header: http.Header{}, length: -1, body: "x", trailer: http.Header{"X-A": {"1", "2"}}, kept: true},
	{name: "more than its chunks", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", status: 200, reason: "OK", header: http.Header{}, length: -1},
	{name: "big header", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: " + strings.Repeat("x", 60<<10) + "\r\n\r\ny", status: 200, reason: "OK", header: http.Header{"Content-Length": {"1"}, "X": {strings.Repeat("x", 60<<10)}},
		length: 1, body: "y", kept: true},
	{name: "informational", text: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\nContent-Length: 0\r\n\r\n" + okAnswer, status: 200, reason: "OK",
		header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok", kept: true},
}

// pieces says a text whole, and by the byte.
var pieces = map[string]func(p *peer, text string){
	"whole": (*peer).say,
	"bytes": func(p *peer, text string) {
		for i := range len(text) {
			p.say(text[i : i+1])
		}
	},
}

func TestAnswersGood(t *testing.T) {
	for _, c := range good {
		for kind, say := range pieces {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					target := script(func(p *peer) {
						p.head()
						say(p, c.text)
						if !c.ends {
							p.sink()
						}
					})
					pool := target.pool()
					req := get()
					if c.method != "" {
						req.Method = c.method
					}
					x, body, err := fetch(t, pool, req)
					require.NoError(t, err)
					require.Equal(t, c.status, x.Status())
					require.Equal(t, c.reason, x.Reason())
					require.Equal(t, c.length, x.ContentLength())
					require.Equal(t, c.header, header(x))
					require.Equal(t, c.body, body)
					require.Equal(t, c.trailer, x.Trailer())
					for name, values := range c.header {
						require.Equal(t, values[0], x.Field(name))
					}
					require.Empty(t, x.Field("Absent"))
					_, open := target.counts()
					want := 0
					// Byte by byte, what comes after the end comes too late to be seen here.
					if c.kept || kind == "bytes" && strings.Contains(c.name, "more than") || kind == "bytes" && c.name == "HEAD with a body" {
						want = 1
					}
					require.Equal(t, want, open, "connections that were kept")
					pool.Close()
					_, open = target.counts()
					require.Zero(t, open)
					target.peers.Wait()
				})
			})
		}
	}
}

// bad are answers that are refused, and why.
var bad = []struct {
	name, text string
	want       error
	body       bool // while it is the body's turn
	ends       bool // the target closes
}{
	{name: "nothing", want: io.EOF, ends: true},
	{name: "a beginning", text: "HTTP/1.1 200 OK\r\nA: b\r\n", want: io.ErrUnexpectedEOF, ends: true},
	{name: "half a line", text: "HTT", want: io.ErrUnexpectedEOF, ends: true},
	{name: "something else", text: "\x15\x03\x01\x00\x02\x02\x16", want: http1.BadStatusLine},
	{name: "something like it", text: "HTTP/2", want: http1.BadStatusLine},
	{name: "in lower case", text: "http/1.1 200 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "an empty line before", text: "\r\n" + okAnswer, want: http1.BadStatusLine},
	{name: "no version", text: "HTTP/1. 200 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "two spaces", text: "HTTP/1.1  200 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "a tab", text: "HTTP/1.1\t200 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "two digits", text: "HTTP/1.1 20 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "four digits", text: "HTTP/1.1 2000 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "a low status", text: "HTTP/1.1 099 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "a signed status", text: "HTTP/1.1 +20 OK\r\n\r\n", want: http1.BadStatusLine},
	{name: "short", text: "HTTP/1.1\r\n\r\n", want: http1.BadStatusLine},
	{name: "control in reason", text: "HTTP/1.1 200 O\x00K\r\n\r\n", want: http1.BadStatusLine},
	{name: "bare LF", text: "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", want: http1.BadLineEnd},
	{name: "bare LF after a field", text: "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", want: http1.BadLineEnd},
	{name: "bare LF at the end", text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n", want: http1.BadLineEnd},
	{name: "bare CR", text: "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 0\r\n\r\n", want: http1.BadFieldValue},
	{name: "bare CR in a name", text: "HTTP/1.1 200 OK\r\nA\r: b\r\n\r\n", want: http1.BadFieldName},
	{name: "CR CR LF", text: "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", want: http1.BadFieldValue},
	{name: "fold", text: "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", want: http1.ObsoleteFold},
	{name: "fold with a tab", text: "HTTP/1.1 200 OK\r\nA: b\r\n\tc: d\r\n\r\n", want: http1.ObsoleteFold},
	{name: "space before the first field", text: "HTTP/1.1 200 OK\r\n A: b\r\n\r\n", want: http1.ObsoleteFold},
	{name: "no colon", text: "HTTP/1.1 200 OK\r\nA\r\n\r\n", want: http1.BadFieldName},
	{name: "no name", text: "HTTP/1.1 200 OK\r\n: b\r\n\r\n", want: http1.BadFieldName},
	{name: "space before the colon", text: "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", want: http1.BadFieldName},
	{name: "space in a name", text: "HTTP/1.1 200 OK\r\nA B: 0\r\n\r\n", want: http1.BadFieldName},
	{name: "letters beyond ASCII in a name", text: "HTTP/1.1 200 OK\r\nCaf\xe9: 0\r\n\r\n", want: http1.BadFieldName},
	{name: "NUL in a value", text: "HTTP/1.1 200 OK\r\nA: 12345678\x0012345678\r\n\r\n", want: http1.BadFieldValue},
	{name: "DEL in a value", text: "HTTP/1.1 200 OK\r\nA: 1234567\x7f\r\n\r\n", want: http1.BadFieldValue},
	{name: "too large", text: "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", want: http1.HeaderTooLarge},
	{name: "too many fields", text: "HTTP/1.1 200 OK\r\n" + strings.Repeat("a:b\r\n", 20000) + "\r\n", want: http1.HeaderTooLarge},
	{name: "no length", text: "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", want: http1.BadContentLength},
	{name: "negative length", text: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", want: http1.BadContentLength},
	{name: "signed length", text: "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", want: http1.BadContentLength},
	{name: "hexadecimal length", text: "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\nx", want: http1.BadContentLength},
	{name: "large length", text: "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nx", want: http1.BadContentLength},
	{name: "two lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", want: http1.BadContentLength},
	{name: "twice the same length", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", want: http1.BadContentLength},
	{name: "a list of lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", want: http1.BadContentLength},
	{name: "chunks and length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: http1.TwoLengths},
	{name: "unknown coding", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "two codings", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "chunked twice", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "identity", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "vertical tab before chunked", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", want: http1.BadFieldValue},
	{name: "chunks in HTTP/1.0", text: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "chunks in 204", text: "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: http1.BadTransferEncoding},
	{name: "length in 204", text: "HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\nx", want: http1.BadContentLength},
	{name: "length in 1xx", text: "HTTP/1.1 103 x\r\nContent-Length: 1\r\n\r\nx" + okAnswer, want: http1.BadContentLength},
	{name: "chunks in 1xx", text: "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + okAnswer, want: http1.BadTransferEncoding},
	{name: "endless informational", text: strings.Repeat("HTTP/1.1 102 x\r\n\r\n", 101) + okAnswer, want: http1.TooManyAnswers},
	{name: "an upgrade", text: "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", want: http1.BadUpgrade},

	{name: "short body", text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "end before a chunk", text: chunked, want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "end in a chunk", text: chunked + "3\r\nok", want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "end after a chunk", text: chunked + "2\r\nok\r\n", want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "end before the trailer", text: chunked + "0\r\n", want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "end in the trailer", text: chunked + "0\r\nA: b\r\n", want: io.ErrUnexpectedEOF, body: true, ends: true},
	{name: "no size", text: chunked + "\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "no hexadecimal size", text: chunked + "g\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "prefixed size", text: chunked + "0x2\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "signed size", text: chunked + "+2\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "space before a size", text: chunked + " 2\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "space after a size", text: chunked + "2 \r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "space before an extension", text: chunked + "2 ;a\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "enormous size", text: chunked + "10000000000000000\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "negative size", text: chunked + "ffffffffffffffff\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "bare LF after a size", text: chunked + "2\nok\r\n", want: http1.BadLineEnd, body: true},
	{name: "bare LF in an extension", text: chunked + "2;a\nb\r\nok\r\n", want: http1.BadLineEnd, body: true},
	{name: "bare CR in an extension", text: chunked + "2;a\rb\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "endless extension", text: chunked + "2;" + strings.Repeat("x", 2000) + "\r\nok\r\n", want: http1.BadChunk, body: true},
	{name: "endless zeros", text: chunked + strings.Repeat("0", 2000), want: http1.BadChunk, body: true},
	{name: "too long a chunk", text: chunked + "2\r\nokay\r\n", want: http1.BadChunk, body: true},
	{name: "too short a chunk", text: chunked + "3\r\nok\r\n0\r\n\r\n", want: http1.BadLineEnd, body: true},
	{name: "bare LF after a chunk", text: chunked + "2\r\nok\n0\r\n\r\n", want: http1.BadLineEnd, body: true},
	{name: "fold in the trailer", text: chunked + "0\r\nA: b\r\n c\r\n\r\n", want: http1.ObsoleteFold, body: true},
	{name: "bad name in the trailer", text: chunked + "0\r\nA : b\r\n\r\n", want: http1.BadFieldName, body: true},
	{name: "bad value in the trailer", text: chunked + "0\r\nA: \x01\r\n\r\n", want: http1.BadFieldValue, body: true},
	{name: "large trailer", text: chunked + "0\r\n" + strings.Repeat("A: b\r\n", 20000), want: http1.HeaderTooLarge, body: true},
	{name: "a large field in the trailer", text: chunked + "0\r\nA: " + strings.Repeat("x", 70000), want: http1.HeaderTooLarge, body: true},
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestAnswersBad(t *testing.T) {
	for _, c := range bad {
		for kind, say := range pieces {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					target := script(func(p *peer) {
						p.head()
						say(p, c.text)
						if !c.ends {
							p.sink()
						}
					})
					pool := target.pool()
					defer pool.Close()
					x := new(http1.Exchange)
					err := pool.RoundTrip(t.Context(), get(), x)
					phase := http1.Answer
					if c.body {
						require.NoError(t, err)
						_, err = io.ReadAll(x)
						phase = http1.AnswerBody
						_, again := x.Read(make([]byte, 1))
						require.Equal(t, err, again)
						require.Zero(t, x.Buffered())
						require.Nil(t, x.Trailer())
					}
					require.ErrorIs(t, err, c.want)
					e := failure(t, err)
					require.Equal(t, phase, e.Phase)
					require.False(t, e.Untouched)
					require.False(t, e.Timeout)
					x.Close()
					_, open := target.counts()
					require.Zero(t, open)
					target.peers.Wait()
				})
			})
		}
	}
}

// What was taken from a chunk before a fault is not lost.
func TestReadGivesWhatCameBeforeAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers(chunked + "2\r\nok\r\nx\r\n"))
		pool := target.pool()
		defer pool.Close()
		_, body, err := fetch(t, pool, get())
		require.ErrorIs(t, err, http1.BadChunk)
		require.Equal(t, "ok", body)
	})
}

// Read gives what is there, and Buffered tells how much of that there still is.
func TestReadDoesNotWaitToFill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(func(p *peer) {
			p.head()
			p.say(chunked + "3\r\nabc\r\n2\r\nde\r\n5\r\nfg")
			p.say("hij\r\n0\r\n\r\n")
			p.sink()
		})
		pool := target.pool()
		defer pool.Close()
		var x http1.Exchange
		require.NoError(t, pool.RoundTrip(t.Context(), get(), &x))
		buf := make([]byte, 100)
		n, err := x.Read(buf[:1])
		require.NoError(t, err)
		require.Equal(t, "a", string(buf[:n]))
		require.Equal(t, 2, x.Buffered())
		n, err = x.Read(nil)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = x.Read(buf)
		require.NoError(t, err)
		require.Equal(t, "bcdefg", string(buf[:n]))
		require.Zero(t, x.Buffered())
		n, err = x.Read(buf)
		require.Equal(t, io.EOF, err)
		require.Equal(t, "hij", string(buf[:n]))
		x.Close()
		n, err = x.Read(buf)
		require.Zero(t, n)
		require.Equal(t, io.EOF, err)
		require.Equal(t, 200, x.Status())
	})
}

func TestInformational(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nLink: </b>\r\nConnection: x\r\nX: y\r\n\r\nHTTP/1.1 110 x\r\n\r\n" + okAnswer))
		pool := target.pool()
		defer pool.Close()
		req := get()
		var got []http.Header
		var status []int
		req.Informational = func(s int, h http.Header) { got, status = append(got, h), append(status, s) }
		_, body, err := fetch(t, pool, req)
		require.NoError(t, err)
		require.Equal(t, "ok", body)
		require.Equal(t, []int{103, 110}, status)
		require.Equal(t, []http.Header{{"Link": {"</a>", "</b>"}}, {}}, got)
	})
}

// A header is added to, not replaced.
func TestCopyHeaderAdds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := script(answers("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nVary: b\r\nSet-Cookie: c\r\nContent-Length: 0\r\n\r\n"))
		pool := target.pool()
		defer pool.Close()
		x, _, err := fetch(t, pool, get())
		require.NoError(t, err)
		h := http.Header{"Set-Cookie": {"own"}}
		x.CopyHeader(h)
		require.Equal(t, http.Header{"Set-Cookie": {"own", "a", "c"}, "Vary": {"b"}, "Content-Length": {"0"}}, h)
		h["Vary"] = append(h["Vary"], "d") // must not run into the next value
		require.Equal(t, []string{"0"}, h["Content-Length"])
	})
}
