package cloudwatch

import (
	"maps"
	"slices"
	"strings"

	"github.com/leat-go/leat/elb"
)

// Metric is what a metric is at one moment. Namespace, Name and Dimensions together say
// which metric it is.
type Metric struct {
	Namespace string // "AWS/SQS"
	Name      string // "NumberOfMessagesSent"

	// Dimensions say what is measured: {"QueueName": "orders"}. The map is shared and must
	// not be changed.
	Dimensions map[string]string

	// Unit is the unit of Value.
	Unit Unit

	// Kind says what Value means. Empty means KindGauge.
	Kind Kind

	// Value is the total of a counter so far, what a gauge is now, or the sum of all
	// samples so far.
	Value float64

	// Count is the number of all samples so far, where Kind is KindSamples.
	Count int64

	// Distribution is how these samples are spread, in seconds, if that is known; nil if
	// not.
	Distribution *elb.Distribution

	// Sparse says that AWS reports the metric only when it is not zero, as it does those of
	// load balancers: an alarm sees a period in which nothing was counted as missing.
	Sparse bool
}

// Kind says how the values of a metric hang together.
type Kind string

// The kinds of metrics.
const (
	// KindGauge goes up and down, as a number of messages does.
	KindGauge Kind = "gauge"
	// KindCounter only grows. If it is less than before it began again from zero.
	KindCounter Kind = "counter"
	// KindSamples is the sum and the number of samples, such as sizes or durations; both
	// only grow.
	KindSamples Kind = "samples"
)

// Unit is the unit of a metric, by AWS's name. (MetricDatum in the CloudWatch API
// reference.)
type Unit string

// Units that leat's metrics have; AWS knows more.
const (
	UnitNone         Unit = "None"
	UnitCount        Unit = "Count"
	UnitBytes        Unit = "Bytes"
	UnitSeconds      Unit = "Seconds"
	UnitMilliseconds Unit = "Milliseconds"
	UnitPercent      Unit = "Percent"
)

// id is a string that no other metric has, and that sorts metrics by namespace, name and
// dimensions.
func (m *Metric) id() string {
	var b strings.Builder
	b.Grow(128)
	b.WriteString(m.Namespace)
	b.WriteByte(0)
	b.WriteString(m.Name)
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		b.WriteByte(0)
		b.WriteString(name)
		b.WriteByte(0)
		b.WriteString(m.Dimensions[name])
	}
	return b.String()
}

func (m *Metric) is(namespace, name string, dimensions map[string]string) bool {
	return m.Name == name && m.Namespace == namespace && maps.Equal(m.Dimensions, dimensions)
}
