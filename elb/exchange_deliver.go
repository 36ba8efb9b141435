package elb

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// answerBody is the body of a target's answer.
type answerBody interface {
	io.Reader
	Buffered() int        // bytes that can be read without waiting
	Trailer() http.Header // after the end
}

// errClientGone is why a request ended whose client does not take the answer.
var errClientGone = errors.New("elb: the client is gone")

const copySize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// deliver passes on an answer whose header is in the writer's already. length is that of
// the body, -1 if it is not known. There is no way back after it.
func (e *exchange) deliver(status int, body answerBody, length int64) {
	h := e.w.Header()
	if h["Content-Type"] == nil {
		h["Content-Type"] = nil // or net/http would guess one
	}
	e.bind(h)
	e.status, e.log.begun = status, time.Now()
	e.w.WriteHeader(status)
	if e.r.Method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified {
		length = 0
	}
	if err := e.copyBody(body, length); err != nil {
		e.broken = err
		if err != errClientGone && e.r.Context().Err() == nil && e.aborted() == nil {
			e.tried.err = err
		}
		return
	}
	for name, values := range body.Trailer() {
		for _, v := range values {
			h.Add(http.TrailerPrefix+name, v)
		}
	}
}

// copyBody sends what the target sends, as it comes: the header too goes ahead of a body that
// is not there yet.
func (e *exchange) copyBody(body answerBody, length int64) error {
	buffer := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buffer)
	for {
		if e.sent != length && body.Buffered() == 0 {
			e.limitWrites()
			if failed := http.NewResponseController(e.w).Flush(); failed != nil && !errors.Is(failed, http.ErrNotSupported) {
				return errClientGone
			}
		}
		n, err := body.Read(buffer[:])
		if n > 0 {
			e.limitWrites()
			if _, failed := e.w.Write(buffer[:n]); failed != nil {
				return errClientGone
			}
			e.sent += int64(n)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// limitWrites has writes to the client fail that wait longer than the idle timeout. The server
// ends that after the request. Where another server has the connection it is that one's
// affair.
func (e *exchange) limitWrites() {
	idle := e.lb.config.IdleTimeout
	if now := time.Now(); e.conn != nil && e.until.Sub(now) < idle-idle/8 {
		e.until = now.Add(idle)
		_ = http.NewResponseController(e.w).SetWriteDeadline(e.until)
	}
}

// early has the client's connection closed after an answer that comes before the end of the
// request's body, and the server not wait for that end before it answers.
func (e *exchange) early(h http.Header) {
	if e.r.ProtoMajor == 1 {
		h["Connection"] = []string{"close"} // or the rest would be read as a request
		_ = http.NewResponseController(e.w).EnableFullDuplex()
	}
}

// bind adds the cookies to an answer's header that keep the client at its target and group.
func (e *exchange) bind(h http.Header) {
	now := time.Now()
	if s := &e.group.config.Stickiness; s.Type != "" {
		e.lb.seal.issue(h, e.r, s, e.group.Name(), e.lease.target.Name(), e.sticky, now)
	}
	if f := e.decision.Action.Forward; f.Stickiness > 0 {
		e.lb.seal.issueGroup(h, f, e.group.Name(), now)
	}
}
