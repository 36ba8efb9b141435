package elb

import "time"

// OutlierEjection takes targets out of a group whose answers are bad, for a while, whatever
// their health checks say. The zero OutlierEjection has Envoy's defaults. (Envoy's
// documentation, "Outlier detection", consecutive 5xx.) An answer is bad if its status is
// 500 or more, or if there is none. Unlike with Envoy's default, a health check that is
// passed does not end an ejection: what checks do not see is what ejections are for. A
// target is used all the same if all healthy ones are ejected, or if too few are healthy
// and all targets are used.
type OutlierEjection struct {
	// Consecutive is how many bad answers in a row have a target ejected. Zero means 5.
	Consecutive int

	// Interval is how often ejected targets are looked at, so that one whose time is over
	// comes back. Zero means 10 s.
	Interval time.Duration

	// BaseEjection is how long a target is ejected, times the number of times that it was,
	// this one included; each Interval that it is in takes one off that number. Zero means
	// 30 s.
	BaseEjection time.Duration

	// MaxEjection is how long a target is ejected at most. Zero means 300 s, or
	// BaseEjection if that is longer.
	MaxEjection time.Duration

	// MaxPercent is how many of a group's targets are ejected at a time at most, 1 to 100;
	// a single one may be in any case. Zero means 10.
	MaxPercent int
}

func (o OutlierEjection) withDefaults() OutlierEjection {
	if o.Consecutive == 0 {
		o.Consecutive = 5
	}
	if o.Interval == 0 {
		o.Interval = 10 * time.Second
	}
	if o.BaseEjection == 0 {
		o.BaseEjection = 30 * time.Second
	}
	if o.MaxEjection == 0 {
		o.MaxEjection = max(300*time.Second, o.BaseEjection)
	}
	if o.MaxPercent == 0 {
		o.MaxPercent = 10
	}
	return o
}

func (o *OutlierEjection) validate(f *configFaults) {
	f.check(o.Consecutive > 0, "Outliers.Consecutive", "%d is less than 1", o.Consecutive)
	f.check(o.Interval > 0, "Outliers.Interval", "%v is less than 0", o.Interval)
	f.check(o.BaseEjection > 0, "Outliers.BaseEjection", "%v is less than 0", o.BaseEjection)
	f.check(o.MaxEjection >= o.BaseEjection, "Outliers.MaxEjection", "%v is less than BaseEjection, %v", o.MaxEjection, o.BaseEjection)
	f.check(o.MaxPercent > 0 && o.MaxPercent <= 100, "Outliers.MaxPercent", "%d is not between 1 and 100", o.MaxPercent)
}
