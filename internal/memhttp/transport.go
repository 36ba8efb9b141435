// Package memhttp connects an HTTP client to a handler in the same process without
// a socket, so that the two can live in a testing/synctest bubble.
package memhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
)

// Transport is an http.RoundTripper that has every request served by Handler,
// whatever host it is for. Client and handler see what they would see over
// HTTP/1.1:
//
//   - The handler gets a request of its own, with Content-Length and User-Agent in
//     its header, TLS set for an https URL, and no values of the client's context.
//   - The response is sent when the handler returns or first flushes. After a flush
//     each write waits until the client has read it or closed the body.
//   - A handler that sets no Content-Length and writes more than 2 KiB, or flushes,
//     answers with an unknown length.
//   - When the client's context ends, RoundTrip and reads of a response that is
//     still being written return its error, and the handler's context is cancelled.
//     The handler may go on running, as it may on a server.
//   - A handler that panics, or writes less than its Content-Length, ends in an
//     error for the client that wraps [io.ErrUnexpectedEOF].
//
// Each request runs on one goroutine, which ends with the handler. Hijacking,
// trailers, informational (1xx) responses, compression and HTTP/2 are not
// supported. A Transport may be used concurrently.
type Transport struct {
	Handler http.Handler
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(context.Background())
	served, err := t.serverRequest(ctx, req)
	if err != nil {
		cancel()
		closeBody(req)
		return nil, err
	}
	w := newWriter(req, cancel)
	go func() {
		defer closeBody(req)
		defer cancel()
		w.serve(t.Handler, served)
	}()
	select {
	case r := <-w.result:
		return r.response, r.err
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// serverRequest is req as a server would have read it.
func (t *Transport) serverRequest(ctx context.Context, req *http.Request) (*http.Request, error) {
	if t.Handler == nil {
		return nil, errors.New("memhttp: no handler")
	}
	if req.URL == nil {
		return nil, errors.New("memhttp: request without a URL")
	}
	if req.Context().Err() != nil {
		return nil, context.Cause(req.Context())
	}
	target := req.URL.RequestURI()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("memhttp: request target: %w", err)
	}
	served := &http.Request{
		Method:     req.Method,
		URL:        u,
		RequestURI: target,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     make(http.Header, len(req.Header)+2),
		Body:       http.NoBody,
		Host:       req.Host,
		RemoteAddr: "192.0.2.1:1234", // an address for documentation, RFC 5737
	}
	if served.Method == "" {
		served.Method = http.MethodGet
	}
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	for name, values := range req.Header {
		name = http.CanonicalHeaderKey(name)
		served.Header[name] = append(served.Header[name], values...)
	}
	served.Header.Del("Host")
	if _, ok := served.Header["User-Agent"]; !ok {
		served.Header.Set("User-Agent", "Go-http-client/1.1")
	}
	setBody(served, req)
	if req.URL.Scheme == "https" {
		served.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: req.URL.Hostname()}
	}
	return served.WithContext(ctx), nil
}

// setBody hands the client's body to the handler. A client says with a length of 0
// or less that it does not know it.
func setBody(served, req *http.Request) {
	served.Header.Del("Content-Length")
	if req.Body == nil || req.Body == http.NoBody {
		switch served.Method {
		case http.MethodPost, http.MethodPut, http.MethodPatch:
			served.Header.Set("Content-Length", "0")
		}
		return
	}
	served.Body = req.Body
	if req.ContentLength > 0 {
		served.ContentLength = req.ContentLength
		served.Header.Set("Content-Length", strconv.FormatInt(req.ContentLength, 10))
	} else {
		served.ContentLength = -1
		served.TransferEncoding = []string{"chunked"}
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// serve runs the handler to its end: a return, a panic, or the runtime.Goexit of a
// t.FailNow.
func (w *writer) serve(handler http.Handler, r *http.Request) {
	returned := false
	defer func() {
		switch value := recover(); {
		case returned:
			w.finish(nil)
		case value == nil, value == http.ErrAbortHandler:
			w.finish(fmt.Errorf("memhttp: the handler aborted the response: %w", io.ErrUnexpectedEOF))
		default:
			w.finish(fmt.Errorf("memhttp: the handler panicked: %v: %w\n%s", value, io.ErrUnexpectedEOF, debug.Stack()))
		}
	}()
	handler.ServeHTTP(w, r)
	returned = true
}
