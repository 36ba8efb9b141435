package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// logged logs every call when it is answered.
func logged(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen, reply := &head{ReadCloser: r.Body}, &reply{ResponseWriter: w}
		r.Body = seen
		next.ServeHTTP(reply, r)
		log.InfoContext(r.Context(), "call",
			"action", action(r, seen.start), "path", r.URL.Path, "from", r.RemoteAddr,
			"status", reply.status, "bytes", reply.bytes, "took", time.Since(began).Round(time.Microsecond))
	})
}

// action returns what was called: the JSON protocol names it in a header, the
// Query protocol in the form that is the body, where SDKs put it first.
func action(r *http.Request, body []byte) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	form, _ := url.ParseQuery(string(body)) // it may be cut off
	return form.Get("Action")
}

// head remembers how a body starts.
type head struct {
	io.ReadCloser
	start []byte
}

func (h *head) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	if room := 128 - len(h.start); room > 0 {
		h.start = append(h.start, p[:min(n, room)]...)
	}
	return n, err
}

// reply notes what was answered.
type reply struct {
	http.ResponseWriter
	status, bytes int
}

// Unwrap lets an http.ResponseController reach what is wrapped, to flush events.
func (r *reply) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *reply) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *reply) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += n
	return n, err
}
