package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Why a proxy has ended a connection.
var (
	// ErrClientReset: the client has reset it, or is not to be reached any more.
	ErrClientReset = errors.New("elb: reset by the client")
	// ErrTargetReset: the target has.
	ErrTargetReset = errors.New("elb: reset by the target")
	// ErrIdle: nothing has passed for as long as IdleTimeout.
	ErrIdle = errors.New("elb: the connection is idle")
	// ErrClientTLS: the client's TLS handshake has failed. It comes with the reason.
	ErrClientTLS = errors.New("elb: the client's TLS handshake failed")
	// ErrTargetTLS: that with the target has, and with the others that were tried.
	ErrTargetTLS = errors.New("elb: the target's TLS handshake failed")
	// ErrNoServerName: the client asks for a server name that there is no group for, or for
	// none.
	ErrNoServerName = errors.New("elb: no target group for the server name")
)

// flow is one client's connection, from the accepting until both ends are closed.
type flow struct {
	proxy *Proxy
	begun time.Time
	group *TargetGroup
	lease lease
	front front         // what the client has told
	took  time.Duration // connecting to the target

	client   net.Conn // as it was accepted
	last     atomic.Int64
	up       direction // from the client to the target
	down     direction
	open     atomic.Int32 // directions that have not ended
	received atomic.Int64 // bytes that the target has got from the client; anybody may look
	sent     atomic.Int64 // those that the client has got from the target

	mu      sync.Mutex
	target  net.Conn           // as it was dialled; nil until then
	dialing context.CancelFunc // ends the attempt that is under way; nil if none is
	aborted error              // why the group has ended it
	idle    *time.Timer
	over    bool  // the connections are closed, or will be; nothing counts any more
	cause   error // why, if not because both ends have ended
}

// serve does all that there is to do for a connection, and returns why it ended.
func (f *flow) serve() error {
	defer f.proxy.end(f)
	if target := f.meet(); target != nil {
		f.exchange(target)
		f.lease.release(f.outcome())
	}
	f.log()
	return f.cause
}

// meet gets to know the client, and connects a target; nil if that fails, and the flow is
// over then.
func (f *flow) meet() (target net.Conn) {
	defer f.rescue()
	if err := f.greet(); err != nil {
		if err == io.EOF {
			f.end(nil, false) // it has come and gone without a word, as health checks do
		} else {
			f.end(err, !errors.Is(err, ErrClientTLS)) // TLS tells the reason
		}
		return nil
	}
	target, err := f.connect()
	if err != nil {
		f.fail(err)
		return nil
	}
	return target
}

// exchange passes bytes until both directions have ended.
func (f *flow) exchange(target net.Conn) {
	f.up = direction{flow: f, bytes: &f.received, first: f.front.first, src: f.front.conn, dst: target, srcLost: ErrClientReset, dstLost: ErrTargetReset}
	f.down = direction{flow: f, bytes: &f.sent, src: target, dst: f.front.conn, srcLost: ErrTargetReset, dstLost: ErrClientReset}
	f.front.first = nil
	f.open.Store(2)
	f.touch()
	f.mu.Lock()
	if !f.over {
		f.idle = time.AfterFunc(f.proxy.config.IdleTimeout, f.checkIdle)
	}
	f.mu.Unlock()
	var other sync.WaitGroup
	other.Go(f.down.run)
	f.up.run()
	other.Wait()
	f.end(nil, false)
}

// touch notes that something has passed.
func (f *flow) touch() { f.last.Store(int64(time.Since(f.proxy.start))) }

// checkIdle ends the flow if nothing has passed for too long; else it looks again when that
// can be so.
func (f *flow) checkIdle() {
	rest := f.proxy.config.IdleTimeout - (time.Since(f.proxy.start) - time.Duration(f.last.Load()))
	if rest <= 0 {
		f.fail(ErrIdle)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.idle.Reset(rest)
	}
}

// abort is what the group calls. The rest is done elsewhere, as it must not wait for
// a connection to be closed.
func (f *flow) abort(cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.aborted = cause; f.target != nil {
		go f.fail(cause)
	} else if f.dialing != nil {
		f.dialing()
	}
}

// fail resets both ends.
func (f *flow) fail(cause error) { f.end(cause, true) }

// end closes both ends, unless that has been done: only the first cause counts.
func (f *flow) end(cause error, hard bool) {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.over, f.cause = true, cause
	target := f.target
	if f.idle != nil {
		f.idle.Stop()
	}
	if f.dialing != nil {
		f.dialing()
	}
	f.mu.Unlock()
	if hard {
		reset(f.client)
		if target != nil {
			reset(target)
		}
		return
	}
	// Only serve's goroutine and those that it waits for come here, so that what is on top
	// of the connections can be seen: TLS, which says goodbye.
	for _, conn := range [...]net.Conn{f.up.dst, f.front.conn, f.client} {
		if conn != nil {
			_ = conn.Close() // nobody is left to tell
		}
	}
}

// outcome is what the group is told: that a target has failed which was gone before it
// answered anything.
func (f *flow) outcome() Outcome {
	o := Outcome{Duration: f.took}
	if errors.Is(f.cause, ErrTargetReset) && f.sent.Load() == 0 {
		o.Err = f.cause
	}
	return o
}

// rescue ends a flow that a function of the configuration has panicked in.
func (f *flow) rescue() {
	if r := recover(); r != nil {
		f.proxy.config.Logger.Error("elb: a connection's handling panicked", "balancer", f.proxy.Name(), "panic", r)
		f.fail(fmt.Errorf("elb: panic: %v", r))
	}
}

// reset closes a connection so that the peer sees it as reset, where it is by TCP.
func reset(conn net.Conn) {
	switch c := conn.(type) {
	case *ProxyConn:
		reset(c.conn)
		return
	case *tls.Conn: // its Close would wait to say goodbye
		reset(c.NetConn())
		return
	case interface{ SetLinger(sec int) error }:
		_ = c.SetLinger(0) // it closes in any case
	}
	_ = conn.Close()
}
