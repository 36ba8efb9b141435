package cloudwatch

import (
	"math"

	"github.com/leat-go/leat/elb"
)

// sampler turns what a metric is at one moment after another into the samples of a period.
type sampler struct {
	window window

	last   Metric           // as of the sample before; zero if there was none
	spread elb.Distribution // as of the beginning of the period
}

// begin notes what the metric is before the first period.
func (s *sampler) begin(m Metric, ok bool) {
	if !ok {
		m = Metric{}
	}
	s.last = m
	if m.Distribution != nil {
		s.spread = *m.Distribution
	}
}

// take adds a sample of the metric to the period, or notes that there is no metric. One
// that was not there before has been counting from zero since.
func (s *sampler) take(m Metric, ok bool) {
	last := s.last
	if !ok {
		s.last = Metric{}
		return
	}
	s.last = m
	if math.IsNaN(m.Value) {
		return
	}
	switch m.Kind {
	case KindCounter:
		grown := m.Value - last.Value
		if grown < 0 {
			grown = m.Value
		}
		if grown != 0 || !m.Sparse {
			s.window.add(1, grown, grown, grown)
		}
	case KindSamples:
		s.takeSamples(m, last)
	default:
		if m.Value != 0 || !m.Sparse {
			s.window.add(1, m.Value, m.Value, m.Value)
		}
	}
}

func (s *sampler) takeSamples(m, last Metric) {
	if m.Count < last.Count {
		last = Metric{}
		s.spread = elb.Distribution{}
	}
	n := m.Count - last.Count
	if n == 0 {
		return
	}
	sum := m.Value - last.Value
	least, most := sum/float64(n), sum/float64(n) // all that is known
	if m.Distribution != nil {
		var before elb.Distribution
		if last.Distribution != nil {
			before = *last.Distribution
		}
		added := m.Distribution.Since(before)
		least, most = added.Percentile(0).Seconds(), added.Percentile(100).Seconds()
		s.window.spread = new(m.Distribution.Since(s.spread))
	}
	s.window.add(float64(n), sum, least, most)
}

// end ends the period and returns its statistic; ok is false if it has no samples.
func (s *sampler) end(statistic Statistic) (value float64, ok bool) {
	value, ok = s.window.value(statistic)
	s.window = window{keep: s.window.keep, samples: s.window.samples[:0]}
	if s.last.Distribution != nil {
		s.spread = *s.last.Distribution
	}
	return value, ok
}
