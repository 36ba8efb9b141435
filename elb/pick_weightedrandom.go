package elb

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// WeightedRandom draws targets at random in proportion to their weights, and sends less
// to those that fare worse than the others. It is AWS's weighted_random with anomaly
// mitigation; AWS does not document its rule and limits. This is the one here.
//
// Every Interval the outcomes since the last are judged, if there are three targets or
// more. A target with at least 10 outcomes is anomalous
//   - when its failures (see [Outcome]: an Err, or a Status of 500 and more) exceed what
//     the median rate r of the others predicts for its n outcomes, n·r, by more than
//     three standard deviations, 3·√(n·r·(1-r)). A rate counts one failure and one
//     success more than there were, so that a few outcomes prove little: where the
//     others have no failures in 10 outcomes each, 4 in 10 are too many, where they have
//     none in 100, 4 in 100. Or
//   - when the mean Duration of its answers, of 10 at least, is more than three times
//     the median of those of the others, and more than a millisecond longer. Failures,
//     and outcomes without a Duration, are left out.
//
// The others are those that have as many; of two in the middle the lower is the median.
//
// Each time its share of its weight is cut to a quarter, to 1/64 at least: it needs some
// requests to show that it is well again. Each Interval in which it is not anomalous, or
// has too few outcomes to tell, doubles the share until it is whole. So a target whose
// failures end after one Interval is back in two, and after the deepest cut in six, a
// minute. What is bad for all is nobody's anomaly.
//
// Nothing runs in the background: the first Pick or done after an Interval judges.
// Whoever uses the picker must therefore say what became of its requests. A target that
// leaves the set and comes back begins with all of its weight.
//
// The zero WeightedRandom has no targets. It must not be copied after its first use.
type WeightedRandom struct {
	// Interval is how often targets are judged. Zero or less means 10 s. It is set
	// before the first use.
	Interval time.Duration
	// Rand returns random numbers, for tests and simulations that are repeated. It
	// must be safe for concurrent use. Nil means math/rand/v2's. It is set before the
	// first use.
	Rand func() uint64

	current atomic.Pointer[randomSet]
	due     atomic.Int64 // when to judge next, in nanoseconds since 1970

	mu     sync.Mutex // taken to change the set or the shares
	roster roster[randomSlot]
}

// randomSet is a set of targets with their shares as they are now.
type randomSet struct {
	lottery lottery
	slots   []*randomSlot
}

// randomSlot is what is known of a target.
type randomSlot struct {
	target *Target
	done   func(Outcome)
	share  float64 // of its weight; guarded by WeightedRandom.mu

	// Outcomes since they were last judged.
	outcomes, failures atomic.Int64
	timed, nanoseconds atomic.Int64 // answers with a Duration, and their sum
}

// Pick implements [Picker].
func (p *WeightedRandom) Pick(req Request) (*Target, func(Outcome), error) {
	p.judgeIfDue()
	set := p.current.Load()
	if set == nil {
		return nil, nil, ErrNoTargets
	}
	s := set.slots[set.lottery.draw(randomSource(p.Rand), &req)]
	return s.target, s.done, nil
}

// SetTargets implements [SetPicker].
func (p *WeightedRandom) SetTargets(targets []*Target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.due.Load() == 0 {
		p.due.Store(time.Now().Add(p.interval()).UnixNano())
	}
	p.draw(p.roster.change(targets, func(t *Target) *randomSlot {
		s := &randomSlot{target: t, share: 1}
		s.done = func(o Outcome) { p.finish(s, o) }
		return s
	}, func(*randomSlot) bool { return false }))
}

// Share returns the part of its weight that a target is drawn with: 1 if it fares like
// the others, less while it is anomalous and for some time after, 0 if it is not in the
// set.
func (p *WeightedRandom) Share(t *Target) float64 {
	p.judgeIfDue()
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.roster[t]; s != nil {
		return s.share
	}
	return 0
}

func (p *WeightedRandom) interval() time.Duration {
	if p.Interval <= 0 {
		return 10 * time.Second
	}
	return p.Interval
}

// draw has Pick draw from these slots, by their shares. The caller holds mu.
func (p *WeightedRandom) draw(slots []*randomSlot) {
	if len(slots) == 0 {
		p.current.Store(nil)
		return
	}
	targets, weights := make([]*Target, len(slots)), make([]float64, len(slots))
	for i, s := range slots {
		targets[i], weights[i] = s.target, float64(weightOf(s.target))*s.share
	}
	p.current.Store(&randomSet{newLottery(targets, weights), slots})
}

func (p *WeightedRandom) finish(s *randomSlot, o Outcome) {
	p.judgeIfDue() // what comes after an interval does not count for it
	s.outcomes.Add(1)
	switch {
	case o.failed():
		s.failures.Add(1)
	case o.Duration > 0:
		s.timed.Add(1)
		s.nanoseconds.Add(int64(o.Duration))
	}
}

// judgeIfDue judges once for each interval that has passed. One caller does it, and the
// others go on.
func (p *WeightedRandom) judgeIfDue() {
	now, due := time.Now().UnixNano(), p.due.Load()
	if now < due || due == 0 || !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	if due = p.due.Load(); now < due {
		return
	}
	interval := int64(p.interval())
	passed := (now-due)/interval + 1
	p.due.Store(due + passed*interval)
	set := p.current.Load()
	if set == nil {
		return
	}
	changed := false
	for i, anomalous := range anomalies(set.slots) {
		s := set.slots[i]
		before := s.share
		if anomalous {
			s.share = max(s.share/4, 1.0/64)
			s.regain(passed - 1)
		} else {
			s.regain(passed)
		}
		changed = changed || s.share != before
	}
	if changed {
		p.draw(set.slots)
	}
}

func (s *randomSlot) regain(intervals int64) {
	for ; intervals > 0 && s.share < 1; intervals-- {
		s.share = min(2*s.share, 1)
	}
}

// enoughOutcomes is how many tell something of a target.
const enoughOutcomes = 10

// anomalies tells of each slot whether its outcomes are anomalous, and begins to count
// anew.
func anomalies(slots []*randomSlot) []bool {
	var rates, means []float64 // of those that have enough, sorted
	records := make([]targetRecord, len(slots))
	for i, s := range slots {
		r := s.record()
		records[i] = r
		if r.outcomes >= enoughOutcomes {
			rates = append(rates, r.rate())
		}
		if r.timed >= enoughOutcomes {
			means = append(means, r.mean())
		}
	}
	slices.Sort(rates)
	slices.Sort(means)
	anomalous := make([]bool, len(slots))
	for i, r := range records {
		anomalous[i] = len(slots) >= 3 && (r.failsMore(rates) || r.isSlower(means))
	}
	return anomalous
}

// targetRecord is what is judged of a slot.
type targetRecord struct{ outcomes, failures, timed, nanoseconds float64 }

func (s *randomSlot) record() targetRecord {
	return targetRecord{
		outcomes: float64(s.outcomes.Swap(0)), failures: float64(s.failures.Swap(0)),
		timed: float64(s.timed.Swap(0)), nanoseconds: float64(s.nanoseconds.Swap(0)),
	}
}

func (r targetRecord) rate() float64 { return (r.failures + 1) / (r.outcomes + 2) }
func (r targetRecord) mean() float64 { return r.nanoseconds / r.timed }

func (r targetRecord) failsMore(rates []float64) bool {
	if r.outcomes < enoughOutcomes || len(rates) < 2 {
		return false
	}
	rate := medianOfOthers(rates, r.rate())
	excess := r.failures - r.outcomes*rate
	return excess > 0 && excess*excess > 9*r.outcomes*rate*(1-rate)
}

func (r targetRecord) isSlower(means []float64) bool {
	if r.timed < enoughOutcomes || len(means) < 2 {
		return false
	}
	usual := medianOfOthers(means, r.mean())
	return r.mean() > max(3*usual, usual+float64(time.Millisecond))
}

// medianOfOthers returns the median of sorted values but for one of them.
func medianOfOthers(sorted []float64, one float64) float64 {
	at, _ := slices.BinarySearch(sorted, one)
	middle := (len(sorted) - 2) / 2
	if middle >= at {
		middle++
	}
	return sorted[middle]
}
