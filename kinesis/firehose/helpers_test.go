package firehose_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// call is what a spy was called with, and what it answered.
type call struct {
	after     time.Duration // since the spy was made
	id, key   string
	errorType string
	attempt   int
	records   []string
	body      string
	err       error
}

// spy is a sink that writes down its calls. script decides about each, by its number
// from 0; nil takes everything.
type spy struct {
	script func(ctx context.Context, n int, d *firehose.Delivery) error
	start  time.Time

	mu    sync.Mutex
	calls []call
}

func newSpy(script func(ctx context.Context, n int, d *firehose.Delivery) error) *spy {
	return &spy{script: script, start: time.Now()}
}

func (s *spy) Deliver(ctx context.Context, d *firehose.Delivery) error {
	c := call{after: time.Since(s.start), id: d.ID, key: d.Key, errorType: d.ErrorType, attempt: d.Attempt}
	for _, r := range d.Records {
		c.records = append(c.records, string(r.Data))
	}
	var body bytes.Buffer
	if _, err := d.WriteTo(&body); err != nil {
		return err
	}
	c.body = body.String()
	s.mu.Lock()
	n := len(s.calls)
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	if s.script == nil {
		return nil
	}
	err := s.script(ctx, n, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[n].err = err
	return err
}

func (s *spy) all() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// taken returns the bodies of the calls that succeeded.
func (s *spy) taken() []string {
	var bodies []string
	for _, c := range s.all() {
		if c.err == nil {
			bodies = append(bodies, c.body)
		}
	}
	return bodies
}

// times returns when the calls came.
func (s *spy) times() []time.Duration {
	var times []time.Duration
	for _, c := range s.all() {
		times = append(times, c.after)
	}
	return times
}

// small is a configuration whose buffers are easily filled: 10 bytes or 60 seconds.
func small(sink firehose.Sink) firehose.Config {
	return firehose.Config{
		Sink:      sink,
		Buffering: firehose.Buffering{Size: 10, Interval: new(60 * time.Second)},
		Relaxed:   true,
		Jitter:    firehose.NoJitter,
		Random:    counted(),
	}
}

// counted draws 1, 2, 3, … for the low half of every other pair: ids and keys that
// differ, and can be foretold.
func counted() func() uint64 {
	var n atomic.Uint64
	return func() uint64 { return n.Add(1) }
}

func open(t testing.TB, name string, cfg firehose.Config) *firehose.DeliveryStream {
	t.Helper()
	s, err := firehose.New(name, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t testing.TB, s *firehose.DeliveryStream, records ...string) []firehose.Put {
	t.Helper()
	puts, err := s.Put(t.Context(), bytesOf(records...)...)
	require.NoError(t, err)
	return puts
}

func bytesOf(records ...string) [][]byte {
	var batch [][]byte
	for _, r := range records {
		batch = append(batch, []byte(r))
	}
	return batch
}

// requireError checks an error as a caller would: by its sentinel, and by AWS's text.
func requireError(t testing.TB, err, sentinel error, text string) {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	var e *firehose.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.ErrorMessage(), text)
	require.NotEmpty(t, e.Op)
}

// requireBalance checks that every record is accounted for.
func requireBalance(t testing.TB, m firehose.Metrics) {
	t.Helper()
	require.Equal(t, m.IncomingRecords, m.DroppedRecords+m.DeliveredRecords+m.ErrorOutputRecords+m.LostRecords+m.BufferedRecords, "%+v", m)
}

func lines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }
