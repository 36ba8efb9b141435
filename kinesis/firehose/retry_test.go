package firehose_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

var errDown = errors.New("the sink is down")

func slow(d time.Duration) func(context.Context, int, *firehose.Delivery) error {
	return func(context.Context, int, *firehose.Delivery) error {
		time.Sleep(d)
		return nil
	}
}

// failing fails the first n calls.
func failing(n int, err error) func(context.Context, int, *firehose.Delivery) error {
	return func(_ context.Context, call int, _ *firehose.Delivery) error {
		if call < n {
			return err
		}
		return nil
	}
}

func seconds(s ...float64) []time.Duration {
	var all []time.Duration
	for _, x := range s {
		all = append(all, time.Duration(x*float64(time.Second)))
	}
	return all
}

// A sink that fails, then is slow, then recovers: nothing is lost, the order of the
// bytes is kept, and the keys are exact, with the times of the oldest records.
func TestSinkRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(func(_ context.Context, n int, _ *firehose.Delivery) error {
			switch {
			case n < 4:
				return errDown
			case n < 6:
				time.Sleep(30 * time.Second)
			}
			return nil
		})
		cfg := small(sink)
		cfg.Prefix = "in/!{timestamp:HH-mm-ss}/"
		cfg.ErrorOutputPrefix = "!{firehose:error-output-type}/"
		stream := open(t, "web", cfg)
		var want strings.Builder
		for i := range 40 { // 2 bytes a second: 10 in 5 seconds
			record := fmt.Sprintf("%02d", i)
			want.WriteString(record)
			put(t, stream, record)
			time.Sleep(time.Second)
		}
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, want.String(), strings.Join(sink.taken(), ""))

		calls := sink.all()
		require.Len(t, calls, 12)
		// Full at 4 s; retried after 1, 2, 4, 8 s; slow twice; then as fast as they come.
		require.Equal(t, seconds(4, 5, 7, 11, 19, 49, 79, 79, 79, 79, 79, 79), sink.times())
		for n, c := range calls {
			i := max(0, n-4) // which object
			require.Equal(t, want.String()[10*i:10*i+10], c.body)
			if n <= 4 {
				require.Equal(t, n+1, c.attempt)
			} else {
				require.Equal(t, 1, c.attempt)
			}
			at := time.Date(2000, 1, 1, 0, 0, 5*i, 0, time.UTC)
			require.Equal(t, at.Format("in/15-04-05/web-1-2006-01-02-15-04-05-"), c.key[:len(c.key)-36])
			require.Equal(t, calls[min(n, 4)].id == c.id, n <= 4, "retries have the id of the first try")
			if n <= 4 {
				require.Equal(t, calls[0].key, c.key)
			}
		}
		m := stream.Metrics()
		require.Equal(t, int64(12), m.Deliveries)
		require.Equal(t, int64(4), m.FailedDeliveries)
		require.Equal(t, int64(40), m.DeliveredRecords)
		require.Equal(t, int64(80), m.DeliveredBytes)
		requireBalance(t, m)
	})
}

// Pauses double up to two minutes, and are spread a little.
func TestBackoff(t *testing.T) {
	t.Run("exact", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := newSpy(failing(11, errDown))
			stream := open(t, "s", small(sink))
			put(t, stream, "0123456789")
			require.NoError(t, stream.Flush(t.Context()))
			require.Equal(t, seconds(0, 1, 3, 7, 15, 31, 63, 127, 247, 367, 487, 607), sink.times())
		})
	})
	t.Run("jitter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sink := newSpy(failing(11, errDown))
			cfg := small(sink)
			cfg.Jitter = nil
			stream := open(t, "s", cfg)
			put(t, stream, "0123456789")
			require.NoError(t, stream.Flush(t.Context()))
			times, exact, odd := sink.times(), 1.0, 0
			for i := 1; i < len(times); i++ {
				pause := (times[i] - times[i-1]).Seconds()
				require.InDelta(t, exact, pause, 0.15*exact+1e-9)
				require.LessOrEqual(t, pause, 120.0)
				if pause != exact {
					odd++
				}
				exact = min(2*exact, 120)
			}
			require.Greater(t, odd, 3)
		})
	})
	t.Run("a jitter without sense", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for i, jitter := range []func(time.Duration) time.Duration{
				func(time.Duration) time.Duration { return -time.Hour },
				func(time.Duration) time.Duration { return time.Hour },
				func(time.Duration) time.Duration { panic("jitter") },
			} {
				sink := newSpy(failing(2, errDown))
				cfg := small(sink)
				cfg.Jitter = jitter
				stream := open(t, "s", cfg)
				put(t, stream, "0123456789")
				require.NoError(t, stream.Flush(t.Context()))
				require.Equal(t, [][]time.Duration{seconds(0, 0, 0), seconds(0, 120, 240), seconds(0, 1, 3)}[i], sink.times())
			}
		})
	})
}

// Records that a sink does not take within RetryDuration go to the error sink. The
// duration is of the pauses alone.
func TestRetryDuration(t *testing.T) {
	for name, c := range map[string]struct {
		duration *time.Duration
		slow     time.Duration // a call
		want     []time.Duration
	}{
		"default":            {nil, 0, seconds(0, 1, 3, 7, 15, 31, 63, 127, 247, 300)},
		"none":               {new(0 * time.Second), 0, seconds(0)},
		"ends with a pause":  {new(3 * time.Second), 0, seconds(0, 1, 3)},
		"ends within one":    {new(5 * time.Second), 0, seconds(0, 1, 3, 5)},
		"calls do not count": {new(3 * time.Second), time.Minute, seconds(0, 61, 123)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newSpy(func(context.Context, int, *firehose.Delivery) error {
					time.Sleep(c.slow)
					return errDown
				})
				errorSink := newSpy(nil)
				cfg := small(sink)
				cfg.ErrorSink = errorSink
				cfg.RetryDuration = c.duration
				cfg.Prefix, cfg.ErrorOutputPrefix = "data/", "failed/"
				stream := open(t, "s", cfg)
				put(t, stream, "01234", "56789")
				require.NoError(t, stream.Flush(t.Context()))
				require.Equal(t, c.want, sink.times())
				end := time.Since(sink.start)

				calls := errorSink.all()
				require.Len(t, calls, 2, "the lines are longer than the buffer")
				for i, failed := range calls {
					require.Equal(t, "delivery-failed", failed.errorType)
					require.Regexp(t, `^failed/delivery-failed/2000/01/01/00/s-1-2000-01-01-00-00-00-[0-9a-f-]{36}$`, failed.key)
					requireFailed(t, lines(failed.body)[0], failedRecord{
						AttemptsMade: len(c.want), ErrorCode: "DeliveryFailed", ErrorMessage: "the sink is down",
						ArrivalTimestamp: midnight.UnixMilli(), AttemptEndingTimestamp: midnight.Add(end).UnixMilli(),
					}, []string{"01234", "56789"}[i])
				}
				m := stream.Metrics()
				require.Equal(t, int64(2), m.ErrorOutputRecords)
				require.Zero(t, m.LostRecords)
				requireBalance(t, m)
			})
		})
	}
}

// midnight is when bubbles begin.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// failedRecord is a line of the error output, but for the data.
type failedRecord struct {
	AttemptsMade           int    `json:"attemptsMade"`
	ArrivalTimestamp       int64  `json:"arrivalTimestamp"`
	ErrorCode              string `json:"errorCode"`
	ErrorMessage           string `json:"errorMessage"`
	AttemptEndingTimestamp int64  `json:"attemptEndingTimestamp"`
}

func requireFailed(t *testing.T, line string, want failedRecord, raw string) {
	t.Helper()
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.Equal(t, strings.TrimSuffix(string(text), "}")+`,"rawData":"`+base64.StdEncoding.EncodeToString([]byte(raw))+`"}`, line)
}

// dropped is what OnDrop was told.
type dropped struct {
	after   time.Duration
	key     string
	records []string
	err     error
}

func onDrop(drops *[]dropped) func(d *firehose.Delivery, err error) {
	start := time.Now()
	return func(d *firehose.Delivery, err error) {
		drop := dropped{after: time.Since(start), key: d.Key, err: err}
		for _, r := range d.Records {
			drop.records = append(drop.records, string(r.Data))
		}
		*drops = append(*drops, drop)
	}
}

// Without an error sink a delivery is retried until its records are 24 hours old.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(failing(1<<30, errDown))
		cfg := small(sink)
		var drops []dropped
		cfg.OnDrop = onDrop(&drops)
		stream := open(t, "s", cfg)
		put(t, stream, "a")
		time.Sleep(time.Hour)
		put(t, stream, "b")
		require.Equal(t, time.Hour, stream.Metrics().DataFreshness)
		time.Sleep(23*time.Hour - time.Second)
		require.Empty(t, drops)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, drops, 1)
		require.Equal(t, 24*time.Hour, drops[0].after)
		require.Equal(t, []string{"a"}, drops[0].records)
		require.ErrorIs(t, drops[0].err, errDown)
		calls := sink.all()
		require.Equal(t, 24*time.Hour, calls[len(calls)-2].after, "the last attempt is at the end")
		require.Equal(t, "b", calls[len(calls)-1].body, "and the next one had to wait")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, 25*time.Hour, drops[1].after)
		m := stream.Metrics()
		require.Equal(t, int64(2), m.LostRecords)
		requireBalance(t, m)
	})
}

// Without an error sink RetryDuration ends with OnDrop.
func TestRetryDurationWithoutErrorSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := small(newSpy(failing(1<<30, errDown)))
		cfg.RetryDuration = new(10 * time.Second)
		var drops []dropped
		cfg.OnDrop = onDrop(&drops)
		stream := open(t, "s", cfg)
		put(t, stream, "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		require.Len(t, drops, 1)
		require.Equal(t, 10*time.Second, drops[0].after)
		require.Regexp(t, `^2000/01/01/00/s-1-`, drops[0].key)
	})
}

// OnDrop may panic.
func TestOnDropPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := small(newSpy(failing(1, firehose.Permanent(errDown))))
		cfg.OnDrop = func(*firehose.Delivery, error) { panic("OnDrop") }
		stream := open(t, "s", cfg)
		put(t, stream, "0123456789", "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, int64(1), stream.Metrics().LostRecords)
		require.Equal(t, int64(1), stream.Metrics().DeliveredRecords)
	})
}
