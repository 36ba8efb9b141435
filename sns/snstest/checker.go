package snstest

import (
	"errors"
	"slices"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// checker is what a rule checks with. It fails the test at the first difference.
type checker struct {
	suite.Checks
	cfg Config
}

func (c *checker) topic(cfg sns.Config) sns.Topic {
	c.Helper()
	topic := c.cfg.New(c.TB, cfg)
	if topic == nil {
		c.Fatal("Config.New returned no topic")
	}
	return topic
}

// queue returns a queue and a subscription of it, by its ARN.
func (c *checker) queue(topic sns.Topic, cfg sqs.Config) (sqs.Queue, sns.Subscription) {
	c.Helper()
	q, arn := c.cfg.NewQueue(c.TB, topic, cfg)
	if q == nil || arn == "" {
		c.Fatalf("Config.NewQueue returned the queue %v and the ARN %q", q, arn)
	}
	return q, sns.Subscription{Protocol: sns.ProtocolSQS, Address: arn}
}

// deadLetters returns a queue for dead letters and a policy that names it.
func (c *checker) deadLetters(topic sns.Topic, cfg sqs.Config) (sqs.Queue, *sns.RedrivePolicy) {
	c.Helper()
	q, sub := c.queue(topic, cfg)
	return q, &sns.RedrivePolicy{DeadLetterTargetARN: sub.Address}
}

func entries(texts ...string) []sns.Entry {
	batch := make([]sns.Entry, len(texts))
	for i, text := range texts {
		batch[i].Message = text
	}
	return batch
}

func (c *checker) publish(topic sns.Publisher, batch ...sns.Entry) []sns.Published {
	c.Helper()
	published, err := topic.Publish(c.Context(), batch...)
	if err != nil {
		c.Fatalf("Publish: %v", err)
	}
	if len(published) != len(batch) {
		c.Fatalf("Publish of %d entries returned %d results", len(batch), len(published))
	}
	return published
}

func (c *checker) publishTexts(topic sns.Publisher, texts ...string) []sns.Published {
	c.Helper()
	return c.publish(topic, entries(texts...)...)
}

func (c *checker) subscribe(topic sns.Topic, sub sns.Subscription) sns.SubscriptionID {
	c.Helper()
	id, err := topic.Subscribe(c.Context(), sub)
	if err != nil {
		c.Fatalf("Subscribe: %v", err)
	}
	if id == "" {
		c.Fatal("Subscribe returned no id")
	}
	return id
}

func (c *checker) unsubscribe(topic sns.Topic, id sns.SubscriptionID) {
	c.Helper()
	if err := topic.Unsubscribe(c.Context(), id); err != nil {
		c.Fatalf("Unsubscribe: %v", err)
	}
}

// settle waits until what topic has accepted has come to its end.
func (c *checker) settle(topic sns.Topic) {
	c.Helper()
	if c.cfg.Flush == nil {
		time.Sleep(time.Second)
	} else if err := c.cfg.Flush(c.Context(), topic); err != nil {
		c.Fatalf("Flush: %v", err)
	}
}

// eventually waits until done, at most ten seconds.
func (c *checker) eventually(done func() bool) bool {
	for range 1000 {
		if c.cfg.VirtualTime {
			synctest.Wait()
		}
		if done() {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func (c *checker) equal(want, got []string, what string) {
	c.Helper()
	if !slices.Equal(want, got) {
		c.Fatalf("%s: %q, expected %q", what, got, want)
	}
}

// refused checks that exactly the entries with these indexes failed, each with one of
// some conditions.
func (c *checker) refused(err error, what string, indexes []int, conditions ...error) {
	c.Helper()
	batch, ok := errors.AsType[*sns.BatchError](err)
	if !ok {
		c.Fatalf("%s: the error is %v, expected a *sns.BatchError", what, err)
	}
	var failed []int
	for _, f := range batch.Failed {
		failed = append(failed, f.Index)
		c.FailedWith(f.Err, what, conditions...)
	}
	if !slices.Equal(failed, indexes) {
		c.Fatalf("%s: entries %v failed, expected %v", what, failed, indexes)
	}
}

// refuse checks that topic refuses one entry.
func (c *checker) refuse(topic sns.Topic, e sns.Entry, what string) {
	c.Helper()
	_, err := topic.Publish(c.Context(), e)
	c.refused(err, what, []int{0}, sns.ErrInvalidParameter, sns.ErrInvalidParameterValue)
}
