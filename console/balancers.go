package console

import (
	"slices"
	"strconv"

	"github.com/leat-go/leat/elb"
)

// balancerList is the load balancers, layer 7 and layer 4, and the target groups of all.
type balancerList struct {
	Balancers []balancerRow `json:"balancers"`
	Proxies   []proxyRow    `json:"proxies"`
	Groups    []groupRow    `json:"groups"`
	Next      string        `json:"next,omitzero"` // always empty: there is one page
}

// Empty tells whether there are none.
func (l *balancerList) Empty() bool {
	return len(l.Balancers)+len(l.Proxies)+len(l.Groups) == 0
}

// balancerRow is a load balancer at layer 7 in a list. Its key names its page: the name,
// and a number besides if others before it have the same.
type balancerRow struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	Requests    int64  `json:"requests"`
	Connections int64  `json:"connections"`
	Own4XX      int64  `json:"elb4xx"`
	Own5XX      int64  `json:"elb5xx"`
	Groups      int    `json:"groups"`
}

// proxyRow is a load balancer at layer 4 in a list.
type proxyRow struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Active   int64  `json:"activeFlows"`
	New      int64  `json:"newFlows"`
	Rejected int64  `json:"rejectedFlows"`
	Bytes    int64  `json:"processedBytes"`
}

// groupRow is a target group in a list.
type groupRow struct {
	Key       string       `json:"key"`
	Name      string       `json:"name"`
	Protocol  elb.Protocol `json:"protocol"`
	Healthy   int          `json:"healthy"`
	Unhealthy int          `json:"unhealthy"`
	Others    int          `json:"others"` // initial, draining, unused, unavailable
	Requests  int64        `json:"requests"`
	Target5XX int64        `json:"target5xx"`
}

// keyed is something under its key.
type keyed[T any] struct {
	key string
	of  T
}

// keys gives each of a list a key that differs from those before it: pages have to be told
// apart though names may be the same.
func keys[T comparable](all []T, name func(T) string) []keyed[T] {
	var list []keyed[T]
	taken := map[string]bool{}
	for i, one := range all {
		var none T
		if one == none || slices.Contains(all[:i], one) {
			continue
		}
		key := name(one)
		for n := 2; taken[key]; n++ {
			key = name(one) + "~" + strconv.Itoa(n)
		}
		taken[key] = true
		list = append(list, keyed[T]{key, one})
	}
	return list
}

// targetGroups returns all target groups: those of the balancers, and the others.
func (c *call) targetGroups() []keyed[*elb.TargetGroup] {
	var all []*elb.TargetGroup
	for _, lb := range c.sources.Balancers {
		if lb != nil {
			all = append(all, lb.Groups()...)
		}
	}
	return keys(append(all, c.sources.TargetGroups...), (*elb.TargetGroup).Name)
}

func listBalancers(c *call) (any, error) {
	l, err := c.balancers()
	if err == nil && l == nil {
		err = errNoPage
	}
	return l, err
}

// balancers lists all; nil if there are none.
func (c *call) balancers() (*balancerList, error) {
	l := &balancerList{Balancers: []balancerRow{}, Proxies: []proxyRow{}, Groups: []groupRow{}}
	for _, lb := range keys(c.sources.Balancers, (*elb.LoadBalancer).Name) {
		m := lb.of.Metrics()
		l.Balancers = append(l.Balancers, balancerRow{lb.key, lb.of.Name(), m.RequestCount, m.ActiveConnectionCount,
			m.HTTPCodeELB4XXCount, m.HTTPCodeELB5XXCount, len(lb.of.Groups())})
	}
	for _, p := range keys(c.sources.Proxies, (*elb.Proxy).Name) {
		m := p.of.Metrics()
		l.Proxies = append(l.Proxies, proxyRow{p.key, p.of.Name(), m.ActiveFlowCount, m.NewFlowCount, m.RejectedFlowCount, m.ProcessedBytes})
	}
	for _, g := range c.targetGroups() {
		row := groupRow{Key: g.key, Name: g.of.Name(), Protocol: g.of.Config().Protocol}
		for _, t := range g.of.Targets() {
			switch t.Health.State {
			case elb.StateHealthy:
				row.Healthy++
			case elb.StateUnhealthy:
				row.Unhealthy++
			default:
				row.Others++
			}
		}
		m := g.of.Metrics()
		row.Requests, row.Target5XX = m.RequestCount, m.HTTPCodeTarget5XXCount
		l.Groups = append(l.Groups, row)
	}
	if l.Empty() {
		return nil, nil
	}
	return l, nil
}
