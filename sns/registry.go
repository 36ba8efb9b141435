package sns

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// registry holds what all views of a Service share.
type registry struct {
	config  ServiceConfig
	start   time.Time
	startNS int64 // start.UnixNano()
	outbox  Outbox
	admin   admin

	ledger    *ledger    // nil in memory
	directory faultfs.FS // of the ledger, if the service has opened it

	keyMu sync.Mutex
	key   *SigningKey // config's, or made when first needed; guarded by keyMu

	mu     sync.RWMutex // taken last
	topics map[arn]*LocalTopic
	closed bool
}

// now returns the time in nanoseconds since 1970. It follows the monotonic clock,
// so it never runs backwards, whatever becomes of the wall clock.
func (r *registry) now() int64 { return r.startNS + int64(time.Since(r.start)) }

// jitter varies a delay. Whatever the user's function does, it is no longer than it
// was, and there is one.
func (r *registry) jitter(delay time.Duration) (varied time.Duration) {
	if r.config.Jitter == nil {
		return delay - time.Duration(rand.Int64N(int64(delay)/10+1))
	}
	defer func() {
		if recover() != nil {
			varied = delay
		}
	}()
	return min(max(0, r.config.Jitter(delay)), delay)
}

func (r *registry) get(a arn) *LocalTopic {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.topics[a]
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

// add adds a topic, if there is none of its name: that is old then. c is what to wait for.
func (r *registry) add(t *LocalTopic) (old *LocalTopic, c *commit, err error) {
	a := arn{t.region, t.account, t.name}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, &Error{Op: "CreateTopic", Resource: t.name, Err: ErrClosed}
	}
	if old = r.topics[a]; old == nil {
		r.topics[a] = t
		c = t.changed()
	}
	return old, c, nil
}

// forget drops a topic that ended.
func (r *registry) forget(t *LocalTopic) {
	r.remove(t, func() *commit { return nil })
}

// remove drops a topic, and stores that by a function, so that its name is not given to
// another one before.
func (r *registry) remove(t *LocalTopic, store func() *commit) *commit {
	a := arn{t.region, t.account, t.name}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.topics[a] != t {
		return nil
	}
	delete(r.topics, a)
	return store()
}

// sorted returns the topics that match, by ARN.
func (r *registry) sorted(match func(*LocalTopic) bool) []*LocalTopic {
	r.mu.RLock()
	all := slices.Collect(maps.Values(r.topics))
	r.mu.RUnlock()
	all = slices.DeleteFunc(all, func(t *LocalTopic) bool { return !match(t) })
	slices.SortFunc(all, func(a, b *LocalTopic) int { return strings.Compare(a.arn, b.arn) })
	return all
}

// signingKey returns the key that signs envelopes.
func (r *registry) signingKey() (*SigningKey, error) {
	r.keyMu.Lock()
	defer r.keyMu.Unlock()
	if r.key != nil {
		return r.key, nil
	}
	key, err := NewSigningKey()
	if err != nil {
		return nil, err
	}
	r.key = key
	return key, nil
}
