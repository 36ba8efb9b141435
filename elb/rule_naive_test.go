package elb_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/leat-go/leat/elb"
)

// naiveMatch is what the rules mean, said as simply as possible. It returns the index
// of the rule that matches, or -1.
func naiveMatch(rules []elb.Rule, r *http.Request, from netip.Addr) int {
	best := -1
	for i, rule := range rules {
		met := true
		for _, c := range rule.Conditions {
			met = met && naiveMeets(c, r, from)
		}
		if met && (best < 0 || rule.Priority < rules[best].Priority) {
			best = i
		}
	}
	return best
}

func naiveMeets(c elb.Condition, r *http.Request, from netip.Addr) bool {
	target := strings.TrimPrefix(r.RequestURI, "http://example.com")
	path, query, _ := strings.Cut(target, "?")
	name := strings.Split(r.Host, ":")[0]
	if c.HTTPRequestMethod != nil {
		return slices.Contains(c.HTTPRequestMethod, r.Method)
	}
	for _, p := range c.SourceIP {
		if p.Contains(from) {
			return true
		}
	}
	for _, p := range c.PathPattern.Values {
		if naiveWildcard(p, path) {
			return true
		}
	}
	for _, p := range c.PathPattern.RegexValues {
		if regexp.MustCompile(p).MatchString(path) {
			return true
		}
	}
	for _, p := range c.HostHeader.Values {
		if naiveWildcard(strings.ToLower(p), strings.ToLower(name)) {
			return true
		}
	}
	for _, p := range c.HostHeader.RegexValues {
		if regexp.MustCompile("(?i)" + p).MatchString(name) {
			return true
		}
	}
	for _, value := range r.Header.Values(c.HTTPHeader.Name) {
		for _, p := range c.HTTPHeader.Values {
			if naiveWildcard(strings.ToLower(p), strings.ToLower(value)) {
				return true
			}
		}
		for _, p := range c.HTTPHeader.RegexValues {
			if regexp.MustCompile("(?i)" + p).MatchString(value) {
				return true
			}
		}
	}
	for _, p := range c.QueryString {
		for _, pair := range strings.Split(strings.ToLower(query), "&") {
			key, value, _ := strings.Cut(pair, "=")
			if pair != "" && (p.Key == "" || naiveWildcard(strings.ToLower(p.Key), key)) && naiveWildcard(strings.ToLower(p.Value), value) {
				return true
			}
		}
	}
	return false
}

// naiveWildcard tries everything. No pattern but a query's has a backslash.
func naiveWildcard(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case strings.HasPrefix(pattern, `\`):
		return text != "" && text[0] == pattern[1] && naiveWildcard(pattern[2:], text[1:])
	case pattern[0] == '*':
		return naiveWildcard(pattern[1:], text) || text != "" && naiveWildcard(pattern, text[1:])
	default:
		return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && naiveWildcard(pattern[1:], text[1:])
	}
}
