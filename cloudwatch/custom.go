package cloudwatch

import (
	"maps"
	"math"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/leat-go/leat/internal/syntax"
)

// Counter is a metric of the program's own that only grows. Its methods may be called
// concurrently.
type Counter struct{ cell *cell }

// Add counts so many. Less than nothing is not counted, nor is what is no number.
func (c *Counter) Add(n float64) {
	if n > 0 && !math.IsInf(n, 1) {
		c.cell.add(n)
	}
}

// Gauge is a metric of the program's own that goes up and down. It is zero until it is
// set. Its methods may be called concurrently.
type Gauge struct{ cell *cell }

// Set says what the metric is now. NaN makes it missing.
func (g *Gauge) Set(value float64) { g.cell.bits.Store(math.Float64bits(value)) }

// Add changes what the metric is by delta.
func (g *Gauge) Add(delta float64) { g.cell.add(delta) }

// Counter returns the counter that the program has under a name; a new one if there was
// none. It fails with ErrInvalidParameterValue if namespace or name is not 1 to 255
// printable characters, if there are more than 30 dimensions or one of them is empty or not
// ASCII, if the namespace begins with "AWS/" or a colon, or if the metric is there already and is no counter, or has
// another unit. An empty unit means UnitCount. The map is copied. It takes the place of
// PutMetricData, which is about single values. ([Gauge] for what goes down, too.)
func (r *Registry) Counter(namespace, name string, unit Unit, dimensions map[string]string) (*Counter, error) {
	if unit == "" {
		unit = UnitCount
	}
	c, err := r.cell("Counter", Metric{Namespace: namespace, Name: name, Dimensions: dimensions, Unit: unit, Kind: KindCounter})
	if err != nil {
		return nil, err
	}
	return &Counter{c}, nil
}

// Gauge returns the gauge that the program has under a name, as Counter does. An empty
// unit means UnitNone.
func (r *Registry) Gauge(namespace, name string, unit Unit, dimensions map[string]string) (*Gauge, error) {
	if unit == "" {
		unit = UnitNone
	}
	c, err := r.cell("Gauge", Metric{Namespace: namespace, Name: name, Dimensions: dimensions, Unit: unit, Kind: KindGauge})
	if err != nil {
		return nil, err
	}
	return &Gauge{c}, nil
}

// cell is a metric of the program's own.
type cell struct {
	about Metric        // without its value
	bits  atomic.Uint64 // of the value, a float64
}

func (c *cell) add(delta float64) {
	for {
		old := c.bits.Load()
		if c.bits.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+delta)) {
			return
		}
	}
}

func (c *cell) metric() Metric {
	m := c.about
	m.Value = math.Float64frombits(c.bits.Load())
	return m
}

func (r *Registry) cell(op string, about Metric) (*cell, error) {
	f := faults{op: op, name: about.Name}
	f.checkMetric(about.Namespace, about.Name, about.Dimensions)
	if strings.HasPrefix(about.Namespace, "AWS/") {
		f.invalid("The value %s for parameter Namespace is invalid: what begins with AWS/ is reserved.", about.Namespace)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	id := about.id()
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.own[id]; c != nil {
		if c.about.Kind != about.Kind || c.about.Unit != about.Unit {
			f.invalid("The metric is there already: a %s of %s.", c.about.Kind, c.about.Unit)
			return nil, f.err()
		}
		return c, nil
	}
	about.Dimensions = maps.Clone(about.Dimensions)
	c := &cell{about: about}
	if r.own == nil {
		r.own = map[string]*cell{}
	}
	r.own[id] = c
	return c, nil
}

const (
	maxNameLength = 255 // characters
	maxDimensions = 30
	maxDimension  = 1024 // characters of a dimension's value
)

// checkMetric finds what is wrong with what a metric is called. (MetricDatum and Dimension
// in the CloudWatch API reference.)
func (f *faults) checkMetric(namespace, name string, dimensions map[string]string) {
	f.checkName("Namespace", namespace, maxNameLength)
	f.checkStart("Namespace", namespace)
	f.checkName("MetricName", name, maxNameLength)
	if len(dimensions) > maxDimensions {
		f.invalid("There are %d dimensions; a metric has at most %d.", len(dimensions), maxDimensions)
		return
	}
	for name, value := range dimensions {
		f.checkDimension("Dimensions.Name", name, maxNameLength)
		f.checkStart("Dimensions.Name", name)
		f.checkDimension("Dimensions.Value", value, maxDimension)
	}
}

// checkDimension finds what is wrong with a dimension's name or value.
func (f *faults) checkDimension(parameter, value string, most int) {
	f.checkName(parameter, value, most)
	notASCII := func(r rune) bool { return r > unicode.MaxASCII }
	if value != "" && strings.TrimSpace(value) == "" || strings.ContainsFunc(value, notASCII) {
		f.invalid("The value %.200q for parameter %s is invalid: it must be ASCII characters, and not only white space.", value, parameter)
	}
}

// checkStart finds a colon at the beginning.
func (f *faults) checkStart(parameter, value string) {
	if strings.HasPrefix(value, ":") {
		f.invalid("The value %.200q for parameter %s is invalid: it must not begin with a colon.", value, parameter)
	}
}

func (f *faults) checkName(parameter, value string, most int) {
	switch {
	case value == "":
		f.missing(parameter)
	case len(value) > 4*most || len([]rune(value)) > most:
		f.invalid("The value of parameter %s has more than %d characters.", parameter, most)
	case strings.ContainsFunc(value, unicode.IsControl) || !syntax.AllowedText(value):
		f.invalid("The value %q for parameter %s is invalid: it has a control character, or one that is none.", value, parameter)
	}
}
