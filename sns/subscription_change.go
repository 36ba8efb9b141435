package sns

import (
	"reflect"

	"github.com/leat-go/leat/sns/internal/filter"
)

// change makes what f returns for the subscription's settings its new ones, unless f or
// the settings have a fault; then nothing changes. The endpoint stays what it is.
func (s *LocalSubscription) change(op string, f func(Subscription) (Subscription, error)) error {
	if err := s.topic.ready(op, string(s.id)); err != nil {
		return err
	}
	c, err := s.reconfigure(op, f)
	if err != nil {
		return err
	}
	return s.topic.ledger.await(op, string(s.id), c)
}

func (s *LocalSubscription) reconfigure(op string, f func(Subscription) (Subscription, error)) (*commit, error) {
	t := s.topic
	t.admin.Lock()
	defer t.admin.Unlock()
	if err := t.open(op); err != nil {
		return nil, err
	}
	old := s.config.Load()
	sub, err := f(*old)
	if err != nil {
		return nil, located(op, string(s.id), err)
	}
	sub.Endpoint, sub.Protocol, sub.Address = old.Endpoint, old.Protocol, old.Address
	policy, err := t.prepare(op, &sub)
	if err != nil {
		return nil, located(op, string(s.id), err)
	}
	c, err := s.apply(&sub, policy)
	if err != nil {
		return nil, located(op, string(s.id), err)
	}
	s.out.proceed()
	return c, nil
}

func (s *LocalSubscription) apply(sub *Subscription, policy *filter.Policy) (*commit, error) {
	t := s.topic
	defer t.lockAll()()
	switch {
	case s.state == deactivated || s.state == ended:
		return nil, &Error{Err: ErrNotFound, Message: noSubscription}
	case policy != nil && s.policy == nil && t.policed >= t.config.Load().maxFilterPolicies():
		return nil, &Error{Err: ErrFilterPolicyLimitExceeded}
	}
	replay := !reflect.DeepEqual(s.config.Load().ReplayPolicy, sub.ReplayPolicy)
	if s.state == confirmed {
		s.unindex()
		defer s.index()
	}
	s.setPolicy(policy)
	s.configure(sub)
	if replay && s.state == confirmed {
		s.startReplay()
	}
	return s.changed(), nil
}
