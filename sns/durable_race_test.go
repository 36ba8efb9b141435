package sns_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Everything at once, on a real disk: publishers, subscribers that come and go, cleaning and
// copies. What was published reaches whom it should, in order, in this life or in the next.
func TestDurableConcurrency(t *testing.T) {
	const publishers, each = 8, 60
	dir := t.TempDir()
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	defer queues.Close()
	var taken sync.Map // by message, how often
	var failures atomic.Int64
	take := sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
		if failures.Add(1)%7 == 0 {
			return errBoom // and at once again
		}
		count, _ := taken.LoadOrStore(n.Message, new(atomic.Int64))
		count.(*atomic.Int64).Add(1)
		return nil
	})
	cfg := sns.ServiceConfig{
		Queues: queues, Durable: durable.Options{SegmentSize: 16 << 10},
		Functions: func(string) (sns.Endpoint, error) { return take, nil },
	}
	s, err := sns.Open(dir, cfg)
	require.NoError(t, err)
	standard, fifo := createTopic(t, s, "topic", sns.Config{}), createTopic(t, s, "topic.fifo", sns.Config{FIFO: true, ContentBasedDeduplication: true})
	q := createQueue(t, queues, "q.fifo")
	subscribe(t, fifo, sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN(), RawMessageDelivery: true})
	for _, topic := range []*sns.LocalTopic{standard, fifo} {
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "f", Endpoint: take})
	}
	var group sync.WaitGroup
	for p := range publishers {
		group.Go(func() {
			for i := range each {
				_, err := standard.Publish(context.Background(), sns.Entry{Message: fmt.Sprint("s", p, " ", i)})
				if err == nil {
					_, err = fifo.Publish(context.Background(), sns.Entry{Message: fmt.Sprintf("f%d %03d", p, i), GroupID: fmt.Sprint(p)})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for g := range 2 {
		group.Go(func() {
			for i := range 40 {
				id, err := standard.Subscribe(context.Background(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: fmt.Sprint("guest", g), Endpoint: take, FilterPolicy: `{"none":["x"]}`})
				if err == nil {
					err = standard.Unsubscribe(context.Background(), id)
				}
				if err != nil {
					t.Error(i, err)
				}
			}
		})
	}
	copied := t.TempDir()
	group.Go(func() {
		if err := s.Backup(context.Background(), copied); err != nil {
			t.Error(err)
		}
	})
	group.Wait()
	require.NoError(t, s.Close())
	s, err = sns.Open(dir, cfg)
	require.NoError(t, err)
	require.NoError(t, s.Flush(t.Context()))
	for p := range publishers {
		for i := range each {
			for _, message := range []string{fmt.Sprint("s", p, " ", i), fmt.Sprintf("f%d %03d", p, i)} {
				_, ok := taken.Load(message)
				require.True(t, ok, message)
			}
		}
	}
	last := map[byte]string{}
	got := bodies(t, q)
	require.Len(t, got, publishers*each)
	for _, text := range got {
		require.Less(t, last[text[1]], text, "the order of a group")
		last[text[1]] = text
	}
	_, segments := s.LogSize()
	require.Less(t, segments, 30)
	require.NoError(t, s.Close())

	_, err = durable.Verify(t.Context(), copied, nil)
	require.NoError(t, err)
	s, err = sns.Open(copied, cfg)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
