package sns_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/leat-go/leat/sns"
)

// model is a topic that is too simple to be wrong: slices, and a scan of them for every
// question. What it says is written from the documentation of package sns;
// model_drive_test.go holds the engine against it. It learns ids, sequence numbers and
// tokens from the engine.
type model struct {
	fifo          bool
	contentDedup  bool          // FIFO: the text stands in for a missing deduplication id
	keep          time.Duration // FIFO: for how long messages can be replayed; 0 for never
	dedupPerGroup bool          // FIFO: ids are unique in a group, not in the topic
	subs          []*modelSub
	sends         []modelSend // what deduplication remembers

	published, filtered int64
}

// modelMessage is a published message, or one about a subscription: its kind says.
type modelMessage struct {
	number    int
	kind      sns.NotificationType
	entry     sns.Entry
	dedup     string
	published sns.Published
	at        time.Time
}

type modelSend struct {
	at time.Time
	m  *modelMessage
}

type modelState int

const (
	modelPending modelState = iota
	modelConfirmed
	modelDeactivated // unsubscribed, and its token can bring it back
	modelGone
)

// modelSub is a subscription: what it is set to, the notifications that are not settled,
// and what must have been seen of it so far.
type modelSub struct {
	name       string
	fifo       bool // keeps the order of each group, while one of it is retried too
	inOrder    bool // keeps the order of all
	past       bool // wants a replay that ends, and nothing new
	state      modelState
	tokenEnds  time.Time
	filter     driveFilter
	scope      sns.FilterPolicyScope
	raw        bool
	policy     drivePolicy
	redrive    bool
	maxBacklog int
	temper     driveTemper
	cost       time.Duration // of each call

	items   []*modelItem
	ordered int        // the last place in the order of acceptance
	current *modelItem // being delivered
	ends    time.Time  // when the latest call ends
	slot    time.Time  // when a throttle allows the next

	calls   []modelCall
	letters []modelLetter

	delivered, attempts, failed, dead, dropped, overflowed, retried, throttled, held int64
}

// modelItem is a notification that is not settled yet.
type modelItem struct {
	m        *modelMessage
	order    int
	attempts int
	retry    bool      // it waits to be delivered again, at due
	again    bool      // it is delivered again before anything else
	due      time.Time // or when it was accepted
	replayed bool
	last     bool // the subscription ended while it was being delivered
}

type modelCall struct {
	at      time.Time
	m       *modelMessage
	attempt int
	raw     bool
	again   bool // replayed
}

type modelLetter struct {
	at time.Time
	m  *modelMessage
}

const (
	modelWindow = 5 * time.Minute // of deduplication
	modelTokens = 48 * time.Hour  // that a token lives
)

// publish returns the error that an entry deserves; or the message that it became, or
// duplicates.
func (t *model) publish(now time.Time, e sns.Entry) (m *modelMessage, duplicate bool, err error) {
	switch {
	case e.Message == "", len(e.Subject) >= 100, t.fifo && e.GroupID == "", !t.fifo && e.DeduplicationID != "",
		t.fifo && e.DeduplicationID == "" && !t.contentDedup:
		return nil, false, sns.ErrInvalidParameter
	}
	t.published++
	dedup := e.DeduplicationID
	if t.fifo && dedup == "" {
		sum := sha256.Sum256([]byte(e.Message))
		dedup = hex.EncodeToString(sum[:])
	}
	for _, s := range t.sends {
		if t.fifo && s.m.dedup == dedup && (!t.dedupPerGroup || s.m.entry.GroupID == e.GroupID) && now.Before(s.at.Add(modelWindow)) {
			return s.m, true, nil
		}
	}
	m = &modelMessage{number: driveMessage(driveTextFor(e, "default")).M, kind: sns.TypeNotification, entry: e, dedup: dedup, at: now}
	t.sends = append(t.sends, modelSend{now, m})
	for _, s := range t.subs {
		switch {
		case s.state != modelConfirmed || s.past:
		case !s.filter.passes(s.scope, e):
			t.filtered++
		default:
			s.accept(now, m)
		}
	}
	return m, false, nil
}

// accept puts a notification at the end, if there is room.
func (s *modelSub) accept(now time.Time, m *modelMessage) {
	waiting := 0
	for _, it := range s.items {
		if !it.replayed {
			waiting++
		}
	}
	if waiting >= s.maxBacklog && m.kind == sns.TypeNotification {
		s.overflowed++
		s.giveUp(now, m)
		return
	}
	s.append(now, m, false)
}

func (s *modelSub) append(now time.Time, m *modelMessage, replayed bool) {
	s.ordered++
	s.items = append(s.items, &modelItem{m: m, order: s.ordered, due: now, replayed: replayed})
}

// replay delivers again to a subscription what was published in a window of time.
func (t *model) replay(now time.Time, s *modelSub, from, to time.Time) {
	for _, x := range t.sends {
		if !x.at.Before(from) && !x.at.After(to) && now.Sub(x.at) < t.keep && s.filter.passes(s.scope, x.m.entry) {
			s.append(now, x.m, true)
		}
	}
}

// advance lets happen what the subscription does by now.
func (s *modelSub) advance(now time.Time) {
	for {
		at, ok := s.nextEvent()
		if !ok || at.After(now) {
			return
		}
		if s.current != nil {
			s.finish()
		} else {
			s.begin(s.next(at), at)
		}
	}
}

// nextEvent returns when the call that is under way ends, or else the next begins.
func (s *modelSub) nextEvent() (at time.Time, ok bool) {
	if s.current != nil {
		return s.ends, true
	}
	for _, it := range s.items {
		if !s.blocked(it) && (!ok || it.due.Before(at)) {
			at, ok = it.due, true
		}
	}
	for _, t := range []time.Time{s.ends, s.slot} {
		if t.After(at) {
			at = t
		}
	}
	return at, ok
}

// blocked tells whether an item has to wait for an earlier one of its group.
func (s *modelSub) blocked(it *modelItem) bool {
	return slices.ContainsFunc(s.items, func(o *modelItem) bool {
		return o.order < it.order && (s.inOrder || s.fifo && o.m.entry.GroupID == it.m.entry.GroupID)
	})
}

// next returns what is delivered at a time: what is to be delivered again at once, then
// retries that are due, and then what was accepted first.
func (s *modelSub) next(at time.Time) (next *modelItem) {
	rank := func(it *modelItem) (first int, due time.Time) {
		switch {
		case it.again:
			return 0, time.Time{}
		case it.retry:
			return 1, it.due
		}
		return 2, time.Time{}
	}
	for _, it := range s.items {
		if it.due.After(at) || s.blocked(it) {
			continue
		}
		if next == nil {
			next = it
			continue
		}
		a, due := rank(it)
		b, than := rank(next)
		if a < b || a == b && due.Before(than) || a == b && due.Equal(than) && it.order < next.order {
			next = it
		}
	}
	return next
}

func (s *modelSub) begin(it *modelItem, at time.Time) {
	if it.again && at.After(it.due) {
		s.throttled++
	}
	s.current, s.ends = it, at.Add(s.cost)
	it.retry, it.again = false, false
	it.attempts++
	if it.m.kind == sns.TypeNotification {
		s.attempts++
	}
	if s.policy.perSecond > 0 {
		s.slot = at.Add(time.Second / time.Duration(s.policy.perSecond))
	}
	s.calls = append(s.calls, modelCall{at, it.m, it.attempts, s.raw && it.m.kind == sns.TypeNotification, it.replayed})
}

// finish ends the call that is under way.
func (s *modelSub) finish() {
	it := s.current
	s.current = nil
	outcome := driveTaken
	if it.m.kind == sns.TypeNotification {
		outcome = s.temper.answer(it.m.number, it.attempts, s.ends)
	}
	if outcome == driveTaken {
		if it.m.kind == sns.TypeNotification {
			s.delivered++
		}
		s.settle(it)
		return
	}
	s.failed++
	delay, more := s.policy.delay(it.attempts)
	switch {
	case it.last:
		s.settle(it)
		s.dropped++
	case outcome == driveRefused || !more:
		s.settle(it)
		s.giveUp(s.ends, it.m)
	default:
		s.retried++
		it.due = s.ends.Add(delay)
		it.retry, it.again = delay > 0, delay == 0
		if s.inOrder || s.fifo {
			s.held += int64(len(s.items) - 1)
		}
	}
}

func (s *modelSub) settle(it *modelItem) {
	s.items = slices.DeleteFunc(s.items, func(o *modelItem) bool { return o == it })
}

func (s *modelSub) giveUp(at time.Time, m *modelMessage) {
	if !s.redrive || m.kind != sns.TypeNotification {
		s.dropped++
		return
	}
	s.dead++
	s.letters = append(s.letters, modelLetter{at, m})
}

// ask puts a message about the subscription into its line, with a token: a new one, or
// the one that a pending subscription waits for.
func (s *modelSub) ask(now time.Time, kind sns.NotificationType) {
	if s.tokenEnds.IsZero() || s.state == modelDeactivated {
		s.tokenEnds = now.Add(modelTokens)
	}
	s.accept(now, &modelMessage{kind: kind, at: now})
}

// unsubscribe drops what waits. A subscription that had to be confirmed is told, and can
// come back.
func (s *modelSub) unsubscribe(now time.Time, told bool) {
	before := len(s.items)
	s.items = slices.DeleteFunc(s.items, func(it *modelItem) bool {
		it.last = true
		return it != s.current
	})
	s.dropped += int64(before - len(s.items))
	if s.state == modelConfirmed && told {
		s.state = modelDeactivated
		s.ask(now, sns.TypeUnsubscribeConfirmation)
		return
	}
	s.state, s.current, s.items = modelGone, nil, nil
}

// expire forgets a subscription that can not be confirmed any more.
func (s *modelSub) expire(now time.Time) {
	if (s.state == modelPending || s.state == modelDeactivated) && !now.Before(s.tokenEnds) {
		s.state, s.current, s.items = modelGone, nil, nil
	}
}
