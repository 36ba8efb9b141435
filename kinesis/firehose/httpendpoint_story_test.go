package firehose

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// An endpoint is down, then slow, then busy, then answers what it should not, and at
// last recovers: it gets every record once, in order.
func TestStoryOfABadEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		var got bytes.Buffer
		receiver := &HTTPReceiver{Remember: 2 * time.Hour, OnDelivery: func(_ context.Context, d *ReceivedDelivery) error {
			for _, data := range d.Records {
				got.Write(data)
			}
			return nil
		}}
		endpoint := newEndpoint(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch n := requests.Add(1); {
			case n <= 3:
				panic(http.ErrAbortHandler)
			case n <= 5:
				receiver.ServeHTTP(silent{}, r) // takes the records, and says nothing
				<-r.Context().Done()
			case n <= 7:
				answers(503, "text/html", "<p>busy")(w, r)
			case n <= 8:
				answers(200, "application/json", `{"requestId":"other","timestamp":1}`)(w, r)
			default:
				receiver.ServeHTTP(w, r)
			}
		}), nil)
		stream, err := New("clicks", Config{Sink: endpoint, Buffering: Buffering{Size: 1 << 20, Interval: new(time.Minute)}, Jitter: NoJitter})
		require.NoError(t, err)
		var want strings.Builder
		for i := range 3000 {
			record := fmt.Sprintf("%04d %s\n", i, strings.Repeat("x", 1000))
			want.WriteString(record)
			_, err := stream.Put(t.Context(), []byte(record))
			require.NoError(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		require.NoError(t, stream.Shutdown(t.Context()))
		require.True(t, got.String() == want.String(), "%d bytes of %d", got.Len(), want.Len())
		m := stream.Metrics()
		require.EqualValues(t, 3000, m.DeliveredRecords)
		require.EqualValues(t, 8, m.FailedDeliveries)
		synctest.Wait()
	})
}

// silent is a response that goes nowhere.
type silent struct{}

func (silent) Header() http.Header         { return http.Header{} }
func (silent) Write(p []byte) (int, error) { return len(p), nil }
func (silent) WriteHeader(int)             {}

// What is too large for an endpoint goes to the error output at once, and says why.
func TestStoryOfARefusedDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endpoint := newEndpoint(t, &HTTPReceiver{MaxBody: 1000, OnDelivery: func(context.Context, *ReceivedDelivery) error { return nil }}, nil)
		dir := t.TempDir()
		failed, err := NewDirectory(dir, DirectoryConfig{})
		require.NoError(t, err)
		defer failed.Close()
		stream, err := New("clicks", Config{Sink: endpoint, ErrorSink: failed, ErrorOutputPrefix: "errors/!{firehose:error-output-type}/"})
		require.NoError(t, err)
		_, err = stream.Put(t.Context(), make([]byte, 2000))
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, stream.Shutdown(t.Context()))
		require.Less(t, time.Since(start), time.Second)
		found := files(t, dir)
		require.Len(t, found, 1)
		for key, content := range found {
			require.True(t, strings.HasPrefix(key, "errors/http-endpoint-failed/clicks-1-"), key)
			require.Contains(t, content, `"errorCode":"HttpEndpoint.DestinationException"`)
			require.Contains(t, content, "the body has more than 1000 bytes")
		}
		synctest.Wait()
	})
}
