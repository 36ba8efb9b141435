package kinesis

import (
	"maps"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/journal"
)

// Consumer returns the consumer of a name, also while it is CREATING or DELETING. It
// fails with ErrResourceNotFound. (DescribeStreamConsumer.)
func (s *LocalStream) Consumer(name string) (*Consumer, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.open("Consumer"); err != nil {
		return nil, err
	}
	s.forgetConsumers(s.registry.now())
	if c := s.consumers[name]; c != nil {
		return c, nil
	}
	return nil, located("Consumer", s.name, s.noConsumer(name))
}

// Consumers returns the stream's consumers, by name, with those that are CREATING or
// DELETING. A stream that was deleted has none. (ListStreamConsumers.)
func (s *LocalStream) Consumers() []*Consumer {
	s.admin.Lock()
	defer s.admin.Unlock()
	if s.open("Consumers") != nil {
		return nil
	}
	s.forgetConsumers(s.registry.now())
	return slices.SortedFunc(maps.Values(s.consumers), func(a, b *Consumer) int { return strings.Compare(a.name, b.name) })
}

// Tags returns the consumer's tags; the map is the caller's. (ListTagsForResource.)
func (c *Consumer) Tags() map[string]string {
	c.stream.admin.Lock()
	defer c.stream.admin.Unlock()
	return clonedTags(c.tags)
}

// Tag adds tags, as LocalStream.Tag does. (TagResource.)
func (c *Consumer) Tag(tags map[string]string) error {
	return c.change("Tag", func(row *consumerRow) (err error) {
		row.tags, err = taggedWith(row.tags, tags, "consumer "+c.name, c.stream.account)
		return err
	})
}

// Untag removes tags, as LocalStream.Untag does. (UntagResource.)
func (c *Consumer) Untag(keys ...string) error {
	return c.change("Untag", func(row *consumerRow) (err error) {
		row.tags, err = taggedWithout(row.tags, keys)
		return err
	})
}

// change changes tags and policy to what f makes of them.
func (c *Consumer) change(op string, f func(row *consumerRow) error) error {
	if err := c.stream.storable(op); err != nil {
		return err
	}
	t, err := c.tryChange(op, f)
	if err != nil {
		return err
	}
	return c.stream.keep(op, t)
}

// tryChange is change without waiting until that is durable.
func (c *Consumer) tryChange(op string, f func(row *consumerRow) error) (t journal.Ticket, err error) {
	c.stream.admin.Lock()
	defer c.stream.admin.Unlock()
	if err := c.open(op); err != nil {
		return t, err
	}
	row := c.row()
	if err := f(&row); err != nil {
		return t, located(op, c.stream.name, err)
	}
	if t, err = c.stream.write(op, row.fact()); err == nil {
		c.tags, c.policy = row.tags, row.policy
	}
	return t, err
}

// Policy returns the consumer's resource policy. It fails with ErrResourceNotFound if
// it has none. (GetResourcePolicy.)
func (c *Consumer) Policy() (string, error) {
	c.stream.admin.Lock()
	defer c.stream.admin.Unlock()
	if err := c.open("Policy"); err != nil {
		return "", err
	}
	if c.policy == "" {
		return "", located("Policy", c.stream.name, noPolicy(c.ARN()))
	}
	return c.policy, nil
}

// PutPolicy gives the consumer a resource policy, as LocalStream.PutPolicy does. It
// fails with ErrResourceInUse unless the consumer is ACTIVE. (PutResourcePolicy.)
func (c *Consumer) PutPolicy(policy string) error {
	if err := checkPolicy(policy); err != nil {
		return located("PutPolicy", c.stream.name, err)
	}
	return c.setPolicy("PutPolicy", policy)
}

// DeletePolicy takes the consumer's resource policy away. It fails with
// ErrResourceNotFound if there is none, and with ErrResourceInUse unless the consumer
// is ACTIVE. (DeleteResourcePolicy.)
func (c *Consumer) DeletePolicy() error { return c.setPolicy("DeletePolicy", "") }

func (c *Consumer) setPolicy(op, policy string) error {
	return c.change(op, func(row *consumerRow) error {
		switch {
		case c.Status() != ConsumerActive:
			return c.notActive()
		case policy == "" && row.policy == "":
			return noPolicy(c.ARN())
		}
		row.policy = policy
		return nil
	})
}
