package elb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// lineWriter is a writer that is not safe for concurrent use.
type lineWriter struct {
	busy   atomic.Bool
	shared atomic.Bool // it was used concurrently
	writes []string
	err    error
}

func (w *lineWriter) Write(p []byte) (int, error) {
	if w.busy.Swap(true) {
		w.shared.Store(true)
	}
	w.writes = append(w.writes, string(p))
	w.busy.Store(false)
	return len(p), w.err
}

func TestWriteAccessLog(t *testing.T) {
	w := &lineWriter{err: errors.New("is not reported")}
	log := elb.WriteAccessLog(w)
	const writers, each = 8, 50
	var want []string
	var running sync.WaitGroup
	for i := range writers {
		r := documented(func(r *elb.AccessRecord) { r.UserAgent = strings.Repeat("a", i*3000) })
		want = append(want, slices.Repeat([]string{r.String() + "\n"}, each)...)
		running.Go(func() {
			for range each {
				log(&r)
			}
		})
	}
	running.Wait()
	require.ElementsMatch(t, want, w.writes)
	require.False(t, w.shared.Load(), "one call of Write at a time")
}

// panickyWriter panics once.
type panickyWriter struct{ bytes.Buffer }

func (w *panickyWriter) Write(p []byte) (int, error) {
	if w.Len() == 0 {
		w.WriteByte('!')
		panic("a writer's own")
	}
	return w.Buffer.Write(p)
}

func TestWriteAccessLogAfterPanic(t *testing.T) {
	w := new(panickyWriter)
	log := elb.WriteAccessLog(w)
	r := documented(func(*elb.AccessRecord) {})
	require.Panics(t, func() { log(&r) })
	log(&r)
	require.Equal(t, "!"+r.String()+"\n", w.String())
}

// logged returns the JSON that slog's own handler makes of a record.
func logged(t *testing.T, r elb.AccessRecord, level slog.Level) map[string]any {
	var b bytes.Buffer
	elb.SlogAccessLog(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: level}))(&r)
	if b.Len() == 0 {
		return nil
	}
	var m map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &m))
	return m
}

func TestSlogAccessLog(t *testing.T) {
	for name, c := range map[string]struct {
		record elb.AccessRecord
		want   map[string]any
	}{
		"all there is": {
			documented(func(r *elb.AccessRecord) {
				loggedTLS(r)
				r.RulePriority = 7
				r.RequestTime = 2 * time.Millisecond
				r.Attempts = []elb.Attempt{{Target: &elb.Target{ID: "a"}}, {Target: r.Target, Status: 200}}
				r.Actions = []string{"waf", "forward"}
				r.Domain, r.CertARN, r.RedirectURL, r.ErrorReason = "www.example.com", "arn:c", "http://b:80/", "LambdaUnhandled"
				r.Classification, r.ClassificationReason = "Ambiguous", "BothTeClPresent"
				r.TransformedHost, r.TransformedURI, r.TransformStatus = "m", "/u", "TransformSuccess"
				r.UserAgent = `"quoted"`
			}),
			map[string]any{
				"time": "2018-07-02T22:23:00.186641Z", "level": "INFO", "msg": "request", "type": "http", "elb": "app/my-loadbalancer/50dc6c495c0c9188",
				"client": "192.168.131.39:2817", "target": "10.0.0.1:80",
				"request_processing_time": 2e6, "target_processing_time": 1e6, "response_processing_time": 0.,
				"elb_status_code": 200., "target_status_code": 200., "received_bytes": 34., "sent_bytes": 366.,
				"request_method": "GET", "request_url": "http://www.example.com:80/", "request_proto": "HTTP/1.1", "user_agent": `"quoted"`,
				"ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256", "ssl_protocol": "TLSv1.2",
				"target_group_arn": "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067",
				"trace_id":         "Root=1-58337262-36d228ad5d99923122bbe354", "domain_name": "www.example.com", "chosen_cert_arn": "arn:c",
				"matched_rule_priority": 7., "request_creation_time": "2018-07-02T22:22:48.364Z", "actions_executed": "waf,forward",
				"redirect_url": "http://b:80/", "error_reason": "LambdaUnhandled",
				"target_list": []any{"a", "10.0.0.1:80"}, "target_status_code_list": []any{0., 200.},
				"classification": "Ambiguous", "classification_reason": "BothTeClPresent", "conn_trace_id": "TID_1234abcd5678ef90",
				"transformed_host": "m", "transformed_uri": "/u", "request_transform_status": "TransformSuccess",
			},
		},
		"nothing is known": {
			elb.AccessRecord{RequestTime: -1, TargetTime: -1, ResponseTime: -1, RulePriority: -1, Status: 400},
			map[string]any{"level": "WARN", "msg": "request", "elb_status_code": 400., "received_bytes": 0., "sent_bytes": 0.},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, logged(t, c.record, slog.LevelDebug))
		})
	}
}

func TestSlogAccessLogLevels(t *testing.T) {
	for status, want := range map[int]string{0: "INFO", 101: "INFO", 200: "INFO", 399: "INFO", 400: "WARN", 460: "WARN", 499: "WARN", 500: "ERROR", 599: "ERROR"} {
		require.Equal(t, want, logged(t, elb.AccessRecord{Status: status}, slog.LevelDebug)["level"], "status %d", status)
	}
	require.Nil(t, logged(t, elb.AccessRecord{Status: 200}, slog.LevelWarn))
	require.NotNil(t, logged(t, elb.AccessRecord{Status: 404}, slog.LevelWarn))

	log := elb.SlogAccessLog(slog.DiscardHandler)
	r := documented(func(*elb.AccessRecord) {})
	require.Zero(t, testing.AllocsPerRun(100, func() { log(&r) }), "a log that is off costs nothing")
}

// BenchmarkSlogAccessLog is a record that is off, and one that is not.
func BenchmarkSlogAccessLog(b *testing.B) {
	r := documented(loggedTLS)
	for name, h := range map[string]slog.Handler{
		"disabled": slog.DiscardHandler,
		"JSON":     slog.NewJSONHandler(new(nowhere), nil),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			log := elb.SlogAccessLog(h)
			for b.Loop() {
				log(&r)
			}
		})
	}
}

type nowhere struct{}

func (*nowhere) Write(p []byte) (int, error) { return len(p), nil }
