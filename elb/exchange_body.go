package elb

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// errBodyTooLarge is what reading a body ends with that is larger than MaxBody.
var errBodyTooLarge = errors.New("elb: the request's body is too large")

// clientBody is the body of a request as it comes from the client: counted, limited, and
// not waited for longer than the idle timeout.
//
// Targets that are not reached over HTTP/1.1 may still have it when the request is over. It
// belongs to one request only, therefore, and knows when that is.
type clientBody struct {
	r    io.Reader
	w    http.ResponseWriter // for its deadlines
	idle time.Duration
	most int64 // bytes; 0 for any number
	n    atomic.Int64

	mu      sync.Mutex
	begun   bool      // guarded by mu, as are the next ones
	reading bool      // a Read waits for the client
	over    bool      // nobody wants the rest
	left    bool      // the deadlines are the server's again
	until   time.Time // the deadline that Read has set
	err     error     // what reading ended with
	moved   func()    // called when something came, if not nil
}

// hasBody tells whether there is a body to send, or at least no telling that there is not.
func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

func (e *exchange) newBody() *clientBody {
	return &clientBody{r: e.r.Body, w: e.w, idle: e.lb.config.IdleTimeout, most: e.lb.config.MaxBody}
}

// Read implements io.Reader. One goroutine calls it at a time.
func (b *clientBody) Read(p []byte) (int, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	if total := b.n.Add(int64(n)); b.most > 0 && total > b.most {
		n, err = 0, errBodyTooLarge
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	if n > 0 && b.moved != nil {
		b.moved()
	}
	switch {
	case err == nil:
	case !b.over:
		b.err = err
		b.setDeadline(time.Time{}) // what net/http waits for next has limits of its own
	case err == io.EOF: // else it may have been interrupted
		b.err = err
	}
	return n, err
}

func (b *clientBody) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.over:
		return http.ErrBodyReadAfterClose
	case b.err != nil:
		return b.err
	}
	b.begun, b.reading = true, true
	if now := time.Now(); b.until.Sub(now) < b.idle-b.idle/8 {
		b.until = now.Add(b.idle)
		b.setDeadline(b.until)
	}
	return nil
}

// Close implements io.ReadCloser: whoever has begun to read does not want the rest. What nobody
// has read yet another target may get.
func (b *clientBody) Close() error {
	if begun, _, whole := b.state(); begun && !whole {
		b.stop()
	}
	return nil
}

// setDeadline sets the deadline of reads, where there is one to be set. The caller holds mu.
func (b *clientBody) setDeadline(t time.Time) {
	_ = http.NewResponseController(b.w).SetReadDeadline(t)
}

// follow has moved called whenever something came; nil ends that.
func (b *clientBody) follow(moved func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved = moved
}

// stop ends reading, for good: a read that waits returns.
func (b *clientBody) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.reading && !b.left {
		b.setDeadline(time.Unix(1, 0))
	}
}

// lingering is how long a client may still send what nobody wants: were its connection closed
// at once, it might not get the answer (RFC 9112, section 9.6).
const lingering = time.Second

// leave has the server deal with what was not read: it discards some, so that it can use the
// connection for another request, or closes it after the answer. If nobody has read anything
// it does so before it answers.
func (b *clientBody) leave() {
	b.stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	switch {
	case b.err == io.EOF:
	case b.begun:
		b.setDeadline(time.Now().Add(lingering))
	default:
		b.setDeadline(time.Now().Add(b.idle))
	}
}

// state tells whether some of the body has been asked for, whether the client owes it now,
// and whether all is there, as with no body.
func (b *clientBody) state() (begun, owed, whole bool) {
	if b == nil {
		return false, false, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.begun, b.reading, b.err == io.EOF
}

// failed returns what reading ended with, if that is not the end.
func (b *clientBody) failed() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == io.EOF {
		return nil
	}
	return b.err
}

// received is how many bytes came.
func (b *clientBody) received() int64 {
	if b == nil {
		return 0
	}
	return b.n.Load()
}

// bodyStatus is the status for a request whose body could not be read. (User Guide for
// Application Load Balancers, "Troubleshoot", has 400 for a client that closes its connection
// within the body.)
func (e *exchange) bodyStatus(err error) int {
	switch {
	case errors.Is(err, errBodyTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case e.lb.base.Err() != nil:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// clientGone is the status of a request whose context is over. It can be before it is known why
// the body could not be read, as net/http ends the context then, too.
func (e *exchange) clientGone() int {
	switch b := e.body; {
	case e.lb.base.Err() != nil:
		return http.StatusServiceUnavailable
	case b == nil:
		return statusClientClosed
	default:
		b.mu.Lock()
		defer b.mu.Unlock()
		switch {
		case b.reading && !time.Now().Before(b.until):
			return http.StatusRequestTimeout
		case b.err != nil && b.err != io.EOF: // it has just become known
			return e.bodyStatus(b.err)
		case b.begun && b.err == nil:
			return http.StatusBadRequest
		}
		return statusClientClosed
	}
}
