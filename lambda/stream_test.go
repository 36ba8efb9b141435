package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
)

// What a function answers decides where it goes on. ("Configuring partial batch response
// with Kinesis Data Streams and Lambda", conditions of success and failure.)
func TestStreamHeedsTheAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer string // %s are the sequence numbers of the second and third record
		fail   bool
		report bool
		again  string
	}{
		"no matter what":             {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, false, false, ""},
		"function failed":            {"", true, false, "a b c d"},
		"function failed, reporting": {"", true, true, "a b c d"},
		"one":                        {`{"batchItemFailures":[{"itemIdentifier":"%s"}]}`, false, true, "b c d"},
		"two, the least counts":      {`{"batchItemFailures":[{"itemIdentifier":"%[2]s"},{"itemIdentifier":"%[1]s"}]}`, false, true, "b c d"},
		"empty list":                 {`{"batchItemFailures":[]}`, false, true, ""},
		"null list":                  {`{"batchItemFailures":null}`, false, true, ""},
		"empty answer":               {`{}`, false, true, ""},
		"null answer":                {`null`, false, true, ""},
		"empty identifier":           {`{"batchItemFailures":[{"itemIdentifier":""}]}`, false, true, "a b c d"},
		"null identifier":            {`{"batchItemFailures":[{"itemIdentifier":null}]}`, false, true, "a b c d"},
		"bad key":                    {`{"batchItemFailures":[{"id":"%s"}]}`, false, true, "a b c d"},
		"not JSON":                   {`oh`, false, true, "a b c d"},
		"a record that is not there": {`{"batchItemFailures":[{"itemIdentifier":"%s"},{"itemIdentifier":"77"}]}`, false, true, "a b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStream(t, 1)
				sent := put(t, s, "a", "b", "c", "d")
				answer := c.answer
				if strings.Contains(answer, "%") {
					answer = fmt.Sprintf(strings.ReplaceAll(answer, "%s", "%[1]s"), sent[1].SequenceNumber, sent[2].SequenceNumber)
					answer, _, _ = strings.Cut(answer, "%!(EXTRA")
				}
				var calls []string
				fn := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
					var event lambda.KinesisEvent
					if err := json.Unmarshal(payload, &event); err != nil {
						return nil, err
					}
					var words []string
					for _, r := range event.Records {
						words = append(words, string(r.Kinesis.Data))
					}
					calls = append(calls, strings.Join(words, " "))
					switch {
					case len(calls) > 1:
						return nil, nil
					case c.fail:
						return nil, errBoom
					}
					return []byte(answer), nil
				})
				source, err := lambda.MapStream(s, fn, lambda.StreamConfig{ReportBatchItemFailures: c.report})
				r := start(t, source, err)
				time.Sleep(time.Minute)
				m := r.close()
				want := []string{"a b c d"}
				failed := 0
				if c.again != "" {
					want = append(want, c.again)
					failed = len(strings.Fields(c.again))
				}
				require.Equal(t, want, calls)
				require.EqualValues(t, 4, m.PolledEventCount)
				require.EqualValues(t, 4+failed, m.InvokedEventCount)
				require.EqualValues(t, failed, m.FailedInvokeEventCount)
				require.Zero(t, m.DroppedEventCount)
			})
		})
	}
}

func TestStreamEventIsAWSs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		time.Sleep(1987 * time.Millisecond)
		sent := put(t, s, "key=Hello, this is a test.", "other=")
		var got []byte
		source, err := lambda.MapStream(s, lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
			got = payload
			return nil, nil
		}), lambda.StreamConfig{})
		r := start(t, source, err)
		time.Sleep(time.Second)
		r.close()
		record := func(i int, key, data string) string {
			n := sent[i].SequenceNumber.String()
			return `{"kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "` + key + `", "sequenceNumber": "` + n + `",
				"data": "` + data + `", "approximateArrivalTimestamp": 946684801.987},
				"eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "shardId-000000000000:` + n + `",
				"eventName": "aws:kinesis:record", "awsRegion": "us-east-1", "eventSourceARN": "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"}`
		}
		require.JSONEq(t, `{"Records": [`+record(0, "key", "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==")+`,`+record(1, "other", "")+`]}`, string(got))
	})
}

func TestStreamRetries(t *testing.T) {
	for name, c := range map[string]struct {
		cfg     lambda.StreamConfig
		want    []string
		dropped int64
	}{
		"without end": {lambda.StreamConfig{BatchSize: 2}, []string{"0s a b", "0s c X", "1s c X", "3s c X", "7s c X", "15s c X", "31s c X"}, 0},
		"-1":          {lambda.StreamConfig{BatchSize: 2, MaximumRetryAttempts: new(-1)}, []string{"0s a b", "0s c X", "1s c X", "3s c X", "7s c X", "15s c X", "31s c X"}, 0},
		"none":        {lambda.StreamConfig{BatchSize: 2, MaximumRetryAttempts: new(0)}, []string{"0s a b", "0s c X", "0s d e"}, 2},
		"two":         {lambda.StreamConfig{BatchSize: 2, MaximumRetryAttempts: new(2)}, []string{"0s a b", "0s c X", "1s c X", "3s c X", "3s d e"}, 2},
		"a pause of one's own": {lambda.StreamConfig{BatchSize: 2, MaximumRetryAttempts: new(1), Backoff: func(n int) time.Duration { return time.Duration(10*n) * time.Second }},
			[]string{"0s a b", "0s c X", "10s c X", "10s d e"}, 2},
		"bisect": {lambda.StreamConfig{MaximumRetryAttempts: new(1), BisectBatchOnFunctionError: true},
			[]string{"0s a b c X d e", "0s a b c", "0s X d e", "0s X", "1s X", "1s d e"}, 1},
		"bisect without end": {lambda.StreamConfig{BisectBatchOnFunctionError: true},
			[]string{"0s a b c X d e", "0s a b c", "0s X d e", "0s X", "1s X", "3s X", "7s X", "15s X", "31s X"}, 0},
		"bisect, no retries": {lambda.StreamConfig{MaximumRetryAttempts: new(0), BisectBatchOnFunctionError: true},
			[]string{"0s a b c X d e", "0s a b c", "0s X d e", "0s X", "0s d e"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStream(t, 1)
				put(t, s, "a", "b", "c", "X", "d", "e")
				j := newJournal()
				source, err := lambda.FromStream(s, broken(j, "X"), c.cfg)
				r := start(t, source, err)
				time.Sleep(time.Minute)
				m := r.close()
				require.Equal(t, c.want, j.all())
				require.Equal(t, c.dropped, m.DroppedEventCount)
				require.Zero(t, m.OnFailureDestinationDeliveredEventCount)
			})
		})
	}
}

// A handler that says how far it came goes on there.
func TestStreamPartialFailures(t *testing.T) {
	upTo := func(j *journal, words ...string) func(context.Context, lambda.StreamEvent) error {
		return func(_ context.Context, e lambda.StreamEvent) error {
			j.note("%s (%d)", dataOf(e.Records), e.Attempt)
			for i, r := range e.Records {
				if slices.Contains(words, string(r.Data)) {
					return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: i, Err: errBoom}}}
				}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		cfg  lambda.StreamConfig
		want []string
	}{
		"no retries":  {lambda.StreamConfig{MaximumRetryAttempts: new(0)}, []string{"0s a X b c Y d (1)"}},
		"one":         {lambda.StreamConfig{MaximumRetryAttempts: new(1)}, []string{"0s a X b c Y d (1)", "1s X b c Y d (2)"}},
		"bisect":      {lambda.StreamConfig{MaximumRetryAttempts: new(1), BisectBatchOnFunctionError: true}, []string{"0s a X b c Y d (1)", "0s X b c Y d (2)", "0s X b (3)", "0s X (4)", "1s X (5)", "1s b (4)", "1s c Y d (3)", "1s Y d (4)", "1s Y (5)", "2s Y (6)", "2s d (5)"}},
		"small parts": {lambda.StreamConfig{MaximumRetryAttempts: new(1), BatchSize: 3}, []string{"0s a X b (1)", "1s X b (2)", "1s c Y d (1)", "2s Y d (2)"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStream(t, 1)
				put(t, s, "a", "X", "b", "c", "Y", "d")
				j := newJournal()
				source, err := lambda.FromStream(s, upTo(j, "X", "Y"), c.cfg)
				r := start(t, source, err)
				time.Sleep(time.Minute)
				r.close()
				require.Equal(t, c.want, j.all())
			})
		})
	}
}

// Progress begins the count of attempts anew.
func TestStreamProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "a", "b", "c")
		j := newJournal()
		failures := []int{0, 1, 0}
		source, err := lambda.FromStream(s, func(_ context.Context, e lambda.StreamEvent) error {
			j.note("%s", dataOf(e.Records))
			first := failures[0]
			failures = failures[1:]
			return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: first, Err: errBoom}}}
		}, lambda.StreamConfig{MaximumRetryAttempts: new(1)})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		require.Equal(t, []string{"0s a b c", "1s a b c", "2s b c"}, j.all())
		require.EqualValues(t, 2, m.DroppedEventCount)
	})
}

func TestStreamTakesNoNonsense(t *testing.T) {
	for name, result := range map[string]func() error{
		"panic":            func() error { panic("no") },
		"end":              func() error { runtime.Goexit(); return nil },
		"nil BatchError":   func() error { return (*kinesis.BatchError)(nil) },
		"names none":       func() error { return &kinesis.BatchError{} },
		"beyond the batch": func() error { return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: 2, Err: errBoom}}} },
		"negative":         func() error { return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: -1, Err: errBoom}}} },
		"no error":         func() error { return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: 1}}} },
		"wrapped": func() error {
			return fmt.Errorf("%w", &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: 1, Err: errBoom}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStream(t, 1)
				put(t, s, "a", "b")
				j := newJournal()
				source, err := lambda.FromStream(s, func(_ context.Context, e lambda.StreamEvent) error {
					j.note("%s", dataOf(e.Records))
					return result()
				}, lambda.StreamConfig{MaximumRetryAttempts: new(1)})
				r := start(t, source, err)
				time.Sleep(time.Minute)
				m := r.close()
				require.Equal(t, []string{"0s a b", "1s a b"}, j.all())
				require.EqualValues(t, 2, m.DroppedEventCount)
			})
		})
	}
}

// A window begins with the first record of a shard, and ends when the batch is full.
func TestStreamWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		j := newJournal()
		source, err := lambda.FromStream(s, broken(j), lambda.StreamConfig{BatchSize: 4, MaximumBatchingWindow: time.Minute})
		r := start(t, source, err)
		time.Sleep(100 * time.Second)
		put(t, s, "a")
		time.Sleep(59 * time.Second)
		put(t, s, "b")
		time.Sleep(41 * time.Second)
		put(t, s, "c", "d", "e")
		time.Sleep(10 * time.Second)
		put(t, s, "f", "g", "h")
		time.Sleep(90 * time.Second)
		put(t, s, "i")
		time.Sleep(time.Second)
		require.Equal(t, []string{"2m40s a b", "3m30s c d e f", "4m30s g h"}, j.all())
		require.NoError(t, s.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 63}))
		time.Sleep(time.Second)
		m := r.close()
		require.Equal(t, "5m1s i", j.all()[3], "the end of a shard ends the window")
		require.Equal(t, time.Second, m.IteratorAge)
		require.EqualValues(t, 9, m.InvokedEventCount)
	})
}

// sleepless is a stream that does not wait, and fails when told to.
type sleepless struct {
	*kinesis.LocalStream
	reads int
	fail  bool
}

func (s *sleepless) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if s.reads++; s.fail && s.reads == 2 {
		return kinesis.Batch{}, errBoom
	}
	req.Wait = 0
	return s.LocalStream.Read(ctx, req)
}

func TestStreamWindowOfAStreamThatDoesNotWait(t *testing.T) {
	for _, fail := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &sleepless{LocalStream: newStream(t, 1), fail: fail}
			put(t, s, "a")
			j := newJournal()
			source, err := lambda.FromStream(s, broken(j), lambda.StreamConfig{MaximumBatchingWindow: 10 * time.Second})
			r := start(t, source, err)
			time.Sleep(5100 * time.Millisecond)
			put(t, s, "b")
			time.Sleep(20 * time.Second)
			r.close()
			if fail {
				require.Equal(t, "0s a", j.all()[0], "what was read is handled")
				return
			}
			require.Equal(t, []string{"10s a b"}, j.all())
			require.Less(t, s.reads, 80)
		})
	}
}

// More than 6 MB are read in several batches.
func TestStreamReadsWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		for i := range 10 {
			put(t, s, fmt.Sprint(i)+strings.Repeat("x", 1<<20-2))
		}
		for _, window := range []time.Duration{0, 10 * time.Second} {
			var sizes []int
			fn := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
				var event lambda.KinesisEvent
				require.NoError(t, json.Unmarshal(payload, &event))
				require.LessOrEqual(t, len(payload), 6<<20)
				sizes = append(sizes, len(event.Records))
				return nil, nil
			})
			source, err := lambda.MapStream(s, fn, lambda.StreamConfig{MaximumBatchingWindow: window})
			r := start(t, source, err)
			time.Sleep(time.Minute)
			m := r.close()
			require.Equal(t, []int{4, 4, 2}, sizes)
			require.EqualValues(t, 10, m.PolledEventCount)
		}
	})
}

// A throttled invocation uses up no attempt.
func TestStreamThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "a", "b")
		functions := newFunctions(t)
		f, err := functions.Register("clicks", echo, lambda.FunctionConfig{ReservedConcurrency: new(0)})
		require.NoError(t, err)
		source, err := lambda.MapStream(s, f, lambda.StreamConfig{MaximumRetryAttempts: new(0), BisectBatchOnFunctionError: true, MaximumRecordAge: time.Minute})
		r := start(t, source, err)
		time.Sleep(59 * time.Second)
		m := r.Metrics()
		require.Zero(t, m.InvokedEventCount)
		require.EqualValues(t, 12, m.FailedInvokeEventCount)
		require.Zero(t, m.DroppedEventCount)
		time.Sleep(5 * time.Second)
		require.EqualValues(t, 2, r.close().DroppedEventCount, "but their age counts")
		require.Zero(t, f.Metrics().Invocations)
	})
}

// A record that is too large for a function is given up like one that it fails for.
func TestStreamOfRecordsThatAreTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := kinesis.New("big", kinesis.Config{MaxRecordSize: 10 << 20})
		require.NoError(t, err)
		put(t, s, strings.Repeat("x", 6<<20), "a")
		f := register(t, echo, lambda.FunctionConfig{})
		source, err := lambda.MapStream(s, f, lambda.StreamConfig{MaximumRetryAttempts: new(2)})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		require.EqualValues(t, 1, m.DroppedEventCount)
		require.EqualValues(t, 1, f.Metrics().Invocations)
	})
}

// Close interrupts; another event source with the same leases goes on after what is done.
func TestStreamGoesOnWhereItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "a", "b", "c", "d", "e")
		leases := kinesis.NewMemoryLeases()
		j := newJournal()
		cfg := lambda.StreamConfig{BatchSize: 2, Name: "mapping", Leases: leases, OnError: j.errors}
		source, err := lambda.FromStream(s, func(ctx context.Context, e lambda.StreamEvent) error {
			j.note("%s", dataOf(e.Records))
			if dataOf(e.Records) == "c d" {
				<-ctx.Done()
				require.ErrorIs(t, context.Cause(ctx), kinesis.ErrClosed)
				return ctx.Err()
			}
			return nil
		}, cfg)
		r := start(t, source, err)
		time.Sleep(time.Minute)
		r.close()
		source, err = lambda.FromStream(s, broken(j), cfg)
		r = start(t, source, err)
		time.Sleep(time.Minute)
		require.NoError(t, r.Shutdown(t.Context()))
		require.NoError(t, <-r.result)
		require.Equal(t, []string{"0s a b", "0s c d", "1m0s c", "1m0s d e"}, j.all(), "a group reads the record of its checkpoint again, for the parts it may have")
		require.ErrorIs(t, r.Run(t.Context()), kinesis.ErrResourceInUse)
	})
}

// Shutdown does not wait for a batch that fails without end.
func TestStreamShutdownWhileFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "X", "b")
		j := newJournal()
		source, err := lambda.FromStream(s, broken(j, "X"), lambda.StreamConfig{ParallelizationFactor: 2, BatchSize: 1})
		r := start(t, source, err)
		time.Sleep(5 * time.Second)
		began := time.Now()
		require.NoError(t, r.Shutdown(t.Context()))
		require.Zero(t, time.Since(began))
		require.NoError(t, <-r.result)
		require.Equal(t, []string{"0s X", "1s X", "3s X"}, j.all())
	})
}

func TestStreamLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 2)
		put(t, s, "a", "b")
		j := newJournal()
		source, err := lambda.FromStream(s, broken(j), lambda.StreamConfig{StartingPosition: kinesis.Position{Type: kinesis.Latest}, MaximumBatchingWindow: time.Second})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		put(t, s, "c")
		time.Sleep(time.Minute)
		r.close()
		require.Equal(t, []string{"1m1s c"}, j.all())
	})
}

func TestStreamConfigIsChecked(t *testing.T) {
	s := newStream(t, 1)
	h := func(context.Context, lambda.StreamEvent) error { return nil }
	for _, c := range []struct {
		s    kinesis.Stream
		h    func(context.Context, lambda.StreamEvent) error
		cfg  lambda.StreamConfig
		want []string
	}{
		{s, h, lambda.StreamConfig{}, nil},
		{s, h, lambda.StreamConfig{BatchSize: 10_000, ParallelizationFactor: 10, MaximumBatchingWindow: 5 * time.Minute, MaximumRetryAttempts: new(10_000), MaximumRecordAge: 7 * 24 * time.Hour}, nil},
		{s, h, lambda.StreamConfig{BatchSize: 1, ParallelizationFactor: 1, MaximumRetryAttempts: new(-1), MaximumRecordAge: -1, StartingPosition: kinesis.Since(time.Now())}, nil},
		{nil, nil, lambda.StreamConfig{}, []string{"The stream is nil.", "The function is nil."}},
		{s, h, lambda.StreamConfig{BatchSize: -1, ParallelizationFactor: -1, MaximumBatchingWindow: -1, MaximumRetryAttempts: new(-2), MaximumRecordAge: -2},
			[]string{"BatchSize is -1", "ParallelizationFactor is -1", "MaximumBatchingWindow is -1ns", "MaximumRetryAttempts is -2", "MaximumRecordAge is -2ns"}},
		{s, h, lambda.StreamConfig{BatchSize: 10_001, ParallelizationFactor: 11, MaximumBatchingWindow: 5*time.Minute + 1, MaximumRetryAttempts: new(10_001), MaximumRecordAge: time.Minute - 1},
			[]string{"BatchSize is", "ParallelizationFactor is", "MaximumBatchingWindow is", "MaximumRetryAttempts is", "MaximumRecordAge is"}},
		{s, h, lambda.StreamConfig{FailoverTime: time.Millisecond, Leases: kinesis.NewMemoryLeases(), StartingPosition: kinesis.After(kinesis.SequenceNumber{})},
			[]string{"Name is", "FailoverTime is", "InitialPosition is"}},
	} {
		source, err := lambda.FromStream(c.s, c.h, c.cfg)
		if c.want == nil {
			require.NoError(t, err)
			require.NoError(t, source.Close())
			require.NoError(t, source.Run(t.Context()))
			continue
		}
		require.ErrorIs(t, err, lambda.ErrInvalidParameterValue)
		require.Equal(t, len(c.want), strings.Count(err.Error(), "\n")+1, err)
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
	}
	_, err := lambda.MapStream(s, nil, lambda.StreamConfig{})
	require.EqualError(t, err, "lambda: MapStream: The function is nil.")
	require.False(t, errors.Is(err, kinesis.ErrInvalidArgument))
}
