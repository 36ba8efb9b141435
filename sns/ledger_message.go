package sns

// retract takes messages back that could not be committed: nobody has seen them.
func (l *ledger) retract(messages []*saved) {
	if len(messages) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range messages {
		for i := range k.holders {
			k.holders[i].stage = settled
		}
		k.live, k.archived, k.remembered = 0, false, false
		l.release(k)
		l.ride(k, &numbersFact{kind: factMessageGone, a: k.ref})
	}
}

// settle notes that a notification is delivered or given up, in fact or by what was
// added already.
func (l *ledger) settle(it *item, add bool) {
	k := it.m.saved
	if k == nil || l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &k.holders[it.holder]
	if h.stage == settled {
		return // dropped meanwhile
	}
	h.stage = settled
	k.live--
	if add {
		l.ride(k, &itemFact{kind: factSettled, ref: k.ref, sub: h.sub, epoch: h.epoch})
	}
	l.release(k)
}

// retry notes that a notification is to be attempted again at a time.
func (l *ledger) retry(it *item, due int64) {
	k := it.m.saved
	if k == nil || l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &k.holders[it.holder]
	if h.stage == settled {
		return
	}
	h.attempts, h.due = int32(it.attempts), due
	l.ride(k, &itemFact{kind: factRetried, ref: k.ref, sub: h.sub, epoch: h.epoch, attempts: h.attempts, due: due})
}

// condemn notes that a notification is on the way to the dead-letter queue.
func (l *ledger) condemn(it *item) {
	k := it.m.saved
	if k == nil || l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &k.holders[it.holder]
	if h.stage != outgoing {
		return // dropped meanwhile, or published like this
	}
	h.stage, h.attempts, h.due, h.order = burying, 0, 0, l.order.Add(1)
	l.ride(k, &itemFact{kind: factCondemned, ref: k.ref, sub: h.sub, epoch: h.epoch, order: h.order})
}

// forget lets messages go whose deduplication id is too old, or that are not archived
// any more: time says so, or another fact.
func (l *ledger) forget(k *saved, archived, remembered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k.archived = k.archived && !archived
	k.remembered = k.remembered && !remembered
	l.release(k)
}

// dropTopic lets go everything of a topic that is gone.
func (l *ledger) dropTopic(number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shelves := []*shelf{&l.unplaced}
	for _, s := range l.placed {
		shelves = append(shelves, s)
	}
	for _, s := range shelves {
		for k, next := s.first, (*saved)(nil); k != nil; k = next {
			if next = k.next; k.topic == number {
				k.live, k.archived, k.remembered = 0, false, false
				l.release(k)
			}
		}
	}
}

// replayed is an archived message that is delivered again.
type replayed struct {
	m     *message
	saved *saved // nil in memory
}

// replay notes that a subscription is to get messages again, and yields the place of each
// among those that hold its message. The subscription's next change stores it.
func (l *ledger) replay(s *LocalSubscription, epoch uint32, again []replayed) (places []int32) {
	places = make([]int32, len(again))
	if l == nil || len(again) == 0 {
		return places
	}
	n := uint64(len(again))
	f := replayFact{sub: s.number, epoch: epoch, order: l.order.Add(n) - n + 1, refs: make([]uint64, n)}
	l.mu.Lock()
	for i, r := range again {
		f.refs[i] = r.saved.ref
		places[i] = r.saved.hold(holder{sub: s.number, epoch: epoch, order: f.order + uint64(i)})
	}
	l.mu.Unlock()
	s.replaying = f.append(nil)
	return places
}

// cleared returns the fact that a subscription's endpoint is not to get what waits for it.
func (l *ledger) cleared(s *LocalSubscription) [][]byte {
	if l == nil {
		return nil
	}
	return [][]byte{(&numbersFact{kind: factCleared, a: s.number, b: l.order.Add(1)}).append(nil)}
}
