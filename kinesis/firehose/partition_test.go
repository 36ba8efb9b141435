package firehose_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// partitioned is a configuration whose records are like "customer:text".
func partitioned(sink firehose.Sink) firehose.Config {
	cfg := small(sink)
	cfg.Prefix = "c=!{partitionKeyFromQuery:customer}/"
	cfg.ErrorOutputPrefix = "!{firehose:error-output-type}/"
	cfg.Partitioning = &firehose.Partitioning{Func: func(data []byte) (map[string]string, error) {
		switch customer, _, ok := strings.Cut(string(data), ":"); {
		case customer == "panic":
			panic("partition")
		case !ok:
			return nil, errors.New("there is no colon")
		default:
			return map[string]string{"customer": customer, "unused": "x"}, nil
		}
	}}
	return cfg
}

// bodies returns what was delivered, by the prefix of its key, in the order of the keys.
func bodies(s *spy) []string {
	var all []string
	for _, c := range s.all() {
		if c.err == nil {
			prefix, _, _ := strings.Cut(c.key, "/")
			all = append(all, fmt.Sprintf("%v %s %s", c.after, prefix, c.body))
		}
	}
	slices.Sort(all)
	return all
}

// Each partition has a buffer of its own, with its own size and age.
func TestPartitioning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		stream := open(t, "s", partitioned(sink))
		put(t, stream, "a:1", "b:1", "a:2", "b:2", "a:3")
		require.Equal(t, 2, stream.Metrics().ActivePartitions)
		time.Sleep(30 * time.Second)
		put(t, stream, "a:4", "c:1")
		time.Sleep(time.Hour)
		require.Equal(t, []string{
			"1m0s c=b b:1b:2",
			"1m30s c=a a:4",
			"1m30s c=c c:1",
			"30s c=a a:1a:2a:3", // 9 bytes, so the next finds no room
		}, bodies(sink))
		require.Zero(t, stream.Metrics().ActivePartitions)
		for _, c := range sink.all() {
			require.Regexp(t, regexp.MustCompile(`^c=[abc]/2000/01/01/00/s-1-2000-01-01-00-00-`), c.key)
		}
	})
}

// A slow partition holds up no other, and a failing one neither.
func TestPartitionsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(func(_ context.Context, _ int, d *firehose.Delivery) error {
			switch {
			case strings.HasPrefix(d.Key, "c=slow/"):
				time.Sleep(time.Hour)
			case strings.HasPrefix(d.Key, "c=down/"):
				return errDown
			}
			return nil
		})
		stream := open(t, "s", partitioned(sink))
		for i := range 5 {
			put(t, stream, fmt.Sprintf("slow:%05d", i), fmt.Sprintf("down:%05d", i), fmt.Sprintf("good:%05d", i))
			synctest.Wait()
		}
		require.Equal(t, []string{"0s c=good good:00000", "0s c=good good:00001", "0s c=good good:00002", "0s c=good good:00003", "0s c=good good:00004", "0s c=slow slow:00000"}, bodies(sink))
		require.Equal(t, int64(10), stream.Metrics().BufferedRecords, "slow ones and those that failed")
		require.ErrorIs(t, stream.Close(), firehose.ErrUndelivered)
	})
}

// Concurrency bounds the calls that are under way at once.
func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(slow(time.Second))
		cfg := partitioned(sink)
		cfg.Concurrency = 3
		stream := open(t, "s", cfg)
		for i := range 10 {
			put(t, stream, fmt.Sprintf("%d:", i))
		}
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, seconds(0, 0, 0, 1, 1, 1, 2, 2, 2, 3), sink.times())
		for i, c := range sink.all() {
			require.Contains(t, []string{fmt.Sprintf("%d:", i/3*3), fmt.Sprintf("%d:", i/3*3+1), fmt.Sprintf("%d:", i/3*3+2)}, c.body, "in the order in which they were ready")
		}
	})
}

func TestPartitionFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, errorSink := newSpy(nil), newSpy(nil)
		cfg := partitioned(sink)
		cfg.ErrorSink = errorSink
		cfg.AppendDelimiter = true
		stream := open(t, "s", cfg)
		put(t, stream, "none", "a:1", ":x", "panic:", "\x01:x", strings.Repeat("x", 2000)+":")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"a:1\n"}, sink.taken())
		const code = "DynamicPartitioning.MetadataExtractionFailed"
		requireCodes(t, []string{"none " + code, ":x " + code, "panic: " + code, "\x01:x " + code, strings.Repeat("x", 2000) + ": " + code}, errorSink)
		require.Equal(t, "processing-failed", errorSink.all()[0].errorType)
		require.Contains(t, errorSink.all()[0].body, "there is no colon")
		m := stream.Metrics()
		requireBalance(t, m)
		require.Equal(t, int64(5), m.TransformFailedRecords)
	})
}

// There are at most MaxActive partitions with records at a time.
func TestActivePartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, errorSink := newSpy(nil), newSpy(nil)
		cfg := partitioned(sink)
		cfg.Buffering.Size = 1 << 20
		cfg.ErrorSink = errorSink
		stream := open(t, "s", cfg)
		for i := range 502 {
			put(t, stream, fmt.Sprintf("%d:", i))
		}
		put(t, stream, "0:x")
		require.Equal(t, 500, stream.Metrics().ActivePartitions)
		time.Sleep(61 * time.Second)
		require.Len(t, sink.taken(), 500)
		requireCodes(t, []string{"500: DynamicPartitioning.ActivePartitionLimitExceeded", "501: DynamicPartitioning.ActivePartitionLimitExceeded"}, errorSink)
		require.Equal(t, "activePartitionExceeded", errorSink.all()[0].errorType)
		require.Regexp(t, "^activePartitionExceeded/s-1-", errorSink.all()[0].key)
		put(t, stream, "500:") // there is room again
		require.NoError(t, stream.Flush(t.Context()))
		require.Len(t, sink.taken(), 501)
		m := stream.Metrics()
		require.Equal(t, int64(2), m.PartitionExceededRecords)
		requireBalance(t, m)
	})
}

// Keys by paths into JSON, and from the transformation.
func TestPartitionKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, errorSink := newSpy(nil), newSpy(nil)
		cfg := small(sink)
		cfg.ErrorSink = errorSink
		cfg.Prefix = "!{partitionKeyFromQuery:id}-!{partitionKeyFromLambda:kind}/"
		cfg.ErrorOutputPrefix = "!{firehose:error-output-type}/"
		cfg.Partitioning = &firehose.Partitioning{Paths: map[string]string{"id": ".customer.ids[0]"}}
		cfg.AppendDelimiter = true
		cfg.Transform = &firehose.Transform{Func: func(_ context.Context, records []firehose.TransformRecord) (results []firehose.TransformResult, _ error) {
			for _, r := range records {
				result := firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: r.Data}
				if len(r.Data) > 30 {
					result.PartitionKeys = map[string]string{"kind": "long"}
				} else if len(r.Data) > 26 {
					result.PartitionKeys = map[string]string{"kind": "short"}
				}
				results = append(results, result)
			}
			return results, nil
		}}
		stream := open(t, "s", cfg)
		put(t, stream, `{"customer": {"ids": [7, 8]}}`, `{"customer": {"ids": ["7"], "x": 1}}`, `{"customer": {"ids": [7]}}`, `{"customer": {"ids": 7, "padding": 1}}`, `no JSON`)
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"0s 7-long {\"customer\": {\"ids\": [\"7\"], \"x\": 1}}\n", "0s 7-short {\"customer\": {\"ids\": [7, 8]}}\n"}, bodies(sink))
		const code = " DynamicPartitioning.MetadataExtractionFailed"
		requireCodes(t, []string{`{"customer": {"ids": [7]}}` + code, `{"customer": {"ids": 7, "padding": 1}}` + code, "no JSON" + code}, errorSink)
	})
}
