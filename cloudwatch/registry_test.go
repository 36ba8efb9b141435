package cloudwatch_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
)

func ids(metrics []cloudwatch.Metric) (ids []string) {
	for _, m := range metrics {
		ids = append(ids, m.Namespace+" "+m.Name+" "+m.Dimensions["D"])
	}
	return ids
}

func TestRegistryIsSortedAndHasNothingTwice(t *testing.T) {
	var r cloudwatch.Registry
	require.Empty(t, r.Metrics())
	_, ok := r.Metric("N", "M", nil)
	require.False(t, ok)
	require.NoError(t, r.Close())

	source := func(value float64, names ...string) cloudwatch.Source {
		return cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
			for _, name := range names {
				f := strings.Fields(name)
				if !yield(cloudwatch.Metric{Namespace: f[0], Name: f[1], Dimensions: map[string]string{"D": f[2]}, Value: value}) {
					return
				}
			}
		})
	}
	first := r.Add(source(1, "B a x", "A c z", "A b y"))
	second := r.Add(source(2, "B a w", "A b y"))
	must(r.Gauge("A", "a", "", map[string]string{"D": "v"})).Set(3)
	require.Equal(t, []string{"A a v", "A b y", "A c z", "B a w", "B a x"}, ids(r.Metrics()))

	m, ok := r.Metric("A", "b", map[string]string{"D": "y"})
	require.True(t, ok)
	require.Equal(t, 1.0, m.Value, "of the first")
	require.Equal(t, 1.0, r.Metrics()[1].Value, "of the first")
	_, ok = r.Metric("A", "b", nil)
	require.False(t, ok, "all dimensions must be said")
	_, ok = r.Metric("A", "b", map[string]string{"D": "y", "E": "y"})
	require.False(t, ok)

	var removes []func()
	for i := range 50 {
		removes = append(removes, r.Add(source(float64(i), "C c c")))
	}
	require.Equal(t, 0.0, r.Metrics()[5].Value, "of the first")
	for _, remove := range removes {
		remove()
	}
	require.Len(t, r.Metrics(), 5)

	first()
	first()
	m, _ = r.Metric("A", "b", map[string]string{"D": "y"})
	require.Equal(t, 2.0, m.Value)
	second()
	require.Equal(t, []string{"A a v"}, ids(r.Metrics()))
}

func TestOwnMetrics(t *testing.T) {
	var r cloudwatch.Registry
	dimensions := map[string]string{"Region": "north"}
	orders := must(r.Counter("Shop", "Orders", "", dimensions))
	dimensions["Region"] = "south" // the map was copied
	orders.Add(2)
	orders.Add(-1)
	orders.Add(math.NaN())
	orders.Add(math.Inf(1))
	must(r.Counter("Shop", "Orders", cloudwatch.UnitCount, map[string]string{"Region": "north"})).Add(0.5)
	m, ok := r.Metric("Shop", "Orders", map[string]string{"Region": "north"})
	require.True(t, ok)
	require.Equal(t, cloudwatch.Metric{
		Namespace: "Shop", Name: "Orders", Dimensions: map[string]string{"Region": "north"}, Unit: cloudwatch.UnitCount, Kind: cloudwatch.KindCounter, Value: 2.5,
	}, m)

	visitors := must(r.Gauge("Shop", "Visitors", "", nil))
	visitors.Set(5)
	visitors.Add(-2)
	m, _ = r.Metric("Shop", "Visitors", nil)
	require.Equal(t, cloudwatch.Metric{Namespace: "Shop", Name: "Visitors", Unit: cloudwatch.UnitNone, Kind: cloudwatch.KindGauge, Value: 3}, m)

	must(r.Gauge("Shop", "Orders", "", nil)) // without dimensions it is another metric
	_, err := r.Counter("Shop", "Visitors", cloudwatch.UnitNone, nil)
	require.ErrorIs(t, err, cloudwatch.ErrInvalidParameterValue)
	_, err = r.Gauge("Shop", "Visitors", cloudwatch.UnitBytes, nil)
	require.ErrorIs(t, err, cloudwatch.ErrInvalidParameterValue)
	_, err = r.Gauge("AWS/SQS", "Visitors", "", nil)
	require.EqualError(t, err, "cloudwatch: Gauge Visitors: The value AWS/SQS for parameter Namespace is invalid: what begins with AWS/ is reserved.")
	_, err = r.Counter("", "M", "", nil)
	require.ErrorIs(t, err, cloudwatch.ErrMissingParameter)
	_, err = r.Counter("N", "M\x00", "", nil)
	require.ErrorIs(t, err, cloudwatch.ErrInvalidParameterValue)
	require.Len(t, r.Metrics(), 3)
}

// The rules of Dimension and of PutMetricData's Namespace in the CloudWatch API reference.
func TestNamesThatAreRefused(t *testing.T) {
	for says, c := range map[string]struct {
		namespace  string
		dimensions map[string]string
	}{
		`parameter Namespace is invalid: it must not begin with a colon`:          {":shop", nil},
		`parameter Dimensions.Name is invalid: it must not begin with a colon`:    {"shop", map[string]string{":a": "b"}},
		`"é" for parameter Dimensions.Name is invalid: it must be ASCII`:          {"shop", map[string]string{"é": "b"}},
		`"✓" for parameter Dimensions.Value is invalid: it must be ASCII`:         {"shop", map[string]string{"a": "✓"}},
		`"  " for parameter Dimensions.Value is invalid: it must be ASCII`:        {"shop", map[string]string{"a": "  "}},
		`The parameter Dimensions.Value is required.`:                             {"shop", map[string]string{"a": ""}},
		`"a\nb" for parameter Dimensions.Value is invalid: it has a control char`: {"shop", map[string]string{"a": "a\nb"}},
	} {
		var r cloudwatch.Registry
		_, err := r.Counter(c.namespace, "visitors", "", c.dimensions)
		require.ErrorContains(t, err, says)
		_, err = cloudwatch.NewAlarm(&r, cloudwatch.AlarmConfig{
			Name: "crowd", Namespace: c.namespace, MetricName: "visitors", Dimensions: c.dimensions, Statistic: cloudwatch.Sum, ComparisonOperator: cloudwatch.LessThanThreshold,
		})
		require.ErrorContains(t, err, says)
		require.Empty(t, r.Metrics())
	}
}

// Everything at once; the race detector looks on.
func TestRegistryConcurrently(t *testing.T) {
	var r cloudwatch.Registry
	gauge := must(r.Gauge("N", "M", "", nil))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				remove := r.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
					yield(cloudwatch.Metric{Namespace: "N", Name: "S"})
				}))
				must(r.Counter("N", "C", "", nil)).Add(1)
				gauge.Add(1)
				r.Metrics()
				r.Metric("N", "M", nil)
				a := must(cloudwatch.NewAlarm(&r, cloudwatch.AlarmConfig{Name: "a", Namespace: "N", MetricName: "S", Statistic: cloudwatch.Sum, ComparisonOperator: cloudwatch.LessThanThreshold}))
				r.Alarms()
				a.Status()
				if err := a.Close(); err != nil {
					panic(err)
				}
				remove()
			}
		})
	}
	group.Wait()
	m, _ := r.Metric("N", "C", nil)
	require.Equal(t, 400.0, m.Value)
	m, _ = r.Metric("N", "M", nil)
	require.Equal(t, 400.0, m.Value)
	require.Len(t, r.Metrics(), 2)
}
