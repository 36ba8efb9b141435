package sns_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// requireOrder checks that of every publisher all messages came, once and in order. A
// message is "publisher/number".
func requireOrder(t *testing.T, who string, got []string, publishers, each int) {
	t.Helper()
	require.Len(t, got, publishers*each, who)
	next := make(map[string]int)
	for _, text := range got {
		p, number, _ := strings.Cut(text, "/")
		n, err := strconv.Atoi(number)
		require.NoError(t, err)
		require.Equal(t, next[p], n, "%s: of publisher %s", who, p)
		next[p]++
	}
}

// lettersOf returns the messages in a queue of envelopes.
func lettersOf(t *testing.T, q sqs.Queue) []string {
	t.Helper()
	var all []string
	for _, body := range bodies(t, q) {
		var e struct{ Message string }
		require.NoError(t, json.Unmarshal([]byte(body), &e))
		all = append(all, e.Message)
	}
	return all
}

// Thousands of messages for subscribers of whom some are slow, broken, stuck or mad.
// The others get all of them, in order and at once; no publisher waits; and of those
// that can not keep up the backlog is bounded, and what it has no room for is counted
// and dead-lettered.
func TestBrokenEndpointsAmongHealthyOnes(t *testing.T) {
	const publishers, bound = 4, 500
	each := 1000
	if testing.Short() {
		each = 250
	}
	total := publishers * each
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{})
		type patient struct {
			*sns.LocalSubscription
			dead *sqs.LocalQueue
			mu   sync.Mutex
			got  []string // guarded by mu
		}
		sick := func(name string, deliver func(ctx context.Context, n sns.Notification) error) *patient {
			p := &patient{dead: createQueue(t, queues, name)}
			p.LocalSubscription = subscribe(t, topic, sns.Subscription{
				MaxBacklog: bound, RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: p.dead.ARN()},
				DeliveryPolicy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(2), NumNoDelayRetries: 1, MinDelayTarget: time.Second, MaxDelayTarget: time.Second}},
				Endpoint: sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error {
					err := deliver(ctx, n)
					if err == nil {
						p.mu.Lock()
						defer p.mu.Unlock()
						p.got = append(p.got, n.Message)
					}
					return err
				}),
			})
			return p
		}
		healthy := []*recorder{{}, {}, {}}
		for _, r := range healthy {
			subscribe(t, topic, sns.Subscription{Endpoint: r})
		}
		q := createQueue(t, queues, "healthy")
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RawMessageDelivery: true})
		stuck := sick("stuck", func(ctx context.Context, _ sns.Notification) error { <-ctx.Done(); return ctx.Err() })
		slow := sick("slow", func(context.Context, sns.Notification) error { time.Sleep(50 * time.Millisecond); return nil })
		broken := sick("broken", func(context.Context, sns.Notification) error { return errBoom })
		mad := sick("mad", func(_ context.Context, n sns.Notification) error {
			switch len(n.Message) + n.Attempt {
			case 6:
				panic("mad")
			case 7:
				return errBoom
			case 8:
				return sns.Permanent(errBoom)
			}
			return nil
		})

		var working sync.WaitGroup
		began := time.Now()
		for p := range publishers {
			working.Go(func() {
				for i := 0; i < each; i += 5 {
					var batch []sns.Entry
					for n := i; n < i+5; n++ {
						batch = append(batch, sns.Entry{Message: fmt.Sprintf("%d/%d", p, n)})
					}
					before := time.Now()
					publish(t, topic, batch...)
					if time.Since(before) > 0 {
						t.Errorf("a publisher waited for %v", time.Since(before))
					}
					time.Sleep(time.Millisecond)
				}
			})
		}
		var most atomic.Int64 // backlog
		var over atomic.Bool
		var watcher sync.WaitGroup
		watcher.Go(func() {
			for !over.Load() {
				for _, p := range []*patient{stuck, slow, broken, mad} {
					most.Store(max(most.Load(), int64(p.Stats().Backlog)))
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
		working.Wait()
		synctest.Wait()
		require.Less(t, time.Since(began), 10*time.Second)
		for i, r := range healthy { // while others are stuck
			requireOrder(t, fmt.Sprint("healthy ", i), r.texts(), publishers, each)
			for _, a := range r.attempts() {
				require.Equal(t, a.n.Timestamp.UnixNano(), a.at.UnixNano(), "delivered at once")
			}
		}
		requireOrder(t, "the queue", bodies(t, q), publishers, each)
		time.Sleep(time.Hour)
		over.Store(true)
		watcher.Wait()
		require.LessOrEqual(t, most.Load(), int64(bound), "the backlog is bounded")
		require.Equal(t, int64(bound), most.Load(), "and was full")

		st := stuck.Stats()
		require.Equal(t, bound, st.Backlog)
		require.Equal(t, int64(total-bound), st.Overflowed)
		require.Equal(t, int64(total-bound), st.DeadLettered)
		require.Empty(t, stuck.got)
		for name, p := range map[string]*patient{"slow": slow, "broken": broken, "mad": mad} {
			st := p.Stats()
			require.Zero(t, st.Backlog, name)
			require.Zero(t, st.Dropped, name)
			require.Equal(t, int64(total), st.Delivered+st.DeadLettered, name)
			letters := lettersOf(t, p.dead)
			require.Len(t, letters, int(st.DeadLettered), name)
			all := slices.Sorted(slices.Values(append(letters, p.got...)))
			require.Len(t, slices.Compact(all), total, "%s: every message was delivered or dead-lettered, and none both", name)
		}
		require.Positive(t, slow.Stats().Overflowed)
		require.Positive(t, slow.Stats().Delivered)
		require.Zero(t, broken.Stats().Delivered)
		require.Positive(t, mad.Stats().Delivered)
		require.Positive(t, mad.Stats().DeadLettered)
		require.NoError(t, topic.Close())
		t.Logf("%d messages for %d healthy subscribers; slow: %+v, broken: %+v, mad: %+v, stuck: %+v", total, len(healthy)+1, slow.Stats(), broken.Stats(), mad.Stats(), stuck.Stats())
	})
}

// With publishers at once on the same groups, every queue gets each group in the same
// order, which is that of the sequence numbers; so does a function that fails at times,
// and a queue that does.
func TestFIFOOrderAcrossQueues(t *testing.T) {
	const publishers, groups = 4, 5
	each := 400
	if testing.Short() {
		each = 100
	}
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{FIFO: true, ContentBasedDeduplication: true})
		var all []*sqs.LocalQueue
		for i := range 3 {
			q := createQueue(t, queues, fmt.Sprint("q", i, ".fifo"))
			subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RawMessageDelivery: i == 0})
			all = append(all, q)
		}
		var mu sync.Mutex
		rng := rand.New(rand.NewPCG(1, 2))
		fails := func() bool {
			mu.Lock()
			defer mu.Unlock()
			return rng.IntN(10) == 0
		}
		shaky := &recorder{}
		var taken []sns.Notification
		subscribe(t, topic, sns.Subscription{Endpoint: sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error {
			if shaky.Deliver(ctx, n); fails() {
				return errBoom
			}
			taken = append(taken, n)
			return nil
		})})
		flaky := &flakyQueue{Queue: createQueue(t, queues, "flaky.fifo"), fails: fails}
		all = append(all, flaky.Queue.(*sqs.LocalQueue))
		subscribe(t, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(flaky)})

		var working sync.WaitGroup
		for p := range publishers {
			working.Go(func() {
				for i := range each {
					publish(t, topic, sns.Entry{Message: fmt.Sprintf("%d/%d", p, i), GroupID: fmt.Sprint("g", i%groups)})
				}
			})
		}
		working.Wait()
		require.NoError(t, topic.Flush(t.Context()))
		want := make(map[string][]string) // by group
		sequence := make(map[string]string)
		for _, n := range taken {
			require.Less(t, sequence[n.GroupID], n.SequenceNumber)
			sequence[n.GroupID] = n.SequenceNumber
			want[n.GroupID] = append(want[n.GroupID], n.Message)
		}
		require.Len(t, taken, publishers*each)
		require.Greater(t, len(shaky.attempts()), publishers*each+each/10, "it failed often")
		for i, q := range all {
			got := make(map[string][]string)
			for _, m := range drain(t, q) {
				var e struct{ Message string }
				if json.Unmarshal([]byte(m.Body), &e) != nil {
					e.Message = m.Body
				}
				got[m.GroupID] = append(got[m.GroupID], e.Message)
			}
			require.Equal(t, want, got, "queue %d", i)
		}
		t.Logf("%d messages in %d groups, the same order in %d queues and a function that needed %d attempts", publishers*each, groups, len(all), len(shaky.attempts()))
	})
}

// flakyQueue fails at times.
type flakyQueue struct {
	sqs.Queue
	fails func() bool
}

func (q *flakyQueue) Send(ctx context.Context, batch ...sqs.Entry) ([]sqs.Sent, error) {
	if q.fails() {
		return nil, errBoom
	}
	return q.Queue.Send(ctx, batch...)
}

// Publishing, subscribing, changing, asking and closing, all at once: nobody gets an
// error but the one that says that the topic is closed, nobody hangs, and nothing is
// delivered to a subscription after its end but what was on its way. A bubble ends only
// when every goroutine that was started in it has.
func TestRaceOfEverything(t *testing.T) {
	var published, delivered, subscribed, flushed, changed, late atomic.Int64
	rounds := 30
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds {
		synctest.Test(t, func(t *testing.T) {
			fifo := round%2 == 1
			queues, err := sqs.NewService(sqs.ServiceConfig{})
			require.NoError(t, err)
			s := newService(t, sns.ServiceConfig{Queues: queues})
			topic := createTopic(t, s, "topic"+fifoSuffix[fifo], sns.Config{FIFO: fifo})
			dead := createQueue(t, queues, "dead"+fifoSuffix[fifo])
			q := createQueue(t, queues, "q"+fifoSuffix[fifo])
			subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN()})
			ended := func(err error) bool {
				if err != nil && !errors.Is(err, sns.ErrClosed) && !errors.Is(err, sns.ErrNotFound) { // or deleted
					t.Errorf("%v", err)
				}
				return err != nil
			}
			var working sync.WaitGroup
			var numbers atomic.Int64
			for range 3 {
				working.Go(func() {
					for {
						var batch []sns.Entry
						for range 3 {
							e := sns.Entry{Message: fmt.Sprint(numbers.Add(1)), Attributes: map[string]sns.Attribute{"a": {DataType: "String", Value: "b"}}}
							if fifo {
								e.GroupID, e.DeduplicationID = fmt.Sprint(len(batch)), e.Message
							}
							batch = append(batch, e)
						}
						if _, err := topic.Publish(t.Context(), batch...); ended(err) {
							return
						}
						published.Add(3)
						time.Sleep(time.Millisecond)
					}
				})
			}
			for k := range 3 {
				working.Go(func() {
					rng := rand.New(rand.NewPCG(uint64(round), uint64(k)))
					for {
						var over atomic.Bool
						sub := sns.Subscription{MaxBacklog: 5, DeadLetterQueue: dead, InOrder: rng.IntN(2) == 0}
						if rng.IntN(2) == 0 {
							sub.FilterPolicy = `{"a":["b"]}`
						}
						mood := rng.IntN(4)
						sub.Endpoint = sns.EndpointFunc(func(ctx context.Context, _ sns.Notification) error {
							delivered.Add(1)
							if over.Load() {
								late.Add(1)
							}
							switch mood {
							case 0:
								<-ctx.Done()
								return ctx.Err()
							case 1:
								return errBoom
							case 2:
								time.Sleep(time.Millisecond)
							}
							return nil
						})
						id, err := topic.Subscribe(t.Context(), sub)
						if ended(err) {
							return
						}
						subscribed.Add(1)
						time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
						if sub, err := topic.Subscription(id); !ended(err) {
							sub.Stats()
							if err := sub.SetAttribute("FilterPolicy", `{"a":[{"prefix":"b"}]}`); !ended(err) {
								changed.Add(1)
							}
						}
						if ended(topic.Unsubscribe(t.Context(), id)) {
							return
						}
						time.Sleep(time.Microsecond) // what was on its way has arrived
						over.Store(true)
						time.Sleep(time.Millisecond)
					}
				})
			}
			working.Go(func() {
				for {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
					err := topic.Flush(ctx)
					cancel()
					if err != nil && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("Flush: %v", err)
					}
					flushed.Add(1)
					topic.Metrics()
					if _, err := topic.Publish(t.Context()); ended(err) {
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
			time.Sleep(200 * time.Millisecond)
			var closing sync.WaitGroup
			for _, f := range []func() error{topic.Close, s.Close, func() error { return s.DeleteTopic(topic.ARN()) }, func() error { return topic.Shutdown(t.Context()) }}[:1+round%4] {
				closing.Go(func() { ended(f()) })
			}
			closing.Wait()
			working.Wait()
			_, err = topic.Publish(t.Context(), sns.Entry{Message: "x", GroupID: "g"})
			require.Error(t, err)
		})
	}
	require.Zero(t, late.Load(), "delivered after the end")
	for _, n := range []*atomic.Int64{&published, &delivered, &subscribed, &flushed, &changed} {
		require.Greater(t, n.Load(), int64(rounds*10))
	}
	t.Logf("%d published, %d delivered, %d subscriptions, %d changes, %d flushes", published.Load(), delivered.Load(), subscribed.Load(), changed.Load(), flushed.Load())
}

// After Close there is no goroutine left of a topic in the middle of everything, and an
// idle one that was not closed has none either.
func TestNoGoroutineIsLeft(t *testing.T) {
	settled := func(want int, what string) {
		t.Helper()
		n := runtime.NumGoroutine()
		// A goroutine that has reported its end may take a moment to be gone.
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); n = runtime.NumGoroutine() {
			if n <= want {
				return
			}
			runtime.Gosched()
		}
		buf := make([]byte, 1<<16)
		t.Fatalf("%d goroutines before, %d %s:\n%s", want, n, what, buf[:runtime.Stack(buf, true)])
	}
	before := runtime.NumGoroutine()
	for range 10 {
		topic, _ := newTopic(t, sns.Config{})
		entered := make(chan struct{}, 1)
		subscribe(t, topic, sns.Subscription{Endpoint: sns.EndpointFunc(func(ctx context.Context, _ sns.Notification) error {
			entered <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})})
		subscribe(t, topic, sns.Subscription{Endpoint: &recorder{react: refusing}})
		subscribe(t, topic, sns.Subscription{Endpoint: &recorder{}, DeliveryPolicy: &sns.DeliveryPolicy{MaxReceivesPerSecond: 1}})
		publish(t, topic, texts("a", "b", "c")...)
		<-entered
		ctx, cancel := context.WithCancel(t.Context())
		flushed := make(chan error)
		go func() { flushed <- topic.Flush(ctx) }()
		cancel()
		<-flushed
		require.NoError(t, topic.Close())
		require.NoError(t, topic.Close())
	}
	settled(before, "after Close")

	topic, queues := newTopic(t, sns.Config{})
	q := createQueue(t, queues, "q")
	subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN()})
	subscribe(t, topic, sns.Subscription{Endpoint: &recorder{}})
	publish(t, topic, texts("a", "b", "c")...)
	require.NoError(t, topic.Flush(t.Context()))
	settled(before, "while a topic is idle")
}
