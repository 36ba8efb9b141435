package elb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/leat-go/leat/elb/internal/http1"
)

// maxSetFields is how many header fields are set at most.
const maxSetFields = 8

// targetFields returns the fields of the header that the target gets in place of the
// client's.
func (e *exchange) targetFields() []http1.Field {
	fields := e.listener.forward.fields(e.fields[:0], e.r, e.peer)
	return append(fields, http1.Field{Name: traceHeader, Value: e.trace})
}

// host is the Host that the target gets.
func (e *exchange) host() string { return e.listener.forward.host(e.r.Host, e.decision.Host) }

// request is the request as targets get it that are not reached over HTTP/1.1.
func (e *exchange) request(ctx context.Context, u *url.URL) *http.Request {
	r := e.r.WithContext(ctx)
	r.URL, r.Host = u, e.host()
	r.Header = make(http.Header, len(e.r.Header)+maxSetFields)
	nominated := http1.Nominated(e.r.Header["Connection"])
	for name, values := range e.r.Header {
		if !http1.IsHopByHop(name) && !nominated[name] && !e.listener.skip(name) {
			r.Header[name] = values
		}
	}
	if http1.IsListed(e.r.Header["Te"], "trailers") {
		r.Header["Te"] = []string{"trailers"} // gRPC asks for it
	}
	for _, f := range e.targetFields() {
		r.Header[f.Name] = []string{f.Value}
	}
	r.RequestURI = ""
	r.Close = false
	if e.body != nil {
		r.Body = e.body
	} else if r.Body != nil {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	return r
}

// isGRPCType tells whether a header is that of a gRPC request.
func isGRPCType(h http.Header) bool {
	values := h["Content-Type"]
	return len(values) > 0 && strings.HasPrefix(values[0], "application/grpc")
}
