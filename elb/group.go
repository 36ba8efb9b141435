package elb

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// TargetGroup is a set of targets that requests are spread over: it checks their health,
// keeps its picker to those that are well, and lets those finish that are taken out.
//
// It is a [Picker] by itself, for a client, a gRPC balancer or a pool of connections. A
// [LoadBalancer] routes to groups by rules, a [Proxy] to one. A group checks its targets
// from their registration on, whether anybody uses it or not, and must be closed.
//
// All methods may be called concurrently.
type TargetGroup struct {
	config  GroupConfig // with its defaults
	prober  *Prober
	checks  context.Context // ends with the group
	cancel  context.CancelCauseFunc
	running sync.WaitGroup // checks
	born    time.Time      // slow starts are counted from then, to be immune to changes of the clock

	count   groupCounters
	changes changeLog
	view    atomic.Pointer[groupView]
	index   sync.Map      // *Target to *member, of those in members; changed under mu
	turns   atomic.Uint64 // of acquireAny

	// Who holds several mutexes has taken setting first, then mu, then a member's or that of
	// changes.

	setting sync.Mutex           // one refresh at a time
	pickers map[string]SetPicker // by zone; guarded by setting

	mu      sync.Mutex
	members []*member          // registered or draining, in the order of registration
	names   map[string]*member // registered
	version uint64             // changes with what a view depends on
	joined  int                // how many targets were ever registered
	burst   time.Time          // since when first checks wait for each other
	waiting int                // how many have begun to
	ejected int                // how many of names are
	sweep   *time.Timer
	closed  bool
}

// NewTargetGroup returns a group without targets. It fails with a [*ConfigError] or
// a [*HealthCheckError] for each fault of the configuration, joined.
func NewTargetGroup(config GroupConfig) (*TargetGroup, error) {
	config = config.withDefaults()
	prober, err := NewProber(config.HealthCheck)
	if err = errors.Join(config.validate(), err); err != nil {
		return nil, err
	}
	picker := config.NewPicker()
	if picker == nil {
		return nil, &ConfigError{"GroupConfig", "NewPicker", "it returned nil"}
	}
	config.HealthCheck = prober.check
	g := &TargetGroup{
		config:  config,
		prober:  prober,
		born:    time.Now(),
		pickers: map[string]SetPicker{everywhere: picker},
		names:   make(map[string]*member),
	}
	g.checks, g.cancel = context.WithCancelCause(context.Background())
	g.view.Store(&groupView{zones: map[string]*zoneView{everywhere: {picker: picker}}})
	return g, nil
}

// Name returns the group's name.
func (g *TargetGroup) Name() string { return g.config.Name }

// Config returns the group's configuration, with its defaults filled in.
func (g *TargetGroup) Config() GroupConfig { return g.config.clone() }

// Targets returns what is known of each target that is registered or drains, in the order
// of registration; one that was registered again while it drained has its old place.
func (g *TargetGroup) Targets() []TargetStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	all := make([]TargetStatus, len(g.members))
	for i, m := range g.members {
		all[i] = m.status(now)
	}
	return all
}

// Close ends the health checks, and what targets still have to do, with ErrGroupClosed. It
// waits for checks that are under way; one of a function that does not heed its context is
// left to itself. Every Watch ends. A group that is closed picks no targets. It always
// returns nil.
func (g *TargetGroup) Close() error {
	g.mu.Lock()
	g.closed = true
	g.cancel(ErrGroupClosed)
	g.version++
	members, now := g.members, time.Now()
	g.members = nil
	for _, m := range members {
		m.depart(now)
	}
	if g.sweep != nil {
		g.sweep.Stop()
	}
	g.mu.Unlock()
	g.refresh()
	for _, m := range members {
		m.dismiss(ErrGroupClosed)
	}
	g.running.Wait()
	g.changes.close()
	return nil
}
