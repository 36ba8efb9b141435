package lambda

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// TopicConfig says how a topic's notifications come to a function. Its zero value is AWS's
// default for asynchronous invocations. ("Configuring error handling settings for
// asynchronous invocations".)
type TopicConfig struct {
	// MaximumRetryAttempts is how often a notification that the function failed for is
	// tried again, 0 to 2, before it is given up. Nil means 2. An invocation that was
	// throttled does not count.
	MaximumRetryAttempts *int

	// MaximumEventAge is how old a notification may be when it is handed over, first or
	// again, 60 seconds to 6 hours. Zero means 6 hours.
	MaximumEventAge time.Duration

	// MaximumConcurrency is how many invocations may run at once, 1 to 1,000. Zero means
	// 1,000. Notifications are handed over in the order of their coming only if it is 1,
	// and those that failed come later even so.
	MaximumConcurrency int

	// OnFailure is told of each notification that is given up, with the event that the
	// function was to get. ("Adding a destination".) Nil means that it is only counted and
	// reported.
	OnFailure Destination

	// Backoff is the pause after the function has failed, attempts being how often it did.
	// Nil means a minute, then two.
	Backoff func(attempts int) time.Duration

	// MaxBacklog bounds the notifications that wait or are being handled. Zero means
	// 100,000, which is the most. Beyond it the topic keeps them, and tries again.
	MaxBacklog int

	// Subscription says which notifications come: its FilterPolicy, FilterPolicyScope,
	// RedrivePolicy, DeadLetterQueue and MaxBacklog. Endpoint and RawMessageDelivery must
	// not be set. Address names the function; empty means its own ARN, if it has one.
	Subscription sns.Subscription

	// Logger and OnError are those of sqs.ConsumerConfig.
	Logger  *slog.Logger
	OnError func(err error)
}

const maxBacklog = 100_000

// FromTopic subscribes to a topic, and returns an event source that calls h for each
// notification. What is published before Run waits, up to MaxBacklog. The end of the event
// source ends the subscription, also if it never ran; so one that is not run must be
// closed. What is left then is given up, with the condition "Closed", and OnFailure is not
// told. It fails with an [*Error] with ErrInvalidParameterValue for each fault of its
// arguments, joined, or as Subscribe does.
//
// Between the topic and the function is a queue, as on AWS, and an [sqs.Consumer]: a
// notification is handled at least once, and a function that fails holds up neither the topic
// nor other notifications. The queue is in memory.
func FromTopic(ctx context.Context, topic sns.Topic, h func(ctx context.Context, n sns.Notification) error, cfg TopicConfig) (*EventSource, error) {
	return newTopicSource(ctx, "FromTopic", topic, h, cfg)
}

// MapTopic subscribes to a topic, and returns an event source that calls fn with an
// [SNSEvent] for each notification. For the rest it is as FromTopic.
func MapTopic(ctx context.Context, topic sns.Topic, fn Invoker, cfg TopicConfig) (*EventSource, error) {
	if fn == nil {
		return newTopicSource(ctx, "MapTopic", topic, nil, cfg)
	}
	if cfg.Subscription.Address == "" {
		cfg.Subscription.Address = arnOf(fn)
	}
	return newTopicSource(ctx, "MapTopic", topic, topicFunction(fn), cfg)
}

func newTopicSource(ctx context.Context, op string, topic sns.Topic, h func(context.Context, sns.Notification) error, cfg TopicConfig) (*EventSource, error) {
	if err := cfg.validate(op, topic, h != nil); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	queue, err := sqs.New("events", sqs.Config{MessageRetentionPeriod: 14 * 24 * time.Hour})
	if err != nil {
		return nil, err
	}
	s := &topicSource{
		cfg: cfg, handler: h, counts: &counts{}, reporter: reporter{cfg.Logger, cfg.OnError},
		topic: topic, queue: queue, events: map[string]*event{}, drained: make(chan struct{}), left: make(chan struct{}),
	}
	s.consumer, err = sqs.NewConsumer(queue, sqs.Each(s.handle), sqs.ConsumerConfig{
		Concurrency: cfg.MaximumConcurrency, Backoff: s.backoff, Logger: cfg.Logger, OnError: cfg.OnError,
	})
	if err != nil {
		return nil, err
	}
	sub := cfg.Subscription
	sub.Endpoint = s
	if s.id, err = topic.Subscribe(ctx, sub); err != nil {
		return nil, fmt.Errorf("lambda: %s: %w", op, err)
	}
	return &EventSource{runner: s, counts: s.counts}, nil
}

func (c TopicConfig) withDefaults() TopicConfig {
	if c.MaximumRetryAttempts == nil {
		c.MaximumRetryAttempts = new(defaultRetries)
	}
	if c.MaximumEventAge == 0 {
		c.MaximumEventAge = defaultEventAge
	}
	if c.MaximumConcurrency == 0 {
		c.MaximumConcurrency = maxConcurrency
	}
	if c.MaxBacklog == 0 {
		c.MaxBacklog = maxBacklog
	}
	if c.Backoff == nil {
		c.Backoff = func(attempts int) time.Duration { return time.Duration(attempts) * time.Minute }
	}
	return c
}

// validate returns every fault of a configuration as it was given, joined.
func (c *TopicConfig) validate(op string, topic sns.Topic, handled bool) error {
	f := faults{op: op}
	f.require(topic != nil, "The topic is nil.")
	f.require(handled, "The function is nil.")
	if n := c.MaximumRetryAttempts; n != nil {
		f.require(0 <= *n && *n <= defaultRetries, "MaximumRetryAttempts is %d; it must be 0 to %d.", *n, defaultRetries)
	}
	age := c.MaximumEventAge
	f.require(age == 0 || time.Minute <= age && age <= defaultEventAge, "MaximumEventAge is %v; it must be 60 seconds to 6 hours.", age)
	f.require(0 <= c.MaximumConcurrency && c.MaximumConcurrency <= maxConcurrency,
		"MaximumConcurrency is %d; it must be 1 to %d.", c.MaximumConcurrency, maxConcurrency)
	f.require(0 <= c.MaxBacklog && c.MaxBacklog <= maxBacklog, "MaxBacklog is %d; it must be 1 to %d.", c.MaxBacklog, maxBacklog)
	f.require(c.Subscription.Endpoint == nil, "Subscription.Endpoint is set; it is the event source itself.")
	f.require(!c.Subscription.RawMessageDelivery, "Subscription.RawMessageDelivery is set; functions always get an envelope.")
	return f.err()
}

// topicSource is the endpoint of an event source's subscription and the handler of its
// consumer. The queue between has the keys of the events.
type topicSource struct {
	cfg      TopicConfig // with defaults
	handler  func(ctx context.Context, n sns.Notification) error
	counts   *counts
	reporter reporter
	topic    sns.Topic
	id       sns.SubscriptionID
	queue    *sqs.LocalQueue
	consumer *sqs.Consumer

	mu      sync.Mutex
	events  map[string]*event // by key; guarded by mu
	lastKey uint64            // guarded by mu
	running bool              // Run was called; guarded by mu
	ending  bool              // Shutdown or Close was called, or Run is over; guarded by mu
	drained chan struct{}     // closed when it is ending and there are no events
	left    chan struct{}     // closed when the subscription has ended
}

// event is a notification until it is handled or given up. But for its making, only the
// handler that has its message, and the backoff after it, see it.
type event struct {
	n         sns.Notification
	came      time.Time
	attempts  int    // that failed and count
	waits     int    // the failures that do not count, since the last one that does
	cause     error  // of the last failure that counts
	condition string // not empty: it is given up
}

// Run implements runner.
func (s *topicSource) Run(ctx context.Context) error {
	s.mu.Lock()
	s.running = !s.ending
	s.mu.Unlock()
	err := s.consumer.Run(ctx)
	s.unsubscribe()
	s.abandon()
	return err
}
