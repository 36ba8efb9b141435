package sqs_test

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

// Every operation says the same of the storage: that there is no space, that it has failed,
// and, once the service is closed, that and nothing else.
func TestErrorsOfTheStorage(t *testing.T) {
	type end = func(t *testing.T, fsys *faultfs.Mem, s *sqs.Service, q *sqs.LocalQueue)
	fill := func(t *testing.T, fsys *faultfs.Mem, _ *sqs.Service, q *sqs.LocalQueue) {
		fsys.SetSpace(0)
		_, err := q.Send(t.Context(), sqs.Entry{Body: "too much"})
		require.ErrorIs(t, err, durable.ErrNoSpace)
	}
	fail := func(t *testing.T, fsys *faultfs.Mem, _ *sqs.Service, q *sqs.LocalQueue) {
		fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: syscall.EIO} })
		_, err := q.Send(t.Context(), sqs.Entry{Body: "too late"})
		require.ErrorIs(t, err, durable.ErrFailed)
	}
	for name, c := range map[string]struct {
		before, after end
		want          error
		code          string
		queueOnly     bool // the service goes on
	}{
		"full":                      {before: fill, want: durable.ErrNoSpace, code: "ServiceUnavailable"},
		"failed":                    {before: fail, want: durable.ErrFailed, code: "InternalFailure"},
		"closed":                    {want: sqs.ErrClosed, after: closeService},
		"full, and closed":          {before: fill, want: sqs.ErrClosed, after: closeService},
		"failed, and closed":        {before: fail, want: sqs.ErrClosed, after: closeService},
		"closed meanwhile":          {want: sqs.ErrClosed, after: closeJournal},
		"the queue closed":          {want: sqs.ErrClosed, after: closeQueue, queueOnly: true},
		"full, the queue closed":    {before: fill, want: sqs.ErrClosed, after: closeQueue, queueOnly: true},
		"failed, the queue closed":  {before: fail, want: sqs.ErrClosed, after: closeQueue, queueOnly: true},
		"the queue deleted, full":   {want: sqs.ErrQueueDoesNotExist, after: deleteAndFill, queueOnly: true},
		"the queue deleted, closed": {want: sqs.ErrQueueDoesNotExist, after: deleteAndClose, queueOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				fsys := faultfs.NewMem(1)
				s := reopened(t, fsys, durable.Options{MemoryBudget: -1})
				defer s.Close()
				dead, err := s.CreateQueue("dead", sqs.Config{})
				require.NoError(t, err)
				q, err := s.CreateQueue("jobs", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 5}})
				require.NoError(t, err)
				sendAll(t, q, "first", "second")
				got, err := q.Receive(ctx, sqs.ReceiveRequest{})
				require.NoError(t, err)
				handle := got[0].ReceiptHandle
				for _, end := range []end{c.before, c.after} {
					if end != nil {
						end(t, fsys, s, q)
					}
				}
				type operation struct {
					op string
					do func() error
				}
				operations := []operation{
					{"Receive", func() error { _, err := q.Receive(ctx, sqs.ReceiveRequest{}); return err }},
					{"Send", func() error { _, err := q.Send(ctx, sqs.Entry{Body: "x"}); return err }},
					{"ChangeVisibility", func() error { return q.ChangeVisibility(ctx, time.Minute, handle) }},
					{"Delete", func() error { return q.Delete(ctx, handle) }},
					{"Purge", q.Purge},
					{"SetAttributes", func() error { return q.SetAttributes(map[string]string{"VisibilityTimeout": "60"}) }},
					{"Tag", func() error { return q.Tag(map[string]string{"a": "b"}) }},
					{"AddPermission", func() error { return q.AddPermission("all", []string{"111122223333"}, []string{"*"}) }},
				}
				if !c.queueOnly {
					operations = append(operations,
						operation{"CreateQueue", func() error { _, err := s.CreateQueue("other", sqs.Config{}); return err }},
						operation{"StartMessageMoveTask", func() error {
							_, err := s.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
							return err
						}},
						operation{"DeleteQueue", func() error { return s.DeleteQueue("jobs") }},
					)
					backup := func() error { return s.Backup(ctx, t.TempDir()) }
					if c.want == durable.ErrNoSpace {
						require.NoError(t, backup(), "it is there to be copied")
					} else {
						operations = append(operations, operation{"Backup", backup})
					}
				}
				if c.code == "" {
					c.code = (&sqs.Error{Err: c.want}).ErrorCode()
				}
				for _, o := range operations {
					if name == "closed meanwhile" && o.op == "ChangeVisibility" {
						continue // nobody waits for it
					}
					var e *sqs.Error
					err := o.do()
					require.ErrorAs(t, err, &e, o.op)
					require.ErrorIs(t, e, c.want, o.op)
					require.Equal(t, o.op, e.Op)
					require.Equal(t, c.code, e.ErrorCode(), o.op)
					require.Contains(t, e.ErrorMessage(), (&sqs.Error{Err: c.want}).ErrorMessage(), o.op)
				}
			})
		})
	}
}

func closeService(_ *testing.T, _ *faultfs.Mem, s *sqs.Service, _ *sqs.LocalQueue) { _ = s.Close() }

// closeJournal does what an operation meets that was begun before Close.
func closeJournal(t *testing.T, _ *faultfs.Mem, s *sqs.Service, _ *sqs.LocalQueue) {
	require.NoError(t, sqs.CloseJournal(s))
}

func closeQueue(_ *testing.T, _ *faultfs.Mem, _ *sqs.Service, q *sqs.LocalQueue) { _ = q.Close() }

func deleteAndFill(t *testing.T, fsys *faultfs.Mem, s *sqs.Service, q *sqs.LocalQueue) {
	require.NoError(t, s.DeleteQueue(q.Name()))
	fsys.SetSpace(0)
	_, err := s.CreateQueue("other", sqs.Config{})
	require.ErrorIs(t, err, durable.ErrNoSpace)
}

func deleteAndClose(t *testing.T, _ *faultfs.Mem, s *sqs.Service, q *sqs.LocalQueue) {
	require.NoError(t, s.DeleteQueue(q.Name()))
	require.NoError(t, s.Close())
}
