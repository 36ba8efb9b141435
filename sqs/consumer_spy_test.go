package sqs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// spy is a queue that writes down what is asked of it, and fails when told to.
type spy struct {
	sqs.Queue
	began time.Time
	fault func(ctx context.Context, op, body string) error // body is empty for Receive

	mu     sync.Mutex
	bodies map[string]string // by receipt handle
	calls  []string
}

func newSpy(q sqs.Queue) *spy {
	return &spy{Queue: q, began: time.Now(), bodies: map[string]string{},
		fault: func(context.Context, string, string) error { return nil }}
}

func (s *spy) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf("%v ", time.Since(s.began))+fmt.Sprintf(format, args...))
}

// log returns the calls so far whose text contains part.
func (s *spy) log(part string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, call := range s.calls {
		if strings.Contains(call, part) {
			found = append(found, call)
		}
	}
	return found
}

func (s *spy) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	s.note("receive %d for %v", req.MaxMessages, *req.VisibilityTimeout)
	if err := s.fault(ctx, "receive", ""); err != nil {
		return nil, err
	}
	messages, err := s.Queue.Receive(ctx, req)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.bodies[m.ReceiptHandle] = m.Body
	}
	return messages, err
}

func (s *spy) Delete(ctx context.Context, handles ...string) error {
	return s.each(ctx, "delete", handles, func(h string) error { return s.Queue.Delete(ctx, h) })
}

func (s *spy) ChangeVisibility(ctx context.Context, timeout time.Duration, handles ...string) error {
	return s.each(ctx, fmt.Sprintf("hide %v", timeout), handles, func(h string) error {
		return s.Queue.ChangeVisibility(ctx, timeout, h)
	})
}

func (s *spy) each(ctx context.Context, op string, handles []string, do func(string) error) error {
	s.mu.Lock()
	var names []string
	for _, h := range handles {
		names = append(names, s.bodies[h])
	}
	s.mu.Unlock()
	s.note("%s: %s", op, strings.Join(names, " "))
	var failed []sqs.EntryError
	for i, h := range handles {
		err := s.fault(ctx, op, names[i])
		if err == nil {
			err = do(h)
		}
		if err != nil {
			failed = append(failed, sqs.EntryError{Index: i, Err: err})
		}
	}
	if failed != nil {
		return &sqs.BatchError{Failed: failed}
	}
	return nil
}

// consumption is a Consumer that runs.
type consumption struct {
	*sqs.Consumer
	t      *testing.T
	result chan error

	mu   sync.Mutex
	errs []*sqs.ConsumerError
}

func consume(t *testing.T, q sqs.Queue, h sqs.Handler, cfg sqs.ConsumerConfig) *consumption {
	t.Helper()
	c := &consumption{t: t, result: make(chan error, 1)}
	cfg.OnError = func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.errs = append(c.errs, err.(*sqs.ConsumerError))
	}
	var err error
	c.Consumer, err = sqs.NewConsumer(q, h, cfg)
	require.NoError(t, err)
	go func() { c.result <- c.Run(t.Context()) }()
	return c
}

// close ends the consumer and checks that it accounts for every message.
func (c *consumption) close() sqs.ConsumerStats {
	c.t.Helper()
	require.NoError(c.t, c.Close())
	require.NoError(c.t, <-c.result)
	s := c.Stats()
	require.Zero(c.t, s.Held)
	require.Equal(c.t, s.Received, s.Succeeded+s.Failed+s.HandedBack)
	return s
}

// reported returns the operations that OnError was told of, and forgets them.
func (c *consumption) reported() (ops []string, errs []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.errs {
		var names []string
		for _, m := range e.Messages {
			names = append(names, m.Body)
		}
		ops = append(ops, strings.Join(append([]string{e.Op}, names...), " "))
		errs = append(errs, e)
	}
	c.errs = nil
	return ops, errs
}

// diary is what handlers did, by the second.
type diary struct {
	began time.Time
	mu    sync.Mutex
	lines []string
}

func newDiary() *diary { return &diary{began: time.Now()} }

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf("%v ", time.Since(d.began))+fmt.Sprintf(format, args...))
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func newQueueOf(t testing.TB, cfg sqs.Config) *sqs.LocalQueue {
	t.Helper()
	name := "jobs"
	if cfg.FIFO {
		name, cfg.ContentBasedDeduplication = "jobs.fifo", true
	}
	return create(t, newService(t, sqs.ServiceConfig{}), name, cfg)
}

func grouped(group string, texts ...string) []sqs.Entry {
	entries := bodies(texts...)
	for i := range entries {
		entries[i].GroupID = group
	}
	return entries
}
