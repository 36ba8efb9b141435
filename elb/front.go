package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/elb/internal/desync"
)

// The limits of a request. (User Guide for Application Load Balancers, "Quotas", HTTP
// headers.)
const (
	maxRequestLine = 16 << 10
	maxField       = 16 << 10
	maxHeaders     = 64 << 10
	maxStreams     = 128 // requests at a time on a connection; of "Listeners"
)

// Serve accepts connections from l and answers their requests: those of the listener at l's
// port, or of the only listener, or of the first one if none is at that port. It ends TLS if
// the listener's protocol is HTTPS, judges each request as Desync says, and understands
// HTTP/2 unless HTTP2Disabled. For clients behind a proxy l can be a [ProxyListener].
//
// It returns when l fails, or with ErrBalancerClosed after Shutdown or Close. It closes
// l. It may be called several times, also for the same Listener.
func (lb *LoadBalancer) Serve(l net.Listener) error {
	port := lb.ports[0]
	if at := portOf(l.Addr()); (*lb.current.Load())[at] != nil {
		port = at
	}
	return lb.ServePort(l, port)
}

// ServePort is Serve for the listener at a port, whatever l's port is.
func (lb *LoadBalancer) ServePort(l net.Listener, port int) error {
	front, err := lb.newFront(l, port)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if front.tls != nil {
		go front.acceptTLS()
	}
	err = front.server.Serve(front)
	front.cancel()
	close(front.served)
	front.forget()
	lb.mu.Lock()
	defer lb.mu.Unlock()
	if lb.stopping {
		return ErrBalancerClosed
	}
	return err
}

// frontServer is a server at one listener. It is what that server accepts connections from,
// too: with TLS, when their handshake is over.
type frontServer struct {
	lb     *LoadBalancer
	below  net.Listener
	server *http.Server
	open   atomic.Int64   // connections
	conns  sync.WaitGroup // the same, to wait for
	served chan struct{}  // closed when there will be no more

	tls      *tls.Config     // nil without, when the rest has no use either
	accepted chan net.Conn   // whose handshake is over; closed when there will be no more
	err      error           // why below failed; set before accepted is closed
	ctx      context.Context // of handshakes
	cancel   context.CancelFunc
}

// frontConn is what is known of a client's connection. It is a value of its requests'
// contexts.
type frontConn struct {
	gate    *desync.Conn // nil with HTTP/2 over TLS
	since   time.Time
	traceID string // for the access log
}

type frontKey struct{}

func (lb *LoadBalancer) newFront(below net.Listener, port int) (*frontServer, error) {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	l := lb.listeners[port]
	switch {
	case lb.stopping:
		return nil, ErrBalancerClosed
	case l == nil:
		return nil, &ConfigError{"Listener", "Port", "there is no listener at this port"}
	case l.Protocol == HTTPS && l.TLSConfig == nil:
		return nil, &ConfigError{"Listener", "TLSConfig", "there is none, and Serve has to end TLS"}
	}
	f := &frontServer{lb: lb, below: below, served: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(lb.base)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	if l.Protocol == HTTPS {
		f.accepted = make(chan net.Conn)
		f.tls = frontTLS(&l.Listener)
		protocols.SetHTTP2(!l.HTTP2Disabled)
	} else {
		protocols.SetUnencryptedHTTP2(!l.HTTP2Disabled)
	}
	f.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _ := r.Context().Value(frontKey{}).(*frontConn)
			lb.serve(w, r, (*lb.current.Load())[port], conn)
		}),
		Protocols:                    protocols,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            lb.config.IdleTimeout,
		IdleTimeout:                  lb.config.IdleTimeout,
		MaxHeaderBytes:               maxRequestLine + maxHeaders,
		BaseContext:                  func(net.Listener) context.Context { return lb.base },
		ConnContext:                  f.connContext,
		ConnState:                    f.connState,
		ErrorLog:                     slog.NewLogLogger(lb.config.Logger.Handler(), slog.LevelDebug),
	}
	lb.servers[f] = struct{}{}
	return f, nil
}

// Addr implements net.Listener.
func (f *frontServer) Addr() net.Addr { return f.below.Addr() }

// Close implements net.Listener: connections that are accepted stay.
func (f *frontServer) Close() error {
	f.cancel()
	return f.below.Close()
}

// Accept implements net.Listener.
func (f *frontServer) Accept() (net.Conn, error) {
	if f.tls != nil {
		return f.acceptedTLS()
	}
	c, err := f.below.Accept()
	if err != nil {
		return nil, err
	}
	return f.guard(c), nil
}

// gatedTLS is a connection whose requests are judged, inside of TLS.
type gatedTLS struct {
	*desync.Conn
	tls *tls.Conn
}

// ConnectionState is what net/http has Request.TLS from.
func (c gatedTLS) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

func (f *frontServer) guard(c net.Conn) net.Conn {
	config := &f.lb.config
	gate := desync.NewConn(c, desync.Config{Mode: config.Desync.gate(), HeadTimeout: config.IdleTimeout})
	if t, ok := c.(*tls.Conn); ok {
		return gatedTLS{gate, t}
	}
	return gate
}

// gate is the mode by the name that the gate has for it.
func (m DesyncMode) gate() desync.Mode {
	switch m {
	case DesyncMonitor:
		return desync.Monitor
	case DesyncStrictest:
		return desync.Strictest
	default:
		return desync.Defensive
	}
}

func (f *frontServer) connContext(ctx context.Context, c net.Conn) context.Context {
	conn := &frontConn{since: time.Now()}
	if f.lb.config.AccessLog != nil {
		conn.traceID = traceConnection()
	}
	switch c := c.(type) {
	case *desync.Conn:
		conn.gate = c
	case gatedTLS:
		conn.gate = c.Conn
	}
	return context.WithValue(ctx, frontKey{}, conn)
}

func (f *frontServer) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		f.open.Add(1)
		f.conns.Add(1)
		f.lb.count.connection(+1)
	case http.StateClosed, http.StateHijacked:
		f.lb.count.connection(-1)
		if f.open.Add(-1) == 0 {
			f.forget()
		}
		f.conns.Done()
	}
}

// forget has the balancer forget a server that is over: none of its connections is left, and
// none will come.
func (f *frontServer) forget() {
	select {
	case <-f.served:
	default:
		return
	}
	if f.open.Load() > 0 {
		return
	}
	f.lb.mu.Lock()
	defer f.lb.mu.Unlock()
	delete(f.lb.servers, f)
}
