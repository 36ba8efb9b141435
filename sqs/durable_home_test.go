package sqs

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// A message that was on its way to another queue while the journal wrote it, and came
// back, is copied forward like all others.
func TestComeBackBeforeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fsys := faultfs.NewMem(1)
		cfg := ServiceConfig{Durable: durable.Options{Sync: durable.SyncNever, SegmentSize: 4096}}
		s, err := openFS(fsys.Process(), cfg)
		require.NoError(t, err)
		q, err := s.CreateQueue("jobs", Config{})
		require.NoError(t, err)
		_, err = q.Send(ctx, Entry{Body: "a"})
		require.NoError(t, err)
		now, err := q.enter("test")
		require.NoError(t, err)
		ref := q.core.line.next(q.core, now)
		letters := []transfer{q.core.take(ref, q.core.records.At(ref))}
		require.Zero(t, letters[0].home)
		q.leave(now)
		time.Sleep(time.Second) // and the journal has written it
		now, err = q.enter("test")
		require.NoError(t, err)
		q.core.comeBack(letters)
		q.leave(now)

		first := s.registry.store.journal.Segments()[0].Number
		other, err := s.CreateQueue("other", Config{})
		require.NoError(t, err)
		for i := 0; s.registry.store.journal.Segments()[0].Number == first; i++ {
			require.Less(t, i, 1000)
			_, err = other.Send(ctx, Entry{Body: fmt.Sprint(i, strings.Repeat("x", 1000))})
			require.NoError(t, err)
			got, err := other.Receive(ctx, ReceiveRequest{})
			require.NoError(t, err)
			require.NoError(t, other.Delete(ctx, got[0].ReceiptHandle))
			time.Sleep(time.Second)
		}
		require.NoError(t, s.Close())
		s, err = openFS(fsys.Process(), cfg)
		require.NoError(t, err)
		q, err = s.Queue("jobs")
		require.NoError(t, err)
		require.Len(t, q.Peek(10), 1)
		require.NoError(t, s.Close())
	})
}

// Deduplication ids that have to be remembered are no reason to clean, and are let go when
// they are too old.
func TestRememberedIDsAreLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fsys := faultfs.NewMem(1)
		cfg := ServiceConfig{Durable: durable.Options{SegmentSize: 4096}}
		s, err := openFS(fsys.Process(), cfg)
		require.NoError(t, err)
		q, err := s.CreateQueue("jobs.fifo", Config{FIFO: true})
		require.NoError(t, err)
		fill := func() {
			for i := range 1000 {
				_, err = q.Send(ctx, Entry{Body: "x", GroupID: "g", DeduplicationID: fmt.Sprintf("%0100d", i)})
				require.NoError(t, err)
				got, err := q.Receive(ctx, ReceiveRequest{})
				require.NoError(t, err)
				require.NoError(t, q.Delete(ctx, got[0].ReceiptHandle))
			}
		}
		fill()
		require.Greater(t, s.registry.store.live.Load(), int64(100*1000))
		s.registry.store.running.Wait()
		require.False(t, s.registry.store.isLong())
		_, err = q.Send(ctx, Entry{Body: "x", GroupID: "g", DeduplicationID: fmt.Sprintf("%0100d", 7)})
		require.NoError(t, err)
		require.Empty(t, q.Peek(10), "it is remembered")
		require.NoError(t, s.Close())
		s, err = openFS(fsys.Process(), cfg)
		require.NoError(t, err)
		require.Greater(t, s.registry.store.live.Load(), int64(100*1000))
		q, err = s.Queue("jobs.fifo")
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		fill()
		s.registry.store.running.Wait()
		require.Less(t, s.registry.store.live.Load(), int64(2*130*1000))
		require.NoError(t, q.Purge())
		require.Zero(t, s.registry.store.live.Load())
		require.NoError(t, s.Close())
	})
}

// openWithDead opens a new service, with a queue and its dead-letter queue.
func openWithDead(t *testing.T, fsys *faultfs.Mem) (s *Service, dead, jobs *LocalQueue) {
	s, err := openFS(fsys.Process(), ServiceConfig{})
	require.NoError(t, err)
	dead, err = s.CreateQueue("dead", Config{})
	require.NoError(t, err)
	jobs, err = s.CreateQueue("jobs", Config{RedrivePolicy: &RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
	require.NoError(t, err)
	return s, dead, jobs
}

// A step of a move task that meets the end of the service is not the end of the task.
func TestMoveTaskMeetsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fsys := faultfs.NewMem(1)
		s, dead, jobs := openWithDead(t, fsys)
		_, err := dead.Send(ctx, Entry{Body: "a"}, Entry{Body: "b"}, Entry{Body: "c"})
		require.NoError(t, err)
		_, err = s.StartMessageMoveTask(MoveRequest{SourceARN: dead.ARN(), DestinationARN: jobs.ARN(), MaxNumberOfMessagesPerSecond: 1})
		require.NoError(t, err)
		synctest.Wait()
		task := s.registry.tasks[dead.ARN()][0]
		task.stop() // as Close does,
		dead.end(ErrClosed)
		task.step() // while this goes on
		require.NoError(t, s.Close())
		s, err = openFS(fsys.Process(), ServiceConfig{})
		require.NoError(t, err)
		tasks, err := s.ListMessageMoveTasks(dead.ARN(), 1)
		require.NoError(t, err)
		require.Equal(t, MoveRunning, tasks[0].Status)
		time.Sleep(time.Minute)
		jobs, err = s.Queue("jobs")
		require.NoError(t, err)
		require.Len(t, jobs.Peek(10), 3)
		require.NoError(t, s.Close())
	})
}

// A full disk does not make a move task run ahead of the journal.
func TestMoveTaskWaitsForSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fsys := faultfs.NewMem(1)
		s, dead, jobs := openWithDead(t, fsys)
		const n = 60
		for range n {
			_, err := dead.Send(ctx, Entry{Body: strings.Repeat("x", 1<<20)})
			require.NoError(t, err)
		}
		_, err := s.StartMessageMoveTask(MoveRequest{SourceARN: dead.ARN(), DestinationARN: jobs.ARN(), MaxNumberOfMessagesPerSecond: 500})
		require.NoError(t, err)
		var full atomic.Bool
		full.Store(true)
		fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
			if full.Load() && c.Op == "WriteAt" {
				return faultfs.Fault{Err: syscall.ENOSPC}
			}
			return faultfs.Fault{}
		})
		time.Sleep(time.Minute)
		require.Less(t, len(jobs.Peek(n)), n)
		full.Store(false)
		time.Sleep(time.Minute)
		require.Len(t, jobs.Peek(n), n)
		fsys.Kill()
		s, err = openFS(fsys.Process(), ServiceConfig{})
		require.NoError(t, err)
		dead, err = s.Queue("dead")
		require.NoError(t, err)
		require.Empty(t, dead.Peek(10))
		jobs, err = s.Queue("jobs")
		require.NoError(t, err)
		require.Len(t, jobs.Peek(n), n)
		require.NoError(t, s.Close())
	})
}

// What finds no room even in the journal's memory is kept, and written in its place.
func TestFactsThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fsys := faultfs.NewMem(1)
		s, err := openFS(fsys.Process(), ServiceConfig{})
		require.NoError(t, err)
		q, err := s.CreateQueue("jobs", Config{})
		require.NoError(t, err)
		_, err = q.Send(ctx, Entry{Body: "a"})
		require.NoError(t, err)
		got, err := q.Receive(ctx, ReceiveRequest{})
		require.NoError(t, err)
		var full atomic.Bool
		full.Store(true)
		fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
			if full.Load() && c.Op == "WriteAt" {
				return faultfs.Fault{Err: syscall.ENOSPC}
			}
			return faultfs.Fault{}
		})
		j := s.registry.store.journal
		for err = nil; err == nil; time.Sleep(time.Second) { // others have filled it
			_, err = j.Add(append([]byte{factTask}, `{"Reason":"`+strings.Repeat("x", 1<<20)+`"}`...))
		}
		require.ErrorIs(t, err, durable.ErrNoSpace)
		now, err := q.enter("Delete") // past what looks for space
		require.NoError(t, err)
		require.Empty(t, q.delete([]string{got[0].ReceiptHandle}))
		require.ErrorIs(t, q.acknowledge("Delete", q.leave(now)), durable.ErrNoSpace)
		full.Store(false)
		require.NoError(t, q.Delete(ctx, got[0].ReceiptHandle), "it is done already")
		fsys.Kill()
		s, err = openFS(fsys.Process(), ServiceConfig{})
		require.NoError(t, err)
		q, err = s.Queue("jobs")
		require.NoError(t, err)
		require.Empty(t, q.Peek(10))
		require.NoError(t, s.Close())
	})
}

// Facts that no version writes, but that are whole, are refused or taken as they are, and
// nothing panics then or later.
func TestHostileFacts(t *testing.T) {
	queue := func(json string) []byte { return append([]byte{factQueue}, json...) }
	message := func(f fact) []byte {
		f.state, f.seq = ready, 1
		return appendMessage(nil, &f, &transfer{body: "x", groupID: "g"})
	}
	for i, facts := range [][][]byte{
		{queue(`{}`)},
		{queue(`{"Number":1,"Name":"a","Account":"000000000000","Region":"us-east-1"}`), message(fact{queue: 1, ref: 1})},
		{queue(`{"Number":1,"Name":"a","Config":{"FIFO":true}}`), message(fact{queue: 1, ref: 1, sentAt: 1 << 62, due: -1, flags: flagRecent})},
		{queue(`{"Number":1,"Config":{"RedrivePolicy":{}}}`), message(fact{queue: 1, ref: maxRef}), message(fact{queue: 1, ref: maxRef + 1})},
		{queue(`{"Number":4294967295}`), {factTask, '{', '}'}, {factTask}},
		{{factNoQueue, 1, 1}, {factPurged, 1, 1}, {factRecent, 1, 1, 1}, {factGone, 1, 1, 1}},
		{{}}, {{0}}, {{255}},
	} {
		fsys := faultfs.NewMem(1)
		j, err := journal.Open(fsys, journal.Config{Kind: journalKind, Format: journalFormat})
		require.NoError(t, err)
		_, err = j.Append(facts...)
		require.NoError(t, err)
		require.NoError(t, j.Close())
		s, err := openFS(fsys, ServiceConfig{})
		if err != nil {
			continue
		}
		for _, q := range s.registry.all() {
			_, _ = q.Send(t.Context(), Entry{Body: "y"})
			_, _ = q.Send(t.Context(), Entry{Body: "y", GroupID: "h", DeduplicationID: "d"})
			_, _ = q.Receive(t.Context(), ReceiveRequest{MaxMessages: 10})
			q.Attributes()
			q.Peek(10)
		}
		require.NoError(t, s.Close(), "%d", i)
	}
}
