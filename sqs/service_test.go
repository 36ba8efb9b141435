package sqs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestQueueNames(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	for _, row := range []struct {
		name string
		fifo bool
		ok   bool
	}{
		{"a", false, true},
		{"A-z_09", false, true},
		{strings.Repeat("a", 80), false, true},
		{strings.Repeat("a", 81), false, false},
		{"", false, false},
		{"a.b", false, false},
		{"a.fifo", false, false},
		{"a", true, false},
		{"a.fifo", true, true},
		{".fifo", true, false},
		{strings.Repeat("a", 75) + ".fifo", true, true},
		{strings.Repeat("a", 76) + ".fifo", true, false},
		{"a b", false, false},
		{"ä", false, false},
	} {
		q, err := s.CreateQueue(row.name, sqs.Config{FIFO: row.fifo})
		if !row.ok {
			requireError(t, err, sqs.ErrInvalidParameterValue, "in length")
			continue
		}
		require.NoError(t, err, row.name)
		require.Equal(t, "arn:aws:sqs:us-east-1:000000000000:"+row.name, q.ARN())
	}
}

func TestCreateQueueAgain(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	q := create(t, s, "q", sqs.Config{Delay: 5 * time.Second})
	for _, cfg := range []sqs.Config{{}, {Delay: 5 * time.Second}, {VisibilityTimeout: new(30 * time.Second)}} {
		require.Same(t, q, create(t, s, "q", cfg))
	}
	create(t, s, "other", sqs.Config{VisibilityTimeout: new(time.Minute)})
	_, err := s.CreateQueue("other", sqs.Config{VisibilityTimeout: new(30 * time.Second)})
	requireError(t, err, sqs.ErrQueueNameExists, "attribute VisibilityTimeout")
	_, err = s.CreateQueue("q", sqs.Config{Delay: 6 * time.Second})
	requireError(t, err, sqs.ErrQueueNameExists, "A queue already exists with the same name and a different value for attribute DelaySeconds")
	_, err = s.CreateQueueWithAttributes("q", map[string]string{"DelaySeconds": "0"}, nil)
	requireError(t, err, sqs.ErrQueueNameExists, "attribute DelaySeconds")
	again, err := s.CreateQueueWithAttributes("q", map[string]string{"DelaySeconds": "5", "VisibilityTimeout": "30"}, nil)
	require.NoError(t, err)
	require.Same(t, q, again)
}

func TestDeletedNameRestsForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		create(t, s, "q", sqs.Config{})
		require.NoError(t, s.DeleteQueue("q"))
		requireError(t, s.DeleteQueue("q"), sqs.ErrQueueDoesNotExist, "The specified queue does not exist.")
		_, err := s.Queue("q")
		require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
		time.Sleep(59 * time.Second)
		_, err = s.CreateQueue("q", sqs.Config{})
		requireError(t, err, sqs.ErrQueueDeletedRecently, "You must wait 60 seconds")
		time.Sleep(time.Second)
		create(t, s, "q", sqs.Config{})

		relaxed := newService(t, sqs.ServiceConfig{Relaxed: true})
		create(t, relaxed, "q", sqs.Config{MessageRetentionPeriod: time.Second})
		require.NoError(t, relaxed.DeleteQueue("q"))
		create(t, relaxed, "q", sqs.Config{})
	})
}

func TestPurgeOncePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		q := create(t, s, "q.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true})
		entry := sqs.Entry{Body: "b", GroupID: "g"}
		first := send(t, q, entry)
		received := receive(t, q, sqs.ReceiveRequest{})
		require.NoError(t, q.Purge())
		require.Zero(t, q.Metrics().ApproximateNumberOfMessagesNotVisible)
		require.NoError(t, q.Delete(t.Context(), received[0].ReceiptHandle), "a handle of a purged message is that of a deleted one")
		again := send(t, q, entry)
		require.NotEqual(t, first[0].MessageID, again[0].MessageID, "purging forgets deduplication ids")
		require.Greater(t, again[0].SequenceNumber, first[0].SequenceNumber)
		requireError(t, q.Purge(), sqs.ErrPurgeQueueInProgress, "Only one PurgeQueue operation on q.fifo is allowed every 60 seconds.")
		require.Len(t, receive(t, q, sqs.ReceiveRequest{}), 1, "a refused purge changes nothing")
		time.Sleep(time.Minute)
		require.NoError(t, q.Purge())
	})
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{Account: "111111111111", Region: "eu-central-1"})
	other, err := s.As("222222222222", "us-west-2")
	require.NoError(t, err)
	a, b := create(t, s, "q", sqs.Config{}), create(t, other, "q", sqs.Config{})
	require.NotSame(t, a, b)
	require.Equal(t, "arn:aws:sqs:us-west-2:222222222222:q", b.ARN())
	found, err := s.QueueByARN(b.ARN())
	require.NoError(t, err)
	require.Same(t, b, found)
	page, err := s.ListQueues(sqs.ListRequest{})
	require.NoError(t, err)
	require.Equal(t, []*sqs.LocalQueue{a}, page.Queues)
	for _, bad := range []sqs.ServiceConfig{{Account: "1"}, {Region: "no where"}} {
		_, err := sqs.NewService(bad)
		require.ErrorIs(t, err, sqs.ErrInvalidParameterValue)
	}
	for _, bad := range []string{"", "q", "arn:aws:sns:us-west-2:222222222222:q", "arn:aws:sqs:us-west-2:222222222222:none"} {
		_, err := s.QueueByARN(bad)
		require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
	}
}

func TestARNsOfOtherPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"cn-north-1":    "arn:aws-cn:sqs:cn-north-1:000000000000:q",
		"us-gov-west-1": "arn:aws-us-gov:sqs:us-gov-west-1:000000000000:q",
	} {
		s := newService(t, sqs.ServiceConfig{Region: region})
		q := create(t, s, "q", sqs.Config{})
		require.Equal(t, want, q.ARN())
		found, err := s.QueueByARN(want)
		require.NoError(t, err)
		require.Same(t, q, found)
	}
}

func TestListQueuesByPages(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	for i := range 25 {
		create(t, s, fmt.Sprintf("q-%02d", i), sqs.Config{})
	}
	create(t, s, "other", sqs.Config{})
	var names []string
	req := sqs.ListRequest{Prefix: "q-", MaxResults: 10}
	for pages := 1; ; pages++ {
		page, err := s.ListQueues(req)
		require.NoError(t, err)
		for _, q := range page.Queues {
			names = append(names, q.Name())
		}
		if page.NextToken == "" {
			require.Equal(t, 3, pages)
			break
		}
		req.NextToken = page.NextToken
	}
	require.Len(t, names, 25)
	require.IsIncreasing(t, names)
	for _, bad := range []sqs.ListRequest{{MaxResults: 1001}, {MaxResults: -1}, {NextToken: "!"}} {
		_, err := s.ListQueues(bad)
		require.ErrorIs(t, err, sqs.ErrInvalidParameterValue)
	}
}

func TestDeadLetterSources(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	dead := create(t, s, "dead", sqs.Config{})
	policy := &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 3}
	b, a := create(t, s, "b", sqs.Config{RedrivePolicy: policy}), create(t, s, "a", sqs.Config{RedrivePolicy: policy})
	page, err := s.ListDeadLetterSourceQueues("dead", sqs.ListRequest{})
	require.NoError(t, err)
	require.Equal(t, []*sqs.LocalQueue{a, b}, page.Queues)
	_, err = s.ListDeadLetterSourceQueues("none", sqs.ListRequest{})
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
}

func TestTags(t *testing.T) {
	q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
	require.Empty(t, q.Tags())
	require.NoError(t, q.Tag(map[string]string{"a": "1", "b": ""}))
	require.NoError(t, q.Tag(map[string]string{"a": "2"}))
	require.NoError(t, q.Untag("b", "never there"))
	require.Equal(t, map[string]string{"a": "2"}, q.Tags())
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	for _, bad := range []map[string]string{many, {"": "v"}, {strings.Repeat("k", 129): ""}, {"k": strings.Repeat("v", 257)}} {
		require.ErrorIs(t, q.Tag(bad), sqs.ErrInvalidParameterValue)
	}
	require.Equal(t, map[string]string{"a": "2"}, q.Tags(), "all or none")
}

func TestCloseIsForAll(t *testing.T) {
	s, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	q := create(t, s, "q", sqs.Config{})
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = q.Receive(t.Context(), sqs.ReceiveRequest{})
	require.ErrorIs(t, err, sqs.ErrClosed)
	_, create := s.CreateQueue("r", sqs.Config{})
	_, get := s.Queue("q")
	_, find := s.QueueByARN(q.ARN())
	_, list := s.ListQueues(sqs.ListRequest{})
	_, sources := s.ListDeadLetterSourceQueues("q", sqs.ListRequest{})
	_, move := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: q.ARN()})
	_, moves := s.ListMessageMoveTasks(q.ARN(), 0)
	_, cancel := s.CancelMessageMoveTask("")
	for _, err := range []error{
		create, get, find, list, sources, move, moves, cancel, s.DeleteQueue("q"), q.Purge(), q.Tag(nil), q.Untag(),
		q.SetAttributes(nil), q.Delete(t.Context()), q.ChangeVisibility(t.Context(), 0),
	} {
		require.ErrorIs(t, err, sqs.ErrClosed)
	}
}

func TestAClosedQueueGivesItsNameBack(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	old := create(t, s, "q", sqs.Config{})
	require.NoError(t, old.Close())
	_, err := s.Queue("q")
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
	require.NotSame(t, old, create(t, s, "q", sqs.Config{}))
	require.NoError(t, old.Close())
	_, err = s.Queue("q")
	require.NoError(t, err, "closing the old one again does not concern the new one")
}

func TestConfigFaultsComeTogether(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	_, err := s.CreateQueue("q", sqs.Config{
		VisibilityTimeout: new(13 * time.Hour), Delay: -1, MessageRetentionPeriod: time.Second,
		MaximumMessageSize: 1, ContentBasedDeduplication: true,
		RedrivePolicy: &sqs.RedrivePolicy{},
	})
	var joined interface{ Unwrap() []error }
	require.True(t, errors.As(err, &joined))
	require.Len(t, joined.Unwrap(), 6)
	for _, each := range joined.Unwrap() {
		var e *sqs.Error
		require.ErrorAs(t, each, &e)
		require.Equal(t, "CreateQueue", e.Op)
		require.Equal(t, "q", e.Queue)
	}
	_, err = s.Queue("q")
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist, "bad input changes nothing")
}
