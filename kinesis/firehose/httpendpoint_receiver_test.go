package firehose

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const body = `{"requestId":"` + testID + `","timestamp":1578090901599,"records":[{"data":"aGVsbG8="},{"data":""}]}`

func zipped(t testing.TB, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestHTTPReceiver(t *testing.T) {
	fails := func(err error) func(*HTTPReceiver) {
		return func(r *HTTPReceiver) { r.OnDelivery = func(context.Context, *ReceivedDelivery) error { return err } }
	}
	for name, c := range map[string]struct {
		change  func(r *HTTPReceiver)
		method  string
		headers map[string]string // "-" for one that is missing
		body    string
		want    int
		says    string
	}{
		"a delivery":            {want: 200},
		"compressed":            {headers: map[string]string{"Content-Encoding": "gzip"}, body: zipped(t, body), want: 200},
		"no attributes":         {headers: map[string]string{headerAttributes: "-"}, want: 200},
		"a charset":             {headers: map[string]string{"Content-Type": "application/json; charset=utf-8"}, want: 200},
		"nobody to take it":     {change: func(r *HTTPReceiver) { r.OnDelivery = nil }, want: 503, says: "nobody"},
		"a failure":             {change: fails(errors.New("busy")), want: 500, says: "busy"},
		"a failure for good":    {change: fails(Permanent(errors.New("bad"))), want: 413, says: "bad"},
		"GET":                   {method: "GET", want: 405, says: "POST"},
		"no version":            {headers: map[string]string{headerVersion: "-"}, want: 400, says: headerVersion},
		"another version":       {headers: map[string]string{headerVersion: "2.0"}, want: 400, says: headerVersion},
		"no id":                 {headers: map[string]string{headerRequestID: "-"}, want: 400, says: headerRequestID},
		"a long id":             {headers: map[string]string{headerRequestID: strings.Repeat("x", 257)}, want: 400, says: headerRequestID},
		"another id":            {headers: map[string]string{headerRequestID: "x"}, want: 400, says: "another request id"},
		"no key":                {headers: map[string]string{headerAccessKey: "-"}, want: 401, says: "access key"},
		"another key":           {headers: map[string]string{headerAccessKey: "Key"}, want: 401, says: "access key"},
		"no key is needed":      {change: func(r *HTTPReceiver) { r.AccessKey = "" }, headers: map[string]string{headerAccessKey: "-"}, want: 200},
		"bad attributes":        {headers: map[string]string{headerAttributes: `{"commonAttributes":{"a":1}}`}, want: 400, says: headerAttributes},
		"text":                  {headers: map[string]string{"Content-Type": "text/plain"}, want: 415, says: "Content-Type"},
		"brotli":                {headers: map[string]string{"Content-Encoding": "br"}, want: 415, says: "Content-Encoding"},
		"not compressed at all": {headers: map[string]string{"Content-Encoding": "gzip"}, want: 400, says: "compressed"},
		"cut off":               {headers: map[string]string{"Content-Encoding": "gzip"}, body: zipped(t, body)[:40], want: 400, says: "read"},
		"no body":               {body: " ", want: 400, says: "JSON"},
		"no records":            {body: `{"requestId":"` + testID + `","timestamp":1}`, want: 400, says: "records"},
		"no Base64":             {body: strings.Replace(body, "aGVsbG8=", "aGVsbG8", 1), want: 400, says: "base64"},
		"too long":              {change: func(r *HTTPReceiver) { r.MaxBody = int64(len(body)) - 1 }, want: 413, says: "bytes"},
		"just right":            {change: func(r *HTTPReceiver) { r.MaxBody = int64(len(body)) }, want: 200},
		"a bomb":                {change: func(r *HTTPReceiver) { r.MaxBody = 1 << 20 }, headers: map[string]string{"Content-Encoding": "gzip"}, body: zipped(t, strings.Repeat(" ", 2<<20)), want: 413, says: "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []*ReceivedDelivery
			var log bytes.Buffer
			r := &HTTPReceiver{
				AccessKey: "key",
				OnDelivery: func(_ context.Context, d *ReceivedDelivery) error {
					got = append(got, d)
					return nil
				},
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			}
			if c.change != nil {
				c.change(r)
			}
			if c.body == "" {
				c.body = body
			}
			recorder := post(r, c.method, c.body, c.headers)
			require.Equal(t, c.want, recorder.Code, recorder.Body.String())
			require.Equal(t, "application/json", recorder.Header().Get("Content-Type"))
			var said struct {
				RequestID, ErrorMessage string
				Timestamp               int64
			}
			require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &said))
			if id, ok := c.headers[headerRequestID]; !ok {
				require.Equal(t, testID, said.RequestID)
			} else {
				require.Equal(t, strings.TrimPrefix(id, "-"), said.RequestID)
			}
			require.InDelta(t, time.Now().UnixMilli(), said.Timestamp, 60_000)
			require.Equal(t, c.want != 200, log.Len() > 0, log.String())
			if c.want != 200 {
				require.Empty(t, got)
				require.Contains(t, said.ErrorMessage, c.says)
				r.Logger = nil
				require.Equal(t, c.want, post(r, c.method, c.body, c.headers).Code)
				return
			}
			want := &ReceivedDelivery{RequestID: testID, SourceARN: clicksARN, Timestamp: time.UnixMilli(1578090901599), Records: [][]byte{[]byte("hello"), {}}}
			if c.headers[headerAttributes] != "-" {
				want.CommonAttributes = map[string]string{"a": "ä", "b": ""}
			}
			require.Equal(t, []*ReceivedDelivery{want}, got)
		})
	}
}

func post(r http.Handler, method, body string, headers map[string]string) *httptest.ResponseRecorder {
	if method == "" {
		method = http.MethodPost
	}
	req := httptest.NewRequest(method, "/", strings.NewReader(body))
	for name, value := range map[string]string{
		headerVersion: "1.0", headerRequestID: testID, headerSourceARN: clicksARN, headerAccessKey: "key",
		headerAttributes: `{"commonAttributes":{"a":"\u00e4","b":""}}`, "Content-Type": "application/json",
	} {
		req.Header.Set(name, value)
	}
	for name, value := range headers {
		if value == "-" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, req)
	return recorder
}

func TestHTTPReceiverWithoutABody(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "/", nil)
	require.NoError(t, err)
	req.Header = http.Header{headerVersion: {"1.0"}, headerRequestID: {testID}, "Content-Type": {"application/json"}}
	recorder := httptest.NewRecorder()
	(&HTTPReceiver{OnDelivery: func(context.Context, *ReceivedDelivery) error { return nil }}).ServeHTTP(recorder, req)
	require.Equal(t, 400, recorder.Code)
}

// A long message of an error still is an answer that the endpoint understands.
func TestHTTPReceiverBoundsWhatItSays(t *testing.T) {
	text := strings.Repeat("<ä", 10_000)
	r := &HTTPReceiver{OnDelivery: func(context.Context, *ReceivedDelivery) error { return errors.New(text) }}
	err := newEndpoint(t, r, nil).Deliver(t.Context(), deliveryOf("x"))
	said, ok := errors.AsType[*HTTPEndpointError](err)
	require.True(t, ok)
	require.True(t, said.Body == text[:maxErrorMessage-1], "%d bytes: no half character", len(said.Body))
}

// What an endpoint sends is what a receiver gets, compressed or not.
func TestHTTPEndpointAndReceiver(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		var got *ReceivedDelivery
		e := newEndpoint(t, &HTTPReceiver{AccessKey: "key", OnDelivery: func(_ context.Context, d *ReceivedDelivery) error {
			got = d
			return nil
		}}, func(cfg *HTTPEndpointConfig) {
			cfg.GZIP, cfg.AccessKey, cfg.CommonAttributes = compressed, "key", map[string]string{"ä": "😀"}
		})
		d := deliveryOf("", "a", string(noise(100_000)))
		require.NoError(t, e.Deliver(t.Context(), d))
		require.Equal(t, testID, got.RequestID)
		require.Equal(t, clicksARN, got.SourceARN)
		require.Equal(t, map[string]string{"ä": "😀"}, got.CommonAttributes)
		require.Len(t, got.Records, 3)
		for i := range got.Records {
			require.True(t, bytes.Equal(d.Records[i].Data, got.Records[i]))
		}
	}
}

func TestHTTPReceiverRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls int
		var fails error
		r := &HTTPReceiver{Remember: time.Hour, OnDelivery: func(context.Context, *ReceivedDelivery) error {
			calls++
			return fails
		}}
		status := func(headers map[string]string) int { return post(r, "", body, headers).Code }
		fails = errors.New("busy")
		require.Equal(t, 500, status(nil))
		fails = nil
		require.Equal(t, 200, status(nil), "a failure is not remembered")
		require.Equal(t, 2, calls)
		require.Equal(t, 200, status(nil))
		require.Equal(t, 2, calls)
		require.Equal(t, 200, status(map[string]string{headerSourceARN: "another"}))
		require.Equal(t, 3, calls)

		time.Sleep(59*time.Minute + 59*time.Second)
		require.Equal(t, 200, status(nil))
		require.Equal(t, 3, calls)
		time.Sleep(time.Second)
		require.Equal(t, 200, status(nil))
		require.Equal(t, 4, calls, "an hour has passed")
		time.Sleep(24 * time.Hour)
		require.Equal(t, 200, status(nil))
		require.Equal(t, 5, calls)
		require.Len(t, r.seen.current, 1)
		require.Empty(t, r.seen.previous)
		require.Empty(t, r.seen.underWay)
	})
}

// An endpoint gives up waiting and comes again while the first request is being
// handled: the records are taken once.
func TestHTTPReceiverWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		var fails atomic.Bool
		r := &HTTPReceiver{Remember: time.Minute, OnDelivery: func(context.Context, *ReceivedDelivery) error {
			calls.Add(1)
			time.Sleep(4 * time.Minute)
			if fails.Swap(false) {
				return errors.New("busy")
			}
			return nil
		}}
		e := newEndpoint(t, r, nil)
		require.ErrorIs(t, e.Deliver(t.Context(), deliveryOf("x")), errNoAnswer)
		require.NoError(t, e.Deliver(t.Context(), deliveryOf("x")))
		require.EqualValues(t, 1, calls.Load())

		time.Sleep(time.Hour)
		fails.Store(true)
		require.ErrorIs(t, e.Deliver(t.Context(), deliveryOf("x")), errNoAnswer)
		require.ErrorIs(t, e.Deliver(t.Context(), deliveryOf("x")), errNoAnswer, "it is handled again, which takes as long")
		require.NoError(t, e.Deliver(t.Context(), deliveryOf("x")))
		require.EqualValues(t, 3, calls.Load())
		synctest.Wait()
	})
}

func TestHTTPReceiverForgetsWhatDidNotEnd(t *testing.T) {
	r := &HTTPReceiver{Remember: time.Minute, OnDelivery: func(context.Context, *ReceivedDelivery) error { panic("oh") }}
	require.Panics(t, func() { post(r, "", body, nil) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.OnDelivery = func(context.Context, *ReceivedDelivery) error { runtime.Goexit(); return nil }
		post(r, "", body, nil)
	}()
	<-done
	r.OnDelivery = func(context.Context, *ReceivedDelivery) error { return nil }
	require.Equal(t, 200, post(r, "", body, nil).Code)
}

func TestHTTPReceiverInParallel(t *testing.T) {
	var calls atomic.Int32
	r := &HTTPReceiver{Remember: time.Minute, OnDelivery: func(context.Context, *ReceivedDelivery) error {
		if calls.Add(1)%3 != 0 {
			return errors.New("busy")
		}
		return nil
	}}
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for post(r, "", body, nil).Code != 200 {
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 3, calls.Load())
}
