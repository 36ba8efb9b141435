package elb_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// ruleDice makes choices of bytes; when they are used up, it is always the first.
type ruleDice []byte

func (d *ruleDice) roll(sides int) int {
	if len(*d) == 0 {
		return 0
	}
	n := int((*d)[0]) % sides
	*d = (*d)[1:]
	return n
}

func (d *ruleDice) pick(of ...string) string { return of[d.roll(len(of))] }

func (d *ruleDice) some(of ...string) []string {
	picked := []string{d.pick(of...)}
	for len(picked) < 3 && d.roll(3) == 0 {
		picked = append(picked, d.pick(of...))
	}
	return picked
}

// rules makes rules of few words, of which some break a limit.
func (d *ruleDice) rules() (rules []elb.Rule) {
	for range 1 + d.roll(4) {
		rule := elb.Rule{Priority: 1 + d.roll(200), Action: toMatched}
		for range 1 + d.roll(3) {
			rule.Conditions = append(rule.Conditions, d.condition())
		}
		rules = append(rules, rule)
	}
	return rules
}

func (d *ruleDice) condition() elb.Condition {
	switch d.roll(9) {
	case 0:
		return elb.Condition{HTTPRequestMethod: d.some("GET", "PUT", "Get")}
	case 1:
		return fromSource(d.some("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "2001:db8::/32")...)
	case 2:
		return onPath(d.some("/*", "/a*", "/?", "/a/*b", "*A*", "/a", "/b", "/*/*", "*%*")...)
	case 3:
		return onPathRegex(d.some("^/a", "b$", "/.$", "A", "%2[Ff]")...)
	case 4:
		return onHost(d.some("a.com", "*.com", "B.a.*", "?.A.com", "*a.com", "*.b.*")...)
	case 5:
		return onHostRegex(d.some("^a", "[.]COM$", "b")...)
	case 6:
		return onHeader(d.pick("X-A", "x-b"), wildcards(d.some("a", "A*", "*b", "?", "*a*b*", "*")...))
	case 7:
		return onHeader(d.pick("X-A", "x-b"), expressions(d.some("^a", "B", "^.?$")...))
	}
	var c elb.Condition
	for range 1 + d.roll(3) {
		c.QueryString = append(c.QueryString, elb.QueryParameter{Key: d.pick("", "a", "A", "?", "*b", `\*`), Value: d.pick("a", "B", "*", "?", "a*", `\?`, `*\*`)})
	}
	return c
}

func (d *ruleDice) request() (*http.Request, netip.Addr) {
	target := "/" + d.pick("", "a", "A", "b", "a/b", "a/", "ab", "a%2Fb", "%61") + d.pick("", "?", "?")
	if target[len(target)-1] == '?' {
		for range 1 + d.roll(3) {
			target += d.pick("", "a", "b", "A", "ab", "*") + d.pick("=", "=", "") + d.pick("", "a", "B", "ab", "?", "b*") + d.pick("&", "&", "")
		}
	}
	r := request(target, "Host", d.pick("a.com", "b.a.com", "A.com:80", "B.A.COM", "x.b.org", ""))
	for range d.roll(4) {
		r.Header.Add(d.pick("X-A", "X-B"), d.pick("a", "b", "A", "ab", "AxB", ""))
	}
	r.Method = d.pick("GET", "PUT", "get")
	return r, netip.MustParseAddr(d.pick("10.1.2.3", "10.1.9.9", "10.9.9.9", "192.0.2.1", "::1", "2001:db8::1", "::ffff:10.1.2.3"))
}

// ruleTally counts what the comparisons were about.
type ruleTally struct {
	refused, compiled int
	matched, not      map[string]int // by the kind of condition
	first, later      int            // whether a rule before the one that matched did not
}

func newRuleTally() *ruleTally { return &ruleTally{matched: map[string]int{}, not: map[string]int{}} }

func kindOf(c elb.Condition) string {
	switch {
	case c.HTTPRequestMethod != nil:
		return "method"
	case c.SourceIP != nil:
		return "source"
	case c.PathPattern.Values != nil:
		return "path"
	case c.PathPattern.RegexValues != nil:
		return "path regex"
	case c.HostHeader.Values != nil:
		return "host"
	case c.HostHeader.RegexValues != nil:
		return "host regex"
	case c.HTTPHeader.Values != nil:
		return "header"
	case c.HTTPHeader.RegexValues != nil:
		return "header regex"
	}
	return "query"
}

// checkRules compares Match with naiveMatch, for rules and requests made of bytes.
func checkRules(t require.TestingT, input []byte, counts *ruleTally) {
	d := ruleDice(input)
	rules := d.rules()
	s, err := elb.CompileRules(rules, &notFound)
	if err != nil {
		require.True(t, errors.Is(err, elb.ErrInvalidCondition) || errors.Is(err, elb.ErrPriorityInUse), err)
		counts.refused++
		return
	}
	counts.compiled++
	for range 12 {
		r, from := d.request()
		want := naiveMatch(rules, r, from.Unmap())
		got := s.Match(r, netip.AddrPortFrom(from, 1))
		describe := []any{"%s %s %s %v from %v, rules %+v", r.Method, r.Host, r.RequestURI, r.Header, from, rules}
		if want < 0 {
			require.Nil(t, got.Rule, describe...)
			require.Same(t, &notFound, got.Action)
		} else {
			require.NotNil(t, got.Rule, describe...)
			require.Equal(t, rules[want], *got.Rule, describe...)
		}
		require.Equal(t, r.Host, got.Host)
		require.Same(t, r.URL, got.URL)
		for _, rule := range rules {
			switch {
			case want >= 0 && rule.Priority < rules[want].Priority:
				counts.later++
			case want >= 0 && rule.Priority == rules[want].Priority:
				counts.first++
			}
			for _, c := range rule.Conditions {
				if naiveMeets(c, r, from.Unmap()) {
					counts.matched[kindOf(c)]++
				} else {
					counts.not[kindOf(c)]++
				}
			}
		}
	}
}

func ruleBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestMatchAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	counts := newRuleTally()
	for range 5000 {
		checkRules(t, ruleBytes(r, 100+r.IntN(300)), counts)
	}
	t.Logf("sets of rules: %d compiled, %d refused", counts.compiled, counts.refused)
	t.Logf("requests: %d matched, of rules before theirs %d did not", counts.first, counts.later)
	require.Greater(t, counts.compiled, 1500)
	require.Greater(t, counts.refused, 200)
	require.Greater(t, counts.first, 4000)
	require.Greater(t, counts.later, 2000)
	for _, kind := range []string{"method", "source", "path", "path regex", "host", "host regex", "header", "header regex", "query"} {
		t.Logf("%-13s %6d met, %6d not", kind, counts.matched[kind], counts.not[kind])
		require.Greater(t, counts.matched[kind], 1000, kind)
		require.Greater(t, counts.not[kind], 1000, kind)
	}
}

func FuzzMatch(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		f.Add(ruleBytes(r, 200))
	}
	f.Fuzz(func(t *testing.T, input []byte) { checkRules(t, input[:min(len(input), 500)], newRuleTally()) })
}

// Whatever a rule and a request say, what comes of it can be sent.
func FuzzRewrite(f *testing.F) {
	f.Add("^/a/(.*)$", "/$1", "/#{path}", "/a/b?c=%20", "example.com")
	f.Add("", "$10", "/x#{host}#{port}", "//x", "[::1]:80")
	f.Add("\x10", "111", "/", "/", "[\x10:[::1\r")
	f.Fuzz(func(t *testing.T, regex, replace, to, target, name string) {
		r, err := http.NewRequest("GET", "http://example.com/", nil)
		require.NoError(t, err)
		u, err := r.URL.Parse(target)
		if err != nil || u.Opaque != "" {
			return
		}
		r.URL, r.Host = u, name
		all := []elb.Condition{onPathRegex("^")}
		if s, err := elb.CompileRules([]elb.Rule{{Priority: 1, Conditions: all, Transforms: []elb.Transform{urlRewrite(regex, replace), hostRewrite(regex, replace)}, Action: toMatched}}, &notFound); err == nil {
			d := s.Match(r, client)
			require.NotNil(t, d.URL)
			if d.Err == nil && d.URL != r.URL {
				require.Equal(t, byte('/'), d.URL.RequestURI()[0])
				require.NotRegexp(t, `[\x00- \x7f]`, d.URL.RequestURI())
			}
			if d.Err == nil && d.Host != name {
				require.NotRegexp(t, `[\x00- \x7f/?#]|^$`, d.Host)
			}
		}
		action := redirectTo(elb.Redirect{Path: to})
		if s, err := elb.CompileRules(nil, &action); err == nil {
			require.Regexp(t, `(?s)^http://.*:.*/`, s.Match(r, client).Location)
		}
	})
}
