package elb

import (
	"fmt"
	"time"
)

// statusReport is what a status page shows. The names in JSON are described at
// StatusHandler.
type statusReport struct {
	Name    string        `json:"name,omitzero"`
	Time    time.Time     `json:"time"`
	Metrics *Metrics      `json:"metrics,omitzero"`
	Groups  []groupReport `json:"groups"`
}

type groupReport struct {
	Name      string          `json:"name"`
	ARN       string          `json:"arn"`
	Protocol  Protocol        `json:"protocol"`
	Version   ProtocolVersion `json:"version,omitzero"`
	Algorithm string          `json:"algorithm,omitzero"`

	Stickiness            StickinessType `json:"stickiness,omitzero"`
	CrossZone             bool           `json:"crossZone"`
	MinimumHealthy        int            `json:"minimumHealthy"`
	MinimumHealthyPercent int            `json:"minimumHealthyPercent,omitzero"`
	SlowStart             seconds        `json:"slowStartSeconds"`
	DeregistrationDelay   seconds        `json:"deregistrationDelaySeconds"`
	MaxRequests           int            `json:"maxRequests,omitzero"`

	HealthCheck checkReport    `json:"healthCheck"`
	FailOpen    bool           `json:"failOpen"`
	Metrics     GroupMetrics   `json:"metrics"`
	Targets     []targetReport `json:"targets"`
}

type checkReport struct {
	Disabled           bool           `json:"disabled"`
	Protocol           HealthProtocol `json:"protocol"`
	Path               string         `json:"path,omitzero"`
	Matcher            string         `json:"matcher,omitzero"`
	Interval           seconds        `json:"intervalSeconds"`
	Timeout            seconds        `json:"timeoutSeconds"`
	HealthyThreshold   int            `json:"healthyThreshold"`
	UnhealthyThreshold int            `json:"unhealthyThreshold"`
}

type targetReport struct {
	ID           string       `json:"id"`
	Kind         string       `json:"kind"`
	Address      string       `json:"address,omitzero"`
	Zone         string       `json:"zone,omitzero"`
	Weight       int          `json:"weight"`
	State        HealthState  `json:"state"`
	Reason       HealthReason `json:"reason,omitzero"`
	Description  string       `json:"description,omitzero"`
	Since        time.Time    `json:"since"`
	Ejected      bool         `json:"ejected"`
	Share        float64      `json:"share"`
	Outstanding  int          `json:"outstanding"`
	Requests     int64        `json:"requests"`
	Errors       int64        `json:"errors"`
	ErrorPercent float64      `json:"errorPercent"`
	Latency      seconds      `json:"latencySeconds"`
}

// seconds is a duration that is a number of seconds in JSON.
type seconds time.Duration

// MarshalJSON never fails.
func (s seconds) MarshalJSON() ([]byte, error) {
	return fmt.Append(nil, time.Duration(s).Seconds()), nil
}

// report is what a status page shows of the group.
func (g *TargetGroup) report() groupReport {
	c, targets := &g.config, g.Targets()
	report := groupReport{
		Name:     c.Name,
		ARN:      c.ARN,
		Protocol: c.Protocol,

		Stickiness:            c.Stickiness.Type,
		CrossZone:             !c.CrossZoneDisabled,
		MinimumHealthy:        c.MinimumHealthy,
		MinimumHealthyPercent: c.MinimumHealthyPercent,
		SlowStart:             seconds(c.SlowStart),
		DeregistrationDelay:   seconds(*c.DeregistrationDelay),
		MaxRequests:           c.MaxRequests,

		HealthCheck: checkReport{
			Disabled:           c.HealthCheck.Disabled,
			Protocol:           c.HealthCheck.Protocol,
			Path:               c.HealthCheck.Path,
			Matcher:            c.HealthCheck.Matcher,
			Interval:           seconds(c.HealthCheck.Interval),
			Timeout:            seconds(c.HealthCheck.Timeout),
			HealthyThreshold:   c.HealthCheck.HealthyThreshold,
			UnhealthyThreshold: c.HealthCheck.UnhealthyThreshold,
		},
		Metrics: g.Metrics(),
		Targets: make([]targetReport, len(targets)),
	}
	if c.Protocol == HTTP || c.Protocol == HTTPS {
		report.Version = c.Version
	}
	for _, zone := range g.view.Load().zones {
		report.Algorithm = algorithmName(zone.picker)
		report.FailOpen = report.FailOpen || zone.failOpen
	}
	for i := range targets {
		report.Targets[i] = targets[i].report()
	}
	return report
}

func (s *TargetStatus) report() targetReport {
	t := s.Target
	report := targetReport{
		ID:          t.Name(),
		Kind:        "address",
		Address:     t.Address,
		Zone:        t.Zone,
		Weight:      t.weight(),
		State:       s.Health.State,
		Reason:      s.Health.Reason,
		Description: s.Health.Description,
		Since:       s.Since,
		Ejected:     s.Ejected,
		Share:       s.Share,
		Outstanding: s.Outstanding,
		Requests:    s.Requests,
		Errors:      s.Errors,
		Latency:     seconds(s.Latency),
	}
	switch {
	case t.Handler != nil:
		report.Kind = "handler"
	case t.Function != nil:
		report.Kind = "function"
	}
	if s.Requests > 0 {
		report.ErrorPercent = 100 * float64(s.Errors) / float64(s.Requests)
	}
	return report
}

// algorithmName returns AWS's name for a picker, or one like that for those which AWS does
// not have.
func algorithmName(p SetPicker) string {
	switch p.(type) {
	case *RoundRobin:
		return "round_robin"
	case *LeastOutstanding:
		return "least_outstanding_requests"
	case *WeightedRandom:
		return "weighted_random"
	case *WeightedRoundRobin:
		return "weighted_round_robin"
	case *PowerOfTwo:
		return "power_of_two"
	case *ConsistentHash:
		return "consistent_hash"
	default:
		return fmt.Sprintf("%T", p)
	}
}
