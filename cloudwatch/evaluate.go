package cloudwatch

import (
	"slices"
	"time"
)

// State is the state of an alarm.
type State string

// The states of an alarm.
const (
	StateOK               State = "OK"
	StateAlarm            State = "ALARM"
	StateInsufficientData State = "INSUFFICIENT_DATA"
)

// ComparisonOperator says when a value breaches the threshold.
type ComparisonOperator string

// The comparison operators, those of anomaly detection apart.
const (
	GreaterThanThreshold          ComparisonOperator = "GreaterThanThreshold"
	GreaterThanOrEqualToThreshold ComparisonOperator = "GreaterThanOrEqualToThreshold"
	LessThanThreshold             ComparisonOperator = "LessThanThreshold"
	LessThanOrEqualToThreshold    ComparisonOperator = "LessThanOrEqualToThreshold"
)

// MissingData says what an alarm makes of a period without samples.
type MissingData string

// The treatments of missing data.
const (
	// MissingDataMissing leaves them out; without any data the state is
	// INSUFFICIENT_DATA.
	MissingDataMissing MissingData = "missing"
	// MissingDataIgnore keeps the state that the alarm has.
	MissingDataIgnore MissingData = "ignore"
	// MissingDataBreaching counts them as bad.
	MissingDataBreaching MissingData = "breaching"
	// MissingDataNotBreaching counts them as good.
	MissingDataNotBreaching MissingData = "notBreaching"
)

// Datapoint is the statistic of one period.
type Datapoint struct {
	Start time.Time // of the period
	Value float64
	// Missing says that the period had no samples, and no value.
	Missing bool
}

// rule says which state datapoints mean.
type rule struct {
	n, m      int // M out of N
	threshold float64
	operator  ComparisonOperator
	missing   MissingData
}

// extraPeriods is how many periods besides the N an alarm looks back for data when some are
// missing. AWS says only that the number depends on the period; it is two in its examples.
const extraPeriods = 2

// span is how many datapoints evaluate looks at: AWS's evaluation range.
func (r *rule) span() int { return r.n + extraPeriods }

// verdict is what datapoints mean.
type verdict struct {
	state State
	keep  bool // the state that the alarm has, in the place of state

	breaching, good []Datapoint // that are evaluated, newest first
	filled          int         // missing datapoints that were needed
}

// evaluate applies the rule to datapoints, oldest first: AWS's "Configuring how CloudWatch
// alarms treat missing data" in the CloudWatch User Guide.
//
// Real datapoints are used if there are N among those looked at, the newest ones. If there
// are fewer, missing ones fill up. Those that are neither good nor bad do not make an alarm,
// but for one case: when all that is known is breaching, and as old as M periods, what is
// missing would not change that. AWS calls it the premature alarm state.
func (r *rule) evaluate(points []Datapoint) verdict {
	var v verdict
	age := 0 // of the oldest breaching datapoint, where the newest has 1
	for i, p := range slices.Backward(points) {
		switch {
		case p.Missing:
		case len(v.breaching)+len(v.good) == r.n:
		case r.breaches(p.Value):
			v.breaching = append(v.breaching, p)
			age = len(points) - i
		default:
			v.good = append(v.good, p)
		}
	}
	v.filled = r.n - len(v.breaching) - len(v.good)
	bad := len(v.breaching)
	switch {
	case v.filled == 0:
	case r.missing == MissingDataBreaching:
		bad += v.filled
	case r.missing == MissingDataNotBreaching:
	case v.filled == r.n:
		v.state, v.keep = StateInsufficientData, r.missing == MissingDataIgnore
		return v
	case bad < r.m && len(v.good) == 0 && age >= r.m:
		v.state, v.keep = StateAlarm, r.missing == MissingDataIgnore
		return v
	}
	v.state = StateOK
	if bad >= r.m {
		v.state = StateAlarm
	}
	return v
}

func (r *rule) breaches(value float64) bool {
	switch r.operator {
	case GreaterThanThreshold:
		return value > r.threshold
	case GreaterThanOrEqualToThreshold:
		return value >= r.threshold
	case LessThanThreshold:
		return value < r.threshold
	default:
		return value <= r.threshold
	}
}
