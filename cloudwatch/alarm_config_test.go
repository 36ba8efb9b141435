package cloudwatch_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/sns"
)

func TestAlarmConfig(t *testing.T) {
	many := map[string]string{}
	for i := range 31 {
		many[strconv.Itoa(i)] = "v"
	}
	type config = cloudwatch.AlarmConfig
	for name, c := range map[string]struct {
		change func(*config)
		want   error // nil for a good one
	}{
		"the least":           {func(*config) {}, nil},
		"10 seconds":          {func(c *config) { c.Period = 10 * time.Second }, nil},
		"30 seconds":          {func(c *config) { c.Period = 30 * time.Second }, nil},
		"an hour for a week":  {func(c *config) { c.Period, c.EvaluationPeriods = time.Hour, 168 }, nil},
		"a week":              {func(c *config) { c.Period = 7 * 24 * time.Hour }, nil},
		"M out of N":          {func(c *config) { c.EvaluationPeriods, c.DatapointsToAlarm = 5, 3 }, nil},
		"percentile":          {func(c *config) { c.Statistic = "p99.99" }, nil},
		"negative threshold":  {func(c *config) { c.Threshold = -1e300 }, nil},
		"Relaxed":             {func(c *config) { c.Relaxed, c.Period, c.EvaluationPeriods = true, 1500*time.Millisecond, 10_000 }, nil},
		"name in other words": {func(c *config) { c.Name = strings.Repeat("ü", 255) }, nil},

		"no name":              {func(c *config) { c.Name = "" }, cloudwatch.ErrMissingParameter},
		"long name":            {func(c *config) { c.Name = strings.Repeat("n", 256) }, cloudwatch.ErrInvalidParameterValue},
		"name with a newline":  {func(c *config) { c.Name = "a\nb" }, cloudwatch.ErrInvalidParameterValue},
		"name that is no text": {func(c *config) { c.Name = "\xff" }, cloudwatch.ErrInvalidParameterValue},
		"name with a C1":       {func(c *config) { c.Name = "\u0085" }, cloudwatch.ErrInvalidParameterValue},
		"odd description":      {func(c *config) { c.Description = "\x00" }, cloudwatch.ErrInvalidParameterValue},
		"long description":     {func(c *config) { c.Description = strings.Repeat("n", 1025) }, cloudwatch.ErrInvalidParameterValue},
		"no namespace":         {func(c *config) { c.Namespace = "" }, cloudwatch.ErrMissingParameter},
		"no metric":            {func(c *config) { c.MetricName = "" }, cloudwatch.ErrMissingParameter},
		"many dimensions":      {func(c *config) { c.Dimensions = many }, cloudwatch.ErrInvalidParameterValue},
		"empty dimension":      {func(c *config) { c.Dimensions = map[string]string{"QueueName": ""} }, cloudwatch.ErrMissingParameter},
		"account":              {func(c *config) { c.Account = "1" }, cloudwatch.ErrInvalidParameterValue},
		"region":               {func(c *config) { c.Region = "EU" }, cloudwatch.ErrInvalidParameterValue},
		"no statistic":         {func(c *config) { c.Statistic = "" }, cloudwatch.ErrMissingParameter},
		"statistic":            {func(c *config) { c.Statistic = "Median" }, cloudwatch.ErrInvalidParameterValue},
		"p101":                 {func(c *config) { c.Statistic = "p101" }, cloudwatch.ErrInvalidParameterValue},
		"p":                    {func(c *config) { c.Statistic = "p" }, cloudwatch.ErrInvalidParameterValue},
		"p-1":                  {func(c *config) { c.Statistic = "p-1" }, cloudwatch.ErrInvalidParameterValue},
		"p9.":                  {func(c *config) { c.Statistic = "p9." }, cloudwatch.ErrInvalidParameterValue},
		"p1e1":                 {func(c *config) { c.Statistic = "p1e1" }, cloudwatch.ErrInvalidParameterValue},
		"negative period":      {func(c *config) { c.Period = -time.Minute }, cloudwatch.ErrInvalidParameterValue},
		"45 seconds":           {func(c *config) { c.Period = 45 * time.Second }, cloudwatch.ErrInvalidParameterValue},
		"90 seconds":           {func(c *config) { c.Period = 90 * time.Second }, cloudwatch.ErrInvalidParameterValue},
		"resolution":           {func(c *config) { c.Resolution = 7 * time.Second }, cloudwatch.ErrInvalidParameterValue},
		"negative resolution":  {func(c *config) { c.Resolution = -time.Second }, cloudwatch.ErrInvalidParameterValue},
		"fine resolution":      {func(c *config) { c.Resolution = time.Millisecond }, cloudwatch.ErrInvalidParameterValue},
		"nanoseconds":          {func(c *config) { c.Relaxed, c.Period = true, 1 }, cloudwatch.ErrInvalidParameterValue},
		"many samples":         {func(c *config) { c.Relaxed, c.Period, c.Resolution = true, time.Hour, time.Millisecond }, cloudwatch.ErrInvalidParameterValue},
		"negative N":           {func(c *config) { c.EvaluationPeriods = -1 }, cloudwatch.ErrInvalidParameterValue},
		"large N":              {func(c *config) { c.Relaxed, c.EvaluationPeriods = true, 10_001 }, cloudwatch.ErrInvalidParameterValue},
		"more than a day":      {func(c *config) { c.EvaluationPeriods = 1441 }, cloudwatch.ErrInvalidParameterCombination},
		"more than a week":     {func(c *config) { c.Period, c.EvaluationPeriods = time.Hour, 169 }, cloudwatch.ErrInvalidParameterCombination},
		"M over N":             {func(c *config) { c.DatapointsToAlarm = 2 }, cloudwatch.ErrInvalidParameterValue},
		"negative M":           {func(c *config) { c.DatapointsToAlarm = -1 }, cloudwatch.ErrInvalidParameterValue},
		"no threshold":         {func(c *config) { c.Threshold = math.NaN() }, cloudwatch.ErrInvalidParameterValue},
		"infinite threshold":   {func(c *config) { c.Threshold = math.Inf(1) }, cloudwatch.ErrInvalidParameterValue},
		"no operator":          {func(c *config) { c.ComparisonOperator = "" }, cloudwatch.ErrMissingParameter},
		"operator":             {func(c *config) { c.ComparisonOperator = ">" }, cloudwatch.ErrInvalidParameterValue},
		"missing data":         {func(c *config) { c.TreatMissingData = "Breaching" }, cloudwatch.ErrInvalidParameterValue},
		"many actions":         {func(c *config) { c.OKActions = make([]sns.Publisher, 6) }, cloudwatch.ErrInvalidParameterValue},
		"nil action":           {func(c *config) { c.AlarmActions = make([]sns.Publisher, 1) }, cloudwatch.ErrInvalidParameterValue},
	} {
		t.Run(name, func(t *testing.T) {
			var r cloudwatch.Registry
			cfg := config{Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Sum, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold}
			c.change(&cfg)
			a, err := cloudwatch.NewAlarm(&r, cfg)
			if c.want == nil {
				require.NoError(t, err)
				require.NoError(t, a.Close())
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Nil(t, a)
			require.Empty(t, r.Alarms())
		})
	}
}

func TestAllFaultsOfAnAlarmAreReported(t *testing.T) {
	_, err := cloudwatch.NewAlarm(new(cloudwatch.Registry), cloudwatch.AlarmConfig{Name: "a", Namespace: "N", MetricName: "M"})
	require.EqualError(t, err, "cloudwatch: NewAlarm a: The parameter Statistic is required.\ncloudwatch: NewAlarm a: The parameter ComparisonOperator is required.")
}

func TestAlarmNeedsARegistry(t *testing.T) {
	_, err := cloudwatch.NewAlarm(nil, cloudwatch.AlarmConfig{Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Sum, ComparisonOperator: cloudwatch.LessThanThreshold})
	require.ErrorIs(t, err, cloudwatch.ErrMissingParameter)
}

func TestErrorsHaveAWSsCodes(t *testing.T) {
	e := &cloudwatch.Error{Op: "NewAlarm", Err: cloudwatch.ErrInvalidParameterCombination}
	require.Equal(t, "InvalidParameterCombination", e.ErrorCode())
	require.EqualError(t, e, "cloudwatch: NewAlarm: Parameters were used together that cannot be used together.")
}

func TestDefaultsOfAnAlarm(t *testing.T) {
	for period, resolution := range map[time.Duration]time.Duration{
		0: time.Minute, 10 * time.Second: 10 * time.Second, 5 * time.Minute: time.Minute, time.Hour: time.Minute, 90 * time.Second: 90 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAlarm(t, new(cloudwatch.Registry), cloudwatch.AlarmConfig{
				Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Sum, ComparisonOperator: cloudwatch.LessThanThreshold, Period: period, Relaxed: true,
			})
			cfg := a.Config()
			require.Equal(t, resolution, cfg.Resolution)
			require.Equal(t, 1, cfg.EvaluationPeriods)
			require.Equal(t, cloudwatch.MissingDataMissing, cfg.TreatMissingData)
			require.Equal(t, "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a", a.ARN())
		})
	}
}

// A subject is as long as a topic takes it.
func TestSubjectsFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := must(sns.New("t", sns.Config{}))
		for _, name := range []string{"lines\u2028and\u2029lines", strings.Repeat("n", 255), strings.Repeat("ü", 255)} {
			untilNext(time.Minute, time.Second)
			a := newAlarm(t, new(cloudwatch.Registry), cloudwatch.AlarmConfig{
				Name: name, Namespace: "N", MetricName: "M", Statistic: "p90", ComparisonOperator: cloudwatch.LessThanThreshold,
				TreatMissingData: cloudwatch.MissingDataBreaching, AlarmActions: []sns.Publisher{topic},
			})
			before := topic.Metrics().NumberOfMessagesPublished
			time.Sleep(time.Minute)
			require.Equal(t, cloudwatch.StateAlarm, a.State())
			require.Equal(t, before+1, topic.Metrics().NumberOfMessagesPublished)
		}
		require.NoError(t, topic.Close())
	})
}
