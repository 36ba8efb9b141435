package memhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
)

func get(ctx context.Context, c *http.Client) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://memory.test/", nil)
	if err != nil {
		return nil, err
	}
	return c.Do(r)
}

func TestALongPollTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		c := client(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(20 * time.Second):
				io.WriteString(w, "nothing came")
			case <-r.Context().Done():
			}
		})
		response, err := get(t.Context(), c)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, "nothing came", string(body))
		require.Equal(t, 20*time.Second, time.Since(start))
	})
}

func TestTheClientLeaves(t *testing.T) {
	var left time.Duration
	polite := func(_ http.ResponseWriter, r *http.Request) {
		start := time.Now()
		<-r.Context().Done()
		left = time.Since(start)
	}
	deaf := func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) }
	tests := map[string]struct {
		handler http.HandlerFunc
		timeout time.Duration // of the http.Client; else of the context
		learns  time.Duration // when the handler learns of it, if it listens
	}{
		"context":               {handler: polite, learns: 3 * time.Second},
		"context, deaf handler": {handler: deaf},
		"timeout":               {handler: polite, timeout: 3 * time.Second, learns: 3 * time.Second},
		"timeout, deaf handler": {handler: deaf, timeout: 3 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				left = 0
				c := client(test.handler)
				c.Timeout = test.timeout
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.timeout == 0 {
					ctx, cancel = context.WithTimeout(ctx, 3*time.Second)
					defer cancel()
				}
				start := time.Now()
				_, err := get(ctx, c)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, 3*time.Second, time.Since(start))
				time.Sleep(time.Hour) // a bubble's time stands still once its test returns
				synctest.Wait()
				require.Equal(t, test.learns, left)
			})
		})
	}
}

func TestTheCauseOfACancelledContextIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := fmt.Errorf("no longer wanted")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		_, err := get(ctx, client(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		require.ErrorIs(t, err, cause)
	})
}

// ticker sends a line each second until its client is gone.
func ticker(stopped chan<- error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		flusher := http.NewResponseController(w)
		for n := 0; ; n++ {
			_, err := fmt.Fprintf(w, "tick %d\n", n)
			if err == nil {
				err = flusher.Flush()
			}
			if err != nil {
				stopped <- err
				return
			}
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
				stopped <- r.Context().Err()
				return
			}
		}
	}
}

func TestStreaming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan error, 1)
		start := time.Now()
		response, err := get(t.Context(), client(ticker(stopped)))
		require.NoError(t, err)
		require.Zero(t, time.Since(start), "the header is there before the body")

		for n := range 3 {
			line := make([]byte, len("tick 0\n"))
			_, err = io.ReadFull(response.Body, line)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("tick %d\n", n), string(line))
			require.Equal(t, time.Duration(n)*time.Second, time.Since(start))
		}
		require.NoError(t, response.Body.Close())
		require.ErrorIs(t, <-stopped, context.Canceled, "closing the body is how a client hangs up")
	})
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		response, err := get(ctx, client(ticker(stopped)))
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, "tick 0\ntick 1\ntick 2\n", string(body))
		require.Error(t, <-stopped)
	})
}

func TestAWriterNobodyReadsFromIsFreedByTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := get(ctx, client(ticker(stopped)))
		require.NoError(t, err)
		require.ErrorIs(t, <-stopped, io.ErrClosedPipe)
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	transport := &memhttp.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })}
	r, err := http.NewRequest("GET", "http://memory.test/", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := transport.RoundTrip(r); err != nil {
			b.Fatal(err)
		}
	}
}
