package cloudwatch

import (
	"errors"
	"slices"
	"strings"
	"sync"
)

// Registry is a set of metrics, and of the alarms on them: what CloudWatch is for one
// account in one region. Its zero value is empty and ready for use. It must not be copied.
// All methods may be called concurrently.
//
// A registry holds no values. It asks its sources whenever somebody wants to know, so that
// one at which nobody looks costs nothing.
type Registry struct {
	mu      sync.Mutex
	sources []*registration  // in the order of Add; guarded by mu
	own     map[string]*cell // by id; guarded by mu
	alarms  []*Alarm         // that are not closed, oldest first; guarded by mu
}

// registration is a source as often as it was added.
type registration struct{ source Source }

// Add adds the metrics of a source. remove takes them away again; it may be called more
// than once.
func (r *Registry) Add(source Source) (remove func()) {
	added := &registration{source}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources = append(r.sources, added)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sources = slices.DeleteFunc(slices.Clone(r.sources), func(other *registration) bool { return other == added })
	}
}

// Metrics returns all metrics as they are now, sorted by namespace, name and dimensions.
// Where two sources have the same metric, the value of the one that was added first counts.
func (r *Registry) Metrics() []Metric {
	type identified struct {
		Metric
		id string
	}
	var all []identified
	for _, added := range r.list() {
		for m := range added.source.Metrics() {
			all = append(all, identified{m, m.id()})
		}
	}
	for _, m := range r.custom() {
		all = append(all, identified{m, m.id()})
	}
	slices.SortStableFunc(all, func(a, b identified) int { return strings.Compare(a.id, b.id) })
	all = slices.CompactFunc(all, func(a, b identified) bool { return a.id == b.id })
	metrics := make([]Metric, len(all))
	for i := range all {
		metrics[i] = all[i].Metric
	}
	return metrics
}

// Metric returns one metric as it is now; ok is false if there is none. Dimensions must
// be all that the metric has, as in AWS.
func (r *Registry) Metric(namespace, name string, dimensions map[string]string) (m Metric, ok bool) {
	for _, added := range r.list() {
		metrics := added.source.Metrics
		if s, ok := added.source.(selective); ok {
			metrics = s.about(namespace, dimensions)
		}
		for m := range metrics() {
			if m.is(namespace, name, dimensions) {
				return m, true
			}
		}
	}
	wanted := Metric{Namespace: namespace, Name: name, Dimensions: dimensions}
	r.mu.Lock()
	c := r.own[wanted.id()]
	r.mu.Unlock()
	if c == nil {
		return Metric{}, false
	}
	return c.metric(), true
}

// Alarms returns the alarms on the registry's metrics that are not closed, by name; those of
// one name in the order of their making.
func (r *Registry) Alarms() []*Alarm {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(r.alarms), func(a, b *Alarm) int { return strings.Compare(a.cfg.Name, b.cfg.Name) })
}

// Close closes all alarms, as [Alarm.Close] does. The metrics stay, and there may be other
// alarms later. It may be called again.
func (r *Registry) Close() error {
	var errs []error
	for _, a := range r.Alarms() {
		errs = append(errs, a.Close())
	}
	return errors.Join(errs...)
}

// list returns the sources. The slice is not changed any more.
func (r *Registry) list() []*registration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sources
}

// custom returns the user's own metrics.
func (r *Registry) custom() []Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	metrics := make([]Metric, 0, len(r.own))
	for _, c := range r.own {
		metrics = append(metrics, c.metric())
	}
	return metrics
}

func (r *Registry) enroll(a *Alarm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alarms = append(r.alarms, a)
}

func (r *Registry) dismiss(a *Alarm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alarms = slices.DeleteFunc(r.alarms, func(other *Alarm) bool { return other == a })
}
