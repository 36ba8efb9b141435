package cloudwatch_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
)

// OnChange may end its goroutine, as a test's FailNow does: the alarm goes on.
func TestOnChangeEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		visitors := must(r.Gauge("shop", "visitors", "", nil))
		var told []cloudwatch.State
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "crowd", Namespace: "shop", MetricName: "visitors", Statistic: cloudwatch.Maximum,
			Threshold: 10, ComparisonOperator: cloudwatch.GreaterThanThreshold,
			OnChange: func(c cloudwatch.StateChange) {
				told = append(told, c.New)
				runtime.Goexit()
			},
		})
		untilNext(time.Minute, 10*time.Second)
		time.Sleep(2 * time.Minute)
		visitors.Set(11)
		time.Sleep(2 * time.Minute)
		go a.SetState(cloudwatch.StateOK, "it is dealt with")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []cloudwatch.State{cloudwatch.StateOK, cloudwatch.StateAlarm, cloudwatch.StateOK}, told)
		require.NoError(t, a.Close())
	})
}

func TestAlarmsOfOneNameKeepTheirOrder(t *testing.T) {
	var r cloudwatch.Registry
	var made []*cloudwatch.Alarm
	for range 8 {
		made = append(made, newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "crowd", Namespace: "shop", MetricName: "visitors", Statistic: cloudwatch.Maximum, ComparisonOperator: cloudwatch.GreaterThanThreshold,
		}))
	}
	require.NoError(t, made[3].Close())
	made = append(made[:3], made[4:]...)
	require.Equal(t, made, r.Alarms())
}
