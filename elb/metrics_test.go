package elb

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBalancerCounters(t *testing.T) {
	var c balancerCounters
	c.connection(1)
	c.connection(1)
	c.connection(-1)
	c.rejected()
	c.tlsError()
	c.request(false, 0)
	c.request(true, 3)
	for status, times := range map[int]int{100: 1, 200: 1, 301: 2, 400: 3, 460: 4, 500: 5, 501: 6, 502: 7, 503: 8, 504: 9, 505: 10, 561: 11, 600: 1, 0: 1} {
		for range times {
			c.answered(status)
		}
	}
	c.redirected()
	c.fixedResponse()
	c.processed(10)
	c.processed(20)
	c.desync(true)
	c.desync(false)
	require.Equal(t, Metrics{
		RequestCount: 2, GrpcRequestCount: 1, RuleEvaluations: 3,
		ActiveConnectionCount: 1, NewConnectionCount: 2, RejectedConnectionCount: 1, ClientTLSNegotiationErrorCount: 1, ProcessedBytes: 30,
		HTTPCodeELB3XXCount: 2, HTTPCodeELB4XXCount: 7, HTTPCodeELB5XXCount: 5 + 6 + 7 + 8 + 9 + 10 + 11,
		HTTPCodeELB500Count: 5, HTTPCodeELB502Count: 7, HTTPCodeELB503Count: 8, HTTPCodeELB504Count: 9,
		HTTPRedirectCount: 1, HTTPFixedResponseCount: 1, DesyncMitigationModeNonCompliantRequestCount: 1,
	}, c.metrics())
}

func TestGroupCounters(t *testing.T) {
	var c groupCounters
	for range 6 {
		c.request()
	}
	for _, status := range []int{101, 200, 204, 301, 404, 503, 599} {
		c.response(status, time.Second)
	}
	c.response(0, -time.Second)
	c.connectionError(false)
	c.connectionError(true)
	c.connectionError(true)
	c.failOpen()
	c.functionError(true)
	c.functionError(true)
	c.functionError(false)
	m := c.metrics([]TargetStatus{
		{Health: TargetHealth{State: StateHealthy}},
		{Health: TargetHealth{State: StateHealthy}, Ejected: true},
		{Health: TargetHealth{State: StateUnhealthy}},
		{Health: TargetHealth{State: StateInitial}},
		{Health: TargetHealth{State: StateDraining}},
	})
	require.EqualValues(t, 8, m.TargetResponseTime.Count)
	require.Equal(t, 7*time.Second, m.TargetResponseTime.Sum)
	require.Equal(t, 3., m.RequestCountPerTarget())
	m.TargetResponseTime = Distribution{}
	require.Equal(t, GroupMetrics{
		RequestCount: 6, UnhealthyRoutingRequestCount: 1, HealthyHostCount: 2, UnHealthyHostCount: 1, AnomalousHostCount: 1,
		HTTPCodeTarget2XXCount: 2, HTTPCodeTarget3XXCount: 1, HTTPCodeTarget4XXCount: 1, HTTPCodeTarget5XXCount: 2,
		TargetConnectionErrorCount: 1, TargetTLSNegotiationErrorCount: 2, LambdaUserError: 2, LambdaInternalError: 1, registered: 4,
	}, m)

	m.HealthyHostCount = 0
	require.Equal(t, 1.5, m.RequestCountPerTarget(), "by the registered ones")
	m.registered = 0
	require.Zero(t, m.RequestCountPerTarget())
}

// TestCountersConcurrently counts by several goroutines while another reads, for the race
// detector.
func TestCountersConcurrently(t *testing.T) {
	var g groupCounters
	var b balancerCounters
	const counters, each = 4, 1000
	var running sync.WaitGroup
	for range counters {
		running.Go(func() {
			for i := range each {
				g.request()
				g.response(200+i%400, time.Duration(i)*time.Microsecond)
				b.request(true, 1)
				b.processed(3)
			}
		})
	}
	var last int64
	for range 100 {
		m := g.metrics(nil)
		require.GreaterOrEqual(t, m.TargetResponseTime.Count, last, "counters only grow")
		last = m.TargetResponseTime.Count
	}
	running.Wait()
	m := g.metrics(nil)
	require.EqualValues(t, counters*each, m.RequestCount)
	require.EqualValues(t, counters*each, m.TargetResponseTime.Count)
	require.Equal(t, counters*(each*(each-1)/2)*time.Microsecond, m.TargetResponseTime.Sum)
	require.EqualValues(t, counters*each, b.metrics().RuleEvaluations)
	require.EqualValues(t, counters*each*3, b.metrics().ProcessedBytes)
}

// distributionOf is what the group's counters make of durations.
func distributionOf(durations ...time.Duration) Distribution {
	var c groupCounters
	for _, d := range durations {
		c.response(200, d)
	}
	return c.metrics(nil).TargetResponseTime
}

// exactPercentile is the naive one: of a sorted list, the nearest rank.
func exactPercentile(sorted []time.Duration, p float64) time.Duration {
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// TestDistributionError compares percentiles with those of the durations themselves: of
// several spreads over nine powers of ten.
func TestDistributionError(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	worst := 0.
	for range 200 {
		low, spread := random.Float64()*7, random.Float64()*3
		durations := make([]time.Duration, 1+random.IntN(500))
		for i := range durations {
			durations[i] = time.Duration(math.Pow(10, 2+low+spread*random.Float64())) // 100 ns to 1000 s
		}
		d := distributionOf(durations...)
		slices.Sort(durations)
		for _, p := range []float64{0, 0.01, 25, 50, 90, 99, 99.9, 100} {
			want, got := exactPercentile(durations, p), d.Percentile(p)
			off := (got - want).Abs()
			require.LessOrEqual(t, off, max(want/16+1, time.Microsecond/2), "p%v of %d is %v, not %v", p, len(durations), got, want)
			if want >= 8*time.Microsecond {
				worst = max(worst, float64(off)/float64(want))
			}
		}
	}
	t.Logf("percentiles from 8 µs on are off by %.2f %% at most", 100*worst)
	require.Greater(t, worst, 0.05, "the documented bound is no tighter than it is")
}

func TestDistribution(t *testing.T) {
	var none Distribution
	require.Zero(t, none.Average())
	require.Zero(t, none.Percentile(99))

	d := distributionOf(3*time.Microsecond, 100*time.Hour)
	require.EqualValues(t, 2, d.Count)
	require.Equal(t, 100*time.Hour+3*time.Microsecond, d.Sum)
	require.Equal(t, 3500*time.Nanosecond, d.Percentile(50))
	require.Equal(t, d.Percentile(100), distributionOf(72*time.Minute).Percentile(100), "more than 71 minutes counts as that")
	require.InDelta(t, 71.5*60, d.Percentile(100).Seconds(), 71.5*60/16)
	require.Equal(t, d.Percentile(0), d.Percentile(-5))
	require.Equal(t, d.Percentile(0), d.Percentile(math.NaN()))
	require.Equal(t, d.Percentile(100), d.Percentile(math.Inf(1)))

	longer := distributionOf(3*time.Microsecond, 100*time.Hour, time.Second, time.Second)
	require.Equal(t, distributionOf(time.Second, time.Second), longer.Since(d))
	require.Equal(t, longer, longer.Since(Distribution{}))
}

// TestTimeBuckets walks all of them: each begins where the last one ends.
func TestTimeBuckets(t *testing.T) {
	before := -1
	for us := time.Duration(0); us < 1<<33; us += max(us/64, 1) {
		i := timeBucket(us * time.Microsecond)
		require.True(t, i == before || i == before+1 || us > 1<<10 && i > before, "%d µs is in bucket %d after %d", us, i, before)
		before = i
	}
	require.Equal(t, timeBuckets-1, before)
	require.Equal(t, timeBuckets-1, timeBucket(math.MaxInt64))
	for i := range timeBuckets {
		require.Equal(t, i, timeBucket(timeBucketMiddle(i)), "the middle of bucket %d is in it", i)
	}
}

// TestMetricsJSON names AWS's metrics as they are written in CloudWatch.
func TestMetricsJSON(t *testing.T) {
	require.ElementsMatch(t, []string{
		"RequestCount", "GrpcRequestCount", "RuleEvaluations", "ActiveConnectionCount", "NewConnectionCount", "RejectedConnectionCount",
		"ClientTLSNegotiationErrorCount", "ProcessedBytes", "HTTPCode_ELB_3XX_Count", "HTTPCode_ELB_4XX_Count", "HTTPCode_ELB_5XX_Count",
		"HTTPCode_ELB_500_Count", "HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count", "HTTP_Redirect_Count",
		"HTTP_Fixed_Response_Count", "DesyncMitigationMode_NonCompliant_Request_Count",
	}, jsonNames(t, Metrics{}))
	require.ElementsMatch(t, []string{
		"RequestCount", "UnhealthyRoutingRequestCount", "HealthyHostCount", "UnHealthyHostCount", "AnomalousHostCount",
		"HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count",
		"TargetConnectionErrorCount", "TargetTLSNegotiationErrorCount", "LambdaUserError", "LambdaInternalError", "TargetResponseTime",
	}, jsonNames(t, GroupMetrics{}))
	require.ElementsMatch(t, []string{"SampleCount", "Sum", "Average", "p50", "p90", "p95", "p99"}, jsonNames(t, Distribution{}))

	b, err := json.Marshal(distributionOf(time.Second, 3*time.Second))
	require.NoError(t, err)
	var m struct{ Sum, Average, P50 float64 }
	require.NoError(t, json.Unmarshal(b, &m))
	require.Equal(t, 4., m.Sum)
	require.Equal(t, 2., m.Average)
	require.InDelta(t, 1, m.P50, 1./16)
}

func jsonNames(t *testing.T, v any) (names []string) {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

// BenchmarkCounters is what a request costs to count. The baseline is one addition.
func BenchmarkCounters(b *testing.B) {
	var g groupCounters
	var lb balancerCounters
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"baseline", g.request},
		{"group.response", func() { g.response(200, 1234*time.Microsecond) }},
		{"balancer.request", func() { lb.request(false, 3) }},
		{"balancer.answered", func() { lb.answered(503) }},
		{"balancer.processed", func() { lb.processed(128) }},
		{"all of a request", func() {
			lb.request(false, 3)
			g.request()
			g.response(200, 1234*time.Microsecond)
			lb.processed(128)
			lb.desync(true)
		}},
	} {
		b.Run(c.name+"/single", func(b *testing.B) {
			for b.Loop() {
				c.do()
			}
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c.do()
				}
			})
		})
	}
	b.Run("group.metrics", func(b *testing.B) {
		for b.Loop() {
			g.metrics(nil)
		}
	})
}
