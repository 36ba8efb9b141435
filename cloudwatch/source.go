package cloudwatch

import (
	"iter"
	"maps"
	"slices"
)

// Source has metrics to show.
type Source interface {
	// Metrics returns the metrics as they are now. It may be called concurrently, and
	// calls back to no registry.
	Metrics() iter.Seq[Metric]
}

// SourceFunc is a function as a source: it yields the metrics as they are now.
type SourceFunc func(yield func(Metric) bool)

// Metrics returns f.
func (f SourceFunc) Metrics() iter.Seq[Metric] { return iter.Seq[Metric](f) }

// selective is a source that need not look at everything to find the metrics of one thing.
type selective interface {
	// about returns a function as Metrics, whose metrics include those of a namespace with
	// just these dimensions.
	about(namespace string, dimensions map[string]string) func() iter.Seq[Metric]
}

// resources is the source of a service: each of its resources has the same metrics, with
// its name as the only dimension.
type resources[R any] struct {
	namespace, dimension string

	all     func(yield func(R) bool)
	find    func(name string) (R, error)
	name    func(R) string
	measure func(R, *measurement)
}

// Metrics implements Source.
func (s *resources[R]) Metrics() iter.Seq[Metric] {
	return func(yield func(Metric) bool) {
		for r := range s.all {
			if !s.measured(r).yieldTo(yield) {
				return
			}
		}
	}
}

func (s *resources[R]) about(namespace string, dimensions map[string]string) func() iter.Seq[Metric] {
	return func() iter.Seq[Metric] {
		return func(yield func(Metric) bool) {
			name, ok := dimensions[s.dimension]
			if !ok || namespace != s.namespace || len(dimensions) != 1 {
				return
			}
			if r, err := s.find(name); err == nil {
				s.measured(r).yieldTo(yield)
			}
		}
	}
}

func (s *resources[R]) measured(r R) *measurement {
	m := measure(s.namespace, map[string]string{s.dimension: s.name(r)})
	s.measure(r, m)
	return m
}

// measurement collects the metrics of one thing.
type measurement struct {
	namespace  string
	dimensions map[string]string
	sparse     bool
	metrics    []Metric
}

func measure(namespace string, dimensions map[string]string) *measurement {
	return &measurement{namespace: namespace, dimensions: dimensions}
}

func (m *measurement) yieldTo(yield func(Metric) bool) bool {
	return !slices.ContainsFunc(m.metrics, func(each Metric) bool { return !yield(each) })
}

func (m *measurement) counter(name string, unit Unit, total int64) {
	m.add(Metric{Name: name, Unit: unit, Kind: KindCounter, Value: float64(total)})
}

func (m *measurement) gauge(name string, unit Unit, value float64) {
	m.add(Metric{Name: name, Unit: unit, Kind: KindGauge, Value: value})
}

// samples adds a metric of a number of samples that have a sum.
func (m *measurement) samples(name string, unit Unit, sum, count int64) {
	m.add(Metric{Name: name, Unit: unit, Kind: KindSamples, Value: float64(sum), Count: count})
}

func (m *measurement) add(each Metric) {
	each.Namespace, each.Dimensions, each.Sparse = m.namespace, m.dimensions, m.sparse
	m.metrics = append(m.metrics, each)
}

// with returns dimensions and one more.
func with(dimensions map[string]string, name, value string) map[string]string {
	more := maps.Clone(dimensions)
	more[name] = value
	return more
}
