package sqs_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

// A FIFO message that could not be stored was not sent: who sends it again under its
// deduplication id has it stored, and not taken for a duplicate.
func TestSendAgainAfterNoSpace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := faultfs.NewMem(1)
		s := reopened(t, fsys, durable.Options{})
		q, err := s.CreateQueue("jobs.fifo", sqs.Config{FIFO: true})
		require.NoError(t, err)
		var full atomic.Bool
		fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
			if full.Load() && c.Op == "WriteAt" {
				return faultfs.Fault{Err: syscall.ENOSPC}
			}
			return faultfs.Fault{}
		})
		entry := sqs.Entry{Body: "a", GroupID: "g", DeduplicationID: "d"}
		full.Store(true)
		_, err = q.Send(t.Context(), entry)
		require.ErrorIs(t, err, durable.ErrNoSpace)
		_, err = q.Send(t.Context(), entry)
		require.ErrorIs(t, err, durable.ErrNoSpace)
		full.Store(false)
		require.Empty(t, q.Peek(10))
		for range 2 {
			_, err = q.Send(t.Context(), entry)
			require.NoError(t, err)
			require.Len(t, q.Peek(10), 1)
		}
		require.NoError(t, s.Close())
		s = reopened(t, fsys, durable.Options{})
		q = queueOf(t, s, "jobs.fifo")
		require.Len(t, q.Peek(10), 1)
		_, err = q.Send(t.Context(), entry)
		require.NoError(t, err)
		require.Len(t, q.Peek(10), 1)
		require.NoError(t, s.Close())

		// Also if what was taken back is all that is left.
		s = reopened(t, fsys, durable.Options{})
		q = queueOf(t, s, "jobs.fifo")
		full.Store(true)
		entry.DeduplicationID = "e"
		_, err = q.Send(t.Context(), entry)
		require.ErrorIs(t, err, durable.ErrNoSpace)
		full.Store(false)
		require.NoError(t, s.Close())
		s = reopened(t, fsys, durable.Options{})
		q = queueOf(t, s, "jobs.fifo")
		require.Len(t, q.Peek(10), 1)
		_, err = q.Send(t.Context(), entry)
		require.NoError(t, err)
		require.Len(t, q.Peek(10), 2)
		require.NoError(t, s.Close())
	})
}

// Of those who send the same message while space comes and goes, who is told that it was
// sent is right.
func TestDuplicatesAndNoSpace(t *testing.T) {
	fsys := faultfs.NewMem(1)
	s := reopened(t, fsys, durable.Options{})
	q, err := s.CreateQueue("jobs.fifo", sqs.Config{FIFO: true})
	require.NoError(t, err)
	var calls atomic.Int64
	fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
		if c.Op == "WriteAt" && calls.Add(1)%3 == 0 {
			return faultfs.Fault{Err: syscall.ENOSPC}
		}
		return faultfs.Fault{}
	})
	const rounds = 300
	told := 0
	for i := range rounds {
		var group sync.WaitGroup
		var sent atomic.Bool
		for range 4 {
			group.Go(func() {
				_, err := q.Send(t.Context(), sqs.Entry{Body: fmt.Sprint(i), GroupID: "g", DeduplicationID: fmt.Sprint(i)})
				sent.CompareAndSwap(false, err == nil)
			})
		}
		group.Wait()
		found := slices.ContainsFunc(q.Peek(rounds+1), func(m sqs.PeekedMessage) bool { return m.Body == fmt.Sprint(i) })
		require.Equal(t, sent.Load(), found, i)
		if found {
			told++
		}
	}
	t.Logf("%d of %d were sent", told, rounds)
	fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{} })
	require.NoError(t, s.Close())
}
