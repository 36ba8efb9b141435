package cloudwatch

import (
	"expvar"
	"maps"
	"math"
	"slices"
	"strings"
)

// Expvar returns the metrics of a registry as a variable, to be published under a name by
// expvar.Publish; nothing is published here. It is an object of namespaces, of dimensions
// ("QueueName=orders", several joined by commas; "" for none), and of metrics:
//
//	{"AWS/SQS": {"QueueName=orders": {"NumberOfMessagesSent": 12}}}
//
// A metric of samples is an object of its Sum and SampleCount. What JSON has no number for
// is null.
func Expvar(r *Registry) expvar.Var {
	return expvar.Func(func() any {
		type values = map[string]any
		all := map[string]map[string]values{}
		for _, m := range r.Metrics() {
			things := all[m.Namespace]
			if things == nil {
				things = map[string]values{}
				all[m.Namespace] = things
			}
			thing := joined(m.Dimensions)
			if things[thing] == nil {
				things[thing] = values{}
			}
			if m.Kind == KindSamples {
				things[thing][m.Name] = values{"Sum": finite(m.Value), "SampleCount": m.Count}
			} else {
				things[thing][m.Name] = finite(m.Value)
			}
		}
		return all
	})
}

func joined(dimensions map[string]string) string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(dimensions)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + "=" + dimensions[name])
	}
	return b.String()
}

// finite returns a number that JSON has; nil for others.
func finite(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}
