package elb

import (
	"math/bits"
	"time"
)

const (
	firstCheckStep = time.Millisecond

	checkSlots     = 50 // of an interval, at least, unless they are shorter than a millisecond
	leastCheckSlot = time.Millisecond
	mostCheckSlot  = 20 * time.Millisecond
)

// firstCheckDelay is how long after a batch of targets began to be registered the first check
// of its k-th one starts, k from 0: a millisecond for each before it, so that new targets are
// soon known, and not all asked at once. Where that comes to the interval it starts over: of
// a thousand targets that are checked every 100 ms, ten are in any case each millisecond.
func firstCheckDelay(k int, interval time.Duration) time.Duration {
	return time.Duration(k) % max(interval/firstCheckStep, 1) * firstCheckStep
}

// checkPhase is when in each interval a group's k-th target is checked from its second check
// on, k from 0: at least 0, less than the interval. The phases of the first n are spread
// about evenly whatever n is, as the multiples of the golden ratio modulo 1 are (Knuth, The
// Art of Computer Programming, volume 3, section 6.4, theorem S). So targets come without
// a change to the others' phases.
//
// Phases are multiples of a slot: a fiftieth of the interval, but at least a millisecond and
// at most 20. To wake up costs about what a TCP check does, and is shared by the checks that
// are due at the same time. They are only if they are timed from one moment for all targets
// of the group, not each from when its last one was.
func checkPhase(k int, interval time.Duration) time.Duration {
	const golden = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio
	slot := min(max(interval/checkSlots, leastCheckSlot), mostCheckSlot)
	n, _ := bits.Mul64(uint64(k)*golden, uint64(max(interval/slot, 1)))
	return time.Duration(n) * slot
}
