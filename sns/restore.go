package sns

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/uid"
	"github.com/leat-go/leat/internal/window"
	"github.com/leat-go/leat/sns/internal/filter"
)

// restore makes the service what a journal says it is. Nobody else uses it yet.
func (s *Service) restore(r *restorer) error {
	w := &restoring{service: s, restorer: r, topics: map[uint64]*LocalTopic{}, subscriptions: map[uint64]*LocalSubscription{}}
	byKind := func(a, b metaKey) int { // what others are part of comes before them
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
	}
	for _, key := range slices.SortedFunc(maps.Keys(r.meta), byKind) {
		fact, err := decodeFact(r.meta[key])
		if err != nil {
			return err
		}
		switch f := fact.(type) {
		case *topicFact:
			err = w.topic(f)
		case *subscriptionFact:
			err = w.subscription(f)
		case *adminFact:
			err = s.registry.admin.restore(f)
		}
		if err != nil {
			return err
		}
	}
	w.messages()
	for _, sub := range w.subscriptions {
		sub.out.proceed()
		sub.graves.proceed()
	}
	return nil
}

type restoring struct {
	*restorer
	service       *Service
	topics        map[uint64]*LocalTopic
	subscriptions map[uint64]*LocalSubscription
}

func (w *restoring) topic(f *topicFact) error {
	home, err := w.service.As(f.account, f.region)
	if err != nil {
		return err
	}
	var cfg Config
	if err := json.Unmarshal(f.config, &cfg); err != nil {
		return err
	}
	r := w.service.registry
	cfg.Logger = r.config.Logger
	t := newTopic(home, f.name, &cfg, f.tags)
	t.number, t.createdAt, t.seeds = f.number, time.Unix(0, f.createdAt), f.seeds
	t.fifo.since = f.since
	if cfg.FIFO {
		t.fifo.sequence = w.sequences[f.number]
	} else {
		// A message that nobody gets is not stored, but its number must not come again: its
		// id is made of it.
		t.sequence.Store(uid.Random())
	}
	r.topics[arn{t.region, t.account, t.name}] = t
	w.topics[f.number] = t
	return nil
}

func (w *restoring) subscription(f *subscriptionFact) error {
	t := w.topics[f.topic]
	now := w.service.registry.now()
	if t == nil || f.state != confirmed && now >= f.tokenEnds {
		delete(w.meta, metaKey{kind: factSubscription, number: f.number}) // it has ended meanwhile
		return nil
	}
	sub := &Subscription{}
	if err := json.Unmarshal(f.config, sub); err != nil {
		return err
	}
	w.service.registry.find(f, sub)
	policy, err := compile("Open", sub)
	if err != nil {
		return err
	}
	s := newSubscription(t, SubscriptionID(f.id), sub)
	s.number, s.createdAt = f.number, time.Unix(0, f.createdAt)
	s.name = address{protocol: sub.Protocol, text: sub.Address}
	s.token, s.tokenEnds, s.authenticated = f.token, f.tokenEnds, f.authenticated
	s.replay.Store(f.epoch)
	s.out.lane.epoch, s.graves.lane.epoch = f.epoch, 0
	s.enter(f.state, policy)
	w.subscriptions[f.number] = s
	return nil
}

// enter puts a subscription where its state belongs.
func (s *LocalSubscription) enter(in state, policy *filter.Policy) {
	t := s.topic
	s.state = in
	if in == deactivated {
		s.former = policy
	} else {
		s.setPolicy(policy)
		t.subscriptions[s.id] = s
		if s.name.text != "" {
			t.byAddress[s.name] = s
		}
	}
	if in == confirmed {
		s.index()
	}
	if s.token != "" && t.service.registry.now() < s.tokenEnds {
		t.byToken[s.token] = s
		at, _ := slices.BinarySearchFunc(t.expiring, s.tokenEnds, func(x expiring, ends int64) int { return cmp.Compare(x.s.tokenEnds, ends) })
		t.expiring = slices.Insert(t.expiring, at, expiring{s, s.token})
	}
}

// pendingItem is an item with its place in a lane.
type pendingItem struct {
	item
	order uint64
}

// messages puts what is to be delivered into the lanes, and gives the FIFO topics what
// they remember.
func (w *restoring) messages() {
	l := w.service.registry.ledger
	outs, graves := map[*LocalSubscription][]pendingItem{}, map[*LocalSubscription][]pendingItem{}
	for _, k := range w.inOrder() {
		t := w.topics[k.topic]
		if t == nil {
			continue
		}
		var m *message
		if k.content != nil {
			m = t.again(k)
		}
		w.recall(t, k)
		holders := k.holders
		k.holders, k.live = nil, 0
		for _, h := range holders {
			s := w.subscriptions[h.sub]
			if !w.waits(k, s, &h) {
				continue
			}
			it := pendingItem{order: cmp.Or(h.order, k.ref)}
			it.item = item{m: m, attempts: int(h.attempts), due: h.due, epoch: h.epoch, replayed: h.epoch != 0, holder: k.hold(h)}
			lanes := outs
			if h.stage == burying {
				lanes = graves
			}
			lanes[s] = append(lanes[s], it)
		}
		if k.live == 0 {
			k.strip()
		}
		if k.needed() {
			l.live += k.bytes
			l.shelve(k)
		}
	}
	for s, items := range outs {
		s.out.lane.restore(items)
	}
	for s, items := range graves {
		s.graves.lane.restore(items)
	}
}

// waits tells whether a notification is still to be delivered.
func (w *restoring) waits(k *saved, s *LocalSubscription, h *holder) bool {
	switch {
	case s == nil, h.stage == settled, k.content == nil:
		return false
	case h.stage == burying:
		return true
	case cmp.Or(h.order, k.ref) < w.cleared[h.sub]:
		return false
	}
	return h.epoch == 0 || h.epoch == s.replay.Load()
}

// again makes the message that a kept one is of.
func (t *LocalTopic) again(k *saved) *message {
	m := &message{content: *k.content}
	if m.kind == "" {
		m.id = t.seeds.ID(k.seq).String()
	}
	if m.kind == "" && t.config.Load().FIFO {
		m.sequence = sequenceText(k.seq)
	}
	k.content = &m.content
	return m
}

// recall gives a FIFO topic back what it remembers and archives of a message.
func (w *restoring) recall(t *LocalTopic, k *saved) {
	now, f := w.service.registry.now(), &t.fifo
	k.remembered = k.key != "" && now-k.at < window.Length
	if k.remembered {
		f.recent.Put(k.at, k.key, k.seq)
		t.recents = append(t.recents, k)
	}
	k.archived = k.archived && k.content != nil && f.keep > 0 && k.at >= f.since && now-k.at < int64(f.keep)
	if k.archived {
		f.archived = append(f.archived, *k.content)
	}
}

// restore fills an empty lane.
func (l *lane) restore(items []pendingItem) {
	slices.SortStableFunc(items, func(a, b pendingItem) int { return cmp.Compare(a.order, b.order) })
	for i := range items {
		it := items[i].item
		l.passed++
		l.backlog++
		if it.replayed {
			l.replays++
		}
		if it.ordinal = l.passed; it.attempts == 0 {
			l.fresh.push(it)
		} else {
			l.wait(&it)
		}
	}
}
