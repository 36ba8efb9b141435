package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// order checks, while handlers run, that each group's messages succeed one after
// the other, and that none is begun before those in front of it have succeeded.
type order struct {
	mu        sync.Mutex
	rng       *rand.Rand
	succeeded map[string]int // messages by group
	running   map[string]bool
	parallel  int // the most groups at once
	failures  int
	broken    []string
}

func (o *order) begin(m sqs.Message) (pause time.Duration, fail error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, _ := strconv.Atoi(m.DeduplicationID[len(m.GroupID)+1:]); n != o.succeeded[m.GroupID] {
		o.broken = append(o.broken, fmt.Sprintf("%s was begun after %d of its group", m.DeduplicationID, o.succeeded[m.GroupID]))
	}
	if o.running[m.GroupID] {
		o.broken = append(o.broken, m.DeduplicationID+" was begun beside another of its group")
	}
	o.running[m.GroupID] = true
	o.parallel = max(o.parallel, len(o.running))
	switch pause = time.Duration(o.rng.IntN(100)) * time.Millisecond; o.rng.IntN(50) {
	case 0, 1, 2:
		fail = errBoom
	case 3:
		fail = &sqs.PanicError{}
	case 4:
		pause = 45 * time.Second // needs an extension, and so do those that wait
	}
	return pause, fail
}

func (o *order) end(m sqs.Message, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.running, m.GroupID)
	if err == nil {
		o.succeeded[m.GroupID]++
	} else {
		o.failures++
	}
}

func (o *order) handle(ctx context.Context, m sqs.Message) error {
	pause, err := o.begin(m)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	o.end(m, err)
	if _, ok := errors.AsType[*sqs.PanicError](err); ok {
		panic("as it was told")
	}
	return err
}

func TestConsumersKeepGroupsInOrder(t *testing.T) {
	const groups, each = 30, 100
	for _, cfg := range []sqs.ConsumerConfig{
		{},
		{MaxMessages: 1},
		{BatchSize: 7, Concurrency: 4},
		{BatchSize: 3, MaxMessages: 100, VisibilityTimeout: 5 * time.Second},
	} {
		t.Run(fmt.Sprintf("BatchSize %d, MaxMessages %d", cfg.BatchSize, cfg.MaxMessages), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueueOf(t, sqs.Config{FIFO: true})
				for n := range each {
					for g := range groups {
						group := strconv.Itoa(g)
						send(t, q, sqs.Entry{Body: "x", GroupID: group, DeduplicationID: fmt.Sprintf("%s-%d", group, n)})
					}
				}
				o := &order{rng: rand.New(rand.NewPCG(1, 2)), succeeded: map[string]int{}, running: map[string]bool{}}
				consumers := make([]*consumption, 3)
				for i := range consumers {
					consumers[i] = consume(t, q, sqs.Each(o.handle), cfg)
				}
				// Consumers come and go, the one half gently, the other not.
				var total sqs.ConsumerStats
				for n := 0; q.Metrics().NumberOfMessagesDeleted < groups*each; n++ {
					time.Sleep(10 * time.Second)
					require.Less(t, n, 10000)
					i := n % len(consumers)
					if n%2 == 0 {
						require.NoError(t, consumers[i].Shutdown(t.Context()))
					}
					add(&total, consumers[i].close())
					consumers[i] = consume(t, q, sqs.Each(o.handle), cfg)
				}
				for _, c := range consumers {
					add(&total, c.close())
				}
				require.Empty(t, o.broken)
				for _, n := range o.succeeded {
					require.Equal(t, each, n)
				}
				require.EqualValues(t, groups*each, total.Succeeded)
				require.Zero(t, total.Lost+total.DeleteFailures)
				require.Greater(t, o.parallel, 3)
				t.Logf("%d groups of %d: %+v, %d groups at once, %d handlers failed or were interrupted",
					groups, each, total, o.parallel, o.failures)
			})
		})
	}
}

func add(total *sqs.ConsumerStats, s sqs.ConsumerStats) {
	total.Received += s.Received
	total.Succeeded += s.Succeeded
	total.Failed += s.Failed
	total.HandedBack += s.HandedBack
	total.Extended += s.Extended
	total.Lost += s.Lost
	total.DeleteFailures += s.DeleteFailures
}
