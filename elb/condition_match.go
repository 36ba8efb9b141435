package elb

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// conditionTest is a compiled condition.
type conditionTest struct {
	kind       conditionKind
	name       string // of the header, in canonical form
	methods    []string
	sources    []netip.Prefix
	patterns   []pattern // of a path, a host or a header
	parameters []parameter
}

// conditionKind is what a condition is about. The cheaper comes first.
type conditionKind int

const (
	kindMethod conditionKind = iota
	kindPath
	kindHost
	kindSource
	kindHeader
	kindQuery
	conditionKinds
)

// String returns AWS's name.
func (k conditionKind) String() string {
	return [...]string{"http-request-method", "path-pattern", "host-header", "source-ip", "http-header", "query-string"}[k]
}

// field returns the name of the field of Condition.
func (k conditionKind) field() string {
	return [...]string{"HTTPRequestMethod", "PathPattern", "HostHeader", "SourceIP", "HTTPHeader", "QueryString"}[k]
}

// once tells whether a rule can have but one such condition.
func (k conditionKind) once() bool { return k != kindHeader && k != kindQuery }

// pattern is a regular expression, or else a wildcard.
type pattern struct {
	regex    *regexp.Regexp
	wildcard wildcard
}

func (p *pattern) match(text string) bool {
	if p.regex != nil {
		return p.regex.MatchString(text)
	}
	return p.wildcard.match(text)
}

type parameter struct {
	keyed      bool
	key, value wildcard
}

// values counts the values, of which at most one kind is there.
func (t *conditionTest) values() int {
	return len(t.methods) + len(t.sources) + len(t.patterns) + len(t.parameters)
}

func (t *conditionTest) wildcards() (n int) {
	for i := range t.patterns {
		n += t.patterns[i].wildcard.count
	}
	for i := range t.parameters {
		n += t.parameters[i].key.count + t.parameters[i].value.count
	}
	return n
}

// cost orders tests. A regular expression takes longest.
func (t *conditionTest) cost() int {
	if slices.ContainsFunc(t.patterns, func(p pattern) bool { return p.regex != nil }) {
		return int(conditionKinds)
	}
	return int(t.kind)
}

// meets tells whether a request meets the condition.
func (t *conditionTest) meets(v *requestView) bool {
	switch t.kind {
	case kindMethod:
		return slices.Contains(t.methods, v.r.Method)
	case kindPath:
		return t.any(v.path())
	case kindHost:
		return t.any(v.host())
	case kindSource:
		for _, p := range t.sources {
			if p.Contains(v.peer) {
				return true
			}
		}
	case kindHeader:
		return slices.ContainsFunc(v.r.Header[t.name], t.any)
	case kindQuery:
		return t.query(v.r.URL.RawQuery)
	}
	return false
}

func (t *conditionTest) any(text string) bool {
	for i := range t.patterns {
		if t.patterns[i].match(text) {
			return true
		}
	}
	return false
}

// query looks for one of the parameters in a query, which it takes apart as it goes.
func (t *conditionTest) query(query string) bool {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		for i := range t.parameters {
			p := &t.parameters[i]
			if (!p.keyed || p.key.match(key)) && p.value.match(value) {
				return true
			}
		}
	}
	return false
}
