package memhttp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// bufferSize is how much of a response a server of net/http holds back in order to
// state its length.
const bufferSize = 2048

// writer is the http.ResponseWriter of one request. The handler's goroutine owns
// it; the client's gets what is sent through result, and pipe.
type writer struct {
	req    *http.Request // the client's
	cancel func()        // cancels the handler's context
	result chan result   // holds one, so that a client that has left holds up nobody

	header   http.Header // the handler's; what it does after WriteHeader has no effect
	status   int         // 0 until WriteHeader
	sent     http.Header // header as WriteHeader found it
	declared int64       // Content-Length, -1 if the handler set none
	written  int64
	buffer   bytes.Buffer   // the body before the first flush
	pipe     *io.PipeWriter // the body after it, nil before
	unwatch  func() bool    // stops looking for the end of the client's context
}

type result struct {
	response *http.Response
	err      error
}

func newWriter(req *http.Request, cancel func()) *writer {
	return &writer{
		req:      req,
		cancel:   cancel,
		result:   make(chan result, 1),
		header:   http.Header{},
		declared: -1,
		unwatch:  context.AfterFunc(req.Context(), cancel),
	}
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // as net/http does
	}
	if w.status != 0 || status < 200 {
		return
	}
	w.status = status
	w.sent = w.header.Clone()
	if length, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil && length >= 0 {
		w.declared = length
	} else {
		w.sent.Del("Content-Length")
	}
	if _, ok := w.sent["Date"]; !ok {
		w.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.begin()
	if !statusHasBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.declared >= 0 && w.written+int64(len(p)) > w.declared {
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	switch {
	case w.req.Method == http.MethodHead:
		return len(p), nil
	case w.pipe != nil:
		return w.pipe.Write(p)
	default:
		return w.buffer.Write(p)
	}
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is Flush as http.ResponseController calls it. The first one sends the
// response; after it there is nothing to flush.
func (w *writer) FlushError() error {
	if w.pipe != nil {
		return nil
	}
	w.begin()
	reader, pipe := io.Pipe()
	w.unwatch()
	w.unwatch = context.AfterFunc(w.req.Context(), func() {
		pipe.CloseWithError(context.Cause(w.req.Context()))
		w.cancel()
	})
	w.pipe = pipe
	w.send(w.declared, &streamBody{reader, w.cancel})
	_, err := w.buffer.WriteTo(pipe)
	return err
}

// finish ends the response, with an error when the handler did not end it.
func (w *writer) finish(err error) {
	w.unwatch()
	if err == nil {
		w.begin()
		if w.hasBody() && w.written < w.declared {
			err = fmt.Errorf("memhttp: the handler wrote %d of the %d bytes it declared: %w", w.written, w.declared, io.ErrUnexpectedEOF)
		}
	}
	switch {
	case w.pipe != nil:
		w.pipe.CloseWithError(err)
	case err != nil:
		w.result <- result{err: err}
	default:
		length := w.declared
		if length < 0 && w.hasBody() && w.written <= bufferSize {
			length = w.written
			w.sent.Set("Content-Length", strconv.FormatInt(length, 10))
		}
		w.send(length, io.NopCloser(&w.buffer))
	}
}

// begin sends the header of a handler that never called WriteHeader.
func (w *writer) begin() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}

// send hands the client its response. Length is -1 if unknown.
func (w *writer) send(length int64, body io.ReadCloser) {
	response := &http.Response{
		Status:        fmt.Sprintf("%03d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          body,
		ContentLength: length,
		Request:       w.req,
	}
	switch {
	case !statusHasBody(w.status):
		response.ContentLength = 0
	case length < 0 && w.hasBody():
		response.TransferEncoding = []string{"chunked"}
	}
	if _, ok := w.sent["Content-Type"]; !ok && w.buffer.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.buffer.Bytes()))
	}
	w.result <- result{response: response}
}

func (w *writer) hasBody() bool {
	return w.req.Method != http.MethodHead && statusHasBody(w.status)
}

func statusHasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// streamBody is a response body that is still being written. Closing it is how a
// client hangs up.
type streamBody struct {
	*io.PipeReader
	cancel func()
}

func (b *streamBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
