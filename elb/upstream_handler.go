package elb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// errPanicked is why a target in this process gave no answer.
var errPanicked = errors.New("elb: the target panicked")

// callHandler has a target in this process answer.
func (e *exchange) callHandler(m *member, again bool) (failed *failedTry) {
	watch := e.watch(again)
	defer watch.end()
	u := new(url.URL)
	*u = *e.decision.URL
	r := e.request(watch.ctx, u)
	r.RequestURI = requestTarget(u)
	if protocol := upgradeOf(e.r); protocol != "" { // it may hijack the connection
		r.Header["Connection"], r.Header["Upgrade"] = []string{"Upgrade"}, []string{protocol}
	}
	w := &handlerWriter{ResponseWriter: e.w, e: e, watch: watch, again: again}
	if h := e.w.Header(); len(h) > 0 {
		w.before = maps.Clone(h)
	}
	defer func() {
		if fault := recover(); fault != nil {
			failed = w.panicked(fault)
		}
		w.end(failed)
	}()
	if f, ok := m.handler.(*functionHandler); ok {
		if err := f.serve(w, r); err != nil {
			return e.explainFunction(watch, err)
		}
	} else {
		m.handler.ServeHTTP(w, r)
	}
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.refused
}

// explainFunction says what an error of a function means.
func (e *exchange) explainFunction(w *watch, err *functionError) *failedTry {
	if failed := w.failure(); failed != nil {
		return failed
	}
	e.log.reason = err.reason
	if err.reason != "" {
		e.group.count.functionError(true)
	}
	return &failedTry{status: err.status, err: err, gone: err.reason == ""}
}

// handlerWriter is what a target in this process writes its answer to. It counts until the
// target returns, and unless the request came to an end before the answer began.
type handlerWriter struct {
	http.ResponseWriter // the client's
	e                   *exchange
	watch               *watch
	before              http.Header // what was in the header before
	again               bool        // the answer may be thrown away

	duplex   bool        // it reads the body while it answers
	begun    bool        // the header was sent, or the connection hijacked
	refused  *failedTry  // why what the target writes does not count; nil if it does
	over     atomic.Bool // the target has returned
	hijacked func() bool // ends the watch over the connection
}

// errOver is what writing fails with after the target has returned, or another's answer goes out.
var errOver = errors.New("elb: the request is over")

// WriteHeader implements http.ResponseWriter.
func (w *handlerWriter) WriteHeader(status int) {
	if !w.counts() {
		return
	}
	e := w.e
	if w.begun {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		e.limitWrites()
		writeInformational(w.ResponseWriter, status)
		return
	}
	if w.again && e.isRetried(status) {
		e.tried.status, e.tried.answered = status, time.Now()
		w.refused = &failedTry{status: status, err: errRetried, reserved: true}
		return
	}
	e.bind(w.Header())
	if _, _, whole := e.body.state(); !whole && w.duplex {
		e.early(w.Header())
	}
	e.limitWrites()
	w.ResponseWriter.WriteHeader(status) // it panics if that is none
	w.begin(status)
}

// counts tells whether what the target writes now counts.
func (w *handlerWriter) counts() bool {
	switch {
	case w.over.Load() || w.refused != nil:
		return false
	case !w.begun:
		w.refused = w.watch.failure()
	}
	return w.refused == nil
}

func (w *handlerWriter) begin(status int) {
	e := w.e
	w.begun = true
	now := time.Now()
	e.status, e.tried.status, e.tried.answered, e.log.begun = status, status, now, now
	w.watch.moved()
}

// Write implements http.ResponseWriter.
func (w *handlerWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if !w.counts() {
		return 0, errOver
	}
	w.e.limitWrites()
	n, err := w.ResponseWriter.Write(p)
	w.e.sent += int64(n)
	if w.hijacked == nil {
		w.watch.moved()
	}
	return n, err
}

// FlushError implements what http.ResponseController looks for.
func (w *handlerWriter) FlushError() error {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if !w.counts() {
		return errOver
	}
	w.e.limitWrites()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *handlerWriter) Flush() { _ = w.FlushError() }

// EnableFullDuplex implements what http.ResponseController looks for.
func (w *handlerWriter) EnableFullDuplex() error {
	w.duplex = true
	return http.NewResponseController(w.ResponseWriter).EnableFullDuplex()
}

// Hijack implements http.Hijacker. The connection is closed if the request ends before the
// target returns; after that it is the target's alone.
func (w *handlerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !w.counts() {
		return nil, nil, errOver
	}
	conn, buffered, err := w.e.hijack()
	if err != nil {
		return nil, nil, err
	}
	w.begin(http.StatusSwitchingProtocols)
	w.watch.release()
	// The context will not do: reading the client's end from buffered ends it.
	w.hijacked = context.AfterFunc(w.e.lb.base, func() { _ = conn.Close() })
	w.watch.closing(conn)
	return conn, buffered, nil
}

// Unwrap is for http.ResponseController.
func (w *handlerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// panicked contains a panic of the target.
func (w *handlerWriter) panicked(fault any) *failedTry {
	e := w.e
	err := errPanicked
	if fault != http.ErrAbortHandler {
		err = fmt.Errorf("%w: %v", errPanicked, fault)
		e.logPanic("elb: a target panicked", fault, slog.String("target", e.lease.target.Name()))
	}
	switch failed := w.watch.failure(); {
	case w.begun:
		e.broken = err
		if failed == nil {
			e.tried.err = err
		}
		return nil
	case failed != nil:
		return failed
	default:
		return &failedTry{status: http.StatusBadGateway, err: err}
	}
}

// end is after the target has returned. If it has failed, its header does not count.
func (w *handlerWriter) end(failed *failedTry) {
	w.over.Store(true)
	if w.hijacked != nil {
		w.hijacked()
	}
	if failed != nil {
		h := w.Header()
		clear(h)
		maps.Copy(h, w.before)
	}
}
