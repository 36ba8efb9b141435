package kinesis

import "time"

// row returns what a journal has to know. The caller holds stream.admin.
func (c *Consumer) row() consumerRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return consumerRow{c.name, c.createdAt.UnixNano(), c.activeAt, c.goneAt, c.policy, c.tags}
}

// restoreConsumer takes over what a journal knows of a consumer.
func (s *LocalStream) restoreConsumer(row *consumerRow) {
	c := &Consumer{
		stream: s, name: row.name, tags: row.tags, policy: row.policy,
		createdAt: time.Unix(0, row.createdAt), activeAt: row.activeAt, goneAt: row.goneAt,
	}
	if row.goneAt != 0 {
		c.end = located("Subscribe", s.name, s.noConsumer(row.name))
	}
	s.consumers[row.name] = c
}
