package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Address implements sns.AddressedEndpoint.
func (s *topicSource) Address() (sns.Protocol, string) {
	return sns.ProtocolLambda, s.cfg.Subscription.Address
}

// Deliver implements sns.Endpoint: it accepts the notification, if there is room. The queue
// is in memory, waits for nothing and calls nobody, so mu may be held meanwhile.
func (s *topicSource) Deliver(ctx context.Context, n sns.Notification) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := &Error{Op: "Deliver", Function: s.cfg.Subscription.Address}
	switch {
	case s.ending:
		refuse.Err = ErrClosed
		return sns.Permanent(refuse)
	case len(s.events) >= s.cfg.MaxBacklog:
		refuse.Err = ErrTooManyRequests
		return refuse
	}
	s.lastKey++
	key := strconv.FormatUint(s.lastKey, 10)
	if _, err := s.queue.Send(ctx, sqs.Entry{Body: key}); err != nil {
		return err
	}
	s.events[key] = &event{n: n, came: time.Now()}
	s.counts.polled.Add(1)
	return nil
}

// handle is the consumer's handler. An error makes the event come again.
func (s *topicSource) handle(ctx context.Context, m sqs.Message) error {
	e := s.event(m.Body)
	if e == nil {
		return nil // it was handled, but its message not deleted
	}
	if e.condition == "" && time.Since(e.came) > s.cfg.MaximumEventAge {
		e.condition = eventAgeExceeded
	}
	if e.condition == "" {
		err := s.invoke(ctx, e)
		if err == nil {
			s.done(m.Body)
			return nil
		}
		if e.condition == "" {
			return err
		}
	}
	if err := s.discard(ctx, e); err != nil {
		e.waits++
		return err
	}
	s.done(m.Body)
	return nil
}

// invoke hands an event to the function, and decides whether to give it up when that
// fails.
func (s *topicSource) invoke(ctx context.Context, e *event) error {
	err := contained(func() error { return s.handler(ctx, e.n) })
	refused := isRefused(err)
	if !refused {
		s.counts.invoked.Add(1)
	}
	if err == nil {
		return nil
	}
	s.counts.failed.Add(1)
	switch {
	case ctx.Err() != nil:
	case refused:
		e.waits++
	default:
		e.attempts, e.waits, e.cause = e.attempts+1, 0, err
		if e.attempts > *s.cfg.MaximumRetryAttempts {
			e.condition = retriesExhausted
		}
	}
	return err
}

// backoff is the consumer's. What does not count is tried again after one second, two and
// so on up to five minutes.
func (s *topicSource) backoff(m sqs.Message) time.Duration {
	e := s.event(m.Body)
	switch {
	case e == nil:
		return 0
	case e.waits > 0:
		return min(time.Second<<min(e.waits-1, 9), 5*time.Minute)
	}
	return s.cfg.Backoff(e.attempts)
}

// eventRecord is what a destination is told of a notification that was given up.
type eventRecord struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

// discard tells the destination of an event that is given up.
func (s *topicSource) discard(ctx context.Context, e *event) error {
	if s.cfg.OnFailure != nil {
		record, err := s.describe(e)
		if err == nil {
			err = contained(func() error { return s.cfg.OnFailure.Deliver(ctx, record) })
		}
		if err != nil {
			return fmt.Errorf("lambda: on-failure destination: %w", err)
		}
		s.counts.delivered.Add(1)
	}
	s.counts.dropped.Add(1)
	s.reporter.report(&EventSourceError{Condition: e.condition, Events: 1, Err: e.cause})
	return nil
}

func (s *topicSource) describe(e *event) ([]byte, error) {
	payload, err := topicPayload(&e.n)
	if err != nil {
		return nil, err
	}
	record := eventRecord{
		Version: "1.0", Timestamp: time.Now().UTC().Format(timestampFormat),
		RequestContext: requestContext{
			RequestID: requestIDOf(e.cause), FunctionARN: s.cfg.Subscription.Address, Condition: e.condition, ApproximateInvokeCount: e.attempts,
		},
		RequestPayload: payload, ResponseContext: responseOf(e.attempts, e.cause),
	}
	if e.cause != nil {
		record.ResponsePayload = failureOf(e.cause).Payload()
	}
	return json.Marshal(record)
}

func (s *topicSource) event(key string) *event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[key]
}

func (s *topicSource) done(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.events, key)
	s.checkDrained()
}
