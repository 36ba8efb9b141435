package firehose_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// The backup has every record as it came, whatever becomes of it, with its own buffer
// and keys.
func TestBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, backup := newSpy(nil), newSpy(nil)
		cfg := transforming(sink, upper)
		cfg.AppendDelimiter = true
		cfg.Compression = firehose.GZIP
		cfg.Backup = &firehose.Backup{
			Sink: backup, Prefix: "source/!{timestamp:yyyy}/", FileExtension: ".raw",
			Buffering: firehose.Buffering{Size: 20, Interval: new(5 * time.Second)},
		}
		stream := open(t, "s", cfg)
		put(t, stream, "a", "drop", "fail", "b")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"adropfailb"}, backup.taken())
		call := backup.all()[0]
		require.Equal(t, 5*time.Second, call.after)
		require.Empty(t, call.errorType)
		require.Regexp(t, `^source/2000/s-1-2000-01-01-00-00-00-[0-9a-f-]{36}\.raw$`, call.key)
		require.Regexp(t, `\.gz$`, sink.all()[0].key)
		require.Equal(t, byte(0x1f), sink.all()[0].body[0])
	})
}

// Without transformation the backup lacks only the delimiter.
func TestBackupWithoutTransform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, backup := newSpy(nil), newSpy(nil)
		cfg := partitioned(sink)
		cfg.AppendDelimiter = true
		cfg.Backup = &firehose.Backup{Sink: backup}
		stream := open(t, "s", cfg)
		put(t, stream, "a:1", "none", "b:2")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"a:1noneb:2"}, backup.taken())
		require.Contains(t, sink.taken(), "a:1\n")
	})
}

// A backup that is down is retried for 24 hours, and holds up nothing else.
func TestBackupDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := small(sink)
		var drops []dropped
		cfg.OnDrop = onDrop(&drops)
		cfg.ErrorSink = newSpy(nil)
		cfg.Backup = &firehose.Backup{Sink: newSpy(func(context.Context, int, *firehose.Delivery) error { return errDown })}
		stream := open(t, "s", cfg)
		put(t, stream, "0123456789")
		synctest.Wait()
		require.Equal(t, []string{"0123456789"}, sink.taken())
		require.NotZero(t, stream.Metrics().BufferedBytes)
		require.Zero(t, stream.Metrics().BufferedRecords, "it is delivered")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, 24*time.Hour, time.Since(sink.start))
		require.Len(t, drops, 1)
		require.Equal(t, int64(1), stream.Metrics().LostBackupRecords)
		require.Zero(t, stream.Metrics().LostRecords)
		requireBalance(t, stream.Metrics())
	})
}
