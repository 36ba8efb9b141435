package sns

import "encoding/json"

// changed stores the topic's settings as they are, and returns what to wait for. The
// caller holds admin and, unless nobody else knows the topic yet, order.
func (t *LocalTopic) changed() *commit {
	if t.ledger == nil {
		return nil
	}
	c := &commit{}
	t.ledger.put(c, []change{{metaKey{kind: factTopic, number: t.number}, t.fact()}})
	return c
}

func (t *LocalTopic) fact() []byte {
	cfg := *t.config.Load()
	cfg.Logger = nil
	text, _ := json.Marshal(cfg) // which has nothing that can not be
	f := topicFact{
		number: t.number, region: t.region, account: t.account, name: t.name,
		createdAt: t.createdAt.UnixNano(), seeds: t.seeds, since: t.fifo.since, config: text, tags: t.tags,
	}
	return f.append(nil)
}

// deleted stores that the topic is gone.
func (t *LocalTopic) deleted() *commit {
	if t.ledger == nil {
		return nil
	}
	c := &commit{}
	t.ledger.put(c, []change{{key: metaKey{kind: factTopic, number: t.number}}})
	return c
}

// change is the subscription's change as it is now. The caller holds the topic's mu, for
// all functions below too.
func (s *LocalSubscription) asChange() change {
	ch := change{key: metaKey{kind: factSubscription, number: s.number}}
	if s.state == ended {
		return ch
	}
	sub := *s.config.Load()
	f := subscriptionFact{
		number: s.number, topic: s.topic.number, id: string(s.id), createdAt: s.createdAt.UnixNano(),
		state: s.state, authenticated: s.authenticated, given: sub.Endpoint != nil,
		token: s.token, tokenEnds: s.tokenEnds, epoch: s.replay.Load(),
	}
	if sub.DeadLetterQueue != nil {
		f.deadLetters = localARN(sub.DeadLetterQueue)
	}
	sub.Endpoint, sub.DeadLetterQueue = nil, nil
	f.config, _ = json.Marshal(sub) // storable has seen to it
	ch.record = f.append(nil)
	return ch
}

// changed stores the subscription as it is, with other records behind it and the messages
// that it was sent, and returns what to wait for.
func (s *LocalSubscription) changed(others ...[]byte) *commit {
	t := s.topic
	if t.ledger == nil {
		return nil
	}
	if s.replaying != nil {
		others, s.replaying = append(others, s.replaying), nil
	}
	c := t.asking
	if c == nil {
		c = &commit{}
		c.mu.Lock()
	}
	t.asking = nil
	t.ledger.put(c, []change{s.asChange()}, others...)
	c.mu.Unlock()
	return c
}

// keepAsked makes a message to the subscription's endpoint one that the next changed
// stores.
func (s *LocalSubscription) keepAsked(m *message) item {
	t := s.topic
	if t.ledger == nil {
		return item{m: m}
	}
	if t.asking == nil {
		t.asking = &commit{}
		t.asking.mu.Lock()
	}
	k := &saved{ref: t.ledger.order.Add(1), topic: t.number, at: m.at, content: &m.content, commit: t.asking}
	m.saved = k
	t.asking.asked = append(t.asking.asked, k)
	return item{m: m, holder: k.hold(holder{sub: s.number})}
}

// dropped is what a lane calls for a notification that leaves it undelivered, as
// a fact about its subscription says.
func (s *LocalSubscription) dropped(it *item) { s.topic.ledger.settle(it, false) }

// watchLanes has the ledger know what leaves the lanes. abandoned says that it is not to
// know any more: the topic is closed, and what is there will be delivered another time.
func (s *LocalSubscription) watchLanes(abandoned bool) {
	if s.topic.ledger == nil {
		return
	}
	drop := s.dropped
	if abandoned {
		drop = nil
	}
	for _, c := range []*courier{&s.out, &s.graves} {
		c.mu.Lock()
		c.lane.drop = drop
		c.mu.Unlock()
	}
}

// dropKept lets go what a topic that was deleted remembers and archives, and what it had
// to deliver when it was closed.
func (t *LocalTopic) dropKept() {
	if t.ledger == nil {
		return
	}
	if t.open("DeleteTopic").(*Error).Err == ErrClosed {
		t.ledger.dropTopic(t.number)
	}
	t.order.Lock()
	defer t.order.Unlock()
	t.fifo.setArchive(0, 0)
	for _, k := range t.recents {
		t.ledger.forget(k, false, true)
	}
	t.recents = nil
}
