package http1

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Exchange is a request and its answer. The zero value is ready for [Pool.RoundTrip]; after
// Close and Reset it is so again. But for Abort its methods are for one goroutine at a time.
// Nothing in it outlives an exchange but memory, so that it may go to another pool.
type Exchange struct {
	run

	// wake says that cause or sendErr was set, and is to be looked at before the next wait.
	wake atomic.Bool

	mu     sync.Mutex
	round  uint64 // counts Resets; guarded by mu
	shared        // guarded by mu
}

// run is what only the caller's goroutine uses, and the sender where it says so.
type run struct {
	pool *Pool
	req  *Request // also the sender
	ctx  context.Context
	c    *conn // nil before there is one, and once it is not x's any more

	state     progress
	connected time.Duration
	reused    bool

	// The request.
	out      []byte // its head; the sender's while it sends that
	body     bodyKind
	headSent bool
	joinable bool // the sender has to be waited for
	upgraded bool // the answer is 101

	// What a wait goes by, see wait.go.
	moved   time.Time // when the wait began, or something was sent in it
	by      time.Time // when the final answer's header must be there; else zero
	ask     time.Time // when the body is sent although the target has not asked for it; else zero
	broken  time.Time // until when an answer is awaited to a request that could not be sent; else zero
	watched bool      // the end of ctx aborts x; until then waits look at ctx
	unwatch func() bool

	// The answer.
	head      string // of which all strings are parts
	fields    []fieldSpan
	status    int
	reason    fieldSpan
	old       bool // HTTP/1.0
	closes    bool // Connection says so
	keepAlive bool
	framing   framing
	length    int64 // of the body; -1 if it is not known
	rest      int64 // of the body, or of the chunk
	chunk     chunkState
	heard     bool // something of it has come
	ended     bool // it has come to its end
	trailer   http.Header
	trailed   int   // bytes of the trailer
	err       error // that reading the body failed with
}

// shared is what the goroutines of an exchange have in common: the caller's, the sender, and
// who aborts it.
type shared struct {
	cause  error                   // of the abort
	over   bool                    // Close was called, or Tunnel
	nc     net.Conn                // what an abort interrupts
	cancel context.CancelCauseFunc // of connecting

	sender    senderState
	sendErr   *Error
	sendMoved time.Time // when the target took something at last
	inBody    bool      // the sender waits for the client
	bodyRead  bool
	wrote     bool   // something was sent
	touched   bool   // on an earlier connection, too
	whole     []byte // the request, if it is small and its body was read; of out's array
}

// progress is how far an exchange is.
type progress int

const (
	fresh progress = iota
	begun
	answered // the final header is there
	closed
)

// bodyKind is how the request's body is framed.
type bodyKind int

const (
	noBody bodyKind = iota
	sizedBody
	chunkedBody
)

// senderState is what the sender of the request's body does.
type senderState int

const (
	senderNone    senderState = iota // there is no body, or it was not begun
	senderRuns                       // it reads, or writes a part
	senderEnds                       // it writes the last part
	senderDone                       // the body was sent
	senderFailed                     // see sendErr
	senderStopped                    // nobody wants the rest
)

// Status returns the status code of the answer.
func (x *Exchange) Status() int { return x.status }

// ContentLength returns the length of the answer's body if it is known before, else -1. For
// an answer to HEAD and for 304 it is that of the field Content-Length, although there is no
// body.
func (x *Exchange) ContentLength() int64 { return x.length }

// Trailer returns the fields that came after the body. It is nil before Read has
// returned io.EOF, and if there are none.
func (x *Exchange) Trailer() http.Header {
	if !x.ended {
		return nil
	}
	return x.trailer
}

// Reused tells whether the connection had been used before.
func (x *Exchange) Reused() bool { return x.reused }

// Connected returns how long it took to connect; 0 if the connection is Reused.
func (x *Exchange) Connected() time.Duration { return x.connected }

// SentAll tells whether the request was sent to its end, and waits that long for it.
func (x *Exchange) SentAll(wait time.Duration) bool {
	if x.body == noBody {
		return x.headSent
	}
	if x.joinable && wait > 0 {
		timer := time.NewTimer(wait)
		select {
		case <-x.c.done:
			x.joinable = false
		case <-timer.C:
		}
		timer.Stop()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sender == senderDone
}

// Tunnel returns the connection after an answer of 101, with the bytes that came after its
// header. It is the caller's then, without a deadline; neither Abort nor Close touch it. It
// returns nil if the answer was another, the exchange was aborted, or Tunnel was called
// before.
func (x *Exchange) Tunnel() (c net.Conn, buffered []byte) {
	if !x.upgraded || x.c == nil {
		return nil, nil
	}
	x.stopWatching()
	x.mu.Lock()
	aborted := x.cause != nil
	if !aborted {
		x.over, x.nc = true, nil
	}
	x.mu.Unlock()
	if aborted {
		return nil, nil
	}
	tunnel := x.c
	x.c = nil
	_ = tunnel.nc.SetDeadline(time.Time{})
	return tunnel.nc, tunnel.buf[tunnel.r:tunnel.w]
}

// Abort ends the exchange, from any goroutine and at any time: what it waits for, be it
// a connection, an answer, or that the target takes the request, ends at once with an
// [*Error] that wraps cause. The first cause counts. Before RoundTrip it makes that fail;
// after Close it does nothing.
func (x *Exchange) Abort(cause error) {
	x.mu.Lock()
	x.abortAndUnlock(cause)
}

// abortIf aborts the exchange of a context that ended, unless x has gone on to another.
func (x *Exchange) abortIf(round uint64, cause error) {
	x.mu.Lock()
	if x.round != round {
		x.mu.Unlock()
		return
	}
	x.abortAndUnlock(cause)
}

func (x *Exchange) abortAndUnlock(cause error) {
	if x.over || x.cause != nil {
		x.mu.Unlock()
		return
	}
	if cause == nil {
		cause = context.Canceled
	}
	// From here on nobody else gets the connection.
	x.cause = cause
	nc, cancel := x.nc, x.cancel
	x.mu.Unlock()
	x.wake.Store(true)
	if cancel != nil {
		cancel(cause)
	}
	if nc != nil && nc.SetDeadline(past) != nil {
		_ = nc.Close()
	}
}

// Close ends the exchange. If that is proven to be safe the connection goes back to the
// pool; else it is closed. It waits until the request's Body is not in use any more: if Body.Read
// may be waiting, the caller must have seen to it that it returns. It may be called again.
func (x *Exchange) Close() {
	if x.state == fresh || x.state == closed {
		return
	}
	x.stopWatching()
	keep := x.isDone() && x.endSender()
	x.state = closed
	x.mu.Lock()
	keep = keep && x.cause == nil
	x.over, x.nc = true, nil
	x.mu.Unlock()
	if c := x.c; c != nil {
		x.c = nil
		if keep {
			x.pool.put(c)
		} else {
			x.endSenderOf(c)
			c.close(false)
		}
	}
	x.pool, x.req, x.ctx = nil, nil, nil
}

// isDone tells whether the answer came to its proper end, and the connection may go on.
func (x *Exchange) isDone() bool {
	return x.state == answered && x.c != nil && x.ended && x.err == nil && x.keepAlive && !x.upgraded && x.c.r == x.c.w
}

// lastWrite is how long Close waits for a write to return that the target has answered.
const lastWrite = 10 * time.Millisecond

// endSender tells whether the request was sent completely. If only the last write has not
// returned yet it waits for that.
func (x *Exchange) endSender() bool {
	if x.body == noBody {
		return x.headSent
	}
	x.mu.Lock()
	ends := x.sender == senderEnds || x.sender == senderDone
	x.mu.Unlock()
	return ends && x.SentAll(lastWrite) && !x.joinable
}

// endSenderOf stops the sender and waits for its end.
func (x *Exchange) endSenderOf(c *conn) {
	x.mu.Lock()
	if x.sender == senderRuns || x.sender == senderEnds {
		x.sender = senderStopped
	}
	x.mu.Unlock()
	if x.joinable {
		if c.nc.SetDeadline(past) != nil {
			_ = c.nc.Close()
		}
		<-c.done
		x.joinable = false
	}
}

// Reset makes x ready for another RoundTrip, after Close. It forgets an Abort that came before.
func (x *Exchange) Reset() {
	x.Close()
	out := x.out[:0]
	if cap(out) > 4*smallRequest {
		out = nil
	}
	fields := x.fields[:0]
	if cap(fields) > 256 {
		fields = nil
	}
	x.run = run{out: out, fields: fields}
	x.wake.Store(false)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.round++
	x.shared = shared{}
}
