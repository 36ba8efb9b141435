package cloudwatch

import (
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/sns"
)

// AlarmConfig says what an alarm watches and what it does. Its ranges are those of
// PutMetricAlarm in the CloudWatch API reference.
type AlarmConfig struct {
	// Name is 1 to 255 characters. Required.
	Name string
	// Description is at most 1,024 characters, for those who read the message.
	Description string

	// Account (12 digits; empty means 000000000000) and Region (empty means us-east-1) are
	// what the alarm's ARN and message say.
	Account, Region string

	// Namespace, MetricName and Dimensions name the metric. The first two are required; the
	// dimensions must be all that the metric has. NewAlarm copies the map.
	Namespace, MetricName string
	Dimensions            map[string]string

	// Unit restricts the alarm to a metric that has it: with another, all data are missing.
	// Empty means any.
	Unit Unit

	// Statistic is what becomes of the samples of a period. Required.
	Statistic Statistic

	// Period is 10, 20 or 30 seconds or a multiple of 60. Zero means 60 seconds. Periods
	// begin at multiples of it since 1970, UTC: those of a minute on the minute.
	Period time.Duration

	// Resolution is the time between samples, a part of Period, at least a second. Zero
	// means a minute, as with AWS's own metrics, or Period if that is shorter or no multiple
	// of a minute.
	Resolution time.Duration

	// EvaluationPeriods is N, the number of the newest datapoints that matter. Zero means
	// 1. All together they are at most a day, or seven days if Period is an hour or more.
	EvaluationPeriods int

	// DatapointsToAlarm is M, how many of them must breach the threshold. Zero means all.
	DatapointsToAlarm int

	// Threshold is what the datapoints are compared with, any number.
	Threshold float64
	// ComparisonOperator says when they breach it. Required.
	ComparisonOperator ComparisonOperator
	// TreatMissingData says what becomes of periods without data. Empty means
	// MissingDataMissing.
	TreatMissingData MissingData

	// AlarmActions, OKActions and InsufficientDataActions are where the alarm publishes when
	// it comes into that state, in order; at most five each. NewAlarm copies the slices.
	AlarmActions, OKActions, InsufficientDataActions []sns.Publisher

	// ActionsDisabled keeps the alarm from publishing; OnChange is called all the same.
	ActionsDisabled bool

	// OnChange is called after each change of the state, before the actions; one change
	// after another. It must not close the alarm. Nil means nothing.
	OnChange func(StateChange)

	// Relaxed lifts the rules about Period and Resolution, which may then be a millisecond
	// or more, and lets all periods together be longer than they may be on AWS.
	Relaxed bool

	// Logger gets what goes wrong with actions and sources. Nil means silence.
	Logger *slog.Logger
}

const (
	day            = 24 * time.Hour
	maxDescription = 1024 // characters
	maxReason      = 1023 // characters
	maxActions     = 5    // for each state
	maxPeriods     = 10_000
	maxSamples     = 1_000_000 // of a period
)

// withDefaults returns a copy, sharing nothing, with every default filled in.
func (c AlarmConfig) withDefaults() AlarmConfig {
	orElse(&c.Account, "000000000000")
	orElse(&c.Region, "us-east-1")
	orElse(&c.Period, time.Minute)
	if c.Resolution == 0 {
		c.Resolution = min(c.Period, time.Minute)
		if c.Period%c.Resolution != 0 {
			c.Resolution = c.Period
		}
	}
	orElse(&c.EvaluationPeriods, 1)
	orElse(&c.TreatMissingData, MissingDataMissing)
	c.Dimensions = maps.Clone(c.Dimensions)
	c.AlarmActions = slices.Clone(c.AlarmActions)
	c.OKActions = slices.Clone(c.OKActions)
	c.InsufficientDataActions = slices.Clone(c.InsufficientDataActions)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// rule returns how the alarm, which has its defaults, evaluates datapoints.
func (c *AlarmConfig) rule() rule {
	r := rule{n: c.EvaluationPeriods, m: c.DatapointsToAlarm, threshold: c.Threshold, operator: c.ComparisonOperator, missing: c.TreatMissingData}
	orElse(&r.m, r.n)
	return r
}

// validate returns every fault of a configuration that has its defaults.
func (c *AlarmConfig) validate() error {
	f := faults{op: "NewAlarm", name: c.Name}
	f.checkName("AlarmName", c.Name, maxNameLength)
	f.checkMetric(c.Namespace, c.MetricName, c.Dimensions)
	f.checkText("AlarmDescription", c.Description, maxDescription)
	if !syntax.IsAccount(c.Account) {
		f.invalid("Account %q is not 12 digits.", c.Account)
	}
	if !syntax.IsRegion(c.Region) {
		f.invalid("Region %q is not the name of a region.", c.Region)
	}
	if c.Statistic == "" {
		f.missing("Statistic")
	} else if !c.Statistic.valid() {
		f.invalid("The value %s for parameter Statistic is not supported.", c.Statistic)
	}
	c.validatePeriods(&f)
	c.validateRule(&f)
	for name, actions := range map[string][]sns.Publisher{"AlarmActions": c.AlarmActions, "OKActions": c.OKActions, "InsufficientDataActions": c.InsufficientDataActions} {
		if len(actions) > maxActions {
			f.invalid("There are %d %s; an alarm has at most %d.", len(actions), name, maxActions)
		}
		if slices.Contains(actions, nil) {
			f.invalid("One of the %s is nil.", name)
		}
	}
	return f.err()
}

// checkText finds what is wrong with a text that may be empty.
func (f *faults) checkText(parameter, value string, most int) {
	if len(value) > 4*most || len([]rune(value)) > most {
		f.invalid("The value of parameter %s has more than %d characters.", parameter, most)
	} else if !syntax.AllowedText(value) {
		f.invalid("The value %q for parameter %s is invalid: it has characters that are not allowed.", value, parameter)
	}
}

func (c *AlarmConfig) validatePeriods(f *faults) {
	least, total := time.Second, day
	if c.Period >= time.Hour {
		total = 7 * day
	}
	regular := c.Period == 10*time.Second || c.Period == 20*time.Second || c.Period == 30*time.Second || c.Period%time.Minute == 0
	if c.Relaxed {
		least, total, regular = time.Millisecond, math.MaxInt64, true
	}
	switch {
	case c.Period < least || !regular:
		f.invalid("Period is %v; it must be 10, 20 or 30 seconds or a multiple of 60.", c.Period)
	case c.Resolution < least || c.Period%c.Resolution != 0 || c.Period/c.Resolution > maxSamples:
		f.invalid("Resolution is %v; it must be at least %v and divide the period of %v.", c.Resolution, least, c.Period)
	case c.EvaluationPeriods < 1 || c.EvaluationPeriods > maxPeriods:
		f.invalid("EvaluationPeriods is %d; it must be 1 to %d.", c.EvaluationPeriods, maxPeriods)
	case c.Period > total/time.Duration(c.EvaluationPeriods):
		f.add(ErrInvalidParameterCombination, "Metrics cannot be checked across more than %v (EvaluationPeriods * Period).", total)
	}
}

func (c *AlarmConfig) validateRule(f *faults) {
	if c.DatapointsToAlarm < 0 || c.DatapointsToAlarm > c.EvaluationPeriods {
		f.invalid("DatapointsToAlarm is %d; it must be 1 to EvaluationPeriods, which is %d.", c.DatapointsToAlarm, c.EvaluationPeriods)
	}
	if math.IsNaN(c.Threshold) || math.IsInf(c.Threshold, 0) {
		f.invalid("Threshold is %v, which is no number.", c.Threshold)
	}
	switch c.ComparisonOperator {
	case GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold:
	case "":
		f.missing("ComparisonOperator")
	default:
		f.invalid("The value %s for parameter ComparisonOperator is not supported.", c.ComparisonOperator)
	}
	switch c.TreatMissingData {
	case MissingDataMissing, MissingDataIgnore, MissingDataBreaching, MissingDataNotBreaching:
	default:
		f.invalid("The value %s for parameter TreatMissingData is not supported.", c.TreatMissingData)
	}
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
