package elb

import (
	"sync/atomic"
	"time"
)

// GroupMetrics is a snapshot of a target group's counters and gauges. Names are those that
// AWS gives them in CloudWatch, without the underscores; in JSON they have them. (User Guide
// for Application Load Balancers, "CloudWatch metrics".) Counters only grow, from the
// group's creation. What is counted meanwhile may be in one of them and not yet in another.
type GroupMetrics struct {
	RequestCount                 int64 // requests for which there was a target; one that is tried again counts once more
	UnhealthyRoutingRequestCount int64 // those that went to targets though too few were healthy

	HealthyHostCount   int64 // a gauge, and so are the next two: targets whose state is healthy
	UnHealthyHostCount int64 // targets whose state is unhealthy
	AnomalousHostCount int64 // targets that are ejected for their answers; see OutlierEjection

	HTTPCodeTarget2XXCount int64 `json:"HTTPCode_Target_2XX_Count"` // answers of targets, and so are the next ones
	HTTPCodeTarget3XXCount int64 `json:"HTTPCode_Target_3XX_Count"`
	HTTPCodeTarget4XXCount int64 `json:"HTTPCode_Target_4XX_Count"`
	HTTPCodeTarget5XXCount int64 `json:"HTTPCode_Target_5XX_Count"`

	TargetConnectionErrorCount     int64 // connections that targets did not accept
	TargetTLSNegotiationErrorCount int64 // connections to targets whose TLS handshake failed
	LambdaUserError                int64 // requests that failed for what a function did, or for their size
	LambdaInternalError            int64 // requests to a function that failed for another reason

	// TargetResponseTime is how long after a request was sent its answer began, of all
	// answers.
	TargetResponseTime Distribution

	registered int64 // targets
}

// RequestCountPerTarget is how many requests each target got on average: RequestCount by
// the number of healthy targets, or by that of registered ones if none is healthy; 0 if
// there are none at all.
func (m GroupMetrics) RequestCountPerTarget() float64 {
	targets := m.HealthyHostCount
	if targets == 0 {
		targets = m.registered
	}
	if targets == 0 {
		return 0
	}
	return float64(m.RequestCount) / float64(targets)
}

// Metrics returns the group's metrics as of now.
func (g *TargetGroup) Metrics() GroupMetrics { return g.count.metrics(g.Targets()) }

// groupCounters is what a target group counts. Its methods may be called concurrently.
type groupCounters struct {
	_ [cacheLine]byte

	requests, took atomic.Int64 // took is the sum of answers' times, in nanoseconds

	failedOpen, connectErrors, tlsErrors, userErrors, internalErrors atomic.Int64

	// answers counts those of a statusClass whose time is in a bucket: one addition where
	// the class, the bucket and the number of all would take three.
	answers [statusClasses][timeBuckets]atomic.Int64

	_ [cacheLine]byte
}

// request counts one that goes to a target of the group.
func (c *groupCounters) request() { c.requests.Add(1) }

// response counts the answer of a target, and how long that took to begin it.
func (c *groupCounters) response(status int, took time.Duration) {
	took = max(took, 0)
	c.answers[statusClassOf(status)][timeBucket(took)].Add(1)
	c.took.Add(int64(took))
}

// connectionError counts a target that was not connected to; tls tells that it accepted the
// connection and then failed the TLS handshake.
func (c *groupCounters) connectionError(tls bool) {
	if tls {
		c.tlsErrors.Add(1)
	} else {
		c.connectErrors.Add(1)
	}
}

// failOpen counts a request to a group whose targets are all used though they are not
// healthy, besides request.
func (c *groupCounters) failOpen() { c.failedOpen.Add(1) }

// functionError counts a call of a function that failed: by the function's fault, or not.
func (c *groupCounters) functionError(user bool) {
	if user {
		c.userErrors.Add(1)
	} else {
		c.internalErrors.Add(1)
	}
}

// metrics returns what was counted so far, and of targets what they are now.
func (c *groupCounters) metrics(targets []TargetStatus) GroupMetrics {
	m := GroupMetrics{
		RequestCount:                   c.requests.Load(),
		UnhealthyRoutingRequestCount:   c.failedOpen.Load(),
		TargetConnectionErrorCount:     c.connectErrors.Load(),
		TargetTLSNegotiationErrorCount: c.tlsErrors.Load(),
		LambdaUserError:                c.userErrors.Load(),
		LambdaInternalError:            c.internalErrors.Load(),
	}
	for _, t := range targets {
		switch t.Health.State {
		case StateHealthy:
			m.HealthyHostCount++
		case StateUnhealthy:
			m.UnHealthyHostCount++
		}
		if t.Health.State != StateDraining {
			m.registered++
		}
		if t.Ejected {
			m.AnomalousHostCount++
		}
	}
	var classes [statusClasses]int64
	for class := range c.answers {
		for i := range c.answers[class] {
			n := c.answers[class][i].Load()
			classes[class] += n
			m.TargetResponseTime.add(i, n)
		}
	}
	m.TargetResponseTime.Sum = time.Duration(c.took.Load())
	m.HTTPCodeTarget2XXCount = classes[status2XX]
	m.HTTPCodeTarget3XXCount = classes[status3XX]
	m.HTTPCodeTarget4XXCount = classes[status4XX]
	m.HTTPCodeTarget5XXCount = classes[status5XX]
	return m
}

const (
	statusOther = iota // such as 101, which AWS has no metric of
	status2XX
	status3XX
	status4XX
	status5XX
	statusClasses
)

func statusClassOf(status int) int {
	if class := status/100 - 1; class >= status2XX && class <= status5XX {
		return class
	}
	return statusOther
}
