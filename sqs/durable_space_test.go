package sqs_test

import (
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
