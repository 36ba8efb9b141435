package http1

import (
	"context"
	"net"
	"sync"
	"time"
)

// Config is what a [Pool] is made of.
type Config struct {
	// Dial connects to the target, with the TLS handshake if the target speaks TLS. It must
	// return when ctx ends. Without deadlines, which all connections of Go's own have, timeouts
	// do not work, and an abort closes the connection.
	Dial func(ctx context.Context) (net.Conn, error)

	// ConnectTimeout is the longest that Dial may take. Zero is no limit.
	ConnectTimeout time.Duration

	// MaxIdle is how many idle connections are kept at most; zero for none. The one that was
	// used last is the first to be used again.
	MaxIdle int

	// IdleTimeout is how long an idle connection is kept. Zero is 60 seconds.
	IdleTimeout time.Duration

	// MaxHeaderBytes is how long the header of an answer may be: status line and fields,
	// counted for each of the informational answers before it, and for the trailer, too. Zero
	// is 64 KiB.
	MaxHeaderBytes int
}

const (
	defaultIdleTimeout    = 60 * time.Second
	defaultMaxHeaderBytes = 64 << 10
)

// Pool is a pool of connections to one target. Its methods may be called by any
// goroutine.
type Pool struct {
	config Config

	mu     sync.Mutex
	idle   []*conn     // by the time since when they idle; guarded by mu
	timer  *time.Timer // runs expire; nil before the first connection idled; guarded by mu
	armed  bool        // the timer runs; guarded by mu
	closed bool        // guarded by mu
}

// NewPool returns a pool without connections.
func NewPool(c Config) *Pool {
	if c.IdleTimeout <= 0 {
		c.IdleTimeout = defaultIdleTimeout
	}
	if c.MaxHeaderBytes <= 0 {
		c.MaxHeaderBytes = defaultMaxHeaderBytes
	}
	return &Pool{config: c}
}

// Close closes the connections that are idle. Those in use are closed when their exchanges
// are. RoundTrip works after Close, and keeps no connection. It may be called again.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	over := p.idle
	p.idle = nil
	if p.armed {
		p.timer.Stop()
		p.armed = false
	}
	p.mu.Unlock()
	for _, c := range over {
		c.close(true)
	}
}

// take returns the connection that has idled for the shortest time, and is alive as far as
// that can be seen; nil if there is none.
func (p *Pool) take(now time.Time) *conn {
	for {
		p.mu.Lock()
		n := len(p.idle) - 1
		if n < 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.idle[n]
		p.idle[n] = nil
		p.idle = p.idle[:n]
		p.mu.Unlock()
		if now.Sub(c.since) < p.config.IdleTimeout && c.isQuiet() {
			return c
		}
		c.close(true)
	}
}

// put keeps a connection for another request, or closes it if there is no room.
func (p *Pool) put(c *conn) {
	c.rest()
	p.mu.Lock()
	if p.closed || len(p.idle) >= p.config.MaxIdle {
		p.mu.Unlock()
		c.close(true)
		return
	}
	c.since = time.Now() // in the order of the list, as under the lock
	p.idle = append(p.idle, c)
	switch {
	case p.armed:
	case p.timer == nil:
		p.timer = time.AfterFunc(p.config.IdleTimeout, p.expire)
	default:
		p.timer.Reset(p.config.IdleTimeout)
	}
	p.armed = true
	p.mu.Unlock()
}

// expire closes what has idled for too long. It runs once more after the last connection
// was taken, and then not before another idles.
func (p *Pool) expire() {
	now := time.Now()
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].since) >= p.config.IdleTimeout {
		n++
	}
	over := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	clear(p.idle[len(p.idle) : len(p.idle)+n])
	if p.armed = len(p.idle) > 0; p.armed {
		p.timer.Reset(p.config.IdleTimeout - now.Sub(p.idle[0].since))
	}
	p.mu.Unlock()
	for _, c := range over {
		c.close(true)
	}
}
