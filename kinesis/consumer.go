package kinesis

import (
	"fmt"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/journal"
)

const (
	maxConsumers          = 20
	maxConsumersCommitted = 50 // of an on-demand stream whose account has a commitment
	maxConsumersCreating  = 5
)

// Consumer is a registered consumer of a stream, for which shards push their records
// instead of being asked: enhanced fan-out. It has a throughput of its own for every
// shard. All methods may be called concurrently. Once it is deregistered, or its stream
// is deleted, those that can fail do so with ErrResourceNotFound, and with ErrClosed
// once its stream is closed.
type Consumer struct {
	stream    *LocalStream
	name      string
	createdAt time.Time
	activeAt  int64 // in nanoseconds since 1970

	tags   map[string]string // guarded by stream.admin
	policy string            // guarded by stream.admin

	mu            sync.Mutex            // taken after stream.admin
	end           error                 // why it is no more, or is going; guarded by mu
	goneAt        int64                 // when it is forgotten, once there is an end; guarded by mu
	subscriptions map[int]*subscription // the last of each shard, by the shard's index; guarded by mu
	sweepAt       int                   // how many of them there are when the old ones are forgotten; guarded by mu
}

// ConsumerStatus is what a consumer is doing. (DescribeStreamConsumer, ConsumerStatus.)
type ConsumerStatus string

const (
	ConsumerCreating ConsumerStatus = "CREATING" // cannot subscribe yet
	ConsumerActive   ConsumerStatus = "ACTIVE"
	ConsumerDeleting ConsumerStatus = "DELETING" // cannot subscribe any more
)

// RegisterConsumer gives the stream a consumer. Its name is 1 to 128 of [a-zA-Z0-9_.-],
// its tags, which may be nil, are as Tag has them. The consumer is CREATING for the
// stream's TransitionTime. It fails with ErrResourceInUse if the stream has a consumer
// of the name, or is not ACTIVE; with ErrLimitExceeded if it has 20 consumers (50 if it
// is on-demand and its account has a commitment), or 5 that are CREATING; with
// ErrInvalidArgument, ErrValidation or ErrResourceNotFound. (RegisterStreamConsumer.)
func (s *LocalStream) RegisterConsumer(name string, tags map[string]string) (*Consumer, error) {
	const op = "RegisterConsumer"
	if !nameSyntax.MatchString(name) {
		return nil, located(op, s.name, invalid("Invalid ConsumerName. It must be 1 to 128 of [a-zA-Z0-9_.-]. Specified name was %.130q", name))
	}
	checked, err := taggedWith(nil, tags, "consumer "+name, s.account)
	if err != nil {
		return nil, located(op, s.name, err)
	}
	if err := s.storable(op); err != nil {
		return nil, err
	}
	c, t, err := s.register(op, name, checked)
	if err != nil {
		return nil, err
	}
	if err := s.keep(op, t); err != nil {
		return nil, err
	}
	return c, nil
}

// register is RegisterConsumer without waiting until that is durable.
func (s *LocalStream) register(op, name string, tags map[string]string) (c *Consumer, t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.open(op); err != nil {
		return nil, t, err
	}
	if err := s.ready(op); err != nil {
		return nil, t, err
	}
	now := s.registry.now()
	s.forgetConsumers(now)
	if err := s.roomFor(name, now); err != nil {
		return nil, t, located(op, s.name, err)
	}
	c = &Consumer{stream: s, name: name, tags: tags, createdAt: time.Unix(0, now), activeAt: now + int64(s.config.Load().TransitionTime)}
	row := c.row()
	if t, err = s.write(op, row.fact()); err != nil {
		return nil, t, err
	}
	s.consumers[name] = c
	return c, t, nil
}

// roomFor tells why the stream cannot have another consumer. The caller holds admin.
func (s *LocalStream) roomFor(name string, now int64) error {
	most := maxConsumers
	if s.config.Load().Mode == ModeOnDemand && s.registry.committed(s.place()) {
		most = maxConsumersCommitted
	}
	creating := 0
	for _, c := range s.consumers {
		if c.statusAt(now) == ConsumerCreating {
			creating++
		}
	}
	switch {
	case s.consumers[name] != nil:
		return &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Consumer %s under stream %s, account %s already exists.", name, s.name, s.account)}
	case len(s.consumers) >= most:
		return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("Stream %s under account %s cannot have more than %d consumers.", s.name, s.account, most)}
	case creating >= maxConsumersCreating:
		return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("Stream %s under account %s cannot have more than %d consumers in CREATING status.", s.name, s.account, maxConsumersCreating)}
	}
	return nil
}

// DeregisterConsumer takes a consumer from the stream. Its subscriptions end with
// ErrResourceNotFound. It is DELETING for the stream's TransitionTime; to deregister it
// once more meanwhile is no error. It fails with ErrResourceNotFound.
// (DeregisterStreamConsumer.)
func (s *LocalStream) DeregisterConsumer(name string) error {
	const op = "DeregisterConsumer"
	if err := s.storable(op); err != nil {
		return err
	}
	t, err := s.deregister(op, name)
	if err != nil {
		return err
	}
	return s.keep(op, t)
}

// deregister is DeregisterConsumer without waiting until that is durable.
func (s *LocalStream) deregister(op, name string) (t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.open(op); err != nil {
		return t, err
	}
	now := s.registry.now()
	s.forgetConsumers(now)
	c := s.consumers[name]
	if c == nil {
		return t, located(op, s.name, s.noConsumer(name))
	}
	row := c.row()
	orElse(&row.goneAt, now+int64(s.config.Load().TransitionTime))
	if t, err = s.write(op, row.fact()); err != nil {
		return t, err
	}
	c.finish(located("Subscribe", s.name, s.noConsumer(name)), row.goneAt)
	s.forgetConsumers(now)
	return t, nil
}

func (s *LocalStream) noConsumer(name string) *Error {
	return &Error{Err: ErrResourceNotFound, Message: fmt.Sprintf("Consumer %.2048s, account %s not found.", name, s.account)}
}

// forgetConsumers drops the consumers that have been DELETING for long enough. The
// caller holds admin.
func (s *LocalStream) forgetConsumers(now int64) {
	for name, c := range s.consumers {
		if c.isGone(now) {
			delete(s.consumers, name)
		}
	}
}

// Name returns the consumer's name.
func (c *Consumer) Name() string { return c.name }

// ARN returns the consumer's Amazon Resource Name, which ends with the second of its
// registration.
func (c *Consumer) ARN() string {
	return consumerARN{arn{c.stream.region, c.stream.account, c.stream.name}, c.name, c.createdAt.Unix()}.String()
}

// CreatedAt returns when the consumer was registered.
func (c *Consumer) CreatedAt() time.Time { return c.createdAt }

// Stream returns the stream that the consumer belongs to.
func (c *Consumer) Stream() *LocalStream { return c.stream }

// Status returns what the consumer is doing: ConsumerDeleting also when it is gone.
func (c *Consumer) Status() ConsumerStatus { return c.statusAt(c.stream.registry.now()) }

func (c *Consumer) statusAt(now int64) ConsumerStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status(now)
}

// status is statusAt for those who hold mu.
func (c *Consumer) status(now int64) ConsumerStatus {
	select {
	case <-c.stream.ended:
		return ConsumerDeleting
	default:
	}
	switch {
	case c.end != nil:
		return ConsumerDeleting
	case now < c.activeAt:
		return ConsumerCreating
	}
	return ConsumerActive
}

func (c *Consumer) isGone(now int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end != nil && now >= c.goneAt
}

// finish makes the consumer DELETING until goneAt, and ends its subscriptions with
// reason.
func (c *Consumer) finish(reason error, goneAt int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return
	}
	c.end, c.goneAt = reason, goneAt
	for _, sub := range c.subscriptions {
		sub.stop(reason)
	}
	c.subscriptions = nil
}

// open returns the error of op if the consumer is gone. The caller holds stream.admin.
func (c *Consumer) open(op string) error {
	if err := c.stream.open(op); err != nil {
		return err
	}
	if c.isGone(c.stream.registry.now()) {
		return located(op, c.stream.name, c.stream.noConsumer(c.ARN()))
	}
	return nil
}

// notActive is AWS's text.
func (c *Consumer) notActive() *Error {
	return &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Consumer %s with creation timestamp %d under stream %s and account %s is not in ACTIVE status.",
		c.name, c.createdAt.Unix(), c.stream.name, c.stream.account)}
}
