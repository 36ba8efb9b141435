package sns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"sync"

	"github.com/leat-go/leat/internal/uid"
	"github.com/leat-go/leat/sns/internal/filter"
)

// leastBurst is how many notifications a publisher delivers itself to one queue
// before it leaves the rest to a goroutine, if its own are not more: it may meet those
// of other publishers.
const leastBurst = 16

// Publish implements [Topic]. An entry fails with ErrInvalidParameter or
// ErrInvalidParameterValue. A duplicate on a FIFO topic succeeds, returns what the
// original returned, and is not delivered. (Publish, PublishBatch.)
func (t *LocalTopic) Publish(ctx context.Context, batch ...Entry) ([]Published, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.ready("Publish", t.name); err != nil {
		return nil, err
	}
	cfg := t.config.Load()
	messages := make([]message, len(batch))
	failed := t.check(cfg, batch, func(i int, texts map[Protocol]string) {
		messages[i].pack(cfg, &batch[i], texts)
	})
	r := takeRouter()
	defer r.release()
	r.burst = max(leastBurst, len(batch))
	var err error
	published := make([]Published, len(batch))
	var stored *publication
	if cfg.FIFO {
		stored, err = t.publishInOrder(r, messages, published)
	} else {
		stored, err = t.publish(r, messages, published)
	}
	if err != nil {
		return nil, err
	}
	defer t.publishing.Done()
	err = t.await(stored)
	r.start(err == nil)
	if err != nil {
		return nil, err
	}
	return published, failed
}

// Check returns what Publish would say of a batch, and publishes nothing.
func (t *LocalTopic) Check(batch ...Entry) error {
	if err := t.open("Publish"); err != nil {
		return err
	}
	return t.check(t.config.Load(), batch, func(int, map[Protocol]string) {})
}

// check calls good for every entry that can be published, with the texts of its
// structure if it has one, and returns a [*BatchError] that names the others.
func (t *LocalTopic) check(cfg *Config, batch []Entry, good func(i int, texts map[Protocol]string)) error {
	var failed []EntryError
	for i := range batch {
		texts, err := checkFor(cfg, &batch[i])
		if err != nil {
			failed = append(failed, EntryError{i, located("Publish", t.name, err)})
			continue
		}
		good(i, texts)
	}
	if failed != nil {
		return &BatchError{failed}
	}
	return nil
}

// pack fills a message in, but for what it gets when its turn has come. texts are those
// of its structure, nil if it has none.
func (m *message) pack(cfg *Config, e *Entry, texts map[Protocol]string) {
	m.text, m.subject, m.groupID, m.trace, m.size = e.Message, e.Subject, e.GroupID, e.TraceHeader, e.Size()
	if len(e.Attributes) > 0 {
		m.attributes = maps.Clone(e.Attributes)
		m.queueAttributes = forQueues(m.attributes)
	}
	if texts != nil {
		m.texts, m.text = texts, texts["default"]
	}
	if cfg.FIFO {
		m.dedupID = e.DeduplicationID
		if m.dedupID == "" {
			sum := sha256.Sum256([]byte(e.Message))
			m.dedupID = hex.EncodeToString(sum[:])
		}
	}
}

// forQueues returns attributes without those that are for SNS itself, such as
// AWS.SNS.SMS.SenderID. A queue would refuse their names.
func forQueues(attributes map[string]Attribute) map[string]Attribute {
	for name := range attributes {
		if isReserved(name) {
			rest := maps.Clone(attributes)
			maps.DeleteFunc(rest, func(name string, _ Attribute) bool { return isReserved(name) })
			return rest
		}
	}
	return attributes
}

func isReserved(name string) bool {
	return len(name) > 4 && strings.EqualFold(name[:4], "AWS.") || len(name) > 7 && strings.EqualFold(name[:7], "Amazon.")
}

// publish gives every message that was packed to the subscriptions that want it.
// On success the caller must call publishing.Done.
func (t *LocalTopic) publish(r *router, messages []message, published []Published) (*publication, error) {
	if err := t.enter("Publish"); err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	stored := t.publication(len(messages))
	defer stored.store()
	now := t.service.registry.now()
	r.now = now
	for i := range messages {
		m := &messages[i]
		if m.size == 0 {
			continue
		}
		seq := t.sequence.Add(1)
		m.id, m.at = t.seeds.ID(seq).String(), now
		published[i].MessageID = m.id
		t.count(m)
		stored.keep(t, m, seq)
		r.route(t, m)
	}
	return stored, nil
}

// publishInOrder is publish for a FIFO topic: from its sequence number to the lanes
// of the subscriptions nothing comes between two messages.
func (t *LocalTopic) publishInOrder(r *router, messages []message, published []Published) (*publication, error) {
	t.order.Lock()
	defer t.order.Unlock()
	if err := t.enter("Publish"); err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	stored := t.publication(len(messages))
	defer stored.store()
	now := t.service.registry.now()
	r.now = now
	for i := range messages {
		m := &messages[i]
		if m.size == 0 {
			continue
		}
		seq, duplicate := t.fifo.accept(now, m)
		m.id, m.at = t.seeds.ID(seq).String(), now
		m.sequence = sequenceText(seq)
		published[i] = Published{m.id, m.sequence}
		t.count(m)
		if duplicate {
			stored.again(t, seq)
			continue
		}
		stored.keep(t, m, seq)
		t.fifo.archive(now, m)
		r.route(t, m)
	}
	return stored, nil
}

func sequenceText(seq uint64) string { return string(uid.AppendSequence(nil, seq)) }

func (t *LocalTopic) count(m *message) {
	t.published.Add(1)
	t.publishedBytes.Add(int64(m.size))
}

// router finds the subscriptions that want a message. It is scratch memory, kept
// from one Publish to the next.
type router struct {
	now     int64 // when the messages were published
	burst   int   // notifications to deliver to a queue before others do
	view    filter.Message
	matched []*LocalSubscription
	drivers []*LocalSubscription // whose couriers to drive
	full    []refused
}

// refused is a message that a subscription has no room for.
type refused struct {
	s      *LocalSubscription
	m      *message
	holder int32
}

var routers = sync.Pool{New: func() any { return &router{} }}

func takeRouter() *router { return routers.Get().(*router) }

func (r *router) release() {
	if cap(r.matched) > keepRouter || cap(r.drivers) > keepRouter || cap(r.full) > keepRouter {
		return
	}
	r.view.Reset("", nil)
	clear(r.matched)
	clear(r.drivers)
	clear(r.full)
	r.matched, r.drivers, r.full = r.matched[:0], r.drivers[:0], r.full[:0]
	routers.Put(r)
}

// keepRouter is the most subscriptions that a router keeps memory for.
const keepRouter = 4096

// route offers a message to the subscriptions that want it. The caller holds t.mu for
// reading.
func (r *router) route(t *LocalTopic, m *message) {
	for _, s := range t.unfiltered {
		r.offer(s, m)
	}
	policies := t.byAttributes.Len() + t.byBody.Len()
	if policies == 0 {
		return
	}
	r.view.Reset(m.text, m.attributes)
	r.matched = r.matched[:0]
	if t.byAttributes.Len() > 0 {
		r.matched = t.byAttributes.AppendMatches(r.matched, &r.view)
		if kept := t.byAttributes.Len() - len(r.matched); kept > 0 {
			t.filtered.Add(int64(kept))
			switch {
			case len(m.attributes) == 0:
				t.filteredNoAttributes.Add(int64(kept))
			case r.view.AttributesInvalid():
				t.filteredInvalidAttributes.Add(int64(kept))
			}
		}
	}
	if t.byBody.Len() > 0 {
		before := len(r.matched)
		r.matched = t.byBody.AppendMatches(r.matched, &r.view)
		if kept := t.byBody.Len() - (len(r.matched) - before); kept > 0 {
			t.filtered.Add(int64(kept))
			if r.view.BodyInvalid() {
				t.filteredInvalidBody.Add(int64(kept))
			}
		}
	}
	for _, s := range r.matched {
		r.offer(s, m)
	}
}

func (r *router) offer(s *LocalSubscription, m *message) {
	it := item{m: m}
	if m.saved != nil {
		it.holder = m.saved.hold(holder{sub: s.number})
	}
	taken, driver := s.out.offer(it)
	if !taken {
		r.full = append(r.full, refused{s, m, it.holder})
		m.saved.overflow(it.holder)
	}
	if driver {
		r.drivers = append(r.drivers, s)
	}
}

// start has what was offered delivered; what could not be stored only leaves the lanes.
// The caller holds no lock.
func (r *router) start(stored bool) {
	for _, f := range r.full {
		if stored {
			f.s.overflow(f.m, f.holder)
		}
	}
	for _, s := range r.drivers {
		if !s.isPrompt() {
			s.out.dispatch()
		}
	}
	for _, s := range r.drivers {
		if s.isPrompt() {
			s.out.drive(r.now, r.burst)
		}
	}
}
