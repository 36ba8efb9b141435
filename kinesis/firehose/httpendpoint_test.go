package firehose

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
)

const clicksARN = "arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks"

func deliveryOf(records ...string) *Delivery {
	d := objectOf("key", records...)
	d.StreamARN = clicksARN
	return d
}

func newEndpoint(t testing.TB, handler http.Handler, change func(*HTTPEndpointConfig)) *HTTPEndpoint {
	cfg := HTTPEndpointConfig{URL: "https://example.com/in?x=1", Transport: &memhttp.Transport{Handler: handler}}
	if change != nil {
		change(&cfg)
	}
	e, err := NewHTTPEndpoint(cfg)
	require.NoError(t, err)
	return e
}

// answers is a handler that says the same to all; ID stands for the request's id.
func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "ID", r.Header.Get(headerRequestID)))
	}
}

const good = `{"requestId":"ID","timestamp":1578090903599}`

// The headers and bodies are what a server sees on a socket.
func TestHTTPEndpointOnTheWire(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		got = r
		answers(200, "application/json", good)(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for name, c := range map[string]struct {
		cfg  HTTPEndpointConfig
		want map[string]string // headers; an empty one is missing
	}{
		"plain": {HTTPEndpointConfig{URL: server.URL + "/path?query=a%20b#fragment"}, map[string]string{
			"X-Amz-Firehose-Protocol-Version":  "1.0",
			"X-Amz-Firehose-Request-Id":        testID,
			"X-Amz-Firehose-Source-Arn":        clicksARN,
			"X-Amz-Firehose-Access-Key":        "",
			"X-Amz-Firehose-Common-Attributes": "",
			"Content-Type":                     "application/json",
			"Content-Encoding":                 "",
			"Authorization":                    "",
		}},
		"everything": {HTTPEndpointConfig{
			URL: "http://user:pass%40word@" + host + "/path?query=a%20b", AccessKey: `{"a": "b"}`, GZIP: true,
			CommonAttributes: map[string]string{"device-types": "", "deployment": "pre-prod ä😀"},
		}, map[string]string{
			"X-Amz-Firehose-Access-Key":        `{"a": "b"}`,
			"X-Amz-Firehose-Common-Attributes": `{"commonAttributes":{"deployment":"pre-prod \u00e4\ud83d\ude00","device-types":""}}`,
			"Content-Encoding":                 "gzip",
			"Authorization":                    "Basic dXNlcjpwYXNzQHdvcmQ=",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewHTTPEndpoint(c.cfg)
			require.NoError(t, err)
			before := time.Now().UnixMilli()
			require.NoError(t, e.Deliver(t.Context(), deliveryOf("hello", "", "hello world\n")))
			require.Equal(t, "POST /path?query=a%20b", got.Method+" "+got.RequestURI)
			require.Equal(t, host, got.Host)
			for header, value := range c.want {
				require.Equal(t, value, got.Header.Get(header), header)
			}
			require.Equal(t, fmt.Sprint(len(body)), got.Header.Get("Content-Length"))
			if c.cfg.GZIP {
				z, err := gzip.NewReader(strings.NewReader(string(body)))
				require.NoError(t, err)
				body, err = io.ReadAll(z)
				require.NoError(t, err)
			}
			var at struct{ Timestamp int64 }
			require.NoError(t, json.Unmarshal(body, &at))
			require.GreaterOrEqual(t, at.Timestamp, before)
			require.LessOrEqual(t, at.Timestamp, time.Now().UnixMilli())
			require.Equal(t, fmt.Sprintf(`{"requestId":"%s","timestamp":%d,"records":[{"data":"aGVsbG8="},{"data":""},{"data":"aGVsbG8gd29ybGQK"}]}`, testID, at.Timestamp), string(body))
		})
	}
}

func TestHTTPEndpointByAnswer(t *testing.T) {
	const again, never = "again", "never"
	huge := strings.Repeat("x", maxAnswer+1)
	for name, c := range map[string]struct {
		handler http.Handler
		want    string // empty for success
		code    string
		says    string
	}{
		"200":                     {handler: answers(200, "application/json", good)},
		"a charset":               {handler: answers(200, "application/json; charset=utf-8", good)},
		"a timestamp as a string": {handler: answers(200, "application/json", `{"requestId":"ID","timestamp":"1578090903599"}`)},
		"201":                     {answers(201, "application/json", good), again, "HttpEndpoint.DestinationException", "201 Created"},
		"204":                     {answers(204, "application/json", ""), again, "HttpEndpoint.DestinationException", "204"},
		"301":                     {http.RedirectHandler("https://example.com/other", http.StatusMovedPermanently), again, "HttpEndpoint.DestinationException", "301"},
		"307":                     {http.RedirectHandler("https://example.com/other", http.StatusTemporaryRedirect), again, "HttpEndpoint.DestinationException", "307"},
		"400":                     {answers(400, "application/json", good), again, "HttpEndpoint.DestinationException", "400"},
		"403":                     {answers(403, "text/html", "<p>no"), again, "HttpEndpoint.DestinationException", "403 Forbidden: <p>no"},
		"404":                     {http.NotFoundHandler(), again, "HttpEndpoint.DestinationException", "404"},
		"413":                     {answers(413, "application/json", `{"requestId":"ID","timestamp":1,"errorMessage":"Payload too large"}`), never, "HttpEndpoint.DestinationException", "413 Request Entity Too Large: Payload too large"},
		"413 without a form":      {answers(413, "text/html", ""), never, "HttpEndpoint.DestinationException", "413"},
		"429":                     {answers(429, "application/json", good), again, "HttpEndpoint.DestinationException", "429"},
		"500":                     {answers(500, "application/json", `{"requestId":"ID","timestamp":"1","errorMessage":"Unable to deliver records due to unknown error."}`), again, "HttpEndpoint.DestinationException", "due to unknown error."},
		"599":                     {answers(599, "application/json", good), again, "HttpEndpoint.DestinationException", "599"},
		"another content type":    {answers(200, "text/plain", good), again, "HttpEndpoint.InvalidResponseFromDestination", `"text/plain"`},
		"no body":                 {answers(200, "application/json", ""), again, "HttpEndpoint.InvalidResponseFromDestination", "JSON"},
		"no JSON":                 {answers(200, "application/json", "ok"), again, "HttpEndpoint.InvalidResponseFromDestination", "ok"},
		"another request":         {answers(200, "application/json", `{"requestId":"other","timestamp":1}`), again, "HttpEndpoint.InvalidResponseFromDestination", `"other"`},
		"no request":              {answers(200, "application/json", `{"timestamp":1}`), again, "HttpEndpoint.InvalidResponseFromDestination", `""`},
		"no timestamp":            {answers(200, "application/json", `{"requestId":"ID"}`), again, "HttpEndpoint.InvalidResponseFromDestination", "timestamp"},
		"a timestamp that is one to people": {answers(200, "application/json", `{"requestId":"ID","timestamp":"2026-11-21T16:08:00Z"}`), again,
			"HttpEndpoint.InvalidResponseFromDestination", "timestamp"},
		"compressed": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answers(200, "application/json", good)(w, r)
		}), again, "HttpEndpoint.InvalidResponseFromDestination", "Content-Encoding"},
		"too large": {answers(200, "application/json", huge), again, "HttpEndpoint.ResponseTooLarge", "1 MiB"},
		"no answer": {http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), again, "HttpEndpoint.ConnectionFailed", "EOF"},
		"cut off": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, good)
		}), again, "HttpEndpoint.ConnectionFailed", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, c.handler, func(cfg *HTTPEndpointConfig) { cfg.URL = "https://user:secret@example.com/in" })
			err := e.Deliver(t.Context(), deliveryOf("x"))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.want == never, marked(err), "%v", err)
			said, ok := errors.AsType[*HTTPEndpointError](err)
			require.True(t, ok)
			require.Equal(t, c.code, said.ErrorCode(), "%v", err)
			require.Contains(t, said.ErrorMessage(), c.says)
			require.Less(t, len(err.Error()), 2000)
			require.NotContains(t, err.Error(), "secret")
			require.Contains(t, err.Error(), "example.com/in")
		})
	}
}

func TestHTTPEndpointConfig(t *testing.T) {
	fifty := map[string]string{}
	for i := range 50 {
		fifty[fmt.Sprint(i)] = strings.Repeat("ä", 1024)
	}
	for name, c := range map[string]struct {
		cfg  HTTPEndpointConfig
		want []string
	}{
		"least":           {HTTPEndpointConfig{URL: "http://h"}, nil},
		"most":            {HTTPEndpointConfig{URL: "https://h/" + strings.Repeat("a", 990), AccessKey: strings.Repeat("k", 4096), CommonAttributes: fifty, Timeout: 1}, nil},
		"no URL":          {HTTPEndpointConfig{}, []string{"Url must begin"}},
		"no host":         {HTTPEndpointConfig{URL: "https:///x"}, []string{"Url must begin"}},
		"another scheme":  {HTTPEndpointConfig{URL: "ftp://h"}, []string{"Url must begin"}},
		"no URL at all":   {HTTPEndpointConfig{URL: "https://h/\x00"}, []string{"Url must begin"}},
		"a long URL":      {HTTPEndpointConfig{URL: "https://h/" + strings.Repeat("a", 991)}, []string{"1000 characters"}},
		"everything else": {HTTPEndpointConfig{URL: "https://h", AccessKey: "a\nb", CommonAttributes: map[string]string{"": "", "a": strings.Repeat("x", 1025)}, Timeout: -1}, []string{"AccessKey", `AttributeName ""`, `AttributeValue of "a"`, "Timeout"}},
		"a long key":      {HTTPEndpointConfig{URL: "https://h", AccessKey: strings.Repeat("k", 4097)}, []string{"AccessKey"}},
		"a key in spaces": {HTTPEndpointConfig{URL: "https://h", AccessKey: "k "}, []string{"AccessKey"}},
		"long names":      {HTTPEndpointConfig{URL: "https://h", CommonAttributes: map[string]string{strings.Repeat("n", 257): ""}}, []string{"AttributeName"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewHTTPEndpoint(c.cfg)
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, "http-endpoint-failed", e.ErrorType())
				return
			}
			require.Error(t, err)
			require.ErrorIs(t, err, ErrInvalidArgument)
			faults := err.(interface{ Unwrap() []error }).Unwrap()
			require.Len(t, faults, len(c.want), "%v", err)
			for i, text := range c.want {
				require.ErrorContains(t, faults[i], text)
			}
		})
	}
	fifty["one more"] = ""
	_, err := NewHTTPEndpoint(HTTPEndpointConfig{URL: "https://h", CommonAttributes: fifty})
	require.ErrorContains(t, err, "at most 50")
}

// A delivery that is too much for one request goes in several, with the same ids when
// it comes again.
func TestHTTPEndpointSplitsDeliveries(t *testing.T) {
	var ids []string
	var counts []int
	fails := map[int]int{} // a request's number: the status
	handler := &HTTPReceiver{OnDelivery: func(_ context.Context, d *ReceivedDelivery) error {
		ids, counts = append(ids, d.RequestID), append(counts, len(d.Records))
		if status := fails[len(ids)-1]; status != 0 {
			return refusal{status, errors.New("no")}
		}
		return nil
	}}
	e := newEndpoint(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		if status := fails[len(ids)-1]; status != 0 {
			recorder.Code = status
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	}), nil)
	d := deliveryOf()
	for range 25_001 {
		d.Records = append(d.Records, Record{Data: []byte("x")})
	}
	require.NoError(t, e.Deliver(t.Context(), d))
	require.Equal(t, []int{10_000, 10_000, 5_001}, counts)
	first := ids
	require.Equal(t, testID, ids[0])
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, ids[1])
	require.NotEqual(t, ids[1], ids[2])

	ids, counts = nil, nil
	require.NoError(t, e.Deliver(t.Context(), d))
	require.Equal(t, first, ids)

	ids, fails[1] = nil, 500
	err := e.Deliver(t.Context(), d)
	require.Error(t, err)
	require.False(t, marked(err))
	require.Len(t, ids, 2, "the rest waits")

	ids, fails[1] = nil, 413
	err = e.Deliver(t.Context(), d)
	partial, ok := errors.AsType[*PartialError](err)
	require.True(t, ok)
	require.Len(t, partial.Failed, 10_000)
	require.Equal(t, 10_000, partial.Failed[0])
	require.Equal(t, 19_999, partial.Failed[9_999])
	require.True(t, marked(err))
	require.Len(t, ids, 3)

	ids, fails[2] = nil, 503
	err = e.Deliver(t.Context(), d)
	require.False(t, marked(err), "all of it comes again: %v", err)

	ids, fails = nil, map[int]int{0: 413, 1: 413, 2: 413}
	err = e.Deliver(t.Context(), d)
	_, ok = errors.AsType[*PartialError](err)
	require.False(t, ok)
	require.True(t, marked(err))
}

func TestHTTPEndpointBoundsBodies(t *testing.T) {
	big := make([]byte, 1_024_000)
	var records []Record
	for range 100 {
		records = append(records, Record{Data: big})
	}
	body, err := newEndpoint(t, nil, nil).body(testID, records[:requestLength(records)])
	require.NoError(t, err)
	require.LessOrEqual(t, len(body), maxRequestBody)
	require.Greater(t, len(body), maxRequestBody-1_400_000, "there is no room for another")
	require.Equal(t, 1, requestLength([]Record{{Data: make([]byte, 60<<20)}, {}}), "one record goes whatever its size")
}

func TestHTTPEndpointRefusesFailedRecords(t *testing.T) {
	d := deliveryOf("{}\n")
	d.ErrorType = "processing-failed"
	err := newEndpoint(t, nil, nil).Deliver(t.Context(), d)
	require.True(t, marked(err))
	require.ErrorContains(t, err, "ErrorSink")
}

func TestHTTPEndpointTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		start := time.Now()
		err := newEndpoint(t, slow, nil).Deliver(t.Context(), deliveryOf("x"))
		require.Equal(t, 3*time.Minute, time.Since(start))
		said, ok := errors.AsType[*HTTPEndpointError](err)
		require.True(t, ok)
		require.Equal(t, "HttpEndpoint.RequestTimeout", said.ErrorCode())
		require.False(t, marked(err))

		// So it does while the answer comes in.
		drips := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		})
		start = time.Now()
		err = newEndpoint(t, drips, func(cfg *HTTPEndpointConfig) { cfg.Timeout = 10 * time.Second }).Deliver(t.Context(), deliveryOf("x"))
		require.Less(t, time.Since(start), 12*time.Second)
		said, _ = errors.AsType[*HTTPEndpointError](err)
		require.Equal(t, "HttpEndpoint.RequestTimeout", said.ErrorCode(), "%v", err)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		err = newEndpoint(t, slow, nil).Deliver(ctx, deliveryOf("x"))
		require.Equal(t, time.Minute, time.Since(start))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		said, _ = errors.AsType[*HTTPEndpointError](err)
		require.NotEqual(t, "HttpEndpoint.RequestTimeout", said.ErrorCode())
		synctest.Wait()
	})
}
