package sqs

import (
	"log/slog"
	"maps"
	"slices"
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

	mu      sync.RWMutex // taken last, but for a moveTask's
	queues  map[arn]*LocalQueue
	deleted map[arn]time.Time // when a name was last deleted, for the 60 seconds that this matters
	tasks   map[string]*moveTask
	closed  bool
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

// sorted returns the open queues that match, by name.
func (r *registry) sorted(match func(*LocalQueue) bool) []*LocalQueue {
	r.mu.RLock()
	all := slices.Collect(maps.Values(r.queues))
	r.mu.RUnlock()
	all = slices.DeleteFunc(all, func(q *LocalQueue) bool { return q.closed.Load() || !match(q) })
	slices.SortFunc(all, func(a, b *LocalQueue) int {
		switch {
		case a.name < b.name:
			return -1
		case a.name > b.name:
			return 1
		}
		return 0
	})
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
	case policy.DeadLetterTargetARN == source:
		return invalid("%s Dead letter target must be another queue.", redriveFault(policy))
	case dead == nil:
		return invalid("%s Dead letter target does not exist.", redriveFault(policy))
	case dead.Config().FIFO != cfg.FIFO:
		return invalid("%s Dead-letter queue must be same type of queue as the source.", redriveFault(policy))
	case !dead.Config().RedriveAllowPolicy.allows(source):
		return invalid("%s The dead-letter queue's RedriveAllowPolicy does not allow this source queue.", redriveFault(policy))
	}
	return nil
}
