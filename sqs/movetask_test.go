package sqs_test

import (
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// graveyard is a service with n dead letters, each "m0" and so on, in its queue
// "dead", all from its queue "q".
func graveyard(t *testing.T, n int) (s *sqs.Service, q, dead *sqs.LocalQueue) {
	t.Helper()
	s = newService(t, sqs.ServiceConfig{})
	dead = create(t, s, "dead", sqs.Config{})
	q = create(t, s, "q", sqs.Config{
		VisibilityTimeout: new(time.Duration(0)),
		RedrivePolicy:     &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1},
	})
	for i := range n {
		send(t, q, bodies(fmt.Sprint("m", i))...)
	}
	require.Len(t, receive(t, q, sqs.ReceiveRequest{MaxMessages: n}), n)
	require.Empty(t, receive(t, q, sqs.ReceiveRequest{}))
	return s, q, dead
}

func only(t *testing.T, s *sqs.Service, source *sqs.LocalQueue) sqs.MoveTask {
	t.Helper()
	tasks, err := s.ListMessageMoveTasks(source.ARN(), 0)
	require.NoError(t, err)
	require.Len(t, tasks, 1)
	return tasks[0]
}

func TestMoveBackToTheSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q, dead := graveyard(t, 1000)
		old := dead.Peek(1)[0]
		time.Sleep(time.Hour)
		_, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
		require.NoError(t, err)
		synctest.Wait()
		task := only(t, s, dead)
		require.Equal(t, sqs.MoveCompleted, task.Status)
		require.EqualValues(t, 1000, task.ApproximateNumberOfMessagesMoved)
		require.EqualValues(t, 1000, task.ApproximateNumberOfMessagesToMove)
		require.Empty(t, task.TaskHandle, "listed only while it runs")
		require.Empty(t, dead.Peek(1))
		got := receive(t, q, sqs.ReceiveRequest{MaxMessages: 1000})
		for i, m := range got {
			require.Equal(t, fmt.Sprint("m", i), m.Body, "the oldest first")
		}
		require.NotEqual(t, old.ID, got[0].ID, "a moved message is a new one")
		require.Equal(t, 1, got[0].ReceiveCount)
		require.Empty(t, got[0].DeadLetterSource)
		require.True(t, got[0].SentAt.Equal(time.Now()))
	})
}

func TestMoveAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, dead := graveyard(t, 10)
		elsewhere := create(t, s, "elsewhere", sqs.Config{})
		handle, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: elsewhere.ARN(), MaxNumberOfMessagesPerSecond: 2})
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, sqs.MoveTask{
			TaskHandle: handle, Status: sqs.MoveRunning, SourceARN: dead.ARN(), DestinationARN: elsewhere.ARN(),
			MaxNumberOfMessagesPerSecond: 2, ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: 10,
			StartedAt: only(t, s, dead).StartedAt,
		}, only(t, s, dead))
		_, err = s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
		requireError(t, err, sqs.ErrInvalidParameterValue, "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")

		moved, err := s.CancelMessageMoveTask(handle)
		require.NoError(t, err)
		require.EqualValues(t, 3, moved)
		require.Equal(t, sqs.MoveCancelled, only(t, s, dead).Status)
		_, err = s.CancelMessageMoveTask(handle)
		requireError(t, err, sqs.ErrResourceNotFound, "Task does not exist.")
		time.Sleep(time.Minute)
		require.Len(t, elsewhere.Peek(100), 3)
		require.Len(t, dead.Peek(100), 7)

		_, err = s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
		require.NoError(t, err)
		synctest.Wait()
		tasks, err := s.ListMessageMoveTasks(dead.ARN(), 10)
		require.NoError(t, err)
		require.Equal(t, []sqs.MoveTaskStatus{sqs.MoveCompleted, sqs.MoveCancelled}, []sqs.MoveTaskStatus{tasks[0].Status, tasks[1].Status})
	})
}

func TestMoveFailsWithoutLosingAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, dead := graveyard(t, 4)
		elsewhere := create(t, s, "elsewhere", sqs.Config{})
		_, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: elsewhere.ARN(), MaxNumberOfMessagesPerSecond: 1})
		require.NoError(t, err)
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, s.DeleteQueue("elsewhere"))
		time.Sleep(time.Second)
		task := only(t, s, dead)
		require.Equal(t, sqs.MoveFailed, task.Status)
		require.Equal(t, "AWS.SimpleQueueService.NonExistentQueue", task.FailureReason)
		require.EqualValues(t, 2, task.ApproximateNumberOfMessagesMoved)
		require.Len(t, dead.Peek(10), 2)

		send(t, dead, bodies("sent here directly")...)
		_, err = s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
		require.NoError(t, err)
		synctest.Wait()
		tasks, err := s.ListMessageMoveTasks(dead.ARN(), 1)
		require.NoError(t, err)
		require.Equal(t, "CouldNotDetermineMessageSource", tasks[0].FailureReason)
		require.Len(t, dead.Peek(10), 1)
	})
}

// A message that can not be moved keeps its place in its group.
func TestFailedMoveKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		dead := create(t, s, "dead.fifo", sqs.Config{FIFO: true})
		create(t, s, "q.fifo", sqs.Config{FIFO: true, RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
		for _, body := range []string{"1", "2", "3"} {
			send(t, dead, sqs.Entry{Body: body, GroupID: "g", DeduplicationID: body})
		}
		_, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, sqs.MoveFailed, only(t, s, dead).Status)
		require.Equal(t, []string{"1", "2", "3"}, textsOf(receive(t, dead, sqs.ReceiveRequest{MaxMessages: 10})))
	})
}

// Destinations come and go while tasks are started.
func TestMoveTaskRacesWithDelete(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{Relaxed: true})
	dead := create(t, s, "dead", sqs.Config{})
	create(t, s, "q", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
	var all sync.WaitGroup
	all.Go(func() {
		for range 2000 {
			create(t, s, "to", sqs.Config{})
			require.NoError(t, s.DeleteQueue("to"))
		}
	})
	all.Go(func() {
		for range 2000 {
			_, _ = s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: "arn:aws:sqs:us-east-1:000000000000:to"})
		}
	})
	all.Wait()
}

func TestMoveTaskRequests(t *testing.T) {
	s, q, dead := graveyard(t, 1)
	fifo := create(t, s, "q.fifo", sqs.Config{FIFO: true})
	none := "arn:aws:sqs:us-east-1:000000000000:none"
	for _, row := range []struct {
		req      sqs.MoveRequest
		sentinel error
		text     string
	}{
		{sqs.MoveRequest{SourceARN: none}, sqs.ErrResourceNotFound, "The resource that you specified for the SourceArn parameter doesn't exist."},
		{sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: none}, sqs.ErrResourceNotFound, "The resource that you specified for the DestinationArn parameter doesn't exist."},
		{sqs.MoveRequest{SourceARN: q.ARN()}, sqs.ErrInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue."},
		{sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: dead.ARN()}, sqs.ErrInvalidParameterValue, "must be different"},
		{sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: fifo.ARN()}, sqs.ErrInvalidParameterValue, "same type"},
		{sqs.MoveRequest{SourceARN: dead.ARN(), MaxNumberOfMessagesPerSecond: 501}, sqs.ErrInvalidParameterValue, "Value 501 for parameter MaxNumberOfMessagesPerSecond"},
		{sqs.MoveRequest{SourceARN: dead.ARN(), MaxNumberOfMessagesPerSecond: -1}, sqs.ErrInvalidParameterValue, ""},
	} {
		_, err := s.StartMessageMoveTask(row.req)
		requireError(t, err, row.sentinel, row.text)
	}
	handle := func(json string) string { return base64.StdEncoding.EncodeToString([]byte(json)) }
	for _, row := range []struct {
		handle   string
		sentinel error
		text     string
	}{
		{"garbage!", sqs.ErrInvalidParameterValue, "Value for parameter TaskHandle is invalid."},
		{handle("x"), sqs.ErrInvalidParameterValue, "Value for parameter TaskHandle is invalid."},
		{handle(`{"taskId":"1"}`), sqs.ErrInvalidParameterValue, ""},
		{handle(`{"taskId":"1","sourceArn":"` + none + `"}`), sqs.ErrResourceNotFound, "SourceArn"},
		{handle(`{"taskId":"1","sourceArn":"` + dead.ARN() + `"}`), sqs.ErrResourceNotFound, "Task does not exist."},
	} {
		_, err := s.CancelMessageMoveTask(row.handle)
		requireError(t, err, row.sentinel, row.text)
	}
	_, err := s.ListMessageMoveTasks(none, 0)
	require.ErrorIs(t, err, sqs.ErrResourceNotFound)
	_, err = s.ListMessageMoveTasks(dead.ARN(), 11)
	require.ErrorIs(t, err, sqs.ErrInvalidParameterValue)
}

func TestCloseStopsAMoveTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, dead := graveyard(t, 10)
		_, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN(), MaxNumberOfMessagesPerSecond: 1})
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, s.Close())
	})
}
