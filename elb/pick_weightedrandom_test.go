package elb_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// story drives a WeightedRandom for intervals of 10 s, with 100 requests to each of its
// targets in each.
type story struct {
	testing.TB
	p       *elb.WeightedRandom
	targets []*elb.Target
}

func newStory(t testing.TB, n int) *story {
	s := &story{TB: t, p: &elb.WeightedRandom{Rand: new(fixedRand).next}, targets: pickTargets(n)}
	s.p.SetTargets(s.targets)
	return s
}

// interval passes, and the requests of each target end as its outcome says, as often as
// it is given in turn.
func (s *story) interval(outcomes map[int][]elb.Outcome) {
	left := make(map[*elb.Target]int)
	for i, target := range s.targets {
		left[target] = 100
		for left[target] > 0 {
			got, done := pick(s, s.p, elb.Request{Avoid: append(append([]*elb.Target{}, s.targets[:i]...), s.targets[i+1:]...)})
			require.Same(s, target, got)
			list := outcomes[i]
			if list == nil {
				list = []elb.Outcome{{Status: 200, Duration: 10 * time.Millisecond}}
			}
			done(list[left[target]%len(list)])
			left[target]--
		}
	}
	time.Sleep(10 * time.Second)
}

func (s *story) shares() (shares []float64) {
	for _, target := range s.targets {
		shares = append(shares, s.p.Share(target))
	}
	return shares
}

var (
	well    = elb.Outcome{Status: 200, Duration: 10 * time.Millisecond}
	unwell  = elb.Outcome{Status: 500, Duration: time.Millisecond}
	refused = elb.Outcome{Err: errors.New("connection refused")}
	slow    = elb.Outcome{Status: 200, Duration: 31 * time.Millisecond}
	rejects = elb.Outcome{Status: 404, Duration: 10 * time.Millisecond}
)

func TestWhatIsAnomalous(t *testing.T) {
	often := func(o elb.Outcome, n int) (list []elb.Outcome) { // n of 100
		for i := range 100 {
			if i < n {
				list = append(list, o)
			} else {
				list = append(list, well)
			}
		}
		return list
	}
	for name, c := range map[string]struct {
		outcomes map[int][]elb.Outcome
		want     []float64
	}{
		"none":                              {nil, []float64{1, 1, 1, 1}},
		"all fail":                          {map[int][]elb.Outcome{1: {unwell}}, []float64{1, .25, 1, 1}},
		"no answers":                        {map[int][]elb.Outcome{1: {refused}}, []float64{1, .25, 1, 1}},
		"one in ten fails":                  {map[int][]elb.Outcome{3: often(unwell, 10)}, []float64{1, 1, 1, .25}},
		"one in fifty fails":                {map[int][]elb.Outcome{3: often(unwell, 2)}, []float64{1, 1, 1, 1}},
		"two fail":                          {map[int][]elb.Outcome{0: {unwell}, 1: {refused}}, []float64{.25, .25, 1, 1}},
		"all alike fail":                    {map[int][]elb.Outcome{0: often(unwell, 50), 1: often(unwell, 50), 2: often(unwell, 50), 3: often(unwell, 50)}, []float64{1, 1, 1, 1}},
		"all fail, one more":                {map[int][]elb.Outcome{0: often(unwell, 50), 1: often(unwell, 50), 2: often(unwell, 50), 3: often(unwell, 75)}, []float64{1, 1, 1, .25}},
		"one fails less":                    {map[int][]elb.Outcome{0: often(unwell, 50), 1: often(unwell, 50), 2: often(unwell, 50)}, []float64{1, 1, 1, 1}},
		"the client's errors":               {map[int][]elb.Outcome{1: {rejects}}, []float64{1, 1, 1, 1}},
		"slow":                              {map[int][]elb.Outcome{1: {slow}}, []float64{1, .25, 1, 1}},
		"not three times as slow":           {map[int][]elb.Outcome{1: {slow, well}}, []float64{1, 1, 1, 1}},
		"fast":                              {map[int][]elb.Outcome{1: {{Status: 200, Duration: 1}}}, []float64{1, 1, 1, 1}},
		"slow ones among slow ones":         {map[int][]elb.Outcome{0: {slow}, 1: {slow}, 2: {slow}}, []float64{1, 1, 1, 1}},
		"slow, but less than a millisecond": {map[int][]elb.Outcome{0: {{Duration: 1}}, 1: {{Duration: time.Millisecond}}, 2: {{Duration: 1}}, 3: {{Duration: 1}}}, []float64{1, 1, 1, 1}},
		"failures are not slow":             {map[int][]elb.Outcome{1: append(often(well, 99)[1:], elb.Outcome{Err: refused.Err, Duration: time.Hour})}, []float64{1, 1, 1, 1}},
		"nobody measured":                   {map[int][]elb.Outcome{1: {{Status: 200}}}, []float64{1, 1, 1, 1}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(t, 4)
			s.interval(c.outcomes)
			require.Equal(t, c.want, s.shares(), name)
		})
	}
}

// The timeline that the doc comment describes.
func TestAnomalousTargetIsCutAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 3)
		bad := map[int][]elb.Outcome{2: {unwell}}
		for _, want := range []float64{.25, 1. / 16, 1. / 64, 1. / 64} {
			s.interval(bad)
			require.Equal(t, []float64{1, 1, want}, s.shares())
		}
		got := counts(t, s.p, 30_000)
		require.InDelta(t, 30_000./129, got[s.targets[2]], 100, "what is left to it")
		for _, want := range []float64{1. / 32, 1. / 16, 1. / 8, .25, .5, 1, 1} {
			before := s.p.Share(s.targets[2])
			time.Sleep(10*time.Second - 1)
			require.Equal(t, before, s.p.Share(s.targets[2]), "it is not before the interval is over")
			time.Sleep(time.Nanosecond)
			require.Equal(t, []float64{1, 1, want}, s.shares())
		}
		requireShares(t, counts(t, s.p, 30_000), s.targets, 1, 1, 1)
	})
}

func TestAnomalyAfterALongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 3)
		s.interval(map[int][]elb.Outcome{0: {unwell}})
		time.Sleep(10 * time.Second) // one interval without outcomes, and nobody looked
		require.Equal(t, []float64{.5, 1, 1}, s.shares())
		s.interval(map[int][]elb.Outcome{0: {unwell}})
		time.Sleep(1000 * time.Hour)
		require.Equal(t, []float64{1, 1, 1}, s.shares())
	})
}

func TestAnomaliesNeedThreeTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 2)
		s.interval(map[int][]elb.Outcome{0: {unwell}})
		require.Equal(t, []float64{1, 1}, s.shares())
	})
}

func TestAnomaliesNeedTenOutcomes(t *testing.T) {
	for n, want := range map[int]float64{9: 1, 10: .25} {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(t, 3)
			for i, target := range s.targets {
				k := 100
				if i == 0 {
					k = n
				}
				for range k {
					got, done := pick(t, s.p, elb.Request{Avoid: append(append([]*elb.Target{}, s.targets[:i]...), s.targets[i+1:]...)})
					require.Same(t, target, got)
					done(map[bool]elb.Outcome{true: refused, false: well}[i == 0])
				}
			}
			time.Sleep(10 * time.Second)
			require.Equal(t, []float64{want, 1, 1}, s.shares())
		})
	}
}

func TestAnomaliesByAnotherInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 3)
		s.p = &elb.WeightedRandom{Interval: 20 * time.Second}
		s.p.SetTargets(s.targets)
		s.interval(map[int][]elb.Outcome{0: {unwell}})
		require.Equal(t, []float64{1, 1, 1}, s.shares())
		time.Sleep(10 * time.Second)
		require.Equal(t, []float64{.25, 1, 1}, s.shares())
	})
}

func TestShareWhenTargetsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, 4)
		s.interval(map[int][]elb.Outcome{0: {unwell}, 1: {unwell}})
		require.Equal(t, []float64{.25, .25, 1, 1}, s.shares())
		_, done := pick(t, s.p, elb.Request{Avoid: s.targets[1:]})
		s.p.SetTargets(s.targets[1:])
		require.Equal(t, []float64{0, .25, 1, 1}, s.shares(), "those that stay keep theirs")
		done(refused)
		s.p.SetTargets(s.targets)
		require.Equal(t, []float64{1, .25, 1, 1}, s.shares())
	})
}
