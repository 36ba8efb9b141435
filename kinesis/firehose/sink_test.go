package firehose_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// What a sink says decides about each record.
func TestSinkErrors(t *testing.T) {
	partial := func(err error, failed ...int) error { return &firehose.PartialError{Failed: failed, Err: err} }
	for name, c := range map[string]struct {
		first error // of the first call
		want  []string
		lost  []string // that go to the error sink
	}{
		"failed":                             {errDown, []string{"abcd"}, nil},
		"partial":                            {partial(errDown, 1, 3), []string{"bd"}, nil},
		"partial, wrapped":                   {fmt.Errorf("sink: %w", partial(errDown, 0)), []string{"a"}, nil},
		"permanent":                          {firehose.Permanent(errDown), nil, []string{"a", "b", "c", "d"}},
		"permanent, wrapped":                 {fmt.Errorf("sink: %w", firehose.Permanent(errDown)), nil, []string{"a", "b", "c", "d"}},
		"partial and permanent":              {partial(firehose.Permanent(errDown), 2), nil, []string{"c"}},
		"permanent and partial":              {firehose.Permanent(partial(errDown, 2)), nil, []string{"c"}},
		"partial without any":                {partial(errDown), []string{"abcd"}, nil},
		"partial with one that is not there": {partial(errDown, 1, 4), []string{"abcd"}, nil},
		"partial below all":                  {partial(errDown, -1, 1), []string{"abcd"}, nil},
		"partial without order":              {partial(errDown, 2, 1), []string{"abcd"}, nil},
		"partial with one twice":             {partial(errDown, 1, 1), []string{"abcd"}, nil},
		"partial with all":                   {partial(errDown, 0, 1, 2, 3), []string{"abcd"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newSpy(failing(1, c.first))
				errorSink := newSpy(nil)
				cfg := small(sink)
				cfg.Buffering.Size = 4
				cfg.ErrorSink = errorSink
				stream := open(t, "s", cfg)
				put(t, stream, "a", "b", "c", "d")
				require.NoError(t, stream.Flush(t.Context()))
				require.Equal(t, c.want, sink.taken())
				calls := sink.all()
				if len(calls) == 2 {
					require.Equal(t, seconds(0, 1), sink.times())
					require.Equal(t, len(calls[1].records) == 4, calls[0].id == calls[1].id, "what is left goes under another id")
					require.Equal(t, len(calls[1].records) == 4, calls[0].key == calls[1].key, "and key")
					require.Equal(t, 2, calls[1].attempt)
				}
				var lost []string
				for _, body := range errorSink.taken() {
					for _, line := range lines(body) {
						var record struct{ RawData []byte }
						require.NoError(t, json.Unmarshal([]byte(line), &record))
						lost = append(lost, string(record.RawData))
					}
				}
				require.Equal(t, c.lost, lost)
				m := stream.Metrics()
				require.Equal(t, int64(len(c.lost)), m.ErrorOutputRecords)
				require.Equal(t, int64(4-len(c.lost)), m.DeliveredRecords)
				requireBalance(t, m)
			})
		})
	}
}

// The key of what is left after a partial failure has the time of the oldest of it.
func TestPartialErrorKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(failing(1, &firehose.PartialError{Failed: []int{1}, Err: errDown}))
		stream := open(t, "s", small(sink))
		put(t, stream, "a")
		time.Sleep(7 * time.Second)
		put(t, stream, "b")
		require.NoError(t, stream.Flush(t.Context()))
		require.Contains(t, sink.all()[0].key, "s-1-2000-01-01-00-00-00-")
		require.Contains(t, sink.all()[1].key, "s-1-2000-01-01-00-00-07-")
	})
}

// coded is a sink whose errors have a code, and which names its error output.
type coded struct{ *spy }

func (coded) ErrorType() string { return "http-endpoint-failed" }

type codedError struct{}

func (codedError) Error() string     { return "no" }
func (codedError) ErrorCode() string { return "HttpEndpoint.Refused" }

func TestErrorTypeAndCodeOfSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errorSink := newSpy(nil)
		cfg := small(coded{newSpy(failing(1, firehose.Permanent(codedError{})))})
		cfg.ErrorSink = errorSink
		stream := open(t, "s", cfg)
		put(t, stream, "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, "http-endpoint-failed", errorSink.all()[0].errorType)
		require.Contains(t, errorSink.all()[0].body, `"errorCode":"HttpEndpoint.Refused"`)
	})
}

// A sink that panics has failed.
func TestSinkPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(func(_ context.Context, n int, _ *firehose.Delivery) error {
			if n == 0 {
				panic("sink")
			}
			return nil
		})
		stream := open(t, "s", small(sink))
		put(t, stream, "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, seconds(0, 1), sink.times())
	})
}

// What a sink does to its Delivery is its own affair.
func TestSinkChangesDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(func(_ context.Context, n int, d *firehose.Delivery) error {
			d.Key, d.ID, d.Records = "", "", nil
			return failing(1, errDown)(t.Context(), n, d)
		})
		stream := open(t, "s", small(sink))
		put(t, stream, "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		calls := sink.all()
		require.Equal(t, calls[0].key, calls[1].key)
		require.Equal(t, calls[0].body, calls[1].body)
	})
}

// The error sink and the backup are retried until retention is over.
func TestErrorSinkDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errorSink := newSpy(failing(1<<30, errDown))
		cfg := small(newSpy(failing(1, firehose.Permanent(errDown))))
		cfg.ErrorSink = errorSink
		var drops []dropped
		cfg.OnDrop = onDrop(&drops)
		stream := open(t, "s", cfg)
		put(t, stream, "0123456789")
		require.NoError(t, stream.Flush(t.Context()))
		require.Len(t, drops, 1)
		require.Equal(t, 24*time.Hour, drops[0].after)
		require.Contains(t, drops[0].records[0], base64.StdEncoding.EncodeToString([]byte("0123456789")))
		require.Equal(t, int64(1), stream.Metrics().LostRecords)
		requireBalance(t, stream.Metrics())
	})
}

// parsedRecord is a line of the error output.
type parsedRecord struct {
	failedRecord
	RawData []byte
}

func parseFailed(t *testing.T, line string) (r parsedRecord) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(line), &r))
	return r
}

// The logger is told of everything that nobody else sees.
func TestLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		cfg := transforming(newSpy(failing(2, errDown)), func(context.Context, []firehose.TransformRecord) ([]firehose.TransformResult, error) {
			return nil, errDown
		})
		cfg.Logger = slog.New(slog.NewTextHandler(&text, nil))
		cfg.OnDrop = func(*firehose.Delivery, error) { panic("OnDrop") }
		stream := open(t, "s", cfg)
		put(t, stream, "a")
		require.NoError(t, stream.Flush(t.Context()))
		for _, want := range []string{`level=WARN msg="a transformation failed" deliveryStream=s attempt=4 records=1 error="the sink is down"`, `level=WARN msg="a delivery failed" deliveryStream=s key=bad/processing-failed/`} {
			require.Contains(t, text.String(), want)
		}
		put(t, stream, "b")
		require.Error(t, stream.Close())
		require.Contains(t, text.String(), `level=ERROR msg="records are given up" deliveryStream=s key="" records=1`)
		require.Contains(t, text.String(), `msg="OnDrop failed"`)
	})
}
