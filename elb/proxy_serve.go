package elb

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy is a load balancer at layer 4 for TCP, a Network Load Balancer's like: it connects
// each client to a target of a group, and passes bytes.
//
// The group's picker chooses, given the hash of the connection's addresses and ports: AWS's
// balancer is one with a [ConsistentHash], where connections last unevenly
// a [LeastOutstanding] does better. A target that is not connected to in time is passed over
// for another, three in all: that is safe, as no target has seen a byte of the client's yet.
// If there is none left the client is reset. What one end sends the other gets, including
// its end, after which the other direction goes on, and a reset. The proxy resets both ends
// itself when nothing has passed for too long, and when the group says so: the target is
// unhealthy, or deregistered for longer than it may be.
//
// Clients that come through another proxy are known by their own addresses if the listener
// is a [ProxyListener]; targets are told these if the group's ProxyProtocol is set. The
// header has the client's address and that which it connected to and, where the proxy ends
// TLS, the server name and the protocol of ALPN. Facts that came with an earlier header are
// not passed on.
//
// On Linux, bytes that come in bulk from one TCP connection to another do not leave the
// kernel. UDP is not balanced.
//
// All methods may be called concurrently.
type Proxy struct {
	config ProxyConfig // with its defaults
	start  time.Time   // flows tell time from here on
	opened atomic.Int64

	mu        sync.Mutex
	flows     map[*flow]struct{}
	listeners map[net.Listener]struct{}
	closing   chan struct{} // closed by Shutdown and Close
	idle      chan struct{} // closed when closing and the last flow is over
	ended     ProxyMetrics  // of flows that are over; guarded by mu
}

// ErrTooManyConns is why a client was reset: the proxy has as many connections as it may.
var ErrTooManyConns = errors.New("elb: too many connections")

// NewProxy returns a proxy. It fails with a [*ConfigError] for each fault of the
// configuration, joined.
func NewProxy(config ProxyConfig) (*Proxy, error) {
	given := config.ServerNames
	config = config.withDefaults()
	if err := config.validate(given); err != nil {
		return nil, err
	}
	return &Proxy{
		config:    config,
		start:     time.Now(),
		flows:     make(map[*flow]struct{}),
		listeners: make(map[net.Listener]struct{}),
		closing:   make(chan struct{}),
		idle:      make(chan struct{}),
	}, nil
}

// Name returns the proxy's name.
func (p *Proxy) Name() string { return p.config.Name }

// Serve accepts connections until the listener fails or the proxy is closed, and closes the
// listener. It always returns an error, ErrBalancerClosed after Shutdown or Close. When the
// listener says that a failure is temporary, such as too many open files, Serve waits a
// moment, up to a second, and goes on.
//
// A listener of a [net.ListenConfig] whose KeepAlive is less than zero spares four system
// calls a connection: IdleTimeout finds out what a probe would.
func (p *Proxy) Serve(l net.Listener) error {
	defer l.Close()
	if !p.listen(l) {
		return ErrBalancerClosed
	}
	defer p.unlisten(l)
	var pause time.Duration
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			if f, err := p.begin(conn); err == nil {
				go f.serve()
			}
			continue
		case p.isClosing():
			return ErrBalancerClosed
		case !isTemporary(err):
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		p.config.Logger.Warn("elb: a listener fails", "balancer", p.Name(), "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-p.closing:
			return ErrBalancerClosed
		}
	}
}

// ServeConn passes one client's connection to a target until it is over, and closes it. It
// returns nil if both ends have ended it, else why the proxy has: ErrClientTLS,
// a [*ProxyError], ErrNoServerName, ErrTooManyConns, or [os.ErrDeadlineExceeded] where no
// first message came; ErrNoTargets, ErrTargetsBusy, ErrTargetTLS or an error of connecting;
// ErrClientReset or ErrTargetReset; ErrIdle; ErrUnhealthy, ErrDrained or ErrGroupClosed; or
// ErrBalancerClosed. When ctx ends the connection is reset, and ServeConn returns the cause.
func (p *Proxy) ServeConn(ctx context.Context, conn net.Conn) error {
	f, err := p.begin(conn)
	if err != nil {
		return err
	}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() { f.fail(context.Cause(ctx)) })()
	}
	return f.serve()
}

// Shutdown stops accepting and waits until every connection is over, or until ctx ends,
// whose error it then returns; the connections go on, and Close ends them. It may be called
// more than once.
func (p *Proxy) Shutdown(ctx context.Context) error {
	p.stop(nil)
	select {
	case <-p.idle:
		return nil
	default:
	}
	select {
	case <-p.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops accepting, resets all connections, and waits until they are over. It may be
// called more than once, and before, after or during Shutdown. It always returns nil.
func (p *Proxy) Close() error {
	p.stop(ErrBalancerClosed)
	<-p.idle
	return nil
}

// stop closes the listeners, and ends all flows if there is a cause to.
func (p *Proxy) stop(cause error) {
	var flows []*flow
	var listeners []net.Listener
	p.mu.Lock()
	if !p.isClosing() {
		close(p.closing)
		if len(p.flows) == 0 {
			close(p.idle)
		}
	}
	for l := range p.listeners {
		listeners = append(listeners, l)
	}
	if cause != nil {
		for f := range p.flows {
			flows = append(flows, f)
		}
	}
	p.mu.Unlock()
	for _, l := range listeners {
		_ = l.Close() // Accept tells
	}
	for _, f := range flows {
		f.fail(cause)
	}
}

func (p *Proxy) isClosing() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

func (p *Proxy) listen(l net.Listener) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosing() {
		return false
	}
	p.listeners[l] = struct{}{}
	return true
}

func (p *Proxy) unlisten(l net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.listeners, l)
}

// begin makes a flow of a connection, or resets it.
func (p *Proxy) begin(conn net.Conn) (*flow, error) {
	f := &flow{proxy: p, client: conn, begun: time.Now()}
	p.mu.Lock()
	var err error
	switch {
	case p.isClosing():
		err = ErrBalancerClosed
	case p.config.MaxConns > 0 && len(p.flows) >= p.config.MaxConns:
		err = ErrTooManyConns
		p.ended.RejectedFlowCount++
		p.ended.TCPELBResetCount++
	default:
		p.flows[f] = struct{}{}
	}
	p.mu.Unlock()
	if err != nil {
		reset(conn)
		return nil, err
	}
	return f, nil
}

// end takes out a flow that is over.
func (p *Proxy) end(f *flow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flows, f)
	p.ended.count(f)
	if len(p.flows) == 0 && p.isClosing() {
		close(p.idle)
	}
}

// isTemporary tells whether a listener that fails so may do better later.
func isTemporary(err error) bool {
	temporary, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && temporary.Temporary()
}
