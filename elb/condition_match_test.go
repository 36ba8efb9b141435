package elb_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

var (
	client    = netip.MustParseAddrPort("192.0.2.7:4711")
	toMatched = elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "matched"}}}}
	notFound  = elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 404}}
)

func wildcards(v ...string) elb.Patterns    { return elb.Patterns{Values: v} }
func expressions(v ...string) elb.Patterns  { return elb.Patterns{RegexValues: v} }
func onHost(v ...string) elb.Condition      { return elb.Condition{HostHeader: wildcards(v...)} }
func onPath(v ...string) elb.Condition      { return elb.Condition{PathPattern: wildcards(v...)} }
func onMethod(v ...string) elb.Condition    { return elb.Condition{HTTPRequestMethod: v} }
func onHostRegex(v ...string) elb.Condition { return elb.Condition{HostHeader: expressions(v...)} }
func onPathRegex(v ...string) elb.Condition { return elb.Condition{PathPattern: expressions(v...)} }
func onQuery(pairs ...string) elb.Condition { // "key", "value", …
	var c elb.Condition
	for i := 0; i < len(pairs); i += 2 {
		c.QueryString = append(c.QueryString, elb.QueryParameter{Key: pairs[i], Value: pairs[i+1]})
	}
	return c
}

func fromSource(prefixes ...string) (c elb.Condition) {
	for _, p := range prefixes {
		c.SourceIP = append(c.SourceIP, netip.MustParsePrefix(p))
	}
	return c
}

func onHeader(name string, p elb.Patterns) elb.Condition {
	return elb.Condition{HTTPHeader: elb.HTTPHeaderCondition{Name: name, Patterns: p}}
}

// get makes a request as a server does, from what its line and its headers say.
func request(target string, headers ...string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "example.com"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	return r
}

func overTLS(r *http.Request) *http.Request {
	r.TLS = &tls.ConnectionState{}
	return r
}

func requestBy(method string) *http.Request {
	r := request("/")
	r.Method = method
	return r
}

func compileRules(t testing.TB, rules ...elb.Rule) *elb.Rules {
	t.Helper()
	s, err := elb.CompileRules(rules, &notFound)
	require.NoError(t, err)
	return s
}

func TestConditions(t *testing.T) {
	hosts := func(names ...string) (rs []*http.Request) {
		for _, name := range names {
			rs = append(rs, request("/", "Host", name))
		}
		return rs
	}
	targets := func(targets ...string) (rs []*http.Request) {
		for _, target := range targets {
			rs = append(rs, request(target))
		}
		return rs
	}
	agents := func(agents ...string) (rs []*http.Request) {
		for _, agent := range agents {
			rs = append(rs, request("/", "User-Agent", agent))
		}
		return rs
	}
	for name, c := range map[string]struct {
		conditions   []elb.Condition
		matches, not []*http.Request
	}{
		"host": {
			conditions: []elb.Condition{onHost("Example.com")},
			matches:    hosts("example.com", "EXAMPLE.com", "example.com:8080", "example.com:"),
			not:        hosts("", "www.example.com", "example.co", "example.com.", "[::1]:80"),
		},
		"host with a star": {
			conditions: []elb.Condition{onHost("*.example.com")},
			matches:    hosts("test.example.com", "a.b.Example.com:1", ".example.com"),
			not:        hosts("example.com", "test.example.org", "testexample.com"),
		},
		"host with a question mark": {
			conditions: []elb.Condition{onHost("www?.example.com")},
			matches:    hosts("www1.example.com", "WWWA.example.com"),
			not:        hosts("www.example.com", "www12.example.com"),
		},
		"one of several hosts": {
			conditions: []elb.Condition{onHost("a.com", "b.com", "*.c.com")},
			matches:    hosts("a.com", "b.com", "x.c.com"),
			not:        hosts("c.com"),
		},
		"a wildcard does not know what an address is": {
			conditions: []elb.Condition{onHost("*.?")},
			matches:    hosts("10.0.0.1:80"),
			not:        hosts("[::1]", "10.0.0.10"),
		},
		"host by expression": {
			conditions: []elb.Condition{onHostRegex(`^(api|www)\.example\.com$`)},
			matches:    hosts("api.example.com", "WWW.example.com:8443"),
			not:        hosts("example.com", "xapi.example.com", "api.example.com.evil"),
		},
		"host by an expression where case counts sees lower case": {
			conditions: []elb.Condition{onHostRegex(`(?-i)^[a-z.]+$`)},
			matches:    hosts("EXAMPLE.com"),
			not:        hosts("1.com"),
		},
		"path": {
			conditions: []elb.Condition{onPath("/img/*")},
			matches:    targets("/img/", "/img/a/b.png", "/img/?x=/y"),
			not:        targets("/", "/img", "/IMG/a", "/x/img/a", "/?/img/a"),
		},
		"path, with a question mark": {
			conditions: []elb.Condition{onPath("/v?/*.js")},
			matches:    targets("/v1/a.js", "/v2/.js", "/v//a.js", "/v1/a.js?x=1.css"),
			not:        targets("/v12/a.js", "/v1/a.JS", "/v1/a.css?.js"),
		},
		"path without the query": {
			conditions: []elb.Condition{onPath("/a")},
			matches:    targets("/a", "/a?", "/a?b"),
			not:        targets("/", "/a/", "/ab"),
		},
		"path as it was sent": {
			conditions: []elb.Condition{onPath("/a?b", `/"`, "/admin/*")},
			matches:    targets("/a/b", "/axb", `/"`, "/admin/../x"),
			not:        targets("/a%2fb", "/%61dmin/x", "/%22", "//admin/x"),
		},
		"no path is the root": {
			conditions: []elb.Condition{onPath("/")},
			matches:    targets("http://example.com", "http://example.com?x"),
			not:        targets("/x"),
		},
		"path by expression": {
			conditions: []elb.Condition{onPathRegex(`^/user/\d+$`, `%2[fF]`)},
			matches:    targets("/user/1", "/user/42?x", "/x%2Fy"),
			not:        targets("/USER/1", "/user/", "/user/1/", "/?/user/1"),
		},
		"method": {
			conditions: []elb.Condition{onMethod("GET", "CUSTOM-METHOD")},
			matches:    []*http.Request{requestBy("GET"), requestBy("CUSTOM-METHOD")},
			not:        []*http.Request{requestBy("get"), requestBy("HEAD"), requestBy("GETS")},
		},
		"header": {
			conditions: []elb.Condition{onHeader("user-AGENT", wildcards("*Chrome*", "*Safari*"))},
			matches:    append(agents("Mozilla Chrome/1", "SAFARI"), request("/", "User-Agent", "x", "User-Agent", "chrome")),
			not:        append(agents("Firefox", ""), request("/"), request("/", "Agent", "Chrome")),
		},
		"header by expression": {
			conditions: []elb.Condition{onHeader("User-Agent", expressions(`^curl/[78]\.`))},
			matches:    agents("curl/7.1", "CURL/8.0"),
			not:        append(agents("curl/6.1", "xcurl/7.1"), request("/")),
		},
		"two headers": {
			conditions: []elb.Condition{onHeader("X-A", wildcards("1")), onHeader("X-A", wildcards("2"))},
			matches:    []*http.Request{request("/", "X-A", "1", "X-A", "2")},
			not:        []*http.Request{request("/", "X-A", "1"), request("/", "X-A", "2"), request("/", "X-A", "1,2")},
		},
		"query": {
			conditions: []elb.Condition{onQuery("version", "v1", "", "example")},
			matches:    targets("/?version=v1", "/?a=b&VERSION=V1", "/?x=example", "/?&&=Example", "/?version=v1&version=v2"),
			not:        targets("/", "/?version=v2", "/?example", "/?example=", "/?xversion=v1", "/?version=v1=", "/version=v1", "/?version=v1;x"),
		},
		"query with wildcards": {
			conditions: []elb.Condition{onQuery("k?y", "*x")},
			matches:    targets("/?key=x", "/?kay=abX", "/?k?y=x"),
			not:        targets("/?ky=x", "/?key=", "/?key=xy"),
		},
		"query with escapes": {
			conditions: []elb.Condition{onQuery(`\*`, `what\?`)},
			matches:    targets("/?*=what?", "/?a&*=WHAT?"),
			not:        targets("/?a=what?", "/?*=whatx", "/?*=what", `/?\*=what\?`),
		},
		"query with any value": {
			conditions: []elb.Condition{onQuery("debug", "*")},
			matches:    targets("/?debug", "/?debug=", "/?debug=1"),
			not:        targets("/?", "/?debugs", "/?x=debug"),
		},
		"query as it was sent": {
			conditions: []elb.Condition{onQuery("", "a+b", "", "a%20b")},
			matches:    targets("/?x=a+b", "/?x=a%20B"),
			not:        targets("/?x=a%2Bb", "/?x=ab"),
		},
		"all conditions": {
			conditions: []elb.Condition{onQuery("a", "1"), onHeader("X-A", wildcards("1")), onPath("/a*"), onHost("example.com"), onMethod("GET")},
			matches:    []*http.Request{request("/a?a=1", "X-A", "1")},
			not: []*http.Request{
				request("/a?a=2", "X-A", "1"), request("/a?a=1", "X-A", "2"), request("/b?a=1", "X-A", "1"), request("/a?a=1", "X-A", "1", "Host", "x.com"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := compileRules(t, elb.Rule{Priority: 1, Conditions: c.conditions, Action: toMatched})
			for _, r := range c.matches {
				require.NotNil(t, s.Match(r, client).Rule, "%s %s %s %v", r.Method, r.Host, r.RequestURI, r.Header)
			}
			require.NotEmpty(t, c.matches)
			for _, r := range c.not {
				d := s.Match(r, client)
				require.Nil(t, d.Rule, "%s %s %s %v", r.Method, r.Host, r.RequestURI, r.Header)
				require.Equal(t, &notFound, d.Action)
			}
		})
	}
}

func TestSourceCondition(t *testing.T) {
	s := compileRules(t, elb.Rule{Priority: 1, Conditions: []elb.Condition{fromSource("192.0.2.0/24", "198.51.100.10/32", "2001:db8::/32")}, Action: toMatched})
	for from, want := range map[string]bool{
		"192.0.2.1:1":          true,
		"192.0.2.255:1":        true,
		"192.0.3.0:1":          false,
		"198.51.100.10:1":      true,
		"198.51.100.11:1":      false,
		"[::ffff:192.0.2.1]:1": true,
		"[2001:db8::1]:1":      true,
		"[2001:db8::1%eth0]:1": true,
		"[2001:db9::1]:1":      false,
		"[::1]:1":              false,
	} {
		r := request("/", "X-Forwarded-For", "192.0.2.1")
		require.Equal(t, want, s.Match(r, netip.MustParseAddrPort(from)).Rule != nil, from)
	}
	require.Nil(t, s.Match(request("/"), netip.AddrPort{}).Rule, "no peer")
}

// A handler before the balancer may have replaced the path.
func TestPathThatWasReplaced(t *testing.T) {
	s := compileRules(t, elb.Rule{Priority: 1, Conditions: []elb.Condition{onPath("/a/*")}, Action: toMatched})
	r := request("/x/%2f")
	r.URL.Path = "/a/b"
	require.NotNil(t, s.Match(r, client).Rule)
	http.StripPrefix("/v1", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		require.NotNil(t, s.Match(r, client).Rule)
	})).ServeHTTP(nil, request("/v1/a/%2f"))
}

func TestPriorities(t *testing.T) {
	rules := []elb.Rule{
		{Priority: 50_000, Conditions: []elb.Condition{onPath("/*")}, Action: toMatched},
		{Priority: 1, Conditions: []elb.Condition{onPath("/a/b")}, Action: toMatched},
		{Priority: 7, Conditions: []elb.Condition{onPath("/a/*")}, Action: toMatched},
	}
	s := compileRules(t, rules...)
	for target, want := range map[string]int{"/a/b": 1, "/a/c": 7, "/b": 50_000} {
		require.Equal(t, want, s.Match(request(target), client).Rule.Priority, target)
	}
	require.Equal(t, 50_000, rules[0].Priority, "the caller's slice stays in its order")
	clear(rules)
	require.Equal(t, 7, s.Match(request("/a/c"), client).Rule.Priority, "and it is the caller's")
}
