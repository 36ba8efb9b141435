package sqs_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

// reopened opens the service of a file system.
func reopened(t testing.TB, fsys *faultfs.Mem, opts durable.Options) *sqs.Service {
	s, err := sqs.OpenFS(fsys.Process(), sqs.ServiceConfig{Relaxed: true, Durable: opts})
	require.NoError(t, err)
	return s
}

func queueOf(t testing.TB, s *sqs.Service, name string) *sqs.LocalQueue {
	q, err := s.Queue(name)
	require.NoError(t, err)
	return q
}

// What a service was told is there when it is opened again: queues with all that belongs
// to them, and messages as they were.
func TestReopen(t *testing.T) {
	for _, budget := range []int64{0, -1} {
		t.Run(fmt.Sprint("budget ", budget), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { reopenStory(t, durable.Options{MemoryBudget: budget}) })
		})
	}
}

func reopenStory(t *testing.T, opts durable.Options) {
	ctx := t.Context()
	fsys := faultfs.NewMem(1)
	s := reopened(t, fsys, opts)
	dead, err := s.CreateQueue("dead", sqs.Config{})
	require.NoError(t, err)
	q, err := s.CreateQueue("jobs", sqs.Config{
		MaxInFlight: 7, RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1},
	})
	require.NoError(t, err)
	require.NoError(t, q.Tag(map[string]string{"team": "a", "old": "b"}))
	require.NoError(t, q.Untag("old"))
	require.NoError(t, q.SetAttributes(map[string]string{"VisibilityTimeout": "60"}))
	require.NoError(t, q.AddPermission("all", []string{"111122223333"}, []string{"*"}))
	attributes := map[string]sqs.Attribute{"kind": sqs.StringAttribute("x"), "n": {DataType: "Number", Value: "1"}}
	sent, err := q.Send(ctx,
		sqs.Entry{Body: "first", Attributes: attributes, SenderID: "me", TraceHeader: "trace", GroupID: "g"},
		sqs.Entry{Body: "second"}, sqs.Entry{Body: "third", Delay: new(time.Minute)}, sqs.Entry{Body: "fourth"})
	require.NoError(t, err)
	got, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 3})
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.NoError(t, q.Delete(ctx, got[2].ReceiptHandle))
	before, was := q.Peek(10), q.Attributes()
	require.NoError(t, s.Close())
	time.Sleep(10 * time.Second)

	s = reopened(t, fsys, opts)
	require.Zero(t, s.Recovery())
	q, dead = queueOf(t, s, "jobs"), queueOf(t, s, "dead")
	require.True(t, q.Durable())
	require.Equal(t, before, q.Peek(10))
	require.Equal(t, was, q.Attributes())
	require.Equal(t, map[string]string{"team": "a"}, q.Tags())
	require.Equal(t, 7, q.Config().MaxInFlight)
	require.NoError(t, q.ChangeVisibility(ctx, 0, got[1].ReceiptHandle), "handles go on to work")
	again, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10, Wait: new(20 * time.Second)})
	require.NoError(t, err)
	require.Empty(t, again, "it was received once")
	letters, err := dead.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10, Wait: new(20 * time.Second)})
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, "second", letters[0].Body)
	require.Equal(t, q.ARN(), letters[0].DeadLetterSource)
	require.NoError(t, dead.Delete(ctx, letters[0].ReceiptHandle))
	require.NoError(t, s.DeleteQueue("dead"))
	time.Sleep(time.Minute)
	require.NoError(t, q.Delete(ctx, got[0].ReceiptHandle))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())

	s = reopened(t, fsys, opts)
	_, err = s.Queue("dead")
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
	q = queueOf(t, s, "jobs")
	rest, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})
	require.NoError(t, err)
	require.Len(t, rest, 1)
	require.Equal(t, sent[2].MessageID, rest[0].ID)
	require.Equal(t, "third", rest[0].Body)
	require.NoError(t, q.Purge())
	require.NoError(t, s.Close())

	s = reopened(t, fsys, opts)
	require.Empty(t, queueOf(t, s, "jobs").Peek(10))
	more, err := queueOf(t, s, "jobs").Send(ctx, sqs.Entry{Body: "more"})
	require.NoError(t, err)
	require.NotContains(t, []string{sent[0].MessageID, sent[1].MessageID, sent[2].MessageID, sent[3].MessageID}, more[0].MessageID)
	require.NoError(t, s.Close())
}

// Deduplication ids are remembered across an end.
func TestReopenDeduplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, fsys := t.Context(), faultfs.NewMem(1)
		s := reopened(t, fsys, durable.Options{})
		q, err := s.CreateQueue("q.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true})
		require.NoError(t, err)
		first, err := q.Send(ctx, sqs.Entry{Body: "a", GroupID: "g"}, sqs.Entry{Body: "b", GroupID: "g"})
		require.NoError(t, err)
		got, err := q.Receive(ctx, sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.NoError(t, q.Delete(ctx, got[0].ReceiptHandle))
		for range 3 {
			require.NoError(t, s.Close())
			time.Sleep(time.Minute)
			s = reopened(t, fsys, durable.Options{})
			q = queueOf(t, s, "q.fifo")
			again, err := q.Send(ctx, sqs.Entry{Body: "a", GroupID: "g"})
			require.NoError(t, err)
			require.Equal(t, first[0], again[0])
			require.Len(t, q.Peek(10), 1)
		}
		time.Sleep(2 * time.Minute)
		again, err := q.Send(ctx, sqs.Entry{Body: "a", GroupID: "g"})
		require.NoError(t, err)
		require.Greater(t, again[0].SequenceNumber, first[1].SequenceNumber)
		require.NoError(t, s.Close())
	})
}
