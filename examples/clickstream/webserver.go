package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// webServer replays an access log into a stream.
type webServer struct {
	producer *kinesis.Producer
	pause    time.Duration // between two lines
	began    time.Time
	refused  atomic.Int64 // lines that the stream did not take

	// What became of the lines, by the time that end has returned.
	lines, malformed, put int
	err                   error // of reading the log
}

func newWebServer(stream kinesis.Stream, rate int) (*webServer, error) {
	producer, err := kinesis.NewProducer(stream, kinesis.ProducerConfig{
		Linger:  new(20 * time.Millisecond),
		Ordered: true, // the requests of a visitor stay in order
	})
	return &webServer{producer: producer, pause: time.Second / time.Duration(rate)}, err
}

// read returns a function that yields the lines of a log, however often it is stopped and
// begun again.
func (w *webServer) read(input io.Reader) iter.Seq[string] {
	scanner := bufio.NewScanner(input)
	scanner.Buffer(nil, 1<<20)
	return func(yield func(string) bool) {
		for scanner.Scan() {
			if !yield(scanner.Text()) {
				return
			}
		}
		w.err = scanner.Err()
	}
}

// replay puts up to most lines, all of them if most is negative.
func (w *webServer) replay(ctx context.Context, lines iter.Seq[string], most int) error {
	if w.began.IsZero() {
		w.began = time.Now()
	}
	for text := range lines {
		l, ok := parseLine(text)
		if !ok {
			w.malformed++
		} else if err := w.add(ctx, l.visitor, text); err != nil {
			return err // and so the line counts as unread
		}
		w.lines++
		if err := w.keepPace(ctx); err != nil {
			return err
		}
		if most--; most == 0 {
			break
		}
	}
	return w.err
}

func (w *webServer) add(ctx context.Context, visitor, text string) error {
	err := w.producer.Add(ctx, kinesis.Entry{PartitionKey: visitor, Data: []byte(text)}, func(_ kinesis.Put, err error) {
		if err != nil {
			w.refused.Add(1)
		}
	})
	if err == nil {
		w.put++
	}
	return err
}

// keepPace waits until it is time for the next line. Pauses that are too short to sleep
// for are made up for later.
func (w *webServer) keepPace(ctx context.Context) error {
	ahead := time.Until(w.began.Add(time.Duration(w.lines) * w.pause))
	if ahead < 10*time.Millisecond {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(ahead):
		return nil
	}
}

// end has the last lines put.
func (w *webServer) end(ctx context.Context) error {
	err := w.producer.Shutdown(ctx)
	if n := int(w.refused.Load()); n > 0 {
		w.put -= n
		err = errors.Join(err, errors.New("the stream did not take some lines"))
	}
	return err
}
