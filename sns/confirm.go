package sns

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
)

// tokenLife is how long a subscription can be confirmed. (ConfirmSubscription.)
const tokenLife = 48 * time.Hour

// Confirm confirms the subscription that a token was sent for: a pending one, or one
// that was unsubscribed, which then is back. authenticateOnUnsubscribe says that from
// then on only its owner may unsubscribe it, not everybody by the link in an envelope. It
// fails with ErrInvalidParameter if there is no such token, or it is older than two days.
// (ConfirmSubscription.)
func (t *LocalTopic) Confirm(token string, authenticateOnUnsubscribe bool) (SubscriptionID, error) {
	if err := t.ready("ConfirmSubscription", t.name); err != nil {
		return "", err
	}
	t.admin.Lock()
	s, c, err := t.confirm(token, authenticateOnUnsubscribe)
	if err == nil {
		s.out.proceed()
	}
	t.admin.Unlock()
	switch {
	case err != nil:
		return "", located("ConfirmSubscription", t.name, err)
	case c == nil: // it was confirmed before
		err = t.ledger.barrier("ConfirmSubscription", t.name)
	default:
		err = t.ledger.await("ConfirmSubscription", t.name, c)
	}
	if err != nil {
		return "", err
	}
	return s.id, nil
}

func (t *LocalTopic) confirm(token string, authenticate bool) (*LocalSubscription, *commit, error) {
	defer t.lockAll()()
	if t.gone != nil {
		return nil, nil, t.err("ConfirmSubscription", t.gone)
	}
	t.expire()
	s := t.byToken[token]
	switch {
	case s == nil:
		return nil, nil, invalid("Token")
	case s.state == confirmed: // again
		return s, nil, nil
	case s.state == deactivated:
		if t.byAddress[s.name] != nil { // subscribed anew meanwhile
			return t.byAddress[s.name], nil, nil
		}
		t.subscriptions[s.id], t.byAddress[s.name] = s, s
		t.ended--
		s.setPolicy(s.former)
	}
	s.authenticated = s.authenticated || authenticate // a link from when it ended must not loosen it
	s.activate()
	return s, s.changed(), nil
}

// askToConfirm sends the subscription's endpoint a token, a new one if it is empty. The
// caller holds mu.
func (s *LocalSubscription) askToConfirm(kind NotificationType, token string) {
	t := s.topic
	now := t.service.registry.now()
	if token == "" {
		random := make([]byte, 32)
		rand.Read(random) // never fails
		delete(t.byToken, s.token)
		s.token, s.tokenEnds = hex.EncodeToString(random), now+int64(tokenLife)
		t.byToken[s.token] = s
		t.expiring = append(t.expiring, expiring{s, s.token})
	}
	m := &message{content: content{id: uuid.NewString(), at: now, kind: kind, token: s.token}}
	it := s.keepAsked(m)
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.lane.push(it)
}

// expiring is a token that was given, for when it is too old.
type expiring struct {
	s     *LocalSubscription
	token string
}

// lapsed tells whether the subscription was not confirmed in time. The caller holds mu.
func (s *LocalSubscription) lapsed(now int64) bool {
	return s.state == pending && now >= s.tokenEnds
}

// expire forgets tokens that are too old, and subscriptions that only they would have
// brought (back) to life. The caller holds mu.
func (t *LocalTopic) expire() {
	now := t.service.registry.now()
	for len(t.expiring) > 0 {
		x := t.expiring[0]
		if x.s.token == x.token && now < x.s.tokenEnds {
			return
		}
		t.expiring = t.expiring[1:]
		if x.s.token != x.token {
			continue
		}
		delete(t.byToken, x.token)
		switch x.s.state {
		case pending:
			delete(t.subscriptions, x.s.id)
			delete(t.byAddress, x.s.name)
			x.s.setPolicy(nil)
		case deactivated:
		default:
			continue
		}
		x.s.finish()
		x.s.changed() // nobody waits for what time says, too
	}
}
