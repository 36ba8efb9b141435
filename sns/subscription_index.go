package sns

import "github.com/leat-go/leat/sns/internal/filter"

// setPolicy keeps count. The caller holds mu.
func (s *LocalSubscription) setPolicy(policy *filter.Policy) {
	if s.policy != nil {
		s.topic.policed--
	}
	if s.policy = policy; policy != nil {
		s.topic.policed++
	}
}

// activate lets the subscription have what is published from now on, after what its
// replay policy asks for. The caller holds the topic's order and mu.
func (s *LocalSubscription) activate() {
	s.state = confirmed
	s.index()
	s.startReplay()
}

// index enters a confirmed subscription where publishers look, unless it is for a
// replay only. The caller holds mu.
func (s *LocalSubscription) index() {
	t := s.topic
	switch {
	case s.replaysOnly():
	case s.policy == nil:
		s.place = len(t.unfiltered)
		t.unfiltered = append(t.unfiltered, s)
	case s.config.Load().FilterPolicyScope == FilterPolicyScopeMessageBody:
		t.byBody.Add(s, s.policy)
	default:
		t.byAttributes.Add(s, s.policy)
	}
}

// unindex is the inverse of index.
func (s *LocalSubscription) unindex() {
	t := s.topic
	switch {
	case s.replaysOnly():
	case s.policy == nil:
		last := len(t.unfiltered) - 1
		moved := t.unfiltered[last]
		t.unfiltered[s.place], moved.place = moved, s.place
		t.unfiltered[last] = nil
		t.unfiltered = t.unfiltered[:last]
	case s.config.Load().FilterPolicyScope == FilterPolicyScopeMessageBody:
		t.byBody.Remove(s, s.policy)
	default:
		t.byAttributes.Remove(s, s.policy)
	}
}
