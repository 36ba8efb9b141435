package elb

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// member is a target in a group.
type member struct {
	group   *TargetGroup
	target  *Target
	zone    string       // as the group sees it
	handler http.Handler // of a target in this process
	probed  *Target      // what is checked

	// Guarded by the group's mu.
	health   health
	series   *checkSeries // nil if it is not checked
	founding bool         // it came with the group's first ones, and never was healthy or unhealthy
	since    time.Time    // since when it drains
	drained  *time.Timer  // the end of the deregistration delay; nil if it did not drain yet
	drains   int          // how often it did
	outlier  outlierRecord
	gone     bool // neither registered nor draining any more

	used   atomic.Bool   // by requests; changed under the group's mu
	slow   atomic.Int64  // when its slow start began, by the group's clock; 0 if it is full
	credit atomic.Uint32 // in slow start, parts of requests

	requests, errors atomic.Int64
	latency          atomic.Int64 // nanoseconds
	bad              atomic.Int32 // answers in a row

	up atomic.Pointer[upstream]

	mu     sync.Mutex
	leases lease // the ends of a ring
	active int   // leases
	shut   bool  // there will be no more leases: draining or gone; changed under the group's mu, too
}

func newMember(g *TargetGroup, t *Target) *member {
	m := &member{group: g, target: t, zone: g.zone(t.Zone), handler: t.Handler, probed: t}
	if t.Function != nil {
		m.handler = newFunctionHandler(g.config.ARN, g.config.MultiValueHeaders, t.Function)
		m.probed = &Target{ID: t.Name(), Handler: m.handler}
	}
	m.leases.next, m.leases.previous = &m.leases, &m.leases
	return m
}

// holding is what became of an attempt to hold a lease.
type holding int

const (
	leaseHeld  holding = iota
	targetFull         // it has as many as it may
	targetLeft         // it drains or is gone
)

// hold links a lease. done is what the picker wants called.
func (m *member) hold(l *lease, done func(Outcome)) holding {
	most := m.group.config.MaxRequests
	m.mu.Lock()
	switch {
	case m.shut:
		m.mu.Unlock()
		return targetLeft
	case most > 0 && m.active >= most:
		m.mu.Unlock()
		return targetFull
	}
	m.active++
	l.target, l.member, l.done = m.target, m, done
	l.previous, l.next = m.leases.previous, &m.leases
	l.previous.next, l.next.previous = l, l
	m.mu.Unlock()
	m.requests.Add(1)
	return leaseHeld
}

// drop undoes hold. It tells whether the member was waiting for that.
func (m *member) drop(l *lease) (last bool) {
	m.mu.Lock()
	l.previous.next, l.next.previous = l.next, l.previous
	l.previous, l.next, l.member = nil, nil, nil
	m.active--
	last = m.active == 0 && m.shut
	m.mu.Unlock()
	return last
}

// abort ends leases: all, or those of connections.
func (m *member) abort(cause error, connections bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for l := m.leases.next; l != &m.leases; l = l.next {
		if l.abort != nil && (l.connection || !connections) {
			l.abort(cause)
			l.abort = nil
		}
	}
}

// exclude takes the member out of use, and returns how many leases it has. There will be no
// more. The caller holds the group's mu.
func (m *member) exclude() (active int) {
	g := m.group
	m.unschedule()
	delete(g.names, m.target.Name())
	g.version++
	m.readmit()
	m.outlier = outlierRecord{}
	m.used.Store(false)
	m.slow.Store(0)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = true
	return m.active
}

// drain excludes the member until it is idle or the deregistration delay is over, and
// returns how many leases it has. The caller holds the group's mu, and has a member that
// is idle depart.
func (m *member) drain(now time.Time) (active int) {
	g := m.group
	from := m.current()
	active = m.exclude()
	m.since = now
	m.drains++
	drain := m.drains
	if active > 0 {
		m.drained = time.AfterFunc(*g.config.DeregistrationDelay, func() { m.leave(ErrDrained, drain) })
	}
	g.changes.add(StateChange{Time: now, Target: m.target, From: from, To: m.current()})
	return active
}

// stay takes a member back that drains. The caller holds the group's mu.
func (m *member) stay() {
	m.drained.Stop()
	m.mu.Lock()
	m.shut = false
	m.mu.Unlock()
}

// leave has a member depart that drains: with no cause only if it is idle. drain says which
// draining it is about, zero that it is about any.
func (m *member) leave(cause error, drain int) {
	g := m.group
	g.mu.Lock()
	stays := m.gone || !m.shut || drain != 0 && drain != m.drains || cause == nil && m.outstanding() > 0
	if !stays {
		m.depart(time.Now())
	}
	g.mu.Unlock()
	if !stays {
		m.dismiss(cause)
	}
}

// depart takes the member out of the group. The caller holds the group's mu.
func (m *member) depart(now time.Time) {
	g := m.group
	from := m.current()
	if !m.shut {
		m.exclude()
	}
	m.gone = true
	if m.drained != nil {
		m.drained.Stop()
	}
	g.index.Delete(m.target)
	if i := slices.Index(g.members, m); i >= 0 {
		g.members = slices.Delete(g.members, i, i+1)
	}
	g.changes.add(StateChange{Time: now, Target: m.target, From: from, To: because(StateUnused, ReasonNotRegistered)})
}

// dismiss ends what a member that has departed still has to do, if there is a cause for
// that, and closes its connections. The caller holds no mutex.
func (m *member) dismiss(cause error) {
	if cause != nil {
		m.abort(cause, false)
	}
	if up := m.up.Load(); up != nil {
		up.close()
	}
}

// current is the member's state. The caller holds the group's mu.
func (m *member) current() TargetHealth {
	if m.shut {
		return because(StateDraining, ReasonDeregistration)
	}
	return m.health.now
}

// isHealthy tells whether requests go to the member in normal times. The caller holds the
// group's mu.
func (m *member) isHealthy() bool {
	return !m.shut && (m.health.now.State == StateHealthy || m.health.now.State == StateUnavailable)
}

func (m *member) outstanding() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.active
}

func (m *member) status(now time.Time) TargetStatus {
	s := TargetStatus{
		Target:      m.target,
		Health:      m.current(),
		Since:       m.health.since,
		Ejected:     m.outlier.ejected,
		Share:       m.share(now),
		Outstanding: m.outstanding(),
		Requests:    m.requests.Load(),
		Errors:      m.errors.Load(),
		Latency:     time.Duration(m.latency.Load()),
	}
	if m.shut {
		s.Since = m.since
	}
	return s
}
