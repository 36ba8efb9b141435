package kinesis_test

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/kinesis"
)

// Every operation says the same of the storage: that there is no space, that it has failed,
// and, once the service is closed, that and nothing else.
func TestErrorsOfTheStorage(t *testing.T) {
	const shard = "shardId-000000000000"
	type end = func(t *testing.T, files *kinesis.MemFiles, s *kinesis.Service, stream *kinesis.LocalStream)
	refused := func(t *testing.T, s *kinesis.Service, stream *kinesis.LocalStream, want error) {
		_, err := stream.Put(t.Context(), keyed("k", "refused")...)
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, s.Leases().Create(t.Context(), "refused", kinesis.Lease{ShardID: shard}), want)
	}
	fillService := func(_ *testing.T, files *kinesis.MemFiles, _ *kinesis.Service, _ *kinesis.LocalStream) {
		files.SetSpace(0)
	}
	fill := func(t *testing.T, files *kinesis.MemFiles, s *kinesis.Service, stream *kinesis.LocalStream) {
		files.SetSpace(0)
		refused(t, s, stream, durable.ErrNoSpace)
	}
	fail := func(t *testing.T, files *kinesis.MemFiles, s *kinesis.Service, stream *kinesis.LocalStream) {
		files.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: syscall.EIO} })
		refused(t, s, stream, durable.ErrFailed)
		files.OnCall(nil)
	}
	failSplit := func(t *testing.T, files *kinesis.MemFiles, s *kinesis.Service, stream *kinesis.LocalStream) {
		fail(t, files, s, stream)
		require.ErrorIs(t, stream.SplitShard(shard, kinesis.HashKey{Hi: 1}), durable.ErrFailed)
	}
	closeService := func(_ *testing.T, _ *kinesis.MemFiles, s *kinesis.Service, _ *kinesis.LocalStream) { _ = s.Close() }
	closeStream := func(_ *testing.T, _ *kinesis.MemFiles, _ *kinesis.Service, stream *kinesis.LocalStream) {
		_ = stream.Close()
	}
	deleteStream := func(t *testing.T, _ *kinesis.MemFiles, s *kinesis.Service, stream *kinesis.LocalStream) {
		require.NoError(t, s.DeleteStream(stream.Name(), true))
	}
	// What an operation meets that was begun before Close.
	closeJournals := func(t *testing.T, _ *kinesis.MemFiles, s *kinesis.Service, _ *kinesis.LocalStream) {
		require.NoError(t, kinesis.CloseJournals(s))
	}
	for name, c := range map[string]struct {
		ends       []end
		want       error
		code       string
		streamOnly bool // the service goes on
	}{
		"full":                       {ends: []end{fill}, want: durable.ErrNoSpace, code: "ServiceUnavailable"},
		"failed":                     {ends: []end{fail}, want: durable.ErrFailed, code: "InternalFailure"},
		"closed":                     {ends: []end{closeService}, want: kinesis.ErrClosed},
		"full, and closed":           {ends: []end{fill, closeService}, want: kinesis.ErrClosed},
		"failed, and closed":         {ends: []end{fail, closeService}, want: kinesis.ErrClosed},
		"split, failed, and closed":  {ends: []end{failSplit, closeService}, want: kinesis.ErrClosed},
		"closed meanwhile":           {ends: []end{closeJournals}, want: kinesis.ErrClosed},
		"the stream closed":          {ends: []end{closeStream}, want: kinesis.ErrClosed, streamOnly: true},
		"full, the stream closed":    {ends: []end{fill, closeStream}, want: kinesis.ErrClosed, streamOnly: true},
		"failed, the stream closed":  {ends: []end{fail, closeStream}, want: kinesis.ErrClosed, streamOnly: true},
		"the stream deleted, full":   {ends: []end{deleteStream, fillService}, want: kinesis.ErrResourceNotFound, streamOnly: true},
		"the stream deleted, closed": {ends: []end{deleteStream, closeService}, want: kinesis.ErrResourceNotFound, streamOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				files := kinesis.NewMemFiles(1)
				s := mustOpen(t, files, durable.Options{MemoryBudget: -1})
				defer s.Close()
				stream, err := s.CreateStream("orders", kinesis.Config{Relaxed: true})
				require.NoError(t, err)
				mustPut(t, stream, keyed("k", "first")...)
				consumer, err := stream.RegisterConsumer("c", nil)
				require.NoError(t, err)
				for _, end := range c.ends {
					end(t, files, s, stream)
				}
				type operation struct {
					op string
					do func() error
				}
				operations := []operation{
					{"Put", func() error { _, err := stream.Put(ctx, keyed("k", "x")...); return err }},
					{"SetRetentionPeriod", func() error { return stream.SetRetentionPeriod(48 * time.Hour) }},
					{"Tag", func() error { return stream.Tag(map[string]string{"a": "b"}) }},
					{"PutPolicy", func() error { return stream.PutPolicy("{}") }},
					{"RegisterConsumer", func() error { _, err := stream.RegisterConsumer("d", nil); return err }},
					{"PutPolicy", func() error { return consumer.PutPolicy("{}") }},
					{"DeregisterConsumer", func() error { return stream.DeregisterConsumer("c") }},
					{"SplitShard", func() error { return stream.SplitShard(shard, kinesis.HashKey{Hi: 1}) }},
				}
				if c.code == "" {
					c.code = (&kinesis.Error{Err: c.want}).ErrorCode()
					operations = append(operations, operation{"Read", func() error {
						_, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shard})
						return err
					}})
				}
				if !c.streamOnly {
					operations = append(operations,
						operation{"Create", func() error { return s.Leases().Create(ctx, "g", kinesis.Lease{ShardID: shard}) }},
						operation{"UpdateAccountSettings", func() error {
							return s.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled})
						}},
						operation{"CreateStream", func() error { _, err := s.CreateStream("other", kinesis.Config{}); return err }},
						operation{"DeleteStream", func() error { return s.DeleteStream("orders", true) }},
					)
					backup := func() error { return s.Backup(ctx, t.TempDir()) }
					if c.want == durable.ErrNoSpace {
						require.NoError(t, backup(), "it is there to be copied")
					} else {
						operations = append(operations, operation{"Backup", backup})
					}
				}
				for _, o := range operations {
					var e *kinesis.Error
					err := o.do()
					require.ErrorAs(t, err, &e, o.op)
					require.ErrorIs(t, e, c.want, o.op)
					if c.want == durable.ErrNoSpace || c.want == durable.ErrFailed {
						require.ErrorIs(t, e, kinesis.ErrInternalFailure)
					}
					require.Equal(t, o.op, e.Op)
					require.Equal(t, c.code, e.ErrorCode(), o.op)
					if c.want != kinesis.ErrResourceNotFound { // AWS names the stream
						require.Contains(t, e.ErrorMessage(), (&kinesis.Error{Err: c.want}).ErrorMessage(), o.op)
					}
				}
			})
		})
	}
}
