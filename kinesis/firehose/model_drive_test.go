package firehose_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// drive holds a delivery stream against the model, command by command.
type drive struct {
	t       *testing.T
	cfg     modelConfig
	start   time.Time
	model   *model
	stream  *firehose.DeliveryStream
	choices []byte
	records int

	mu       sync.Mutex
	calls    map[string][]modelCall
	drops    []string
	ended    []time.Duration // of flushes
	flushing sync.WaitGroup
}

// driveCounts is how often something happened in the runs.
type driveCounts struct {
	put, throttled, dropped, delivered, failed, lost, flushes, retries int
}

func runDrive(t *testing.T, choices []byte) (n driveCounts) {
	d := &drive{t: t, choices: choices, start: time.Now(), calls: map[string][]modelCall{}}
	d.configure()
	for len(d.choices) > 0 && !t.Failed() {
		d.command()
		d.compareCounts()
	}
	d.finish()
	m := d.model
	n = driveCounts{put: m.incoming, throttled: m.throttled, dropped: m.dropped, delivered: m.delivered, failed: m.failed, lost: m.lost, flushes: len(m.flushes)}
	for _, calls := range m.calls {
		for _, c := range calls {
			if c.attempt > 1 {
				n.retries++
			}
		}
	}
	return n
}

// choose returns a number below n, as the input says.
func (d *drive) choose(n int) int {
	if len(d.choices) == 0 {
		return 0
	}
	c := int(d.choices[0]) % n
	d.choices = d.choices[1:]
	return c
}

func (d *drive) configure() {
	c := &d.cfg
	c.size = []int{8, 30, 1000}[d.choose(3)]
	c.interval = []time.Duration{0, 7 * time.Second, time.Minute}[d.choose(3)]
	c.delimiter = d.choose(2) == 0
	c.partitioned = d.choose(3) > 0
	c.errorSink = d.choose(2) == 0
	c.retryDuration = []*time.Duration{nil, new(0 * time.Second), new(5 * time.Second)}[d.choose(3)]
	c.backup = d.choose(3) == 0
	c.transform = d.choose(2) == 0
	c.maxActive = 2 + d.choose(4)
	c.maxBuffered = []int{500, 2000, 100_000}[d.choose(3)]
	c.seed = uint64(d.choose(256))<<8 + uint64(d.choose(256))
	c.down = d.choose(4) == 0
	c.transformSize = []int{6, 25}[d.choose(2)]
	c.transformWait = []time.Duration{0, 3 * time.Second}[d.choose(2)]
	c.retries = d.choose(3)
	c.backupSize, c.backupInterval = 20, 11*time.Second
	d.model = newModel(*c)

	cfg := firehose.Config{
		Sink:            firehose.SinkFunc(func(_ context.Context, del *firehose.Delivery) error { return d.deliver(del, "D:") }),
		Buffering:       firehose.Buffering{Size: c.size, Interval: &c.interval},
		AppendDelimiter: c.delimiter,
		RetryDuration:   c.retryDuration,
		MaxBuffered:     int64(c.maxBuffered),
		Concurrency:     100,
		OnDrop:          d.onDrop,
		Jitter:          firehose.NoJitter,
		Relaxed:         true,
	}
	if c.errorSink {
		cfg.ErrorSink = cfg.Sink
	}
	if c.backup {
		cfg.Backup = &firehose.Backup{
			Sink:      firehose.SinkFunc(func(_ context.Context, del *firehose.Delivery) error { return d.deliver(del, "K") }),
			Buffering: firehose.Buffering{Size: c.backupSize, Interval: &c.backupInterval},
		}
	}
	if c.transform {
		cfg.Transform = &firehose.Transform{Func: d.transform, BufferSize: c.transformSize, BufferInterval: &c.transformWait, Retries: &c.retries}
	}
	if c.partitioned {
		cfg.Prefix, cfg.ErrorOutputPrefix = "!{partitionKeyFromQuery:p}/", "!{firehose:error-output-type}/"
		cfg.Partitioning = &firehose.Partitioning{MaxActive: c.maxActive, Func: func(data []byte) (map[string]string, error) {
			if data[0] == 'x' {
				return nil, fmt.Errorf("x has no partition")
			}
			return map[string]string{"p": string(data[:1])}, nil
		}}
	}
	d.stream = open(d.t, "s", cfg)
}

// called notes a call of a lane, and answers it as the model knows.
func (d *drive) called(lane string, c modelCall) answer {
	d.mu.Lock()
	c.at = time.Since(d.start)
	a := d.cfg.answerOf(lane, len(d.calls[lane]))
	d.calls[lane] = append(d.calls[lane], c)
	d.mu.Unlock()
	time.Sleep(a.takes)
	return a
}

func (d *drive) deliver(del *firehose.Delivery, lane string) error {
	switch {
	case del.ErrorType != "":
		lane = "E:" + del.ErrorType
	case lane == "D:" && d.cfg.partitioned:
		lane += del.Key[:1]
	}
	var body strings.Builder
	_, _ = del.WriteTo(&body)
	oldest := del.Records[0].ArrivalTime
	for _, r := range del.Records {
		if r.ArrivalTime.Before(oldest) {
			oldest = r.ArrivalTime
		}
	}
	if want := oldest.UTC().Format("-2006-01-02-15-04-05-"); !strings.Contains(del.Key, want) {
		d.t.Errorf("the key %s has not the time of the oldest record, %s", del.Key, want)
	}
	a := d.called(lane, modelCall{body: body.String(), attempt: del.Attempt, oldest: oldest.Sub(d.start)})
	switch a.kind {
	case fail:
		return errDown
	case failForGood:
		return firehose.Permanent(errDown)
	case failPartly:
		partial := &firehose.PartialError{Err: errDown}
		for i := 0; i < len(del.Records); i += 2 {
			partial.Failed = append(partial.Failed, i)
		}
		return partial
	}
	return nil
}

func (d *drive) transform(_ context.Context, records []firehose.TransformRecord) (results []firehose.TransformResult, _ error) {
	c := modelCall{oldest: 1 << 62}
	for _, r := range records {
		c.body += string(r.Data)
		c.oldest = min(c.oldest, r.ArrivalTime.Sub(d.start))
	}
	a := d.called("T", c)
	switch a.kind {
	case fail:
		return nil, errDown
	case failForGood:
		return nil, firehose.Permanent(errDown)
	}
	for _, r := range records {
		data, result := transformOf(string(r.Data))
		if result == "Lambda.MissingRecordId" {
			continue
		}
		if result == "Lambda.ProcessingFailedStatus" {
			result = "ProcessingFailed"
		}
		results = append(results, firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Result(result), Data: []byte(data)})
	}
	rand.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
	return results, nil
}

func (d *drive) onDrop(del *firehose.Delivery, _ error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range del.Records {
		d.drops = append(d.drops, fmt.Sprint(time.Since(d.start), " ", string(r.Data)))
	}
}

func (d *drive) command() {
	switch n := d.choose(16); {
	case n < 9:
		d.put()
	case n < 13:
		d.sleep(time.Duration(d.choose(10)) * time.Second)
	case n < 14:
		d.sleep(time.Duration(d.choose(100)) * time.Minute)
	case n < 15:
		d.sleep(time.Duration(d.choose(250)) * 10 * time.Millisecond)
	default:
		d.flush()
	}
}

// sleep lets what can happen now happen, and then what can in a while.
func (d *drive) sleep(pause time.Duration) {
	synctest.Wait()
	d.model.advance(time.Since(d.start))
	time.Sleep(pause)
	synctest.Wait()
	d.model.advance(time.Since(d.start))
}

func (d *drive) put() {
	var batch []string
	for range 1 + d.choose(4) {
		d.records++
		text := fmt.Sprintf("%c%0*d", "abcdex"[d.choose(6)], 1+d.choose(6), d.records)
		if !d.cfg.partitioned {
			text = "d" + text[1:]
		}
		batch = append(batch, text)
	}
	puts, err := d.stream.Put(d.t.Context(), bytesOf(batch...)...)
	accepted := 0
	for _, p := range puts {
		if p.RecordID != "" {
			accepted++
		}
	}
	require.Equal(d.t, d.model.put(batch), accepted)
	require.Equal(d.t, accepted < len(batch), err != nil)
	d.sleep(0)
}

func (d *drive) flush() {
	n := len(d.ended)
	d.ended = append(d.ended, -1)
	d.flushing.Go(func() {
		if err := d.stream.Flush(context.Background()); err != nil {
			d.t.Error(err)
		}
		d.mu.Lock()
		d.ended[n] = time.Since(d.start)
		d.mu.Unlock()
	})
	d.model.flush()
	d.sleep(0)
}

// compareCounts compares what can be seen between commands.
func (d *drive) compareCounts() {
	got := d.stream.Metrics()
	requireBalance(d.t, got)
	m := d.model
	require.Equal(d.t, []int{m.incoming, m.dropped, m.delivered, m.failed, m.lost, m.throttled, m.held(), m.active()},
		[]int{int(got.IncomingRecords), int(got.DroppedRecords), int(got.DeliveredRecords), int(got.ErrorOutputRecords), int(got.LostRecords), int(got.ThrottledRecords), int(got.BufferedBytes), got.ActivePartitions})
}

func (d *drive) finish() {
	d.model.flush()
	shut := make(chan time.Duration)
	go func() {
		if err := d.stream.Shutdown(context.Background()); err != nil {
			d.t.Error(err)
		}
		shut <- time.Since(d.start)
	}()
	end := <-shut
	d.flushing.Wait()
	d.model.advance(end)
	d.compareCounts()
	require.Zero(d.t, d.model.held())
	for lane, want := range d.model.calls {
		got := d.calls[lane]
		for i := range want {
			if lane == "T" {
				want[i].attempt = 0 // which the function is not told
			}
			if i < len(got) {
				require.Equal(d.t, want[i], got[i], "call %d of %s", i, lane)
			}
		}
		require.Len(d.t, got, len(want), lane)
	}
	require.Len(d.t, d.calls, len(d.model.calls))
	slices.Sort(d.drops)
	slices.Sort(d.model.drops)
	require.Equal(d.t, d.model.drops, d.drops)
	for i, f := range d.model.flushes[:len(d.ended)] {
		require.Equal(d.t, f.ended, d.ended[i], "flush %d", i)
	}
	require.Equal(d.t, d.model.flushes[len(d.ended)].ended, end, "Shutdown")
}
