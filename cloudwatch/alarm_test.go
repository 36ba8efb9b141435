package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// A queue fills up and is emptied; a topic hears of both.
func TestAlarmOnAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queues := must(sqs.NewService(sqs.ServiceConfig{Account: "111122223333", Region: "eu-west-1"}))
		topics := must(sns.NewService(sns.ServiceConfig{Account: "111122223333", Region: "eu-west-1"}))
		topic := must(topics.CreateTopic("oncall", sns.Config{}))
		mail := must(sqs.New("mail", sqs.Config{}))
		must(topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: mail.ARN(), Endpoint: sns.QueueEndpoint(mail), RawMessageDelivery: true}))
		var r cloudwatch.Registry
		r.Add(cloudwatch.SQS(queues))

		untilNext(time.Minute, 10*time.Second)
		created := time.Now()
		var changes []cloudwatch.StateChange
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "backlog", Description: "Too many <orders> wait.", Account: "111122223333", Region: "eu-west-1",
			Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": "orders"},
			Statistic: cloudwatch.Maximum, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 10,
			ComparisonOperator: cloudwatch.GreaterThanOrEqualToThreshold,
			AlarmActions:       []sns.Publisher{topic}, OKActions: []sns.Publisher{topic},
			OnChange: func(c cloudwatch.StateChange) { changes = append(changes, c) },
		})
		require.Equal(t, cloudwatch.StateInsufficientData, a.State())
		require.Equal(t, "Unchecked: Initial alarm creation", a.Status().Reason)
		require.Equal(t, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:backlog", a.ARN())
		require.Equal(t, []*cloudwatch.Alarm{a}, r.Alarms())

		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.Equal(t, cloudwatch.StateInsufficientData, a.State(), "there is no such queue")
		require.Empty(t, changes)
		queue := must(queues.CreateQueue("orders", sqs.Config{}))
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, a.State())

		for range 10 {
			must(queue.Send(t.Context(), sqs.Entry{Body: "order"}))
		}
		filled := time.Now()
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, a.State(), "one of the two that it takes")
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateAlarm, a.State())
		raised := filled.Truncate(time.Minute).Add(2 * time.Minute)
		require.Equal(t, raised, a.Status().Since, "at the end of the second minute")
		require.NoError(t, queue.Purge())
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateAlarm, a.State())
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, a.State())
		synctest.Wait()
		points := a.Status().Datapoints
		require.Len(t, points, 5)
		require.Equal(t, []float64{0, 0, 10, 10, 0}, []float64{points[0].Value, points[1].Value, points[2].Value, points[3].Value, points[4].Value})

		require.Equal(t, a.History(), changes)
		var states []cloudwatch.State
		for _, c := range changes {
			states = append(states, c.New)
		}
		require.Equal(t, []cloudwatch.State{"OK", "ALARM", "OK"}, states)

		messages := must(mail.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10}))
		require.Len(t, messages, 3)
		alarmed := decoded(t, messages[1].Body)
		first := raised.Add(-2 * time.Minute).UTC()
		require.Equal(t, map[string]any{
			"AlarmName": "backlog", "AlarmDescription": "Too many <orders> wait.", "AWSAccountId": "111122223333",
			"AlarmConfigurationUpdatedTimestamp": created.UTC().Format("2006-01-02T15:04:05.000") + "+0000",
			"NewStateValue":                      "ALARM", "OldStateValue": "OK",
			"NewStateReason": fmt.Sprintf("Threshold Crossed: 2 out of the last 3 datapoints [10.0 (%s), 10.0 (%s)] were greater than or equal to the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
				first.Add(time.Minute).Format("02/01/06 15:04:05"), first.Format("02/01/06 15:04:05")),
			"StateChangeTime": raised.UTC().Format("2006-01-02T15:04:05.000") + "+0000", "Region": "EU (Ireland)",
			"AlarmArn": a.ARN(), "OKActions": []any{topic.ARN()}, "AlarmActions": []any{topic.ARN()}, "InsufficientDataActions": []any{},
			"Trigger": map[string]any{
				"MetricName": "ApproximateNumberOfMessagesVisible", "Namespace": "AWS/SQS", "StatisticType": "Statistic", "Statistic": "MAXIMUM",
				"Unit": nil, "Dimensions": []any{map[string]any{"name": "QueueName", "value": "orders"}}, "Period": 60.0, "EvaluationPeriods": 3.0,
				"DatapointsToAlarm": 2.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 10.0,
				"TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
			},
		}, alarmed)
		require.Contains(t, messages[1].Body, `<orders>`, "as AWS writes it")
		require.Contains(t, messages[1].Body, `"Threshold":10.0,`, "as AWS writes it")

		require.NoError(t, queues.DeleteQueue("orders"))
		time.Sleep(10 * time.Minute)
		require.Equal(t, cloudwatch.StateInsufficientData, a.State(), "there are no data of a queue that is gone")
	})
}

// A counter's sum is exact, from the creation of the alarm on, whatever the resolution.
func TestCountersAreSummedByPeriod(t *testing.T) {
	for _, resolution := range []time.Duration{0, time.Second, 15 * time.Second, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var r cloudwatch.Registry
			counter := must(r.Counter("Shop", "Orders", "", nil))
			counter.Add(1000) // before the alarm
			untilNext(time.Minute, 0)
			a := newAlarm(t, &r, cloudwatch.AlarmConfig{
				Name: "busy", Namespace: "Shop", MetricName: "Orders", Statistic: cloudwatch.Sum, Resolution: resolution,
				EvaluationPeriods: 3, Threshold: 100, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			})
			for i := range 5 * 60 {
				time.Sleep(500 * time.Millisecond)
				counter.Add(float64(i / 60)) // 0 in the first minute, …, 4 a second in the fifth
				time.Sleep(500 * time.Millisecond)
			}
			synctest.Wait()
			var sums []float64
			for _, p := range a.Status().Datapoints {
				require.False(t, p.Missing)
				sums = append(sums, p.Value)
			}
			require.Equal(t, []float64{240, 180, 120, 60, 0}, sums)
			require.Equal(t, cloudwatch.StateAlarm, a.State())
		})
	}
}

// Statistics are over the samples of a period, which are Resolution apart.
func TestStatistics(t *testing.T) {
	for statistic, want := range map[cloudwatch.Statistic]float64{
		cloudwatch.SampleCount: 6, cloudwatch.Sum: 27, cloudwatch.Average: 4.5, cloudwatch.Minimum: 2, cloudwatch.Maximum: 7,
		"p0": 2, "p50": 4, "p99.9": 7, "p100": 7,
	} {
		synctest.Test(t, func(t *testing.T) {
			var r cloudwatch.Registry
			gauge := must(r.Gauge("Shop", "Visitors", "", nil))
			untilNext(time.Minute, time.Second)
			a := newAlarm(t, &r, cloudwatch.AlarmConfig{
				Name: "a", Namespace: "Shop", MetricName: "Visitors", Statistic: statistic, Resolution: 10 * time.Second,
				ComparisonOperator: cloudwatch.LessThanThreshold,
			})
			for _, v := range []float64{5, 2, 6, 4, 3, 7} {
				gauge.Set(v)
				time.Sleep(10 * time.Second)
			}
			require.Equal(t, want, a.Status().Datapoints[0].Value, statistic)
		})
	}
}

// A metric comes, goes and comes again; a counter that is there anew counts from zero.
func TestMetricsThatComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		v := &values{metric: cloudwatch.Metric{Namespace: "N", Name: "M", Kind: cloudwatch.KindCounter, Unit: cloudwatch.UnitCount}, missing: true}
		remove := r.Add(v.source())
		untilNext(time.Minute, time.Second)
		var reasons []string
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Unit: cloudwatch.UnitCount, Statistic: cloudwatch.Sum, EvaluationPeriods: 4,
			Threshold: 1e9, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			OnChange: func(c cloudwatch.StateChange) { reasons = append(reasons, c.Reason) },
		})
		for _, change := range []func(){
			func() { v.set(7) },
			func() { v.set(9) },
			v.lose,
			func() { v.set(12) },         // another one of that name
			func() { v.set(5) },          // that began again unseen
			func() { v.set(math.NaN()) }, // a value that is none
		} {
			change()
			time.Sleep(time.Minute)
		}
		var got []any
		for _, p := range a.Status().Datapoints {
			if p.Missing {
				got = append(got, nil)
			} else {
				got = append(got, p.Value)
			}
		}
		require.Equal(t, []any{nil, 5.0, 12.0, nil, 2.0, 7.0}, got, "newest first")
		require.Equal(t, cloudwatch.StateOK, a.State())

		remove()
		remove()
		time.Sleep(10 * time.Minute)
		require.Equal(t, cloudwatch.StateInsufficientData, a.State())
		synctest.Wait()
		require.Equal(t, "Insufficient Data: 4 datapoints were unknown.", reasons[len(reasons)-1])
	})
}

// With another unit than the metric's there are no data.
func TestUnitOfAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		must(r.Gauge("N", "M", cloudwatch.UnitBytes, nil))
		cfg := cloudwatch.AlarmConfig{Name: "a", Namespace: "N", MetricName: "M", Unit: cloudwatch.UnitBytes, Statistic: cloudwatch.Sum, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold}
		right := newAlarm(t, &r, cfg)
		cfg.Unit = cloudwatch.UnitSeconds
		wrong := newAlarm(t, &r, cfg)
		time.Sleep(2 * time.Minute)
		require.Equal(t, cloudwatch.StateOK, right.State())
		require.Equal(t, cloudwatch.StateInsufficientData, wrong.State())
	})
}

// Actions are taken in order, each change after the other, whatever becomes of some.
func TestActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		gauge := must(r.Gauge("N", "M", "", nil))
		failing, alarms, good, unknown := &published{err: errors.New("out of order")}, &published{}, &published{}, &published{}
		cfg := cloudwatch.AlarmConfig{
			Name: "lights", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Period: 10 * time.Second,
			Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanOrEqualToThreshold,
			AlarmActions: []sns.Publisher{failing, panicking{}, alarms}, OKActions: []sns.Publisher{good}, InsufficientDataActions: []sns.Publisher{unknown},
			OnChange: func(cloudwatch.StateChange) { panic("no") },
		}
		newAlarm(t, &r, cfg)
		cfg.ActionsDisabled = true
		silent := newAlarm(t, &r, cfg)
		untilNext(10*time.Second, time.Second)
		for _, v := range []float64{0, 1, 1, 0, math.NaN(), math.NaN(), math.NaN(), 1} {
			gauge.Set(v)
			time.Sleep(10 * time.Second)
		}
		require.Equal(t, []string{`ALARM: "lights" in US East (N. Virginia)`, `ALARM: "lights" in US East (N. Virginia)`}, alarms.subjects())
		require.Equal(t, alarms.subjects(), failing.subjects())
		require.Equal(t, []string{`OK: "lights" in US East (N. Virginia)`, `OK: "lights" in US East (N. Virginia)`}, good.subjects())
		require.Equal(t, []string{`INSUFFICIENT_DATA: "lights" in US East (N. Virginia)`}, unknown.subjects())
		require.Len(t, silent.History(), 5)
	})
}

type panicking struct{}

func (panicking) Publish(context.Context, ...sns.Entry) ([]sns.Published, error) { panic("no") }

// An action that hangs delays other actions, not the alarm, and Close ends it.
func TestActionThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		gauge := must(r.Gauge("N", "M", "", nil))
		stuck := hanging{entered: make(chan struct{}, 1000)}
		a := must(cloudwatch.NewAlarm(&r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Period: 10 * time.Second,
			Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanOrEqualToThreshold,
			AlarmActions: []sns.Publisher{stuck}, OKActions: []sns.Publisher{stuck},
		}))
		untilNext(10*time.Second, time.Second)
		for i := range 302 {
			gauge.Set(float64((i + 1) % 2))
			time.Sleep(10 * time.Second)
		}
		require.Len(t, stuck.entered, 1)
		require.Equal(t, cloudwatch.StateOK, a.State())
		require.Len(t, a.History(), 100, "is bounded")
		require.Equal(t, cloudwatch.StateOK, a.History()[99].New)

		began := time.Now()
		require.NoError(t, r.Close())
		require.NoError(t, a.Close())
		require.Zero(t, time.Since(began))
		require.Empty(t, r.Alarms())
		gauge.Set(1)
		time.Sleep(time.Hour)
		require.Equal(t, cloudwatch.StateOK, a.State(), "of a closed alarm")
		require.ErrorIs(t, a.SetState(cloudwatch.StateOK, "why not"), cloudwatch.ErrClosed)
		require.Len(t, stuck.entered, 1, "what waited for the first action is forgotten")
	})
}

type hanging struct{ entered chan struct{} }

func (h hanging) Publish(ctx context.Context, _ ...sns.Entry) ([]sns.Published, error) {
	h.entered <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// SetState is for trying actions out; the next period knows better.
func TestSetState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		must(r.Gauge("N", "M", "", nil))
		topic := &published{}
		untilNext(time.Minute, time.Second)
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			AlarmActions: []sns.Publisher{topic},
		})
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, a.State())
		require.NoError(t, a.SetState(cloudwatch.StateAlarm, "a test"))
		require.NoError(t, a.SetState(cloudwatch.StateAlarm, "a test again"))
		synctest.Wait()
		require.Len(t, topic.subjects(), 1)
		require.Equal(t, "a test", decoded(t, topic.entries[0].Message)["NewStateReason"])
		require.ErrorIs(t, a.SetState("FINE", ""), cloudwatch.ErrInvalidParameterValue)
		require.ErrorIs(t, a.SetState(cloudwatch.StateOK, strings.Repeat("n", 1024)), cloudwatch.ErrInvalidParameterValue)
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, a.State())
		last := a.History()[len(a.History())-1]
		require.Equal(t, cloudwatch.StateAlarm, last.Old)
	})
}

// OnChange may ask the alarm whatever it wants, and change its state.
func TestOnChangeMayUseTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		must(r.Gauge("N", "M", "", nil))
		var seen []cloudwatch.State
		newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			OnChange: func(c cloudwatch.StateChange) {
				seen = append(seen, c.New)
				if c.New == cloudwatch.StateOK {
					if err := r.Alarms()[0].SetState(cloudwatch.StateAlarm, "test"); err != nil {
						panic(err)
					}
				}
			},
		})
		time.Sleep(90 * time.Second)
		synctest.Wait()
		require.Equal(t, []cloudwatch.State{cloudwatch.StateOK, cloudwatch.StateAlarm}, seen)
	})
}

// A source that panics has no data; what it said is logged.
func TestSourceThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		r.Add(cloudwatch.SourceFunc(func(func(cloudwatch.Metric) bool) { panic("no idea") }))
		var log strings.Builder
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			TreatMissingData: cloudwatch.MissingDataBreaching, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.Equal(t, "a", a.Name())
		time.Sleep(90 * time.Second)
		synctest.Wait()
		require.Equal(t, cloudwatch.StateAlarm, a.State())
		require.Contains(t, log.String(), "cloudwatch: a source failed")
		require.Contains(t, log.String(), "no idea")
	})
}

// Close waits for what is being done about a change.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		must(r.Gauge("N", "M", "", nil))
		done := false
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "N", MetricName: "M", Statistic: cloudwatch.Average, Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			OnChange: func(cloudwatch.StateChange) {
				time.Sleep(time.Hour)
				done = true
			},
		})
		time.Sleep(90 * time.Second)
		require.NoError(t, a.Close())
		require.True(t, done)
	})
}
