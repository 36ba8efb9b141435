package elb

import "errors"

// ProxyMetrics is a snapshot of what a proxy counts. Names are those that AWS gives them in
// CloudWatch, without the underscores; in JSON they have them. (User Guide for Network Load
// Balancers, "CloudWatch metrics".) Counters only grow, from the proxy's creation. What
// AWS counts by target group, such as hosts that are healthy, is in [GroupMetrics].
type ProxyMetrics struct {
	ActiveFlowCount   int64 // a gauge: connections of clients, those to no target yet included
	NewFlowCount      int64 // connections of clients that were connected to a target
	RejectedFlowCount int64 // connections of clients that were not, and that the proxy has reset
	ProcessedBytes    int64 // payload in both directions; AWS counts headers too

	TCPClientResetCount int64 `json:"TCP_Client_Reset_Count"` // connections that clients have reset
	TCPTargetResetCount int64 `json:"TCP_Target_Reset_Count"` // connections that targets have reset
	TCPELBResetCount    int64 `json:"TCP_ELB_Reset_Count"`    // connections that the proxy has reset itself

	ClientTLSNegotiationErrorCount int64 // handshakes with clients that failed, which the resets do not include
	TargetTLSNegotiationErrorCount int64 // connections of clients that failed as those with targets did
}

// Metrics returns what was counted so far.
func (p *Proxy) Metrics() ProxyMetrics {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.ended
	m.ActiveFlowCount = int64(len(p.flows))
	m.NewFlowCount = p.opened.Load()
	for f := range p.flows {
		m.ProcessedBytes += f.received.Load() + f.sent.Load()
	}
	return m
}

// count adds a flow that is over.
func (m *ProxyMetrics) count(f *flow) {
	m.ProcessedBytes += f.received.Load() + f.sent.Load()
	switch cause := f.cause; {
	case cause == nil:
		return
	case errors.Is(cause, ErrClientTLS):
		m.ClientTLSNegotiationErrorCount++
		return
	case errors.Is(cause, ErrClientReset):
		m.TCPClientResetCount++
		return
	case errors.Is(cause, ErrTargetReset):
		m.TCPTargetResetCount++
		return
	case errors.Is(cause, ErrTargetTLS):
		m.TargetTLSNegotiationErrorCount++
	}
	m.TCPELBResetCount++
	if f.target == nil {
		m.RejectedFlowCount++
	}
}
