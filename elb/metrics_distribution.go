package elb

import (
	"encoding/json"
	"math"
	"math/bits"
	"time"
)

// Distribution is how durations are spread: a snapshot, which may be copied and compared.
//
// Their number and sum are exact. A percentile is off by 1/16 of it at most (6.25 %), or by
// half a microsecond if it is below 8 µs: durations are counted in buckets, eight for each
// power of two from a microsecond to 71 minutes. Longer ones count as those.
type Distribution struct {
	// Count is how many there are.
	Count int64
	// Sum is what they are together.
	Sum time.Duration

	buckets [timeBuckets]int64
}

// Average returns the mean; 0 if there are no durations.
func (d Distribution) Average() time.Duration {
	if d.Count == 0 {
		return 0
	}
	return d.Sum / time.Duration(d.Count)
}

// Percentile returns the duration that p percent of them do not exceed, such as 99 for
// CloudWatch's p99: the middle of the bucket that it is in. A p below 0 or above 100 counts
// as that. It returns 0 if there are no durations.
func (d Distribution) Percentile(p float64) time.Duration {
	if d.Count == 0 {
		return 0
	}
	rank := int64(1)
	if p > 0 { // which NaN is not
		rank = max(rank, int64(math.Ceil(min(p, 100)/100*float64(d.Count))))
	}
	for i, n := range d.buckets {
		if rank -= n; rank <= 0 {
			return timeBucketMiddle(i)
		}
	}
	return timeBucketMiddle(timeBuckets - 1)
}

// Since returns what was added after an earlier snapshot of the same.
func (d Distribution) Since(earlier Distribution) Distribution {
	later := Distribution{Count: d.Count - earlier.Count, Sum: d.Sum - earlier.Sum}
	for i := range d.buckets {
		later.buckets[i] = d.buckets[i] - earlier.buckets[i]
	}
	return later
}

// MarshalJSON writes CloudWatch's statistics SampleCount, Sum, Average, p50, p90, p95 and
// p99, all but the first in seconds. It never fails.
func (d Distribution) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SampleCount  int64
		Sum, Average float64
		P50          float64 `json:"p50"`
		P90          float64 `json:"p90"`
		P95          float64 `json:"p95"`
		P99          float64 `json:"p99"`
	}{
		d.Count, d.Sum.Seconds(), d.Average().Seconds(), d.Percentile(50).Seconds(),
		d.Percentile(90).Seconds(), d.Percentile(95).Seconds(), d.Percentile(99).Seconds(),
	})
}

// add counts n durations of a bucket, and leaves their sum to the caller.
func (d *Distribution) add(bucket int, n int64) {
	d.buckets[bucket] += n
	d.Count += n
}

// Buckets are of microseconds: one for each below 16, and from there on eight for each power
// of two, up to 2³². A number's bucket is given by its highest four bits and their place.
const (
	bucketBits  = 3
	octave      = 1 << bucketBits
	timeBuckets = (32 - bucketBits + 1) * octave
)

// timeBucket returns the bucket of a duration, which is not less than 0.
func timeBucket(d time.Duration) int {
	us := uint64(d / time.Microsecond)
	shift := max(bits.Len64(us)-bucketBits-1, 0)
	return min(shift*octave+int(us>>shift), timeBuckets-1)
}

// timeBucketMiddle returns the duration in the middle of a bucket.
func timeBucketMiddle(i int) time.Duration {
	shift := max(i/octave-1, 0)
	low := time.Duration(i-shift*octave) << shift
	return low*time.Microsecond + time.Microsecond<<shift/2
}
