package elb

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFirstCheckDelay(t *testing.T) {
	for _, c := range []struct {
		k        int
		interval time.Duration
		want     time.Duration
	}{
		{0, time.Second, 0}, {1, time.Second, time.Millisecond}, {999, time.Second, 999 * time.Millisecond},
		{1000, time.Second, 0}, {1001, 30 * time.Second, 1001 * time.Millisecond},
		{99, 100 * time.Millisecond, 99 * time.Millisecond}, {100, 100 * time.Millisecond, 0},
		{2, 2500 * time.Microsecond, 0}, {7, time.Millisecond, 0},
	} {
		require.Equal(t, c.want, firstCheckDelay(c.k, c.interval), "%d, %v", c.k, c.interval)
	}
}

// TestCheckPhaseSpread counts how many of n targets are checked in the fullest hundredth of
// an interval, across its end too.
func TestCheckPhaseSpread(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		n        int
		most     int
	}{
		{time.Second, 10, 1}, {time.Second, 100, 3}, {time.Second, 1000, 21}, // slots of 2 %
		{30 * time.Second, 10, 1}, {30 * time.Second, 100, 2}, {30 * time.Second, 1000, 11},
		{100 * time.Millisecond, 10, 1}, {100 * time.Millisecond, 100, 3}, {100 * time.Millisecond, 1000, 21},
		{10 * time.Millisecond, 10, 2}, {10 * time.Millisecond, 1000, 101}, // slots of 10 %
	} {
		t.Run(fmt.Sprint(c.interval, " ", c.n), func(t *testing.T) {
			phases := make([]time.Duration, c.n)
			for k := range phases {
				phases[k] = checkPhase(k, c.interval)
				require.GreaterOrEqual(t, phases[k], time.Duration(0))
				require.Less(t, phases[k], c.interval)
			}
			slices.Sort(phases)
			most := 0
			for i, from := range phases {
				in := 0
				for j := range phases {
					at := phases[(i+j)%c.n]
					if at < from {
						at += c.interval
					}
					if at-from < c.interval/100 {
						in++
					}
				}
				most = max(most, in)
			}
			require.LessOrEqual(t, most, c.most)
			t.Logf("%d targets every %v: %d at most in a hundredth of that", c.n, c.interval, most)
		})
	}
}

func TestCheckPhaseIsTheGoldenRatios(t *testing.T) {
	for _, interval := range []time.Duration{time.Millisecond, 7 * time.Millisecond, 90 * time.Millisecond, time.Second, 1234567 * time.Microsecond, 300 * time.Second} {
		slot := min(max(interval/50, time.Millisecond), 20*time.Millisecond)
		slots := float64(max(interval/slot, 1))
		for k := range 5000 {
			_, turn := math.Modf(float64(k) * (math.Sqrt(5) - 1) / 2)
			got := checkPhase(k, interval)
			require.Zero(t, got%slot)
			require.InDelta(t, turn*slots, float64(got/slot)+0.5, 0.5+1e-6, "%d, %v", k, interval)
		}
	}
}
