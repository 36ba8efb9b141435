package elb

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBalancerClosed is what Serve returns after Shutdown or Close.
var ErrBalancerClosed = errors.New("elb: the balancer is closed")

// LoadBalancer is a load balancer at layer 7, an Application Load Balancer's like: its
// listeners route requests by rules to the targets of groups.
//
// It is an http.Handler, for a server of one's own, and has a server too: Serve. All methods
// may be called concurrently.
type LoadBalancer struct {
	config   LoadBalancerConfig // with its defaults
	groups   map[string]*TargetGroup
	ports    []int // of the listeners, in their order
	seal     *cookieSeal
	count    balancerCounters
	active   atomic.Int64 // requests
	retrying atomic.Int64

	base   context.Context // of the requests that Serve's servers get
	cancel context.CancelCauseFunc

	mu        sync.Mutex
	listeners map[int]*listener // by port; the map is replaced when one changes
	current   atomic.Pointer[map[int]*listener]
	servers   map[*frontServer]struct{}
	stopping  bool          // Shutdown or Close was called
	idle      chan struct{} // somebody waits for it to be closed when no request is left; else nil

	draining atomic.Bool // stopping, for requests
}

// listener is a compiled Listener.
type listener struct {
	Listener
	rules   *Rules
	forward forwarder
	skip    func(name string) bool // fields of requests' headers that targets do not see
}

const defaultBalancerName = "leat"

// NewLoadBalancer returns a load balancer. It fails with a [*ConfigError] or
// a [*RuleError] for each fault of the configuration, joined.
func NewLoadBalancer(config LoadBalancerConfig) (*LoadBalancer, error) {
	config = config.withDefaults()
	lb := &LoadBalancer{config: config, groups: make(map[string]*TargetGroup), servers: make(map[*frontServer]struct{})}
	f := configFaults{kind: "LoadBalancerConfig"}
	config.validate(&f)
	for _, g := range config.Groups {
		switch {
		case g == nil:
			f.check(false, "Groups", "one is nil")
			continue
		case g.config.Protocol != HTTP && g.config.Protocol != HTTPS:
			f.check(false, "Groups", "%s is of the protocol %s, not HTTP or HTTPS", g.Name(), g.config.Protocol)
		case lb.groups[g.Name()] != nil:
			f.check(false, "Groups", "two are called %s", g.Name())
		}
		lb.groups[g.Name()] = g
	}
	lb.listeners = make(map[int]*listener, len(config.Listeners))
	for _, l := range config.Listeners {
		c, err := lb.compile(l)
		if err != nil {
			f.join(err)
			continue
		}
		f.check(lb.listeners[c.Port] == nil, "Listeners", "two are at port %d", c.Port)
		lb.listeners[c.Port] = c
		lb.ports = append(lb.ports, c.Port)
	}
	listeners := lb.listeners
	lb.current.Store(&listeners)
	seal, err := newCookieSeal(config.CookieKeys)
	if err != nil {
		f.check(false, "CookieKeys", "%v", err)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	lb.seal = seal
	lb.base, lb.cancel = context.WithCancelCause(context.Background())
	return lb, nil
}

// Name returns the load balancer's name.
func (lb *LoadBalancer) Name() string { return lb.config.Name }

// Config returns the configuration, with its defaults filled in and its listeners as they
// are now.
func (lb *LoadBalancer) Config() LoadBalancerConfig {
	c := lb.config
	c.Listeners, c.Groups = nil, slices.Clone(c.Groups)
	if c.Retries != nil {
		c.Retries = new(*c.Retries)
	}
	for _, port := range lb.ports {
		c.Listeners = append(c.Listeners, (*lb.current.Load())[port].Listener)
	}
	return c
}

// Groups returns the target groups, as they were configured.
func (lb *LoadBalancer) Groups() []*TargetGroup { return slices.Clone(lb.config.Groups) }

// SetListener replaces the rules and the default action of the listener at a port. Requests
// that are under way go on by the old ones. It fails with a [*ConfigError] if there is no
// listener at the port, with a [*RuleError] for each fault of the rules, joined, and then
// changes nothing. What else there is in a Listener stays as it was.
func (lb *LoadBalancer) SetListener(port int, rules []Rule, defaultAction *Action) error {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	old := lb.listeners[port]
	if old == nil {
		return &ConfigError{"Listener", "Port", "there is no listener at this port"}
	}
	l := old.Listener
	l.Rules, l.DefaultAction = rules, defaultAction
	c, err := lb.compile(l)
	if err != nil {
		return err
	}
	listeners := make(map[int]*listener, len(lb.listeners))
	for port, l := range lb.listeners {
		listeners[port] = l
	}
	listeners[port] = c
	lb.listeners = listeners
	lb.current.Store(&listeners)
	return nil
}

// ServeHTTP answers a request: by the listener at the port that the request's connection was
// made to, as net/http's LocalAddrContextKey says, or by the only listener, or by the first
// one if none is at that port.
func (lb *LoadBalancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	listeners := *lb.current.Load()
	port := lb.ports[0]
	if len(lb.ports) > 1 {
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && listeners[portOf(local)] != nil {
			port = portOf(local)
		}
	}
	lb.serve(w, r, listeners[port], nil)
}

// Handler returns what answers requests to the listener at a port, whatever port they were
// sent to; nil if there is none.
func (lb *LoadBalancer) Handler(port int) http.Handler {
	if (*lb.current.Load())[port] == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lb.serve(w, r, (*lb.current.Load())[port], nil)
	})
}

// compile checks a listener, and compiles its rules.
func (lb *LoadBalancer) compile(l Listener) (*listener, error) {
	f := configFaults{kind: "Listener"}
	if l.Protocol == "" {
		l.Protocol = HTTP
		if l.TLSConfig != nil {
			l.Protocol = HTTPS
		}
	}
	if l.Port == 0 {
		l.Port = 80
		if l.Protocol == HTTPS {
			l.Port = 443
		}
	}
	f.check(l.Port > 0 && l.Port <= 65535, "Port", "%d is not one", l.Port)
	f.check(l.Protocol == HTTP || l.Protocol == HTTPS, "Protocol", "%q is neither HTTP nor HTTPS", l.Protocol)
	f.check(l.Protocol == HTTPS || l.TLSConfig == nil, "TLSConfig", "%s has none", l.Protocol)
	rules, err := CompileRules(l.Rules, l.DefaultAction)
	if err != nil {
		f.join(err)
		return nil, f.err()
	}
	if err := rules.CheckListener(l.Protocol == HTTPS, l.Port); err != nil {
		f.join(err)
	}
	for name := range rules.groups() {
		f.check(lb.groups[name] != nil, "Rules", "there is no target group %q", name)
	}
	c := &listener{Listener: l, rules: rules, forward: newForwarder(&lb.config, &l)}
	c.skip = c.forward.replaces
	if lb.config.DropInvalidHeaders {
		c.skip = func(name string) bool { return c.forward.replaces(name) || !isPlainFieldName(name) }
	}
	return c, f.err()
}

// join adds faults that are joined.
func (f *configFaults) join(err error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		f.found = append(f.found, all.Unwrap()...)
	} else {
		f.found = append(f.found, err)
	}
}

func (c LoadBalancerConfig) withDefaults() LoadBalancerConfig {
	if c.Name == "" {
		c.Name = defaultBalancerName
	}
	if c.ForwardedFor == "" {
		c.ForwardedFor = ForwardedAppend
	}
	if c.Desync == "" {
		c.Desync = DesyncDefensive
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 60 * time.Second
	}
	if c.KeepAlive == 0 {
		c.KeepAlive = time.Hour
	}
	if c.Retries != nil {
		c.Retries = new(c.Retries.withDefaults())
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

const (
	maxIdleTimeout = 4000 * time.Second
	maxKeepAlive   = 7 * 24 * time.Hour
)

func (c *LoadBalancerConfig) validate(f *configFaults) {
	f.check(isGroupName(c.Name), "Name", "%.40q is not 1 to %d letters, digits and hyphens, with no hyphen at either end", c.Name, maxGroupName)
	f.check(len(c.Listeners) > 0, "Listeners", "there is none")
	switch c.ForwardedFor {
	case ForwardedAppend, ForwardedPreserve, ForwardedRemove:
	default:
		f.check(false, "ForwardedFor", "%q is none of append, preserve and remove", c.ForwardedFor)
	}
	switch c.Desync {
	case DesyncMonitor, DesyncDefensive, DesyncStrictest:
	default:
		f.check(false, "Desync", "%q is none of monitor, defensive and strictest", c.Desync)
	}
	f.check(c.IdleTimeout > 0 && c.IdleTimeout <= maxIdleTimeout, "IdleTimeout", "%v is not between 0 and %v", c.IdleTimeout, maxIdleTimeout)
	f.check(c.KeepAlive > 0 && c.KeepAlive <= maxKeepAlive, "KeepAlive", "%v is not between 0 and %v", c.KeepAlive, maxKeepAlive)
	f.check(c.MaxBody >= 0, "MaxBody", "%d is less than 0", c.MaxBody)
	if r := c.Retries; r != nil {
		f.check(r.Attempts >= 2 && r.Attempts <= 10, "Retries.Attempts", "%d is not between 2 and 10", r.Attempts)
		f.check(r.Budget >= 1 && r.Budget <= 100, "Retries.Budget", "%d is not between 1 and 100", r.Budget)
		f.check(r.TryTimeout >= 0, "Retries.TryTimeout", "%v is less than 0", r.TryTimeout)
	}
}

func (r Retries) withDefaults() Retries {
	if r.Attempts == 0 {
		r.Attempts = 3
	}
	if r.Budget == 0 {
		r.Budget = 20
	}
	return r
}

// portOf returns an address's port; 0 if it has none.
func portOf(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return int(addrPort(a.String()).Port())
}
