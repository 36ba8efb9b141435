package sqs_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

func sendAll(t testing.TB, q *sqs.LocalQueue, bodies ...string) {
	for _, body := range bodies {
		_, err := q.Send(t.Context(), sqs.Entry{Body: body})
		require.NoError(t, err)
	}
}

// A directory has one owner at a time, and Backup makes another that has none.
func TestOpenDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "open")
	var told []durable.Progress
	open := func() (*sqs.Service, error) {
		return sqs.Open(dir, sqs.ServiceConfig{Durable: durable.Options{Progress: func(p durable.Progress) { told = append(told, p) }}})
	}
	s, err := open()
	require.NoError(t, err)
	_, err = open()
	require.ErrorIs(t, err, durable.ErrLocked)
	q, err := s.CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	sendAll(t, q, "a", "b")
	copied := t.TempDir()
	require.NoError(t, s.Backup(t.Context(), copied))
	require.Error(t, s.Backup(t.Context(), copied), "it is not empty")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Backup(canceled, t.TempDir()), context.Canceled)
	sendAll(t, q, "c")
	require.NoError(t, s.Close())
	_, err = q.Send(t.Context(), sqs.Entry{Body: "d"})
	require.ErrorIs(t, err, sqs.ErrClosed)

	s, err = open()
	require.NoError(t, err)
	require.Len(t, queueOf(t, s, "jobs").Peek(10), 3)
	require.NotEmpty(t, told)
	require.Equal(t, told[len(told)-1].Total, told[len(told)-1].Bytes)
	require.NoError(t, s.Close())
	dir = copied
	s, err = open()
	require.NoError(t, err)
	require.Len(t, queueOf(t, s, "jobs").Peek(10), 2)
	require.NoError(t, s.Close())

	report, err := durable.Verify(t.Context(), dir, nil)
	require.NoError(t, err)
	require.Empty(t, report.Dropped)
	memory := newService(t, sqs.ServiceConfig{})
	require.ErrorIs(t, memory.Backup(t.Context(), t.TempDir()), sqs.ErrUnsupportedOperation)
	require.Zero(t, memory.Recovery())
}

// A flipped bit is found when the service is opened; what can be saved is saved.
func TestDamageIsFound(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir, durable.Options{})
	q, err := s.CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	sendAll(t, q, "first", "second "+strings.Repeat("x", 100), "third")
	require.NoError(t, s.Close())
	file := filepath.Join(dir, "segment-0000000000000001")
	contents, err := os.ReadFile(file)
	require.NoError(t, err)
	at := bytes.Index(contents, []byte("second "))
	require.Positive(t, at)
	contents[at+50] ^= 4
	require.NoError(t, os.WriteFile(file, contents, 0o600))

	_, err = sqs.Open(dir, sqs.ServiceConfig{})
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.ErrorContains(t, err, "segment-0000000000000001")
	s = openDir(t, dir, durable.Options{Salvage: true})
	require.Len(t, s.Recovery().Dropped, 1)
	var bodies []string
	for _, m := range queueOf(t, s, "jobs").Peek(10) {
		bodies = append(bodies, m.Body)
	}
	require.Equal(t, []string{"first", "third"}, bodies)
	require.NoError(t, s.Close())
	openDir(t, dir, durable.Options{}).Close()
}

// A text that is damaged while the service runs is found when it is read back, and does
// not keep the others.
func TestDamagedTextIsNotReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := faultfs.NewMem(1)
		s := reopened(t, fsys, durable.Options{MemoryBudget: -1})
		q, err := s.CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		sendAll(t, q, "first", "second", "third")
		contents, err := fsys.ReadFile("segment-0000000000000001")
		require.NoError(t, err)
		at := bytes.Index(contents, []byte("second"))
		contents[at] ^= 1
		fsys.WriteFile("segment-0000000000000001", contents)
		got, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10})
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.Equal(t, "first", got[0].Body)
		require.Equal(t, "third", got[1].Body)
		time.Sleep(30 * time.Second)
		require.NoError(t, q.Delete(t.Context(), got[0].ReceiptHandle, got[1].ReceiptHandle))
		got, err = q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10})
		require.ErrorIs(t, err, durable.ErrCorrupt)
		require.Empty(t, got)
		require.NoError(t, s.Close())
	})
}

// Without space nothing is sent, what is there can be looked at, and all goes on when
// there is space again. Any other error is the end.
func TestErrorsOfTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := faultfs.NewMem(1)
		s := reopened(t, fsys, durable.Options{})
		q, err := s.CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		sendAll(t, q, "first")
		var disk error
		fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: disk} })
		disk = syscall.ENOSPC
		for range 3 {
			_, err = q.Send(t.Context(), sqs.Entry{Body: strings.Repeat("x", 1<<20)})
			require.ErrorIs(t, err, durable.ErrNoSpace)
			require.ErrorContains(t, err, "no space left")
			_, err = s.CreateQueue("other", sqs.Config{})
			require.ErrorIs(t, err, durable.ErrNoSpace)
		}
		require.Len(t, q.Peek(10), 1)
		disk = nil
		sendAll(t, q, "second")
		require.Len(t, q.Peek(10), 2)
		disk = syscall.EIO
		_, err = q.Send(t.Context(), sqs.Entry{Body: "third"})
		require.ErrorIs(t, err, durable.ErrFailed)
		disk = nil
		_, err = q.Receive(t.Context(), sqs.ReceiveRequest{})
		require.ErrorIs(t, err, durable.ErrFailed)
		require.ErrorIs(t, s.Close(), durable.ErrFailed)
		s = reopened(t, fsys, durable.Options{})
		require.GreaterOrEqual(t, len(queueOf(t, s, "jobs").Peek(10)), 2)
		require.NoError(t, s.Close())
	})
}

// A task that moves messages goes on after the service was opened again.
func TestMoveTaskGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := faultfs.NewMem(1)
		s := reopened(t, fsys, durable.Options{})
		dead, err := s.CreateQueue("dead", sqs.Config{})
		require.NoError(t, err)
		q, err := s.CreateQueue("jobs", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 3}})
		require.NoError(t, err)
		for range 20 {
			sendAll(t, dead, "letter")
		}
		_, err = s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN(), DestinationARN: q.ARN(), MaxNumberOfMessagesPerSecond: 1})
		require.NoError(t, err)
		for rest := 20; rest > 0; {
			time.Sleep(4500 * time.Millisecond)
			moved := len(q.Peek(100))
			require.Len(t, dead.Peek(100), 20-moved)
			require.NoError(t, s.Close())
			time.Sleep(time.Hour)
			s = reopened(t, fsys, durable.Options{})
			dead, q = queueOf(t, s, "dead"), queueOf(t, s, "jobs")
			synctest.Wait() // it goes on at once
			tasks, err := s.ListMessageMoveTasks(dead.ARN(), 1)
			require.NoError(t, err)
			require.Len(t, tasks, 1)
			require.Equal(t, int64(len(q.Peek(100))), tasks[0].ApproximateNumberOfMessagesMoved)
			require.Less(t, len(dead.Peek(100)), rest)
			rest = len(dead.Peek(100))
		}
		synctest.Wait()
		require.Len(t, q.Peek(100), 20)
		tasks, err := s.ListMessageMoveTasks(dead.ARN(), 1)
		require.NoError(t, err)
		require.Equal(t, sqs.MoveCompleted, tasks[0].Status)
		require.NoError(t, s.Close())
	})
}

// What was told is printed for a person.
func TestPrint(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir, durable.Options{})
	q, err := s.CreateQueue("jobs.fifo", sqs.Config{FIFO: true})
	require.NoError(t, err)
	_, err = q.Send(t.Context(), sqs.Entry{
		Body: "hello", GroupID: "g", DeduplicationID: "d", SenderID: "me", TraceHeader: "tr",
		Attributes: map[string]sqs.Attribute{"color": sqs.StringAttribute("red")},
	})
	require.NoError(t, err)
	got, err := q.Receive(t.Context(), sqs.ReceiveRequest{})
	require.NoError(t, err)
	require.ErrorIs(t, sqs.Print(&bytes.Buffer{}, dir), durable.ErrLocked)
	require.NoError(t, q.Delete(t.Context(), got[0].ReceiptHandle))
	require.NoError(t, q.Purge())
	require.NoError(t, s.DeleteQueue("jobs.fifo"))
	require.NoError(t, s.Close())
	var out bytes.Buffer
	require.NoError(t, sqs.Print(&out, dir))
	for _, want := range []string{
		`"Name":"jobs.fifo"`, `queue 1 message 1 at 1 is sent, received 0 times`, `body "hello"`, `group "g"`, `deduplication id "d"`, `sender "me"`, `trace "tr"`, `"color"`,
		"is in flight, received 1 times", "message 1 at 1 is gone", "queue 1 is purged", "queue 1 is deleted",
	} {
		require.Contains(t, out.String(), want)
	}
	require.Equal(t, 6, strings.Count(out.String(), "\n"))
}
