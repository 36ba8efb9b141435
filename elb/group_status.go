package elb

import "time"

// TargetStatus is what a group knows of a target.
type TargetStatus struct {
	Target *Target
	Health TargetHealth
	Since  time.Time // since when it is in Health.State

	// Ejected tells that the target is taken out for its answers; see OutlierEjection.
	Ejected bool
	// Share is what part of a full target's requests it gets: less than 1 in its slow start.
	Share float64
	// Outstanding is how many requests or connections it has.
	Outstanding int
	// Requests and Errors count what it got, and what of that it answered with a status
	// of 500 or more, or not at all.
	Requests, Errors int64
	// Latency is how long it takes to answer: a mean of those so far in which the later
	// count more. Zero if there was none yet.
	Latency time.Duration
}
