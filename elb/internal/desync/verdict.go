package desync

import (
	"bytes"
	"context"
	"net"
)

// Verdict says what becomes of a request. The zero Verdict has it routed.
type Verdict struct {
	Class  Class
	Reason Reason // "" if Class is Compliant

	// Status is what the handler has to answer with, and nothing else to do; zero if the
	// request is to be routed.
	Status int

	// Close says that the connections of the client and of the target are to be closed
	// after the request. The client's are, whatever the handler does.
	Close bool

	// Held says that the request asks for another protocol (Upgrade or CONNECT), and that
	// what follows it waits until the handler calls Raw or Resume.
	Held bool

	// Line is the request line as the client sent it, at most 16 K of it, Method, Target
	// and Proto are its parts. They are empty if the server has them too, as Method,
	// RequestURI and Proto of the http.Request.
	Line, Method, Target, Proto string

	// HeadBytes is the size of the head that the client sent.
	HeadBytes int
}

// pending is a verdict that waits for the handler.
type pending struct {
	Verdict
	start int64 // where in the stream the request starts
}

// Next returns the verdict on the next request. The handler calls it once for each request
// that it serves, before it looks at the request: one that is refused has a harmless
// stand-in, with a body that must not be waited for. A connection that is not gated, such
// as one that speaks HTTP/2, yields zero Verdicts.
func (c *Conn) Next() Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queued == len(c.queue) {
		return Verdict{}
	}
	p := c.queue[c.queued]
	c.queue[c.queued] = pending{}
	if c.queued++; c.queued == len(c.queue) {
		c.queue, c.queued = c.queue[:0], 0
	}
	c.served++
	c.servedAt = p.start
	return p.Verdict
}

// Received returns how many bytes the client sent of the request that Next returned last:
// its head and as much of its body as the server has read; after Raw, also what followed.
func (c *Conn) Received() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queued < len(c.queue) {
		return c.queue[c.queued].start - c.servedAt
	}
	return c.total - c.servedAt
}

// Raw ends the gating, since the request that Next returned last has led to another
// protocol: what follows the request passes as it is. The handler calls it before Hijack.
// It returns false, and changes nothing, if that request is not Held or Resume was called.
func (c *Conn) Raw() bool { return c.let(releaseRaw) }

// Resume has the gating go on, since the request that Next returned last has not led to
// another protocol. It does nothing if that request is not Held or Raw was called.
func (c *Conn) Resume() { c.let(releaseGated) }

func (c *Conn) let(how release) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heldBy == 0 || c.heldBy != c.served || c.release != releaseNone {
		return false
	}
	c.release = how
	if c.waiting { // for bytes, although there may be some to give now
		c.kicked = true
		c.applyLocked()
	}
	return true
}

// push queues the verdict on the message that the head is of.
func (c *Conn) push(v Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pushed++
	if v.Held {
		c.heldBy, c.release = c.pushed, releaseNone
	}
	c.queue = append(c.queue, pending{v, c.total})
	c.total += int64(v.HeadBytes)
}

// describe sets what the client sent as its request line.
func (v *Verdict) describe(raw []byte, h *Head) {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	line = bytes.TrimSuffix(line[:min(len(line), lineLimit)], []byte("\r"))
	v.Line = string(line)
	if h != nil {
		v.Method, v.Target, v.Proto = string(h.Method), string(h.Target), string(h.Version)
	}
}

type contextKey struct{}

// NewContext returns ctx with the Conn that conn is or wraps, if any. It can be the
// ConnContext of an http.Server.
func NewContext(ctx context.Context, conn net.Conn) context.Context {
	for conn != nil {
		if c, ok := conn.(*Conn); ok {
			return context.WithValue(ctx, contextKey{}, c)
		}
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = inner.NetConn()
	}
	return ctx
}

// FromContext returns the Conn that ctx has from NewContext; nil if there is none.
func FromContext(ctx context.Context) *Conn {
	c, _ := ctx.Value(contextKey{}).(*Conn)
	return c
}
