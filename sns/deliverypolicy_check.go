package sns

import (
	"mime"
	"slices"
	"time"
)

const (
	maxRetries  = 100
	maxSchedule = 3600 // seconds
)

// contentTypes are what HTTP endpoints can be sent messages as. ("Creating an HTTP/S
// delivery policy" in the SNS Developer Guide.)
var contentTypes = []string{
	"application/atom+xml", "application/json", "application/octet-stream", "application/soap+xml",
	"application/x-www-form-urlencoded", "application/xhtml+xml", "application/xml",
	"text/css", "text/csv", "text/html", "text/plain", "text/xml",
}

// check returns every fault of a delivery policy.
func (p deliveryPaths) check(fault faults, policy *DeliveryPolicy) (found []error) {
	add := func(format string, args ...any) { found = append(found, fault(format, args...)) }
	if r := policy.HealthyRetryPolicy; r != nil {
		found = append(found, p.checkRetries(fault, r)...)
	}
	if policy.MaxReceivesPerSecond < 0 {
		add("%s.maxReceivesPerSecond must be greater than or equal to 1", p.throttle)
	}
	if policy.HeaderContentType != "" {
		kind, _, err := mime.ParseMediaType(policy.HeaderContentType)
		if err != nil || !slices.Contains(contentTypes, kind) {
			add("%s.headerContentType: Invalid value [%s]", p.request, policy.HeaderContentType)
		}
	}
	return found
}

func (p deliveryPaths) checkRetries(fault faults, r *RetryPolicy) (found []error) {
	between := func(name string, v, low, high int) {
		if v < low {
			found = append(found, fault("%s.%s must be greater than or equal to %d", p.retry, name, low))
		}
		if v > high {
			found = append(found, fault("%s.%s must be less than or equal to %d", p.retry, name, high))
		}
	}
	retries, least, most := defaultRetries, r.MinDelayTarget, r.MaxDelayTarget
	if r.NumRetries != nil {
		retries = *r.NumRetries
	}
	if least == 0 {
		least = defaultDelay
	}
	if most == 0 {
		most = defaultDelay
	}
	between("numRetries", retries, 0, maxRetries)
	between("numNoDelayRetries", r.NumNoDelayRetries, 0, maxRetries)
	between("numMinDelayRetries", r.NumMinDelayRetries, 0, maxRetries)
	between("numMaxDelayRetries", r.NumMaxDelayRetries, 0, maxRetries)
	target := func(name string, d time.Duration) {
		if d%time.Second != 0 {
			found = append(found, fault("%s.%s must be whole seconds", p.retry, name))
		} else {
			between(name, int(d/time.Second), 1, maxSchedule)
		}
	}
	target("minDelayTarget", least)
	target("maxDelayTarget", most)
	switch r.BackoffFunction {
	case "", BackoffLinear, BackoffArithmetic, BackoffGeometric, BackoffExponential:
	default:
		found = append(found, fault("%s.backoffFunction: Invalid value [%s]", p.retry, r.BackoffFunction))
	}
	if found != nil {
		return found
	}
	if least > most {
		found = append(found, fault("%s.minDelayTarget must be less than or equal to maxDelayTarget", p.retry))
	}
	if r.NumNoDelayRetries+r.NumMinDelayRetries+r.NumMaxDelayRetries > retries {
		found = append(found, fault("%s.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries", p.retry))
	}
	if found != nil {
		return found
	}
	var total time.Duration
	for _, d := range r.delays() {
		total += d
	}
	if total > maxSchedule*time.Second {
		found = append(found, fault("%s: the delays must be less than or equal to %d seconds in total", p.retry, maxSchedule))
	}
	return found
}
