package sns

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

// LocalSubscription is a subscription of a LocalTopic. All methods may be called
// concurrently.
type LocalSubscription struct {
	topic     *LocalTopic
	id        SubscriptionID
	number    uint64 // in the order of subscribing
	createdAt time.Time
	config    atomic.Pointer[Subscription] // all defaults filled in; never changed in place
	ctx       context.Context              // of its deliveries; ends with the subscription
	cancel    context.CancelFunc

	out    courier         // to the endpoint
	graves courier         // of dead letters, to the dead-letter queue
	made   Endpoint        // for the protocol and address, once it was needed; out's driver's
	queue  *sqs.LocalQueue // likewise, if it is direct

	name          address        // set before anybody else sees the subscription
	policy        *filter.Policy // nil for all; guarded by topic.mu
	former        *filter.Policy // of a deactivated subscription; guarded by topic.mu
	place         int            // in topic.unfiltered; guarded by topic.mu
	state         state          // guarded by topic.mu
	token         string         // that confirms it, now or once it was unsubscribed; guarded by topic.mu
	tokenEnds     int64          // nanoseconds since 1970; guarded by topic.mu
	authenticated bool           // confirmed with AuthenticateOnUnsubscribe; guarded by topic.mu
	replaying     []byte         // fact of a replay that the next change stores; guarded by topic.mu

	direct       atomic.Bool  // the way is short: to a queue of leat's own
	syncs        atomic.Bool  // but that writes to a disk
	short        atomic.Bool  // the way to the dead-letter queue is short: it is one in memory
	lost         atomic.Int64 // given up without a dead-letter queue that took them
	overflowed   atomic.Int64
	replay       atomic.Uint32 // epoch of the latest replay; 0 before the first
	replayFailed atomic.Bool
}

// state is where a subscription is in its life.
type state uint8

const (
	pending     state = iota // not confirmed yet
	confirmed                // delivered to
	deactivated              // unsubscribed; its token can bring it back
	ended
)

// SubscriptionStats says how a subscription is doing. Counters only grow, from its
// beginning.
type SubscriptionStats struct {
	Backlog        int   // notifications that wait or are on their way
	Retrying       int   // of those, the ones that wait for a retry
	Burying        int   // dead letters that wait for the dead-letter queue
	Attempts       int64 // deliveries tried
	FailedAttempts int64
	Delivered      int64 // accepted by the endpoint
	DeadLettered   int64 // moved to the dead-letter queue
	Dropped        int64 // given up, and not accepted by a dead-letter queue
	Overflowed     int64 // of DeadLettered and Dropped, those that the backlog had no room for
	LastError      error // of the last failed attempt; nil if none failed
}

// Stats returns how the subscription is doing now.
func (s *LocalSubscription) Stats() SubscriptionStats {
	st := SubscriptionStats{Dropped: s.lost.Load(), Overflowed: s.overflowed.Load()}
	s.graves.mu.Lock()
	st.Burying, st.DeadLettered = s.graves.lane.backlog, s.graves.stats.delivered
	st.Dropped += s.graves.stats.discarded
	s.graves.mu.Unlock()
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	c := &s.out.stats
	st.Backlog, st.Retrying = s.out.lane.backlog, len(s.out.lane.waiting)
	st.Dropped += c.discarded
	st.Attempts, st.FailedAttempts, st.Delivered, st.LastError = c.attempts, c.failed, c.delivered, c.last
	return st
}

// ID returns the subscription's ARN.
func (s *LocalSubscription) ID() SubscriptionID { return s.id }

// Topic returns the topic that the subscription is of.
func (s *LocalSubscription) Topic() *LocalTopic { return s.topic }

// Owner returns the account that the subscription belongs to.
func (s *LocalSubscription) Owner() string { return s.topic.account }

// Config returns the subscription's settings as they are now, with every default
// filled in. What its pointers lead to must not be changed.
func (s *LocalSubscription) Config() Subscription { return *s.config.Load() }

// Pending tells whether the subscription still has to be confirmed.
func (s *LocalSubscription) Pending() bool {
	s.topic.mu.RLock()
	defer s.topic.mu.RUnlock()
	return s.state == pending
}

// AuthenticateOnUnsubscribe tells whether it was confirmed on the condition that only
// its owner may unsubscribe it, not everybody by the link in an envelope.
func (s *LocalSubscription) AuthenticateOnUnsubscribe() bool {
	s.topic.mu.RLock()
	defer s.topic.mu.RUnlock()
	return s.authenticated
}

// Token returns the token that confirms the subscription, which its endpoint was sent:
// a pending one, or one that was unsubscribed less than two days ago. Empty means that
// there is none. AWS tells it to the endpoint only; here a test may ask.
func (s *LocalSubscription) Token() string {
	s.topic.mu.RLock()
	defer s.topic.mu.RUnlock()
	if s.state == confirmed || s.topic.service.registry.now() >= s.tokenEnds {
		return ""
	}
	return s.token
}

// newSubscription makes a subscription that delivers nothing yet. sub is checked, and
// the subscription's own.
func newSubscription(t *LocalTopic, id SubscriptionID, sub *Subscription) *LocalSubscription {
	s := &LocalSubscription{topic: t, id: id, createdAt: time.Now()}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.out.topic, s.graves.topic = t, t
	s.out.errand, s.graves.errand = outbound{s}, burial{s}
	s.configure(sub)
	s.watchLanes(false)
	return s
}

// configure makes sub the subscription's settings.
func (s *LocalSubscription) configure(sub *Subscription) {
	s.config.Store(sub)
	s.direct.Store(s.isDirect(sub))
	s.syncs.Store(s.direct.Load() && s.isSynced(sub))
	s.short.Store(sub.DeadLetterQueue == nil && !s.topic.service.registry.syncedQueues() ||
		sub.DeadLetterQueue != nil && isLocal(sub.DeadLetterQueue) && !synced(sub.DeadLetterQueue))
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.lane.capacity = sub.MaxBacklog
	ordered := sub.InOrder || s.topic.config.Load().FIFO
	s.out.lane.ordered, s.out.lane.oneGroup = ordered, sub.InOrder
	s.graves.mu.Lock()
	defer s.graves.mu.Unlock()
	s.graves.lane.capacity = max(sub.MaxBacklog, defaultBacklog) // dead letters come in bursts
	s.graves.lane.ordered, s.graves.lane.oneGroup = ordered, sub.InOrder
}

// isPrompt tells whether the endpoint takes a notification at once, so that a publisher
// may deliver itself. Several queues on a disk are better served by as many goroutines,
// whose messages then share a sync.
func (s *LocalSubscription) isPrompt() bool { return s.direct.Load() && !s.syncs.Load() }

// isSynced tells of a direct endpoint whether it is on a disk, as far as that is known.
func (s *LocalSubscription) isSynced(sub *Subscription) bool {
	if e, ok := sub.Endpoint.(queueEndpoint); ok {
		return synced(e.queue)
	}
	return s.topic.service.registry.syncedQueues()
}

// isDirect tells whether sub's endpoint is a queue of leat's own.
func (s *LocalSubscription) isDirect(sub *Subscription) bool {
	if sub.Endpoint != nil {
		e, ok := sub.Endpoint.(queueEndpoint)
		return ok && isLocal(e.queue)
	}
	return sub.Protocol == ProtocolSQS && s.topic.service.registry.config.Resolve == nil
}

func isLocal(q sqs.Queue) bool {
	_, ok := q.(*sqs.LocalQueue)
	return ok
}

// localARN returns the ARN of a queue of leat's own.
func localARN(q sqs.Queue) string {
	local, ok := q.(*sqs.LocalQueue)
	if !ok {
		return ""
	}
	return local.ARN()
}
