package sns

import (
	"context"
	"slices"
)

// Unsubscribe implements [Topic]. What waits for the endpoint is dropped. An HTTP, HTTPS
// or e-mail endpoint is told, with a token that brings the subscription back within
// two days. (Unsubscribe.)
func (t *LocalTopic) Unsubscribe(ctx context.Context, id SubscriptionID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.ready("Unsubscribe", t.name); err != nil {
		return err
	}
	c, err := t.unsubscribe(id)
	switch {
	case err != nil:
		return err
	case c == nil: // it was gone
		return t.ledger.barrier("Unsubscribe", t.name)
	}
	return t.ledger.await("Unsubscribe", t.name, c)
}

func (t *LocalTopic) unsubscribe(id SubscriptionID) (*commit, error) {
	t.admin.Lock()
	defer t.admin.Unlock()
	if err := t.open("Unsubscribe"); err != nil {
		return nil, err
	}
	s, c := t.remove(id)
	if s != nil {
		s.out.proceed()
	}
	return c, nil
}

// remove takes a subscription out, and returns it if its endpoint is to be told.
func (t *LocalTopic) remove(id SubscriptionID) (*LocalSubscription, *commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	s := t.subscriptions[id]
	if s == nil {
		return nil, nil
	}
	delete(t.subscriptions, id)
	if t.byAddress[s.name] == s {
		delete(t.byAddress, s.name)
	}
	was := s.state
	if was == confirmed {
		s.unindex()
		t.ended++
	}
	s.former = s.policy
	s.setPolicy(nil)
	sub := s.config.Load()
	if was != confirmed || sub.Endpoint != nil || !mustConfirm(sub.Protocol) {
		delete(t.byToken, s.token)
		s.finish()
		return nil, s.changed()
	}
	s.state = deactivated
	s.out.mu.Lock()
	s.out.clear(true)
	s.out.mu.Unlock()
	cleared := t.ledger.cleared(s)
	s.askToConfirm(TypeUnsubscribeConfirmation, "")
	return s, s.changed(cleared...)
}

// finish ends the subscription for good. The caller holds the topic's mu.
func (s *LocalSubscription) finish() {
	if s.state == ended {
		return
	}
	counted := s.state == confirmed // else there is only what is about the subscription
	s.state = ended
	s.out.close(counted)
	s.graves.close(true)
	s.cancel()
	t := s.topic
	t.fading = slices.DeleteFunc(append(t.fading, s), func(s *LocalSubscription) bool {
		if !s.out.idle() || !s.graves.idle() {
			return false
		}
		s.addTo(&t.past)
		return true
	})
}

// Subscriptions returns the subscriptions, those that are pending included, in the
// order of subscribing.
func (t *LocalTopic) Subscriptions() []*LocalSubscription {
	t.mu.RLock()
	defer t.mu.RUnlock()
	now := t.service.registry.now()
	all := make([]*LocalSubscription, 0, len(t.subscriptions))
	for _, s := range t.subscriptions {
		if s.state != ended && !s.lapsed(now) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *LocalSubscription) int { return int(a.number) - int(b.number) })
	return all
}

// SubscriptionsDeleted counts the subscriptions that were unsubscribed.
func (t *LocalTopic) SubscriptionsDeleted() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ended
}
