package elb

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Rule is a rule of a listener: requests that meet all its Conditions get its Action.
// ("Listener rules for your Application Load Balancer" in the ELB user guide.)
type Rule struct {
	// Priority is 1 to 50,000 and unique in the listener; the lowest is tried first.
	Priority int
	// Conditions must all be met, and there is at least one. At most one of each of
	// HostHeader, PathPattern, HTTPRequestMethod and SourceIP, and any number of
	// HTTPHeader and QueryString. All together have at most five values, and those at
	// most six wildcards.
	Conditions []Condition
	// Transforms change what is forwarded, after the conditions were met: at most one
	// of each kind. They mean nothing to the other actions.
	Transforms []Transform
	// Action is what becomes of the request.
	Action Action
}

// Rules is a compiled set of rules. It never changes, so that everything may be called
// concurrently; a listener whose rules change gets another set.
type Rules struct {
	rules     []compiledRule // by priority
	byDefault compiledRule
}

type compiledRule struct {
	prefix   string // of the paths that can match: most rules need no closer look
	rule     *Rule  // nil for the default
	index    int    // in what was given; -1 for the default
	tests    []conditionTest
	host     *rewrite
	url      *rewrite
	action   *Action
	redirect *redirect // of action, if it is one
}

// Decision is what the rules say about a request.
type Decision struct {
	// Rule is the rule that matched; nil if none did and the default action holds. It is
	// shared and must not be changed, nor must Action be.
	Rule *Rule
	// Action is what to do; never nil.
	Action *Action
	// Location is where a redirect goes to, for the header of that name; empty for the
	// other actions.
	Location string
	// Host is the Host header for the target: the request's own, if nothing rewrites it.
	Host string
	// URL is the URL for the target: the request's own, the same pointer, if nothing
	// rewrites it.
	URL *url.URL
	// Err says that a rewrite made something that is no host or URL; it is a
	// *RuleError of ErrRewrite. The answer is then a status 500, and Host and URL are as
	// they came.
	Err error

	evaluated int // how many rules were
}

// CompileRules checks the rules and the action that holds where none matches, and
// compiles them. The rules may be in any order. It copies them, but keeps what they and
// defaultAction point to, which must not be changed afterwards.
//
// It returns every fault at once: a *RuleError for each, joined, whose sentinels are
// ErrTooManyRules, ErrPriority, ErrPriorityInUse, ErrNoDefaultAction,
// ErrInvalidCondition, ErrInvalidAction, ErrRedirectLoop and ErrInvalidTransform.
// What depends on the listener, CheckListener finds.
func CompileRules(rules []Rule, defaultAction *Action) (*Rules, error) {
	all := ruleFaults{index: -1}
	s := &Rules{byDefault: compiledRule{index: -1, action: defaultAction}}
	if len(rules) > maxRules {
		all.add("", ErrTooManyRules, "a listener has at most %d rules, not %d", maxRules, len(rules))
	}
	if defaultAction == nil {
		all.add("", ErrNoDefaultAction, "a listener needs an action for requests that no rule matches")
	} else {
		s.byDefault.redirect = compileAction(defaultAction, &all)
	}
	taken := make(map[int]bool, len(rules))
	rules = slices.Clone(rules)
	for i := range rules {
		f := ruleFaults{index: i, priority: rules[i].Priority}
		checkPriority(f.priority, taken, &f)
		s.rules = append(s.rules, compileRule(&rules[i], &f))
		all.found = append(all.found, f.found...)
	}
	if err := all.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(s.rules, func(a, b compiledRule) int { return a.rule.Priority - b.rule.Priority })
	return s, nil
}

// CheckListener returns the faults that rules have at one listener though not at
// another, joined: ErrInvalidAction for a redirect from HTTPS to HTTP, which ELB does
// not make, and ErrRedirectLoop for one to HTTPS or to a port where the request is
// already.
func (s *Rules) CheckListener(https bool, port int) error {
	all := ruleFaults{index: -1}
	for i := range s.rules {
		f := ruleFaults{index: s.rules[i].index, priority: s.rules[i].rule.Priority}
		checkRedirectAt(s.rules[i].action.Redirect, https, port, &f)
		all.found = append(all.found, f.found...)
	}
	checkRedirectAt(s.byDefault.action.Redirect, https, port, &all)
	return all.err()
}

// Match decides about a request that came from peer, which is the other end of the
// connection: a condition on the source address is about that, not about any header.
//
// Conditions see the request as it was sent. The path is not decoded and not cleaned,
// so that "/%61" and "/a" differ, and "/x/../a" begins with "/x". A rule is therefore
// no access control: what a target takes to be the same path may match another rule.
// The host is that of the Host header without its port. A character is a byte.
func (s *Rules) Match(r *http.Request, peer netip.AddrPort) Decision {
	v := requestView{r: r, peer: peer.Addr().Unmap().WithZone("")}
	for i := range s.rules {
		if s.rules[i].matches(&v) {
			d := s.rules[i].decide(&v)
			d.evaluated = i + 1
			return d
		}
	}
	d := s.byDefault.decide(&v)
	d.evaluated = len(s.rules)
	return d
}

// groups yields the names of the target groups that requests are forwarded to.
func (s *Rules) groups() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range s.actions() {
			if a.Forward == nil {
				continue
			}
			for i := range a.Forward.Groups {
				if !yield(a.Forward.Groups[i].Group) {
					return
				}
			}
		}
	}
}

func (s *Rules) actions() []*Action {
	all := []*Action{s.byDefault.action}
	for i := range s.rules {
		all = append(all, s.rules[i].action)
	}
	return all
}

func (c *compiledRule) matches(v *requestView) bool {
	if c.prefix != "" && !strings.HasPrefix(v.path(), c.prefix) {
		return false
	}
	for i := range c.tests {
		if !c.tests[i].meets(v) {
			return false
		}
	}
	return true
}

func (c *compiledRule) decide(v *requestView) Decision {
	d := Decision{Rule: c.rule, Action: c.action, Host: v.r.Host, URL: v.r.URL}
	switch {
	case c.redirect != nil:
		d.Location = c.redirect.location(v)
	case c.action.Forward != nil && (c.host != nil || c.url != nil):
		c.transform(v, &d)
	}
	return d
}
