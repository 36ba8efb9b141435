package sqs

import (
	"container/list"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// LocalQueue is leat's own queue, in this process. Create one with New, or many
// that know each other with a Service. All methods may be called concurrently.
// An idle queue has no goroutine and no timer, so one that is forgotten without
// Close is simply garbage.
type LocalQueue struct {
	registry              *registry
	name, account, region string
	createdAt             time.Time

	config atomic.Pointer[Config] // all defaults filled in; never changed in place
	closed atomic.Bool            // follows gone; read without mu

	mu       sync.Mutex
	core     *core       // guarded by mu
	waiters  list.List   // of *waiter, first come first served; guarded by mu
	finished *waiter     // those whose waits have ended, and who are not woken yet; guarded by mu
	timer    *time.Timer // runs tick, while somebody waits; guarded by mu
	outbox   []transfer  // dead letters on their way; guarded by mu
	unserved bool        // serve stopped at a round of dead letters; guarded by mu
	burying  bool        // somebody is emptying the outbox; guarded by mu
	gone     error       // ErrClosed or ErrQueueDoesNotExist once there is nothing more to do here; guarded by mu
	ending   receipt     // of what end told the journal; guarded by mu
	purged   time.Time   // guarded by mu
	text     []byte      // scratch, to write ids and handles; guarded by mu

	admin      sync.Mutex        // held while attributes, tags or permissions change; taken before mu
	modifiedAt time.Time         // guarded by admin
	tags       map[string]string // guarded by admin
}

// New returns a queue in a service of its own, under the default account and
// region. Use a Service for queues that know each other, as a queue and its
// dead-letter queue do. It returns an [*Error] for each fault of name and cfg.
func New(name string, cfg Config) (*LocalQueue, error) {
	service, err := NewService(ServiceConfig{Relaxed: cfg.Relaxed, Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	return service.CreateQueue(name, cfg)
}

// Name returns the queue's name.
func (q *LocalQueue) Name() string { return q.name }

// Account returns the 12 digits of the account that the queue belongs to.
func (q *LocalQueue) Account() string { return q.account }

// Region returns the region that the queue is in.
func (q *LocalQueue) Region() string { return q.region }

// ARN returns the queue's Amazon Resource Name.
func (q *LocalQueue) ARN() string { return arn{q.region, q.account, q.name}.String() }

// Config returns the queue's configuration as it is now, with every default
// filled in. What its pointers lead to must not be changed.
func (q *LocalQueue) Config() Config { return *q.config.Load() }

// Close ends every waiting Receive, and makes that and every later operation that
// can fail do so with ErrClosed. The messages are forgotten, and the service that
// the queue belongs to forgets the queue. In a service on disk the queue is closed until
// that is opened again, with its messages. Close may be called again.
func (q *LocalQueue) Close() error {
	q.end(ErrClosed)
	if !q.Durable() {
		q.registry.forget(q)
	}
	return nil
}

// Durable tells whether the queue is in a service on disk, of [Open].
func (q *LocalQueue) Durable() bool { return q.registry.store != nil }

// end makes the queue fail with reason from now on. It reports false if it did so
// already.
func (q *LocalQueue) end(reason error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.gone != nil {
		return false
	}
	q.gone = reason
	q.closed.Store(true)
	for q.waiters.Len() > 0 {
		q.finish(q.waiters.Front(), nil, nil, q.err("Receive", reason))
	}
	q.takeFinished().wake()
	if q.timer != nil {
		q.timer.Stop()
	}
	switch {
	case q.core.log == nil:
		q.core.clear()
	case reason == ErrQueueDoesNotExist:
		q.core.clear()
		q.core.log.recent.clear()
		q.core.log.at(factNoQueue, q.registry.now())
	}
	q.ending = q.core.log.flush()
	return true
}

// enter locks the queue and brings it up to now. On success the caller must
// leave.
func (q *LocalQueue) enter(op string) (now int64, err error) {
	q.mu.Lock()
	if q.gone != nil {
		q.mu.Unlock()
		return 0, q.err(op, q.gone)
	}
	now = q.registry.now()
	q.core.settle()
	q.core.advance(now)
	return now, nil
}

// change is enter for an operation that changes something. It fails before it takes the
// lock if the journal could not be told.
func (q *LocalQueue) change(op string) (now int64, err error) {
	if err := q.registry.store.ready(); err != nil {
		return 0, q.refused(op, err)
	}
	return q.enter(op)
}

// leave serves those who wait with what is there now, and unlocks the queue. What
// changed is durable once the receipt says so.
func (q *LocalQueue) leave(now int64) receipt {
	q.settle(now)
	done := q.core.log.flush()
	switch {
	case len(q.outbox) == 0:
		q.unlock()
	case q.burying:
		q.mu.Unlock() // who buries wakes those whose waits have ended
	default:
		q.bury() // unlocks
	}
	if done.added {
		q.registry.store.consider(q.registry)
	}
	return done
}

// leaveSoon is leave for those who hold another lock: if there are dead letters,
// they are buried by the next tick.
func (q *LocalQueue) leaveSoon(now int64) receipt {
	q.settle(now)
	done := q.core.log.flush()
	if len(q.outbox) > 0 {
		time.AfterFunc(0, q.tick)
		q.mu.Unlock() // who buries wakes those whose waits have ended
	} else {
		q.unlock()
	}
	return done
}

// acknowledge waits for what an operation has changed. If it changed nothing, somebody
// else may have done so a moment ago, so it waits for what is on its way.
func (q *LocalQueue) acknowledge(op string, done receipt) error {
	s := q.registry.store
	if s == nil {
		return nil
	}
	if !done.added && done.err == nil {
		done = receipt{store: s, ticket: s.journal.Barrier()}
	}
	return stored(op, q.name, done.wait())
}

func (q *LocalQueue) settle(now int64) {
	if q.waiters.Len() > 0 {
		q.serve(now)
		q.arm(now)
	}
	q.collect()
}

func (q *LocalQueue) err(op string, err error) *Error { return &Error{Op: op, Queue: q.name, Err: err} }

func (q *LocalQueue) log() *slog.Logger {
	if l := q.config.Load().Logger; l != nil {
		return l
	}
	return slog.New(slog.DiscardHandler)
}
