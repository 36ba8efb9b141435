package sns

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/internal/uid"
	"github.com/leat-go/leat/sns/internal/filter"
)

// LocalTopic is leat's own topic, in this process. Create one with New, or many with
// a Service. All methods may be called concurrently. An idle topic has no goroutine
// and no timer; one that is forgotten without Close is garbage once it is idle.
type LocalTopic struct {
	service                    *Service // the view of the topic's own account and region
	name, account, region, arn string
	createdAt                  time.Time
	seeds                      uid.Seeds
	config                     atomic.Pointer[Config] // never changed in place
	ledger                     *ledger                // nil in memory
	number                     uint64                 // in the ledger

	admin sync.Mutex        // held while the topic's or a subscription's settings change; taken before any other
	tags  map[string]string // guarded by admin

	sequence atomic.Uint64 // of the latest message of a standard topic
	order    sync.Mutex    // held while a FIFO topic's messages get their places; taken before mu
	fifo     fifo          // guarded by order
	recents  []*saved      // whose deduplication ids are remembered, the oldest first; nil in memory; guarded by order

	mu            sync.RWMutex
	gone          error                                 // ErrClosed or ErrNotFound once there is nothing more to do here; guarded by mu
	subscriptions map[SubscriptionID]*LocalSubscription // pending and confirmed; guarded by mu
	numbered      uint64                                // of subscriptions so far; guarded by mu
	ended         int                                   // of subscriptions that were unsubscribed; guarded by mu
	byAddress     map[address]*LocalSubscription        // guarded by mu
	byToken       map[string]*LocalSubscription         // by tokens that are not too old; guarded by mu
	expiring      []expiring                            // tokens, the oldest first; guarded by mu
	unfiltered    []*LocalSubscription                  // confirmed, without a policy; guarded by mu
	byAttributes  filter.Index[*LocalSubscription]      // confirmed, with a policy; guarded by mu
	byBody        filter.Index[*LocalSubscription]      // likewise
	past          Metrics                               // of subscriptions that ended; guarded by mu
	fading        []*LocalSubscription                  // of those, the ones that still delivered; guarded by mu
	policed       int                                   // subscriptions with a filter policy, pending ones too; guarded by mu
	asking        *commit                               // has the messages to an endpoint that the change under way sends; guarded by mu

	published, publishedBytes                           atomic.Int64
	filtered, filteredNoAttributes, filteredInvalidBody atomic.Int64
	filteredInvalidAttributes                           atomic.Int64

	publishing sync.WaitGroup // whatever publishes; added to under mu while gone is nil
	running    sync.WaitGroup // whatever drives a courier; added to under that one's mu while it is not closed
}

// New returns a topic in a service of its own, under the default account and
// region. Use a Service for topics that name queues and other endpoints by their
// addresses. It returns an [*Error] for each fault of name and cfg.
func New(name string, cfg Config) (*LocalTopic, error) {
	service, err := NewService(ServiceConfig{Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	return service.CreateTopic(name, cfg)
}

// Name returns the topic's name.
func (t *LocalTopic) Name() string { return t.name }

// Account returns the 12 digits of the account that the topic belongs to.
func (t *LocalTopic) Account() string { return t.account }

// Region returns the region that the topic is in.
func (t *LocalTopic) Region() string { return t.region }

// ARN returns the topic's Amazon Resource Name.
func (t *LocalTopic) ARN() string { return t.arn }

// Config returns the topic's configuration as it is now. Fields that were left empty
// stay so, as AWS tells what was set from what is the default. What its pointers and
// maps hold must not be changed.
func (t *LocalTopic) Config() Config { return *t.config.Load() }

// Close ends every subscription: what waits to be delivered is dropped, the contexts of
// deliveries end, and Close returns when these have. A topic of [Open] drops nothing, and
// goes on when the service is opened again. Every later operation that can
// fail does so with ErrClosed. An endpoint must not call this, Flush, Shutdown, or what
// closes or deletes the topic: it would wait for itself. Close may be called again.
func (t *LocalTopic) Close() error {
	t.end(ErrClosed)
	if t.ledger == nil { // else its name is taken
		t.service.registry.forget(t)
	}
	return nil
}

// Shutdown stops accepting messages and subscriptions, waits until what was accepted is
// delivered, dead-lettered or given up, and closes the topic. When ctx ends first it
// closes the topic at once, and returns ctx's error.
func (t *LocalTopic) Shutdown(ctx context.Context) error {
	t.refuse(ErrClosed)
	t.publishing.Wait() // what was accepted is in the lanes
	err := t.Flush(ctx)
	t.Close()
	return err
}

// refuse makes the topic fail with reason from now on, if it does not fail already.
func (t *LocalTopic) refuse(reason error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone == nil {
		t.gone = reason
	}
}

// end makes the topic fail with reason from now on, and waits for its deliveries.
func (t *LocalTopic) end(reason error) {
	t.refuse(reason)
	t.mu.Lock()
	for s := range t.everySubscription {
		s.watchLanes(t.gone == ErrClosed)
		s.finish()
	}
	t.mu.Unlock()
	t.publishing.Wait()
	t.running.Wait()
	if reason == ErrNotFound {
		t.dropKept()
	}
}

// everySubscription yields the subscriptions, those that were unsubscribed and may come
// back included. The caller holds mu.
func (t *LocalTopic) everySubscription(yield func(*LocalSubscription) bool) {
	for _, s := range t.subscriptions {
		if !yield(s) {
			return
		}
	}
	for _, s := range t.byToken {
		if s.state == deactivated && !yield(s) {
			return
		}
	}
}

// enter keeps the topic from changing or ending. On success the caller must release mu
// for reading, and call publishing.Done.
func (t *LocalTopic) enter(op string) error {
	t.mu.RLock()
	if t.gone != nil {
		defer t.mu.RUnlock()
		return t.err(op, t.gone)
	}
	t.publishing.Add(1)
	return nil
}

// open returns the error of op if the topic is gone.
func (t *LocalTopic) open(op string) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone != nil {
		return t.err(op, t.gone)
	}
	return nil
}

func (t *LocalTopic) err(op string, err error) *Error {
	e := &Error{Op: op, Resource: t.name, Err: err}
	if err == ErrNotFound {
		e.Message = noTopic
	}
	return e
}

func (t *LocalTopic) log() *slog.Logger {
	if l := t.config.Load().Logger; l != nil {
		return l
	}
	return slog.New(slog.DiscardHandler)
}

// change makes what f returns for the topic's configuration its new one, unless f
// or the configuration has a fault; then nothing changes.
func (t *LocalTopic) change(op string, f func(Config) (Config, error)) error {
	if err := t.ready(op, t.name); err != nil {
		return err
	}
	c, err := t.reconfigure(op, f)
	if err != nil {
		return err
	}
	return t.ledger.await(op, t.name, c)
}

func (t *LocalTopic) reconfigure(op string, f func(Config) (Config, error)) (*commit, error) {
	t.admin.Lock()
	defer t.admin.Unlock()
	if err := t.open(op); err != nil {
		return nil, err
	}
	cfg, err := f(*t.config.Load())
	if err == nil {
		err = checkConfig(op, &cfg)
	}
	if err == nil && cfg.isLarge() && !t.config.Load().isLarge() && !t.mayBeLarge() {
		err = tooManyForLarge()
	}
	if err != nil {
		return nil, located(op, t.name, err)
	}
	cfg = cfg.clone()
	t.order.Lock()
	defer t.order.Unlock()
	t.config.Store(&cfg)
	t.fifo.byGroup = cfg.FIFOThroughputScope == FIFOThroughputScopeMessageGroup
	t.fifo.setArchive(t.service.registry.now(), cfg.retention())
	return t.changed(), nil
}

// mayBeLarge tells whether the subscriptions are such as isLarge allows.
func (t *LocalTopic) mayBeLarge() bool {
	all := t.Subscriptions()
	for _, s := range all {
		switch s.config.Load().Protocol {
		case ProtocolSQS, ProtocolLambda, ProtocolFirehose:
		default:
			return false
		}
	}
	return len(all) <= maxLargeSubscriptions
}
