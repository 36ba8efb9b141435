package elb

import (
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"sync"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
)

// roundTripHTTP2 sends the request over HTTP/2, and passes on the answer.
func (e *exchange) roundTripHTTP2(up *upstream, again bool) *failedTry {
	w := e.watch(again)
	defer w.end()
	r := e.request(w.ctx, &url.URL{
		Scheme:     schemeOf(e.group.config.Protocol),
		Host:       e.lease.target.Address,
		Path:       e.decision.URL.Path,
		RawPath:    e.decision.URL.RawPath,
		RawQuery:   e.decision.URL.RawQuery,
		ForceQuery: e.decision.URL.ForceQuery,
	})
	if len(r.Header["User-Agent"]) == 0 {
		r.Header["User-Agent"] = []string{""} // or net/http would have one of its own
	}
	var mu sync.Mutex
	waits := true // for the answer; guarded by mu
	r = r.WithContext(httptrace.WithClientTrace(w.ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(status int, h textproto.MIMEHeader) error {
			mu.Lock()
			defer mu.Unlock()
			if waits {
				e.inform(status, http.Header(h))
			}
			return nil
		},
	}))
	response, err := up.transport.RoundTrip(r)
	mu.Lock()
	waits = false
	mu.Unlock()
	if err != nil {
		return e.explainHTTP2(w, err)
	}
	defer response.Body.Close()
	e.tried.status, e.tried.answered = response.StatusCode, time.Now()
	if again && e.isRetried(response.StatusCode) {
		return &failedTry{status: response.StatusCode, err: errRetried, reserved: true}
	}
	h := e.w.Header()
	for name, values := range response.Header {
		if !http1.IsHopByHop(name) {
			h[name] = append(h[name], values...)
		}
	}
	if _, _, whole := e.body.state(); !whole {
		e.early(h)
	}
	e.deliver(response.StatusCode, &responseBody{response, w}, response.ContentLength)
	return nil
}

func (e *exchange) explainHTTP2(w *watch, err error) *failedTry {
	if failed := w.failure(); failed != nil {
		return failed
	}
	f := &failedTry{status: http.StatusBadGateway, err: err}
	if _, ok := errors.AsType[*connectError](err); ok {
		_, isTLS := errors.AsType[*tlsError](err)
		e.group.count.connectionError(isTLS)
		f.untouched = true
		if isTimeout(err) {
			f.status = http.StatusGatewayTimeout
		}
	}
	return f
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// responseBody is the body of an answer over HTTP/2.
type responseBody struct {
	response *http.Response
	watch    *watch
}

func (b *responseBody) Read(p []byte) (int, error) {
	b.watch.moved()
	n, err := b.response.Body.Read(p)
	b.watch.pause() // the client is waited for now
	return n, err
}

// Buffered implements answerBody: who knows.
func (b *responseBody) Buffered() int { return 0 }

func (b *responseBody) Trailer() http.Header { return b.response.Trailer }

// schemeOf is the scheme of URLs of targets.
func schemeOf(p Protocol) string {
	if p == HTTPS {
		return "https"
	}
	return "http"
}
