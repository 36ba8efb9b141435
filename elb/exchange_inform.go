package elb

import (
	"maps"
	"net/http"

	"github.com/leat-go/leat/elb/internal/http1"
)

// inform passes on what a target says before its answer. The first look at the body has
// net/http say 100, perhaps at the same time, for which it is not made in HTTP/1.1: a client that
// waits for that gets nothing else. Those of HTTP/1.0 know nothing of all this.
func (e *exchange) inform(status int, h http.Header) {
	waits := e.r.ProtoMajor == 1 && e.body != nil && e.r.Header["Expect"] != nil
	if status == http.StatusContinue || waits || !e.r.ProtoAtLeast(1, 1) {
		return
	}
	to := e.w.Header()
	kept := maps.Clone(to)
	clear(to)
	for name, values := range h {
		if !http1.IsHopByHop(name) {
			to[name] = values
		}
	}
	e.limitWrites()
	writeInformational(e.w, status)
	clear(to)
	maps.Copy(to, kept)
}

// writeInformational writes an informational answer. A field that is not sent has net/http copy
// the header with HTTP/2: if the client has left it may look at that later.
func writeInformational(w http.ResponseWriter, status int) {
	h := w.Header()
	h["Transfer-Encoding"] = nil
	w.WriteHeader(status)
	delete(h, "Transfer-Encoding")
}
