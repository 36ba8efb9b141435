package sns

// Metrics is a snapshot of a topic's counters under the names that AWS gives them
// in CloudWatch. They only grow, from the topic's creation.
type Metrics struct {
	NumberOfMessagesPublished                           int64 // accepted, duplicates included
	PublishSize                                         int64 // bytes of all messages published, attributes included
	NumberOfNotificationsDelivered                      int64
	NumberOfNotificationsFailed                         int64 // given up or dropped, dead-lettered ones included
	NumberOfNotificationsFilteredOut                    int64
	NumberOfNotificationsFilteredOutNoMessageAttributes int64
	NumberOfNotificationsFilteredOutInvalidAttributes   int64 // the policy asks for an attribute whose value is not what its type says
	NumberOfNotificationsFilteredOutInvalidMessageBody  int64 // the policy looks at the body, and that is no JSON object
	NumberOfNotificationsRedrivenToDlq                  int64
	NumberOfNotificationsFailedToRedriveToDlq           int64
}

// Metrics returns the topic's metrics as of now.
func (t *LocalTopic) Metrics() Metrics {
	t.mu.RLock()
	defer t.mu.RUnlock()
	m := t.past
	for s := range t.everySubscription {
		if s.state != ended {
			s.addTo(&m)
		}
	}
	for _, s := range t.fading {
		s.addTo(&m)
	}
	m.NumberOfMessagesPublished = t.published.Load()
	m.PublishSize = t.publishedBytes.Load()
	m.NumberOfNotificationsFilteredOut = t.filtered.Load()
	m.NumberOfNotificationsFilteredOutNoMessageAttributes = t.filteredNoAttributes.Load()
	m.NumberOfNotificationsFilteredOutInvalidAttributes = t.filteredInvalidAttributes.Load()
	m.NumberOfNotificationsFilteredOutInvalidMessageBody = t.filteredInvalidBody.Load()
	return m
}

// addTo adds what the subscription's couriers did.
func (s *LocalSubscription) addTo(m *Metrics) {
	s.out.mu.Lock()
	m.NumberOfNotificationsDelivered += s.out.stats.delivered
	m.NumberOfNotificationsFailed += s.out.stats.givenUp + s.out.stats.discarded
	s.out.mu.Unlock()
	m.NumberOfNotificationsFailed += s.overflowed.Load()
	s.graves.mu.Lock()
	m.NumberOfNotificationsRedrivenToDlq += s.graves.stats.delivered
	m.NumberOfNotificationsFailedToRedriveToDlq += s.graves.stats.givenUp + s.graves.stats.discarded
	s.graves.mu.Unlock()
}
