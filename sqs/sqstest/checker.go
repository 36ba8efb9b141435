package sqstest

import (
	"errors"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/sqs"
)

// checker is what a rule checks with. It fails the test at the first difference.
type checker struct {
	suite.Checks
	cfg Config
}

const day = 24 * time.Hour

func (c *checker) queue(cfg sqs.Config) sqs.Queue {
	c.Helper()
	q := c.cfg.New(c.TB, cfg)
	if q == nil {
		c.Fatal("Config.New returned no queue")
	}
	return q
}

// visibility returns the configuration of a standard queue with this timeout.
func visibility(timeout time.Duration) sqs.Config { return sqs.Config{VisibilityTimeout: &timeout} }

func entries(bodies ...string) []sqs.Entry {
	batch := make([]sqs.Entry, len(bodies))
	for i, body := range bodies {
		batch[i].Body = body
	}
	return batch
}

func (c *checker) send(q sqs.Queue, batch ...sqs.Entry) []sqs.Sent {
	c.Helper()
	sent, err := q.Send(c.Context(), batch...)
	if err != nil {
		c.Fatalf("Send: %v", err)
	}
	if len(sent) != len(batch) {
		c.Fatalf("Send of %d entries returned %d results", len(batch), len(sent))
	}
	return sent
}

func (c *checker) sendBodies(q sqs.Queue, bodies ...string) []sqs.Sent {
	c.Helper()
	return c.send(q, entries(bodies...)...)
}

// receive takes what there is, up to limit.
func (c *checker) receive(q sqs.Queue, limit int) []sqs.Message {
	c.Helper()
	return c.receiveWith(q, sqs.ReceiveRequest{MaxMessages: limit, Wait: new(time.Duration(0))})
}

func (c *checker) receiveWith(q sqs.Queue, req sqs.ReceiveRequest) []sqs.Message {
	c.Helper()
	messages, err := q.Receive(c.Context(), req)
	if err != nil {
		c.Fatalf("Receive: %v", err)
	}
	if limit := max(req.MaxMessages, 1); len(messages) > limit {
		c.Fatalf("Receive of at most %d messages returned %d", limit, len(messages))
	}
	for _, m := range messages {
		if m.ReceiptHandle == "" {
			c.Fatalf("message %q has no receipt handle", m.Body)
		}
	}
	return messages
}

// receiveSome takes some of what must be there. In real time it waits a little: a
// receive that does not wait may ask only some of SQS's servers.
func (c *checker) receiveSome(q sqs.Queue, limit int) []sqs.Message {
	c.Helper()
	if c.cfg.VirtualTime || c.cfg.Lacks&LongPolling != 0 {
		return c.receive(q, limit)
	}
	return c.receiveWith(q, sqs.ReceiveRequest{MaxMessages: limit, Wait: new(time.Second)})
}

// take receives n messages that are there, in as many receives as it takes.
func (c *checker) take(q sqs.Queue, n int) []sqs.Message {
	c.Helper()
	var all []sqs.Message
	for len(all) < n {
		messages := c.receiveSome(q, min(n-len(all), 10))
		if len(messages) == 0 {
			c.Fatalf("received only %d messages of %d that are there: %q", len(all), n, bodiesOf(all))
		}
		all = append(all, messages...)
	}
	return all
}

func (c *checker) takeOne(q sqs.Queue) sqs.Message {
	c.Helper()
	return c.take(q, 1)[0]
}

func (c *checker) takeNothing(q sqs.Queue, because string) {
	c.Helper()
	if messages := c.receive(q, 10); len(messages) > 0 {
		c.Fatalf("received %q although %s", bodiesOf(messages), because)
	}
}

// consume receives and deletes n messages, one receive at a time, and returns their
// bodies in order.
func (c *checker) consume(q sqs.Queue, n int) []string {
	c.Helper()
	var bodies []string
	for len(bodies) < n {
		messages := c.receiveSome(q, min(n-len(bodies), 10))
		if len(messages) == 0 {
			c.Fatalf("received only %q of %d messages that are there", bodies, n)
		}
		bodies = append(bodies, bodiesOf(messages)...)
		c.delete(q, messages...)
	}
	return bodies
}

func (c *checker) delete(q sqs.Queue, messages ...sqs.Message) {
	c.Helper()
	if err := q.Delete(c.Context(), handlesOf(messages)...); err != nil {
		c.Fatalf("Delete: %v", err)
	}
}

func (c *checker) change(q sqs.Queue, timeout time.Duration, messages ...sqs.Message) {
	c.Helper()
	if err := q.ChangeVisibility(c.Context(), timeout, handlesOf(messages)...); err != nil {
		c.Fatalf("ChangeVisibility to %v: %v", timeout, err)
	}
}

func (c *checker) equal(want, got []string, what string) {
	c.Helper()
	if !slices.Equal(want, got) {
		c.Fatalf("%s: %q, expected %q", what, got, want)
	}
}

// same checks without regard to order.
func (c *checker) same(want, got []string, what string) {
	c.Helper()
	c.equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got)), what)
}

// refused checks that exactly the entries with these indexes failed, each with one of
// some conditions.
func (c *checker) refused(err error, what string, indexes []int, conditions ...error) {
	c.Helper()
	batch, ok := errors.AsType[*sqs.BatchError](err)
	if !ok {
		c.Fatalf("%s: the error is %v, expected a *sqs.BatchError", what, err)
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

func bodiesOf(messages []sqs.Message) []string {
	var bodies []string
	for _, m := range messages {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

func handlesOf(messages []sqs.Message) []string {
	var handles []string
	for _, m := range messages {
		handles = append(handles, m.ReceiptHandle)
	}
	return handles
}
