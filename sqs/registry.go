package sqs

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// registry holds the queues that know each other: those of all accounts and
// regions of a Service.
type registry struct {
	start   time.Time
	startNS int64 // start.UnixNano()
	relaxed bool
	logger  *slog.Logger
	store   *store // of a service on disk, else nil

	mu      sync.RWMutex // taken last, but for a moveTask's
	queues  map[arn]*LocalQueue
	deleted map[arn]time.Time      // when a name was last deleted, for the 60 seconds that this matters
	resting []resting              // what deleted was told, the oldest first
	tasks   map[string][]*moveTask // by their source's ARN, the newest first
	closed  bool
}

// resting is a name that was deleted, and when.
type resting struct {
	name  arn
	since time.Time
}

// now returns the time in nanoseconds since 1970. It follows the monotonic clock,
// so it never runs backwards, whatever becomes of the wall clock.
func (r *registry) now() int64 { return r.startNS + int64(time.Since(r.start)) }

// find returns the open queue that an ARN names, nil if there is none.
func (r *registry) find(name string) *LocalQueue {
	a, ok := parseARN(name)
	if !ok {
		return nil
	}
	return r.get(a)
}

func (r *registry) get(a arn) *LocalQueue {
	r.mu.RLock()
	defer r.mu.RUnlock()
	q := r.queues[a]
	if q == nil || q.closed.Load() {
		return nil
	}
	return q
}

// open returns ErrClosed, as the error of op, if the service is closed.
func (r *registry) open(op string) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return &Error{Op: op, Err: ErrClosed}
	}
	return nil
}

// forget drops a queue that was closed, and the move tasks from it.
func (r *registry) forget(q *LocalQueue) {
	a := arn{q.region, q.account, q.name}
	r.mu.Lock()
	var tasks []*moveTask
	if r.queues[a] == q {
		delete(r.queues, a)
		tasks = r.tasks[a.String()]
		delete(r.tasks, a.String())
	}
	r.mu.Unlock()
	for _, t := range tasks {
		t.cancel()
	}
}

// rest notes that a name was deleted now. The caller holds mu.
func (r *registry) rest(a arn, now time.Time) {
	for len(r.resting) > 0 && now.Sub(r.resting[0].since) >= purgeInterval {
		if old := r.resting[0]; r.deleted[old.name] == old.since {
			delete(r.deleted, old.name)
		}
		r.resting = r.resting[1:]
	}
	r.deleted[a] = now
	r.resting = append(r.resting, resting{a, now})
}

// sorted returns the open queues that match, by name.
func (r *registry) sorted(match func(*LocalQueue) bool) []*LocalQueue {
	r.mu.RLock()
	all := slices.Collect(maps.Values(r.queues))
	r.mu.RUnlock()
	all = slices.DeleteFunc(all, func(q *LocalQueue) bool { return q.closed.Load() || !match(q) })
	slices.SortFunc(all, func(a, b *LocalQueue) int { return strings.Compare(a.name, b.name) })
	return all
}

// checkRedrive checks a redrive policy against the queue that it names.
func (r *registry) checkRedrive(source string, cfg *Config) error {
	policy := cfg.RedrivePolicy
	if policy == nil {
		return nil
	}
	dead := r.find(policy.DeadLetterTargetARN)
	switch {
	case placeOf(policy.DeadLetterTargetARN) != placeOf(source):
		return invalid("%s Dead letter target must be in the same account and region.", redriveFault(policy))
	case dead == nil:
		return invalid("%s Dead letter target does not exist.", redriveFault(policy))
	case dead.Config().FIFO != cfg.FIFO:
		return invalid("%s Dead-letter queue must be same type of queue as the source.", redriveFault(policy))
	case !dead.Config().RedriveAllowPolicy.allows(source):
		return invalid("%s The dead-letter queue's RedriveAllowPolicy does not allow this source queue.", redriveFault(policy))
	}
	return nil
}
