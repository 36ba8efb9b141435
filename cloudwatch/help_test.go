package cloudwatch_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/sns"
)

// must stands for the handling of errors that a program has.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newAlarm returns an alarm that is closed at the end of the test.
func newAlarm(t *testing.T, r *cloudwatch.Registry, cfg cloudwatch.AlarmConfig) *cloudwatch.Alarm {
	t.Helper()
	a, err := cloudwatch.NewAlarm(r, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// values is a metric that is set step by step, and may be missing.
type values struct {
	mu      sync.Mutex
	metric  cloudwatch.Metric
	missing bool
}

func (v *values) set(value float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.metric.Value, v.missing = value, false
}

func (v *values) lose() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.missing = true
}

func (v *values) source() cloudwatch.Source {
	return cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
		v.mu.Lock()
		m, missing := v.metric, v.missing
		v.mu.Unlock()
		if !missing {
			yield(m)
		}
	})
}

// published is a topic that remembers.
type published struct {
	mu      sync.Mutex
	entries []sns.Entry
	err     error
}

func (p *published) Publish(_ context.Context, batch ...sns.Entry) ([]sns.Published, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, batch...)
	return make([]sns.Published, len(batch)), p.err
}

func (p *published) subjects() (subjects []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		subjects = append(subjects, e.Subject)
	}
	return subjects
}

// decoded returns a message as what JSON makes of it.
func decoded(t *testing.T, message string) (m map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(message), &m))
	return m
}

// untilNext sleeps until d after the next multiple of period.
func untilNext(period, d time.Duration) {
	time.Sleep(time.Until(time.Now().Truncate(period).Add(period + d)))
}
