package firehose_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// Many put, flush, update and look at once, the sinks fail now and then, and in the
// middle the stream is shut down or closed: every record that was accepted is
// delivered once, or told to OnDrop, and each producer's records keep their order.
func TestRaces(t *testing.T) {
	for round := range 12 {
		raceRound(t, round%3 == 2, round%2 == 0)
	}
}

func raceRound(t *testing.T, closes, transformed bool) {
	const producers = 4
	var mu sync.Mutex
	seen := map[string]int{}
	last := map[string]int{}
	var faults []string
	note := func(line string, delivered bool) {
		seen[line]++
		var producer string
		var n int
		if _, err := fmt.Sscanf(line, "p%1s:%d", &producer, &n); err != nil {
			faults = append(faults, "odd "+line)
		}
		if delivered && n <= last[producer] {
			faults = append(faults, fmt.Sprintf("%s after %d", line, last[producer]))
		}
		if delivered {
			last[producer] = n
		}
	}
	sink := firehose.SinkFunc(func(ctx context.Context, d *firehose.Delivery) error {
		switch rand.IntN(6) {
		case 0:
			return errDown
		case 1:
			if len(d.Records) > 1 { // the first half is taken
				partial := &firehose.PartialError{Err: errDown}
				mu.Lock()
				defer mu.Unlock()
				for i := range d.Records {
					if i < len(d.Records)/2 {
						note(string(d.Records[i].Data), true)
					} else {
						partial.Failed = append(partial.Failed, i)
					}
				}
				return partial
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for _, r := range d.Records {
			note(string(r.Data), true)
		}
		return nil
	})
	cfg := firehose.Config{
		Sink:        sink,
		Buffering:   firehose.Buffering{Size: 100, Interval: new(time.Millisecond)},
		MaxBuffered: 5000,
		Relaxed:     true,
		Jitter:      func(time.Duration) time.Duration { return time.Duration(rand.IntN(50)) * time.Microsecond },
		Prefix:      "!{partitionKeyFromQuery:p}/", ErrorOutputPrefix: "!{firehose:error-output-type}/",
		Partitioning: &firehose.Partitioning{Func: func(data []byte) (map[string]string, error) {
			return map[string]string{"p": string(data[:2])}, nil
		}},
		OnDrop: func(d *firehose.Delivery, _ error) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range d.Records {
				note(string(r.Data), false)
			}
		},
	}
	if transformed {
		cfg.Transform = &firehose.Transform{Func: identity, BufferSize: 50, BufferInterval: new(time.Duration(0))}
	}
	stream, err := firehose.New("s", cfg)
	require.NoError(t, err)

	var accepted, throttled atomic.Int64
	var all sync.WaitGroup
	stop, enough := make(chan struct{}), make(chan struct{})
	for p := range producers {
		all.Go(func() {
			for n := 1; ; {
				var batch [][]byte
				for range 1 + rand.IntN(5) {
					batch = append(batch, fmt.Appendf(nil, "p%d:%d", p, n+len(batch)))
				}
				puts, err := stream.Put(context.Background(), batch...)
				if errors.Is(err, firehose.ErrClosed) {
					return
				}
				for _, put := range puts {
					if put.RecordID == "" {
						throttled.Add(1)
						runtime.Gosched()
						break
					}
					if accepted.Add(1) == 400 {
						close(enough)
					}
					n++
				}
			}
		})
	}
	others := []func(){
		func() { _ = stream.Flush(context.Background()) },
		func() { _ = stream.Update(0, cfg) },
		func() { _ = stream.Metrics(); _ = stream.Status(); _ = stream.Tags() },
		func() {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Microsecond)
			defer cancel()
			_ = stream.Flush(ctx)
		},
	}
	for _, other := range others {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					other()
				}
			}
		})
	}
	<-enough
	if closes {
		var closers sync.WaitGroup
		for range 3 {
			closers.Go(func() { _ = stream.Close() })
		}
		closers.Wait()
	} else {
		require.NoError(t, stream.Shutdown(context.Background()))
		require.NoError(t, stream.Close())
	}
	close(stop)
	all.Wait()
	m := stream.Metrics()
	requireBalance(t, m)
	require.Zero(t, m.BufferedRecords)
	require.Zero(t, m.BufferedBytes)
	require.Equal(t, accepted.Load(), m.IncomingRecords)
	if !closes {
		require.Zero(t, m.LostRecords)
	}
	require.Empty(t, strings.Join(faults, "\n"))
	require.Len(t, seen, int(accepted.Load()))
	for line, n := range seen {
		require.Equal(t, 1, n, line)
	}
	t.Logf("accepted %d, throttled %d, lost %d", accepted.Load(), throttled.Load(), m.LostRecords)
}
