package cloudwatch

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const second = int64(time.Second)

func gauge(v float64) Metric { return Metric{Kind: KindGauge, Value: v} }

func newTestCore(n int, treatment MissingData) *core {
	cfg := AlarmConfig{
		Statistic: Average, EvaluationPeriods: n, Threshold: 5, ComparisonOperator: GreaterThanThreshold, TreatMissingData: treatment,
	}.withDefaults()
	return newCore(&cfg, 1000*60*second, Metric{}, false)
}

// A sample belongs to the period at whose end it is taken, one taken late to the period
// that is under way then.
func TestSamplesAndPeriods(t *testing.T) {
	c := newTestCore(3, MissingDataMissing)
	c.tick(1001*60*second, gauge(1), true)
	c.tick(1001*60*second+1, gauge(2), true)
	c.tick(1002*60*second, gauge(4), true)
	c.tick(1004*60*second, gauge(6), true)
	require.Equal(t, []Datapoint{
		{Start: time.Unix(1000*60, 0).UTC(), Value: 1},
		{Start: time.Unix(1001*60, 0).UTC(), Value: 3},
		{Start: time.Unix(1002*60, 0).UTC(), Missing: true},
		{Start: time.Unix(1003*60, 0).UTC(), Value: 6},
	}, c.points)
}

// When nobody called for years, as a machine sleeps, what was is missing, and nothing is
// done for each of those periods.
func TestCoreAfterALongSleep(t *testing.T) {
	for treatment, want := range map[MissingData][]State{
		MissingDataMissing:      {StateInsufficientData, StateAlarm},
		MissingDataNotBreaching: {StateOK, StateAlarm},
		MissingDataBreaching:    nil, // it was ALARM and still is
		MissingDataIgnore:       nil,
	} {
		c := newTestCore(1, treatment)
		c.tick(1001*60*second, gauge(9), true)
		require.Equal(t, StateAlarm, c.state)
		began := time.Now()
		var states []State
		for _, change := range c.tick(100_000_000*60*second, gauge(9), true) {
			states = append(states, change.New)
		}
		require.Equal(t, want, states, treatment)
		require.Less(t, time.Since(began), time.Second)
		require.Len(t, c.points, 3)
		require.Equal(t, int64(100_000_001*60*second), c.end)
		require.Equal(t, Datapoint{Start: time.Unix(99_999_999*60, 0).UTC(), Value: 9}, c.points[2])
	}
}

// However samples fall into periods, the sums of a counter are together how much it grew,
// each change of state is from the state before, and the same calls give the same states.
func TestCoreWithRandomSamples(t *testing.T) {
	for seed := range uint64(300) {
		run := func() (c *core, changes []StateChange, sum float64) {
			random := rand.New(rand.NewPCG(seed, 1))
			treatments := []MissingData{MissingDataMissing, MissingDataIgnore, MissingDataBreaching, MissingDataNotBreaching}
			n := 1 + random.IntN(4)
			cfg := AlarmConfig{
				Statistic: Sum, EvaluationPeriods: n, DatapointsToAlarm: random.IntN(n + 1), Threshold: 10,
				ComparisonOperator: GreaterThanThreshold, TreatMissingData: treatments[random.IntN(4)],
			}.withDefaults()
			now, total, counted := 1000*60*second, 0.0, 0.0
			m := Metric{Kind: KindCounter, Value: 1000, Sparse: random.IntN(2) == 0}
			c = newCore(&cfg, now, m, true)
			end := c.end
			for range 60 {
				now += []int64{10, 20, 60, 150}[random.IntN(4)] * second
				grown := float64(random.IntN(3) * random.IntN(10))
				m.Value += grown
				total += grown
				changes = append(changes, c.tick(now, m, true)...)
				if c.end != end { // the newest datapoints are there, as many as fit
					ended := min(int((c.end-end)/(60*second)), len(c.points))
					for _, p := range c.points[len(c.points)-ended:] {
						sum += p.Value
					}
					end = c.end
				}
				counted = total - c.sampler.window.sum
			}
			require.Equal(t, counted, sum, "seed %d", seed)
			return c, changes, sum
		}
		c, changes, _ := run()
		state := StateInsufficientData
		for _, change := range changes {
			require.Equal(t, state, change.Old, "seed %d", seed)
			require.NotEqual(t, change.Old, change.New, "seed %d", seed)
			require.NotEmpty(t, change.Reason)
			state = change.New
		}
		require.Equal(t, state, c.state)
		_, again, _ := run()
		require.Equal(t, changes, again, "seed %d", seed)
	}
}

// Samples that a distribution knows have their true statistics; of others the average is
// known.
func TestMetricsOfSamples(t *testing.T) {
	statistics := func(metrics ...Metric) map[Statistic]float64 {
		values := map[Statistic]float64{}
		for _, statistic := range []Statistic{SampleCount, Sum, Average, Minimum, Maximum, "p50"} {
			var s sampler
			_, s.window.keep = statistic.percentile()
			s.begin(metrics[0], true)
			for _, m := range metrics[1:] {
				s.take(m, true)
			}
			if value, ok := s.end(statistic); ok {
				values[statistic] = value
			}
			_, ok := s.end(statistic)
			require.False(t, ok, "the next period is empty")
		}
		return values
	}
	sizes := func(sum float64, count int64) Metric { return Metric{Kind: KindSamples, Value: sum, Count: count} }
	require.Equal(t, map[Statistic]float64{SampleCount: 5, Sum: 40, Average: 8, Minimum: 5, Maximum: 10, "p50": 5},
		statistics(sizes(100, 10), sizes(110, 12), sizes(110, 12), sizes(140, 15)))
	require.Empty(t, statistics(sizes(100, 10), sizes(100, 10)))
	require.Equal(t, map[Statistic]float64{SampleCount: 2, Sum: 6, Average: 3, Minimum: 3, Maximum: 3, "p50": 3},
		statistics(sizes(100, 10), sizes(6, 2)), "they began again")
}
