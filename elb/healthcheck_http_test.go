package elb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// answering connects to a peer that reads a request, writes an answer as it is, and closes.
// asked is told the request if it is not nil.
func answering(answer string, asked func(request string)) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			var request []byte
			for b := make([]byte, 4096); !strings.HasSuffix(string(request), "\r\n\r\n"); {
				n, err := far.Read(b)
				if err != nil {
					return
				}
				request = append(request, b[:n]...)
			}
			if asked != nil {
				asked(string(request))
			}
			_, _ = io.WriteString(far, answer)
		}()
		return near, nil
	}
}

func TestHTTPCheckReadsTheAnswer(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	field := "X: " + strings.Repeat("x", 1000) + "\r\n"
	broken := failure(ReasonFailedHealthChecks, -1, "Health checks failed")
	mismatch := func(code string, n int) Result {
		return failure(ReasonResponseCodeMismatch, n, "Health checks failed with these codes: ["+code+"]")
	}
	for name, c := range map[string]struct {
		answer string
		want   Result
	}{
		"a length":                       {ok + "Content-Length: 2\r\n\r\nok", pass(200)},
		"no body":                        {ok + "Content-Length: 0\r\n\r\n", pass(200)},
		"until the end":                  {ok + "\r\nwhatever there is", pass(200)},
		"of HTTP/1.0":                    {"HTTP/1.0 200 OK\r\n\r\nok", pass(200)},
		"chunks":                         {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", pass(200)},
		"chunks, with a trailer":         {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", pass(200)},
		"no reason phrase":               {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", pass(200)},
		"another status, without a body": {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", mismatch("304", 304)},
		"informational ones before":      {strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", 20) + ok + "\r\n", pass(200)},
		"informational ones alone":       {"HTTP/1.1 100 Continue\r\n\r\n", broken},
		"no end of informational ones":   {strings.Repeat("HTTP/1.1 103 Early Hints\r\n"+field+"\r\n", 70) + ok + "\r\n", broken},
		"another protocol":               {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", mismatch("101", 101)},
		"a long body":                    {ok + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000), pass(200)},
		"a long body's beginning":        {ok + "Content-Length: 999999\r\n\r\n" + strings.Repeat("x", 70000), pass(200)},
		"a long header":                  {ok + strings.Repeat(field, 60) + "\r\n", pass(200)},
		"too long a header":              {ok + strings.Repeat(field, 70) + "\r\n", broken},
		"a body cut short":               {ok + "Content-Length: 3\r\n\r\nok", broken},
		"chunks without an end":          {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", broken},
		"a chunk cut short":              {ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nok", broken},
		"a chunk without a size":         {ok + "Transfer-Encoding: chunked\r\n\r\nz\r\n\r\n", broken},
		"two lengths":                    {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", broken},
		"a negative length":              {ok + "Content-Length: -1\r\n\r\n", broken},
		"an unknown coding":              {ok + "Transfer-Encoding: x\r\n\r\n", broken},
		"nothing":                        {"", broken},
		"a header cut short":             {ok + "X: y\r\n", broken},
		"a line that is no field":        {ok + "X\r\n\r\n", broken},
		"a field without a name":         {ok + ": y\r\n\r\n", broken},
		"no status":                      {"HTTP/1.1\r\n\r\n", broken},
		"a status with a sign":           {"HTTP/1.1 +20 OK\r\n\r\n", broken},
		"a status of four digits":        {"HTTP/1.1 2000 OK\r\n\r\n", broken},
		"a status below 100":             {"HTTP/1.1 099 OK\r\n\r\n", broken},
		"another version":                {"HTTP/2.0 200 OK\r\n\r\n", broken},
		"another protocol's greeting":    {"220 mail.example.com ESMTP\r\n\r\n", broken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := NewProber(HealthCheck{DialContext: answering(c.answer, nil)})
				require.NoError(t, err)
				for range 2 {
					got := p.Check(t.Context(), &Target{Address: "10.0.0.1:80"})
					require.Equal(t, c.want, untimed(got), "%v", got.Err)
					require.Zero(t, got.Duration)
				}
			})
		})
	}
}

func TestHTTPCheckRequest(t *testing.T) {
	for _, c := range []struct{ path, address, line, host string }{
		{"/", "10.0.0.1:80", "GET / HTTP/1.1", "10.0.0.1:80"},
		{"/ping?deep=1&x=%20", "target.test:8080", "GET /ping?deep=1&x=%20 HTTP/1.1", "target.test:8080"},
		{"/gr\u00fcn", "10.0.0.1:80", "GET /gr%C3%BCn HTTP/1.1", "10.0.0.1:80"},
		{"//x/y", "10.0.0.1:80", "GET //x/y HTTP/1.1", "10.0.0.1:80"},
		{"/", "[2001:db8::1]:80", "GET / HTTP/1.1", "[2001:db8::1]:80"},
		{"/", "[fe80::1%eth0]:80", "GET / HTTP/1.1", "[fe80::1]:80"},
	} {
		asked := make(chan string, 1)
		p, err := NewProber(HealthCheck{Path: c.path, DialContext: answering("HTTP/1.1 200 OK\r\n\r\n", func(r string) { asked <- r })})
		require.NoError(t, err)
		require.True(t, p.Check(t.Context(), &Target{Address: c.address}).OK)
		require.Equal(t, c.line+"\r\nHost: "+c.host+"\r\nUser-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n", <-asked)
	}
}

func TestHTTPCheckOfAnAddressThatIsNone(t *testing.T) {
	for _, address := range []string{"a b:80", "a\r\nX: y:80", "b\u00fccher.test:80", "a\x7f:80"} {
		p, err := NewProber(HealthCheck{DialContext: func(context.Context, string, string) (net.Conn, error) {
			panic("nothing is dialled")
		}})
		require.NoError(t, err)
		got := p.Check(t.Context(), &Target{Address: address})
		require.Equal(t, ReasonInternalError, got.Reason, address)
		require.ErrorIs(t, got.Err, errInternal)
	}
}

// FuzzHTTPCheckAnswer compares a check with one that is made through an [http.Transport],
// for answers that both take for HTTP/1's.
func FuzzHTTPCheckAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "220 mail\r\n", "HTTP/1.1 +20 OK\r\n\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		if len(answer) > 4<<10 {
			return // the limits of a header's length are not the same
		}
		dial := answering(answer, nil)
		p, err := NewProber(HealthCheck{DialContext: dial, Timeout: 5 * time.Second})
		require.NoError(t, err)
		got := p.Check(t.Context(), &Target{Address: "10.0.0.1:80"})
		code, err := transportCheck(t.Context(), dial)
		switch {
		case errors.Is(got.Err, errNotHTTP): // which a Transport may let pass
		case err != nil:
			require.Equal(t, ReasonFailedHealthChecks, got.Reason, "%v", err)
			require.Equal(t, -1, got.Code, "%v", err)
		default:
			require.Equal(t, code, got.Code, "%v", got.Err)
			require.Equal(t, code == 200, got.OK)
		}
	})
}

func transportCheck(ctx context.Context, dial dialFunc) (int, error) {
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, DisableCompression: true}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://10.0.0.1:80/", nil)
	if err != nil {
		return 0, err
	}
	response, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response.StatusCode, nil // its Body is the connection
	}
	if _, err := io.CopyN(io.Discard, response.Body, maxHealthBody); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return response.StatusCode, nil
}
