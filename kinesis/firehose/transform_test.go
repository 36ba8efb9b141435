package firehose_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// transforming is a configuration with batches of at most 5 bytes or 10 seconds, and
// buffers of 60 seconds.
func transforming(sink firehose.Sink, f firehose.TransformFunc) firehose.Config {
	cfg := small(sink)
	cfg.Buffering.Size = 100_000
	cfg.Transform = &firehose.Transform{Func: f, BufferSize: 5, BufferInterval: new(10 * time.Second)}
	cfg.Prefix, cfg.ErrorOutputPrefix = "ok/", "bad/"
	return cfg
}

// upper makes letters upper case, drops "drop", fails "fail".
func upper(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
	var results []firehose.TransformResult
	for _, r := range records {
		result := firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: []byte(strings.ToUpper(string(r.Data)))}
		switch string(r.Data) {
		case "drop":
			result.Result = firehose.Dropped
		case "fail":
			result.Result = firehose.ProcessingFailed
		}
		results = append(results, result)
	}
	return results, nil
}

func TestTransform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		var batches []string
		var ids []string
		start := time.Now()
		cfg := transforming(sink, func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
			batch := fmt.Sprint(time.Since(start))
			for _, r := range records {
				batch += " " + string(r.Data)
				ids = append(ids, r.RecordID)
			}
			batches = append(batches, batch)
			return upper(ctx, records)
		})
		cfg.AppendDelimiter = true
		stream := open(t, "s", cfg)
		puts := put(t, stream, "a", "drop", "b", "fail", "c", "too long")
		time.Sleep(9 * time.Second)
		puts = append(puts, put(t, stream, "d")...)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"0s a drop", "0s b fail", "0s c", "0s too long", "19s d"}, batches)
		for i, p := range puts {
			require.Equal(t, p.RecordID, ids[i], "the function knows a record by the id that Put returned")
		}
		calls := sink.all()
		require.Len(t, calls, 2)
		good, bad := calls[0], calls[1]
		if good.errorType != "" {
			good, bad = bad, good
		}
		require.Equal(t, "A\nB\nC\nTOO LONG\nD\n", good.body)
		require.Regexp(t, "^ok/2000/01/01/00/s-1-2000-01-01-00-00-00-", good.key)
		require.Equal(t, "processing-failed", bad.errorType)
		require.Regexp(t, "^bad/processing-failed/2000/01/01/00/s-1-2000-01-01-00-00-00-", bad.key)
		requireFailed(t, lines(bad.body)[0], failedRecord{
			AttemptsMade: 1, ErrorCode: "Lambda.ProcessingFailedStatus", ErrorMessage: "ProcessingFailed status set for record",
			ArrivalTimestamp: midnight.UnixMilli(), AttemptEndingTimestamp: midnight.UnixMilli(),
		}, "fail")
		m := stream.Metrics()
		requireBalance(t, m)
		require.Equal(t, int64(1), m.DroppedRecords)
		require.Equal(t, int64(1), m.TransformFailedRecords)
		require.Equal(t, int64(1), m.ErrorOutputRecords)
		require.Equal(t, int64(5), m.DeliveredRecords)
		require.Equal(t, int64(5), m.Transformations)
		require.Zero(t, m.BufferedBytes)
	})
}

// A batch waits for at most its interval, and then its records for at most that of the
// buffer.
func TestTransformIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		stream := open(t, "s", transforming(sink, upper))
		put(t, stream, "a")
		time.Sleep(8 * time.Second)
		put(t, stream, "b")
		time.Sleep(8 * time.Second)
		put(t, stream, "c")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"ABC"}, sink.taken())
		require.Equal(t, seconds(70), sink.times())
		require.Contains(t, sink.all()[0].key, "2000-01-01-00-00-00", "the time is the arrival's")
	})
}

// Every result that breaks the contract fails the record it concerns.
func TestTransformResults(t *testing.T) {
	ok := func(id, data string) firehose.TransformResult {
		return firehose.TransformResult{RecordID: id, Result: firehose.Ok, Data: []byte(data)}
	}
	for name, c := range map[string]struct {
		results func(a, b string) []firehose.TransformResult
		want    []string
		codes   []string // of what failed
	}{
		"both": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(a, "1"), ok(b, "2")}
		}, []string{"12"}, nil},
		"other order": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(b, "2"), ok(a, "1")}
		}, []string{"12"}, nil},
		"none":        {func(a, b string) []firehose.TransformResult { return nil }, nil, []string{"a Lambda.MissingRecordId", "b Lambda.MissingRecordId"}},
		"one missing": {func(a, b string) []firehose.TransformResult { return []firehose.TransformResult{ok(b, "2")} }, []string{"2"}, []string{"a Lambda.MissingRecordId"}},
		"one twice": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(a, "1"), ok(b, "2"), ok(a, "3")}
		}, []string{"2"}, []string{"a Lambda.DuplicatedRecordId"}},
		"a stranger": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(a, "1"), ok("x", "0"), ok(b, "2")}
		}, []string{"12"}, nil},
		"odd result": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(a, "1"), {RecordID: b, Result: "Perhaps"}}
		}, []string{"1"}, []string{"b Lambda.InvalidReturnFormat"}},
		"no result": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{ok(a, "1"), {RecordID: b}}
		}, []string{"1"}, []string{"b Lambda.InvalidReturnFormat"}},
		"both dropped": {func(a, b string) []firehose.TransformResult {
			return []firehose.TransformResult{{RecordID: a, Result: firehose.Dropped}, {RecordID: b, Result: firehose.Dropped}}
		}, nil, nil},
		"empty data": {func(a, b string) []firehose.TransformResult { return []firehose.TransformResult{ok(a, ""), ok(b, "")} }, []string{""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink, errorSink := newSpy(nil), newSpy(nil)
				cfg := transforming(sink, func(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
					results := c.results(records[0].RecordID, records[1].RecordID)
					records[0].RecordID = "changed" // which it must not, but that is no harm
					return results, nil
				})
				cfg.ErrorSink = errorSink
				stream := open(t, "s", cfg)
				put(t, stream, "a", "b")
				require.NoError(t, stream.Flush(t.Context()))
				require.Equal(t, c.want, sink.taken())
				requireCodes(t, c.codes, errorSink)
				requireBalance(t, stream.Metrics())
			})
		})
	}
}

// requireCodes checks what an error sink got: data and code of each record.
func requireCodes(t *testing.T, want []string, errorSink *spy) {
	t.Helper()
	var got []string
	for _, body := range errorSink.taken() {
		for _, line := range lines(body) {
			r := parseFailed(t, line)
			got = append(got, string(r.RawData)+" "+r.ErrorCode)
		}
	}
	require.Equal(t, want, got)
}

// A call that fails is repeated; what follows waits, so that the order is kept.
func TestTransformFails(t *testing.T) {
	down := errors.New("function is down")
	for name, c := range map[string]struct {
		fail     func(n int) error // of the n-th call
		retries  *int
		want     []string
		failed   []string
		attempts int
		times    []time.Duration
	}{
		"once":      {func(n int) error { return only(n < 1, down) }, nil, []string{"ABCDEFGHIJ"}, nil, 0, seconds(0, 1, 1)},
		"panic":     {func(n int) error { return only(n < 1, errPanic) }, nil, []string{"ABCDEFGHIJ"}, nil, 0, seconds(0, 1, 1)},
		"thrice":    {func(n int) error { return only(n < 3, down) }, nil, []string{"ABCDEFGHIJ"}, nil, 0, seconds(0, 1, 3, 7, 7)},
		"for good":  {func(n int) error { return only(n < 4, down) }, nil, []string{"FGHIJ"}, []string{"a", "b", "c", "d", "e"}, 4, seconds(0, 1, 3, 7, 7)},
		"permanent": {func(n int) error { return only(n < 1, firehose.Permanent(down)) }, nil, []string{"FGHIJ"}, []string{"a", "b", "c", "d", "e"}, 1, seconds(0, 0)},
		"no retry":  {func(n int) error { return only(n < 1, down) }, new(0), []string{"FGHIJ"}, []string{"a", "b", "c", "d", "e"}, 1, seconds(0, 0)},
		"one retry": {func(n int) error { return only(n < 2, down) }, new(1), []string{"FGHIJ"}, []string{"a", "b", "c", "d", "e"}, 2, seconds(0, 1, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink, errorSink := newSpy(nil), newSpy(nil)
				var times []time.Duration
				start := time.Now()
				cfg := transforming(sink, func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
					n := len(times)
					times = append(times, time.Since(start))
					if err := c.fail(n); err == errPanic {
						panic(err)
					} else if err != nil {
						return nil, err
					}
					return upper(ctx, records)
				})
				cfg.ErrorSink = errorSink
				cfg.Transform.Retries = c.retries
				stream := open(t, "s", cfg)
				put(t, stream, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
				time.Sleep(time.Hour)
				synctest.Wait()
				require.Equal(t, c.want, sink.taken())
				require.Equal(t, c.times, times)
				var failed []string
				for _, body := range errorSink.taken() {
					for _, line := range lines(body) {
						r := parseFailed(t, line)
						failed = append(failed, string(r.RawData))
						require.Equal(t, "Lambda.FunctionError", r.ErrorCode)
						require.Contains(t, r.ErrorMessage, "function is down")
						require.Equal(t, c.attempts, r.AttemptsMade)
					}
				}
				require.Equal(t, c.failed, failed)
				m := stream.Metrics()
				requireBalance(t, m)
				require.Equal(t, int64(len(c.failed)), m.TransformFailedRecords)
				require.Equal(t, int64(len(c.times)), m.Transformations)
			})
		})
	}
}

var errPanic = errors.New("panic")

func only(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}

// The function may return the data that it got, also with a delimiter, which must not
// be written over the next record.
func TestTransformReturnsItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := transforming(sink, func(_ context.Context, records []firehose.TransformRecord) (results []firehose.TransformResult, _ error) {
			for _, r := range records {
				results = append(results, firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: r.Data[:1]})
			}
			return results, nil
		})
		cfg.AppendDelimiter = true
		cfg.Backup = &firehose.Backup{Sink: newSpy(nil)}
		stream := open(t, "s", cfg)
		put(t, stream, "ab", "cd", "ef")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []string{"a\nc\ne\n"}, sink.taken())
		require.Equal(t, []string{"abcdef"}, cfg.Backup.Sink.(*spy).taken())
	})
}

// Defaults are AWS's: 1 MB or 60 seconds.
func TestTransformDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		var times []time.Duration
		start := time.Now()
		stream := open(t, "s", firehose.Config{Sink: newSpy(nil), Transform: &firehose.Transform{
			Func: func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
				sizes, times = append(sizes, len(records)), append(times, time.Since(start))
				return upper(ctx, records)
			},
		}})
		for range 11 {
			put(t, stream, strings.Repeat("x", 100_000))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []int{10, 1}, sizes)
		require.Equal(t, seconds(0, 60), times)
		require.Equal(t, 3, *stream.Config().Transform.Retries)
	})
}
