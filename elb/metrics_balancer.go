package elb

import "sync/atomic"

// Metrics is a snapshot of a load balancer's counters and gauges. Names are those that AWS
// gives them in CloudWatch, without the underscores; in JSON they have them. (User Guide
// for Application Load Balancers, "CloudWatch metrics".) Counters only grow, from the
// balancer's creation. What is counted meanwhile may be in one of them and not yet in
// another.
type Metrics struct {
	RequestCount     int64 // requests that arrived, whatever became of them
	GrpcRequestCount int64 // those of them that are gRPC's
	RuleEvaluations  int64 // rules that were looked at for them, without the default ones

	ActiveConnectionCount          int64 // a gauge: of clients alone, where AWS's has those to targets too
	NewConnectionCount             int64 // of clients alone, as well
	RejectedConnectionCount        int64 // as there were too many
	ClientTLSNegotiationErrorCount int64 // connections of clients whose TLS handshake failed
	ProcessedBytes                 int64 // of bodies, in both directions; AWS counts headers too

	HTTPCodeELB3XXCount int64 `json:"HTTPCode_ELB_3XX_Count"` // answers of the balancer itself, and so are the next ones
	HTTPCodeELB4XXCount int64 `json:"HTTPCode_ELB_4XX_Count"`
	HTTPCodeELB5XXCount int64 `json:"HTTPCode_ELB_5XX_Count"` // the next four included
	HTTPCodeELB500Count int64 `json:"HTTPCode_ELB_500_Count"`
	HTTPCodeELB502Count int64 `json:"HTTPCode_ELB_502_Count"`
	HTTPCodeELB503Count int64 `json:"HTTPCode_ELB_503_Count"`
	HTTPCodeELB504Count int64 `json:"HTTPCode_ELB_504_Count"`

	HTTPRedirectCount      int64 `json:"HTTP_Redirect_Count"`       // redirect actions
	HTTPFixedResponseCount int64 `json:"HTTP_Fixed_Response_Count"` // fixed-response actions

	// DesyncMitigationModeNonCompliantRequestCount counts requests that do not comply with
	// RFC 9112, whatever the mode let become of them.
	DesyncMitigationModeNonCompliantRequestCount int64 `json:"DesyncMitigationMode_NonCompliant_Request_Count"`
}

// Metrics returns the load balancer's metrics as of now.
func (lb *LoadBalancer) Metrics() Metrics { return lb.count.metrics() }

// balancerCounters is what a load balancer counts. Its methods may be called concurrently.
type balancerCounters struct {
	_ [cacheLine]byte

	requests, grpc, rules, bytes atomic.Int64 // a request changes most of these at a time

	active, opened, refused, tlsErrors atomic.Int64
	redirects, fixed, noncompliant     atomic.Int64
	answers                            [elbCodes]atomic.Int64 // by elbCode

	_ [cacheLine]byte
}

// connection counts one that a client opened, with a delta of 1, or that ended, with -1.
func (c *balancerCounters) connection(delta int) {
	c.active.Add(int64(delta))
	if delta > 0 {
		c.opened.Add(int64(delta))
	}
}

// rejected counts a connection that was one too many.
func (c *balancerCounters) rejected() { c.refused.Add(1) }

// tlsError counts a TLS handshake with a client that failed.
func (c *balancerCounters) tlsError() { c.tlsErrors.Add(1) }

// request counts one that arrived, and the rules that were looked at for it.
func (c *balancerCounters) request(grpc bool, rules int) {
	c.requests.Add(1)
	if rules > 0 {
		c.rules.Add(int64(rules))
	}
	if grpc {
		c.grpc.Add(1)
	}
}

// answered counts an answer that is the balancer's own, redirects and fixed responses
// included.
func (c *balancerCounters) answered(status int) {
	if code := elbCodeOf(status); code != elbNone {
		c.answers[code].Add(1)
	}
}

// redirected counts a redirect action, besides answered.
func (c *balancerCounters) redirected() { c.redirects.Add(1) }

// fixedResponse counts a fixed-response action, besides answered.
func (c *balancerCounters) fixedResponse() { c.fixed.Add(1) }

// processed counts bytes that passed.
func (c *balancerCounters) processed(bytes int64) { c.bytes.Add(bytes) }

// desync counts a request that was judged.
func (c *balancerCounters) desync(compliant bool) {
	if !compliant {
		c.noncompliant.Add(1)
	}
}

// metrics returns what was counted so far.
func (c *balancerCounters) metrics() Metrics {
	m := Metrics{
		RequestCount:                   c.requests.Load(),
		GrpcRequestCount:               c.grpc.Load(),
		RuleEvaluations:                c.rules.Load(),
		ActiveConnectionCount:          c.active.Load(),
		NewConnectionCount:             c.opened.Load(),
		RejectedConnectionCount:        c.refused.Load(),
		ClientTLSNegotiationErrorCount: c.tlsErrors.Load(),
		ProcessedBytes:                 c.bytes.Load(),
		HTTPCodeELB3XXCount:            c.answers[elb3XX].Load(),
		HTTPCodeELB4XXCount:            c.answers[elb4XX].Load(),
		HTTPCodeELB500Count:            c.answers[elb500].Load(),
		HTTPCodeELB502Count:            c.answers[elb502].Load(),
		HTTPCodeELB503Count:            c.answers[elb503].Load(),
		HTTPCodeELB504Count:            c.answers[elb504].Load(),
		HTTPRedirectCount:              c.redirects.Load(),
		HTTPFixedResponseCount:         c.fixed.Load(),

		DesyncMitigationModeNonCompliantRequestCount: c.noncompliant.Load(),
	}
	m.HTTPCodeELB5XXCount = c.answers[elb5XX].Load() + m.HTTPCodeELB500Count +
		m.HTTPCodeELB502Count + m.HTTPCodeELB503Count + m.HTTPCodeELB504Count
	return m
}

// elbCode is what an answer is counted under: each one once.
type elbCode int

const (
	elb3XX elbCode = iota
	elb4XX
	elb5XX // those that have no counter of their own
	elb500
	elb502
	elb503
	elb504
	elbCodes
	elbNone elbCode = -1
)

func elbCodeOf(status int) elbCode {
	switch {
	case status == 500:
		return elb500
	case status == 502:
		return elb502
	case status == 503:
		return elb503
	case status == 504:
		return elb504
	case status/100 == 5:
		return elb5XX
	case status/100 == 4:
		return elb4XX
	case status/100 == 3:
		return elb3XX
	default:
		return elbNone
	}
}
