package elb_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// The record of a request has what AWS's log says of one, by each way.
func TestAccessRecord(t *testing.T) {
	eachWire(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(2 * time.Second)
			_, _ = io.Copy(io.Discard, q.Body)
			w.WriteHeader(201)
			_, _ = io.WriteString(w, "12345")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, "67890")
		})
		began := time.Now()
		a := r.send("POST", "/p?q=1", strings.NewReader("body"), "User-Agent", "me")
		require.NoError(t, a.err)
		log := r.lastRecord()
		kind, port := map[wire]string{overHTTP1: "http", overHTTPS1: "https", overHTTP2: "h2", overHTTPS2: "h2"}[front], "80"
		if front.tls() {
			port = "443"
			require.Equal(t, []string{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "www.example.com"}, []string{log.TLSProtocol, log.TLSCipher, log.Domain})
		} else {
			require.Empty(t, log.TLSProtocol+log.TLSCipher+log.Domain)
		}
		scheme, _, _ := strings.Cut(r.url(""), ":")
		require.Equal(t, []string{kind, "leat", "POST", scheme + "://www.example.com:" + port + "/p?q=1", "me", r.group.Config().ARN, "forward"},
			[]string{log.Type, log.Name, log.Method, log.URL, log.UserAgent, log.GroupARN, log.Actions[0]})
		require.Equal(t, map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"}[front.http2()], log.Proto)
		require.Equal(t, "203.0.113.7", log.Client.Addr().String())
		require.Same(t, r.targets[0], log.Target)
		require.Equal(t, []int{201, 201, 0}, []int{log.Status, log.TargetStatus, log.RulePriority})
		require.Equal(t, []time.Duration{0, 2 * time.Second, 0}, []time.Duration{log.RequestTime, log.TargetTime, log.ResponseTime})
		require.Equal(t, []time.Duration{0, 3 * time.Second}, []time.Duration{log.Begun.Sub(began), log.Time.Sub(began)})
		require.InDelta(t, 150, log.ReceivedBytes, 75)
		require.Greater(t, log.SentBytes, int64(10))
		require.Regexp(t, "^TID_[0-9a-f]{32}$", log.ConnTraceID)
		require.Nil(t, log.Attempts)

		conn := log.ConnTraceID
		r.get("/")
		log = r.lastRecord()
		require.Equal(t, conn, log.ConnTraceID)
		require.InDelta(t, 100, log.ReceivedBytes, 50)

		m := r.lb.Metrics()
		require.EqualValues(t, []int64{2, 1, 1, 0, 0}, []int64{m.RequestCount, m.NewConnectionCount, m.ActiveConnectionCount, m.HTTPCodeELB4XXCount, m.HTTPCodeELB5XXCount})
		require.EqualValues(t, 24, m.ProcessedBytes)
		g := r.group.Metrics()
		require.EqualValues(t, []int64{2, 2, 0}, []int64{g.RequestCount, g.HTTPCodeTarget2XXCount, g.HTTPCodeTarget5XXCount})
		require.Equal(t, 4*time.Second, g.TargetResponseTime.Sum)
	})
}

// The records of requests that are refused, or judged and routed.
func TestDesyncRecords(t *testing.T) {
	tests := map[string]struct {
		mode                  elb.DesyncMode
		text                  string
		status                int
		line                  string
		class, reason         string
		noncompliant, targets int64
	}{
		"compliant":  {"", plainGet, 200, "GET http://www.example.com:80/ HTTP/1.1", "", "", 0, 1},
		"acceptable": {"", "GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", 200, "GET http://a.test:80/ HTTP/1.1", "Acceptable", "GetHeadZeroContentLength", 1, 1},
		"strictest":  {elb.DesyncStrictest, "GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", 400, "GET http://-:80/ HTTP/1.1", "Acceptable", "GetHeadZeroContentLength", 1, 0},
		"malformed":  {"", "nonsense\r\n\r\n", 400, "  ", "Ambiguous", "MissingUri", 1, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, rigConfig{balancer: elb.LoadBalancerConfig{Desync: test.mode}}, says("x"))
				a, _ := r.speak(test.text)
				require.Equal(t, test.status, a.status)
				log := r.lastRecord()
				require.Equal(t, test.status, log.Status)
				require.Equal(t, test.line, log.Method+" "+log.URL+" "+log.Proto)
				require.EqualValues(t, len(test.text), log.ReceivedBytes)
				require.Equal(t, test.class, log.Classification)
				require.Equal(t, test.reason, log.ClassificationReason)
				require.Equal(t, test.noncompliant, r.lb.Metrics().DesyncMitigationModeNonCompliantRequestCount)
				require.Equal(t, test.targets, r.group.Metrics().RequestCount)
			})
		})
	}
}

// After an ambiguous request neither connection is used again.
func TestAmbiguousIsIsolated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, rigConfig{}, shows("X-Forwarded-For"))
		ambiguous := "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
		conn := r.connect()
		go func() { _, _ = io.WriteString(conn, ambiguous+plainGet) }()
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(all), "HTTP/1.1 200 OK"))
		require.Contains(t, string(all), "Connection: close")
		log := r.lastRecord()
		require.Equal(t, "Ambiguous", log.Classification)
	})
}

// gRPC's requests are called so.
func TestGRPC(t *testing.T) {
	for _, front := range []wire{overHTTP2, overHTTPS2} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, rigConfig{front: front, back: overHTTP2, group: elb.GroupConfig{Version: elb.GRPC}}, func(w http.ResponseWriter, q *http.Request) {
				b, _ := io.ReadAll(q.Body)
				w.Header().Set("Content-Type", "application/grpc")
				_, _ = w.Write(b)
				w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
			})
			a := r.send("POST", "/service/method", strings.NewReader("message"), "Content-Type", "application/grpc+proto", "Te", "trailers")
			require.Equal(t, []string{"message", "0"}, []string{a.body, a.trailer.Get("Grpc-Status")})
			log := r.lastRecord()
			require.Equal(t, map[wire]string{overHTTP2: "h2", overHTTPS2: "grpcs"}[front], log.Type)
			require.EqualValues(t, 1, r.lb.Metrics().GrpcRequestCount)
		})
	}
}
