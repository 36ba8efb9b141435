package sqs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sqs"
)

// ledger is what everybody in a race test writes down, to be added up at the end.
type ledger struct {
	sent, received, deleted, returned, extended, peeked atomic.Int64

	mu     sync.Mutex
	held   map[string]time.Time // by body: until when the message is hidden from all but one
	done   map[string]bool      // by body: deleted
	latest map[string]int       // by group: the newest message deleted
	faults []string
}

func newLedger() *ledger {
	return &ledger{held: map[string]time.Time{}, done: map[string]bool{}, latest: map[string]int{}}
}

func (l *ledger) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// take notes that a message was received at a time before now, to be hidden until
// then at least.
func (l *ledger) take(m sqs.Message, until time.Time) {
	l.received.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if end, ok := l.held[m.Body]; ok && time.Now().Before(end) {
		l.fault("%s delivered twice inside its visibility timeout", m.Body)
	}
	if l.done[m.Body] {
		l.fault("%s delivered after it was deleted", m.Body)
	}
	l.held[m.Body] = until
}

// release notes that a message is about to be given back.
func (l *ledger) release(m sqs.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, m.Body)
}

// finish notes that a message is about to be deleted.
func (l *ledger) finish(m sqs.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[m.Body] = true
	delete(l.held, m.Body)
	if m.SequenceNumber == "" {
		return
	}
	_, number, _ := strings.Cut(m.Body, "/")
	n, err := strconv.Atoi(number)
	if err != nil || n != l.latest[m.GroupID]+1 {
		l.fault("group %s: %s after number %d", m.GroupID, m.Body, l.latest[m.GroupID])
	}
	l.latest[m.GroupID] = n
}

// Producers, consumers, changers of visibility and onlookers work on one queue
// until every message is deleted. Nothing is lost, nothing is delivered twice
// inside its visibility timeout, and the order in each group is kept.
func TestRace(t *testing.T) {
	race(t, 200, func(t *testing.T) *sqs.Service { return newService(t, sqs.ServiceConfig{}) })
}

// So do they on disk, where most bodies have to be read back and the journal is cleaned
// all the time.
func TestDurableRace(t *testing.T) {
	race(t, 50, func(t *testing.T) *sqs.Service {
		s := openDir(t, t.TempDir(), durable.Options{Sync: durable.SyncInterval, SegmentSize: 32 << 10, MemoryBudget: 1000})
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
}

func race(t *testing.T, perGroup int, service func(*testing.T) *sqs.Service) {
	for _, fifo := range []bool{false, true} {
		name, groups := "q", 50
		if fifo {
			name = "q.fifo"
		}
		t.Run(name, func(t *testing.T) {
			const producers, consumers, timeout = 4, 4, time.Minute
			if testing.Short() {
				perGroup = min(perGroup, 40)
			}
			total := int64(groups * perGroup)
			q := create(t, service(t), name, sqs.Config{FIFO: fifo, VisibilityTimeout: new(timeout)})
			l := newLedger()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var all sync.WaitGroup
			for p := range producers { // each group has one producer, or there would be no order to keep
				all.Go(func() {
					for n := 1; n <= perGroup; n++ {
						var batch []sqs.Entry
						for g := p; g < groups; g += producers {
							e := sqs.Entry{Body: fmt.Sprintf("g%d/%d", g, n), GroupID: fmt.Sprintf("g%d", g)}
							if fifo {
								e.DeduplicationID = e.Body
							}
							batch = append(batch, e)
						}
						sent, err := q.Send(ctx, batch...)
						if err != nil || len(sent) != len(batch) {
							t.Errorf("send: %v", err)
							return
						}
						l.sent.Add(int64(len(batch)))
					}
				})
			}
			for c := range consumers {
				rng := rand.New(rand.NewPCG(uint64(c), 7))
				all.Go(func() { consumeAll(ctx, t, q, l, rng, total, timeout, cancel) })
			}
			all.Go(func() {
				for ctx.Err() == nil {
					l.peeked.Add(int64(len(q.Peek(20))))
					m := q.Metrics()
					if m.ApproximateNumberOfMessagesVisible < 0 || m.ApproximateNumberOfMessagesNotVisible < 0 {
						t.Errorf("negative counts: %+v", m)
					}
				}
			})
			all.Wait()
			require.Empty(t, l.faults)
			require.Equal(t, total, l.sent.Load())
			require.Equal(t, total, l.deleted.Load(), "every message is deleted once")
			require.Empty(t, q.Peek(1))
			m := q.Metrics()
			require.Zero(t, m.ApproximateNumberOfMessagesVisible+m.ApproximateNumberOfMessagesNotVisible+m.ApproximateNumberOfMessagesDelayed)
			t.Logf("%d sent in %d groups, %d received, %d returned, %d extended, %d deleted, %d seen by onlookers",
				l.sent.Load(), groups, l.received.Load(), l.returned.Load(), l.extended.Load(), l.deleted.Load(), l.peeked.Load())
		})
	}
}

func consumeAll(ctx context.Context, t *testing.T, q sqs.Queue, l *ledger, rng *rand.Rand, total int64, timeout time.Duration, finished func()) {
	for l.deleted.Load() < total {
		began := time.Now()
		messages, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 1 + rng.IntN(10), Wait: new(20 * time.Millisecond)})
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("receive: %v", err)
			}
			return
		}
		for _, m := range messages {
			l.take(m, began.Add(timeout))
		}
		// In a group the first that is not deleted holds up the others.
		back := map[string]bool{}
		for _, m := range messages {
			switch {
			case back[m.GroupID] || rng.IntN(5) == 0:
				back[m.GroupID] = true
				l.release(m)
				err = q.ChangeVisibility(ctx, 0, m.ReceiptHandle)
				l.returned.Add(1)
			case rng.IntN(5) == 0:
				err = q.ChangeVisibility(ctx, timeout, m.ReceiptHandle)
				l.extended.Add(1)
				fallthrough
			default:
				l.finish(m)
				if err == nil {
					err = q.Delete(ctx, m.ReceiptHandle)
				}
				l.deleted.Add(1)
			}
			if err != nil {
				t.Errorf("%s: %v", m.Body, err)
			}
		}
	}
	finished()
}

// Purging and closing meanwhile: whatever happens, nobody gets an error but the
// one that says so, nobody hangs, and nothing that was purged comes back.
func TestRacePurgeAndClose(t *testing.T) {
	var sent, received, purges, closed atomic.Int64
	for round := range 20 {
		s, err := sqs.NewService(sqs.ServiceConfig{Relaxed: true})
		require.NoError(t, err)
		dead := create(t, s, "dead", sqs.Config{})
		q := create(t, s, "q", sqs.Config{VisibilityTimeout: new(time.Millisecond), RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 2}})
		var all sync.WaitGroup
		ended := func(err error) bool {
			if err != nil {
				require.ErrorIs(t, err, sqs.ErrClosed)
				closed.Add(1)
			}
			return err != nil
		}
		for range 3 {
			all.Go(func() {
				for {
					if _, err := q.Send(t.Context(), bodies("a", "b", "c")...); ended(err) {
						return
					}
					sent.Add(3)
				}
			})
			all.Go(func() {
				for {
					messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10, Wait: new(time.Minute)})
					if ended(err) {
						return
					}
					received.Add(int64(len(messages)))
					for _, m := range messages[:len(messages)/2] {
						if ended(q.Delete(t.Context(), m.ReceiptHandle)) {
							return
						}
					}
				}
			})
		}
		all.Go(func() {
			for n := 0; ; n++ {
				if ended(q.Purge()) {
					return
				}
				if purges.Add(1); n >= round {
					require.NoError(t, s.Close())
				}
			}
		})
		all.Wait()
	}
	t.Logf("%d sent, %d received, %d purges, %d ended by a close", sent.Load(), received.Load(), purges.Load(), closed.Load())
}
