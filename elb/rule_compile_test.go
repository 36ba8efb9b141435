package elb_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// said returns the texts of all faults.
func faultTexts(err error) (texts []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			texts = append(texts, e.Error())
		}
	}
	return texts
}

func forwardTo(names ...string) elb.Action {
	f := &elb.Forward{}
	for _, name := range names {
		f.Groups = append(f.Groups, elb.WeightedGroup{Group: name})
	}
	return elb.Action{Forward: f}
}

func fixedResponse(status int, contentType, body string) elb.Action {
	return elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: status, ContentType: contentType, Body: body}}
}

func redirectTo(r elb.Redirect) elb.Action {
	if r.StatusCode == 0 {
		r.StatusCode = 302
	}
	return elb.Action{Redirect: &r}
}

func urlRewrite(regex, replace string) elb.Transform {
	return elb.Transform{URLRewrite: &elb.Rewrite{Regex: regex, Replace: replace}}
}

func hostRewrite(regex, replace string) elb.Transform {
	return elb.Transform{HostHeaderRewrite: &elb.Rewrite{Regex: regex, Replace: replace}}
}

func TestFaultsOfConditions(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		conditions []elb.Condition
		want       []string // none if the conditions are good
	}{
		{nil, []string{"Conditions: a rule needs a condition"}},
		{[]elb.Condition{{}}, []string{"Conditions[0]: a condition has exactly one field set, not 0"}},
		{[]elb.Condition{{HTTPRequestMethod: []string{"GET"}, PathPattern: wildcards("/")}}, []string{"Conditions[0]: a condition has exactly one field set, not 2"}},
		{[]elb.Condition{{HTTPRequestMethod: []string{}}}, []string{"Conditions[0].HTTPRequestMethod: a condition value must be specified"}},
		{[]elb.Condition{{HTTPHeader: elb.HTTPHeaderCondition{Name: "X"}}}, []string{"Conditions[0].HTTPHeader: a condition value must be specified"}},
		{[]elb.Condition{onHeader("", wildcards("x"))}, []string{"Conditions[0].HTTPHeader: a condition value can't be empty"}},
		{[]elb.Condition{onPath("")}, []string{"Conditions[0].PathPattern: a condition value can't be empty"}},
		{[]elb.Condition{onPathRegex("")}, []string{"Conditions[0].PathPattern: a regular expression can't be empty"}},
		{[]elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/"}, RegexValues: []string{"/"}}}}, []string{"Conditions[0].PathPattern: a condition has either values or regular expressions"}},

		// How many there may be.
		{[]elb.Condition{onPath("/a", "/b", "/c")}, nil},
		{[]elb.Condition{onPath("/a", "/b", "/c", "/d")}, []string{"Conditions[0].PathPattern: a condition has at most 3 values, not 4"}},
		{[]elb.Condition{onPath("/a", "/b", "/c"), onHost("a.b", "a.c")}, nil},
		{[]elb.Condition{onPath("/a", "/b", "/c"), onHostRegex("a", "b", "c")}, []string{"Conditions: a rule has at most 5 values, not 6"}},
		{[]elb.Condition{onMethod("A", "B"), fromSource("10.0.0.0/8", "11.0.0.0/8"), onQuery("a", "b", "c", "d")}, []string{"Conditions: a rule has at most 5 values, not 6"}},
		{[]elb.Condition{onPath("/a"), onPath("/b")}, []string{"Conditions[1]: a rule has at most one path-pattern condition"}},
		{[]elb.Condition{onHost("a.b"), onHostRegex("a")}, []string{"Conditions[1]: a rule has at most one host-header condition"}},
		{[]elb.Condition{onMethod("A"), onMethod("B")}, []string{"Conditions[1]: a rule has at most one http-request-method condition"}},
		{[]elb.Condition{fromSource("10.0.0.0/8"), fromSource("10.0.0.0/8")}, []string{"Conditions[1]: a rule has at most one source-ip condition"}},
		{[]elb.Condition{onHeader("A", wildcards("x")), onHeader("A", wildcards("y")), onQuery("", "1"), onQuery("", "2")}, nil},
		{[]elb.Condition{onPath("/*/?/*"), onQuery("*", "?*")}, nil},
		{[]elb.Condition{onPath("/*/?/*"), onQuery("*", "?**")}, []string{"Conditions: a rule has at most 6 wildcards, not 7"}},
		{[]elb.Condition{onHost("*.??.???")}, nil},
		{[]elb.Condition{onHost("*.??.????")}, []string{"Conditions: a rule has at most 6 wildcards, not 7"}},
		{[]elb.Condition{onQuery("", `\*\*\*\*\?\?\?*`)}, nil},
		{[]elb.Condition{onHeader("X-*", wildcards("******"))}, nil},
		{[]elb.Condition{onPathRegex("********?"[:1] + "a")}, []string{"Conditions[0].PathPattern: regular expression '*a' is not valid: error parsing regexp: missing argument to repetition operator: `*`"}},

		// Hosts.
		{[]elb.Condition{onHost("*.Example.c0m", "a_b-c.d", "a.*")}, nil},
		{[]elb.Condition{onHost("localhost")}, []string{"Conditions[0].HostHeader: condition value 'localhost' must contain a '.'"}},
		{[]elb.Condition{onHost("*")}, []string{"Conditions[0].HostHeader: condition value '*' must contain a '.'"}},
		{[]elb.Condition{onHost("example.")}, []string{"Conditions[0].HostHeader: condition value 'example.' must have letters and digits only after the last '.'"}},
		{[]elb.Condition{onHost("example.a-b")}, []string{"Conditions[0].HostHeader: condition value 'example.a-b' must have letters and digits only after the last '.'"}},
		{[]elb.Condition{onHost("a/b.com")}, []string{"Conditions[0].HostHeader: condition value 'a/b.com' contains a character that is not valid"}},
		{[]elb.Condition{onHost("ä.com")}, []string{"Conditions[0].HostHeader: condition value 'ä.com' contains a character that is not valid"}},
		{[]elb.Condition{onHost(long(126) + ".a")}, nil},
		{[]elb.Condition{onHost(long(127) + ".a")}, []string{"Conditions[0].HostHeader: condition value '" + long(127) + ".a' is longer than 128 characters"}},

		// Paths.
		{[]elb.Condition{onPath(`/aZ9_-.$/~"'@:+&;`, "*.png")}, nil},
		{[]elb.Condition{onPath("/a b")}, []string{"Conditions[0].PathPattern: condition value '/a b' contains a character that is not valid"}},
		{[]elb.Condition{onPath("/a%20b")}, []string{"Conditions[0].PathPattern: condition value '/a%20b' contains a character that is not valid"}},
		{[]elb.Condition{onPath("/" + long(127))}, nil},
		{[]elb.Condition{onPath("/" + long(128))}, []string{"Conditions[0].PathPattern: condition value '/" + long(128) + "' is longer than 128 characters"}},
		{[]elb.Condition{onPathRegex(long(128))}, nil},
		{[]elb.Condition{onPathRegex(long(129))}, []string{"Conditions[0].PathPattern: regular expression '" + long(129) + "' is too long"}},
		{[]elb.Condition{onPathRegex(`\\p`)}, nil},
		{[]elb.Condition{onPathRegex(`^\pL`)}, []string{`Conditions[0].PathPattern: regular expression '^\pL' has a class of Unicode`}},
		{[]elb.Condition{onPathRegex(`(?=a)`)}, []string{"Conditions[0].PathPattern: regular expression '(?=a)' is not valid: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"}},

		// Methods.
		{[]elb.Condition{onMethod("GET", "CUSTOM-METHOD_", strings.Repeat("A", 40))}, nil},
		{[]elb.Condition{onMethod("get")}, []string{"Conditions[0].HTTPRequestMethod: condition value 'get' contains a character that is not valid"}},
		{[]elb.Condition{onMethod("GE*")}, []string{"Conditions[0].HTTPRequestMethod: condition value 'GE*' contains a character that is not valid"}},
		{[]elb.Condition{onMethod(strings.Repeat("A", 41))}, []string{"Conditions[0].HTTPRequestMethod: condition value '" + strings.Repeat("A", 41) + "' is longer than 40 characters"}},

		// Headers.
		{[]elb.Condition{onHeader("x-forwarded-FOR", wildcards("!\"#$%&'()+,./:;<=>@[]^_`{|}~- *?"))}, nil},
		{[]elb.Condition{onHeader("hOst", wildcards("a.b"))}, []string{"Conditions[0].HTTPHeader: the host header takes a HostHeader condition"}},
		{[]elb.Condition{onHeader("a b", wildcards("x"))}, []string{"Conditions[0].HTTPHeader: condition value 'a b' contains a character that is not valid"}},
		{[]elb.Condition{onHeader("A", wildcards(`\*`))}, []string{`Conditions[0].HTTPHeader: condition value '\*' contains a character that is not valid`}},
		{[]elb.Condition{onHeader(long(40), wildcards(long(128)))}, nil},
		{[]elb.Condition{onHeader(long(41), wildcards(long(129)))}, []string{
			"Conditions[0].HTTPHeader: condition value '" + long(41) + "' is longer than 40 characters",
			"Conditions[0].HTTPHeader: condition value '" + long(129) + "' is longer than 128 characters",
		}},

		// Queries.
		{[]elb.Condition{onQuery(`_-.$/~"'@:+&()!,;=`, `a%20b\*\?`)}, nil},
		{[]elb.Condition{onQuery("key", "")}, []string{"Conditions[0].QueryString: a condition value can't be empty"}},
		{[]elb.Condition{onQuery("a#", `a\b`)}, []string{
			`Conditions[0].QueryString: condition value 'a\b' contains a character that is not valid`,
			"Conditions[0].QueryString: condition value 'a#' contains a character that is not valid",
		}},
		{[]elb.Condition{onQuery(long(128), long(128))}, nil},
		{[]elb.Condition{onQuery("", long(129))}, []string{"Conditions[0].QueryString: condition value '" + long(129) + "' is longer than 128 characters"}},
		{[]elb.Condition{onQuery("", `\`)}, []string{`Conditions[0].QueryString: condition value '\' contains a character that is not valid`}},

		// Addresses.
		{[]elb.Condition{fromSource("10.1.2.3/8", "::/0", "192.0.2.1/32")}, nil},
		{[]elb.Condition{{SourceIP: []netip.Prefix{{}}}}, []string{`Conditions[0].SourceIP: "invalid Prefix" is not a CIDR block`}},
		{[]elb.Condition{fromSource("::ffff:10.0.0.0/104")}, []string{`Conditions[0].SourceIP: "::ffff:10.0.0.0/104" is not a CIDR block`}},
	} {
		_, err := elb.CompileRules([]elb.Rule{{Priority: 5, Conditions: c.conditions, Action: toMatched}}, &notFound)
		for i := range c.want {
			c.want[i] = "elb: rule 0 (priority 5): " + c.want[i]
		}
		require.Equal(t, c.want, faultTexts(err), "%+v", c.conditions)
		if c.want != nil {
			require.ErrorIs(t, err, elb.ErrInvalidCondition)
		}
	}
}

func TestFaultsOfActions(t *testing.T) {
	weights := func(weights ...int) elb.Action {
		f := &elb.Forward{}
		for i, w := range weights {
			f.Groups = append(f.Groups, elb.WeightedGroup{Group: fmt.Sprint("g", i), Weight: &w})
		}
		return elb.Action{Forward: f}
	}
	sticky := func(d time.Duration) elb.Action {
		a := forwardTo("a")
		a.Forward.Stickiness = d
		return a
	}
	long := strings.Repeat("a", 128)
	for _, c := range []struct {
		action elb.Action
		want   []string // none if the action is good
		loop   bool
	}{
		{action: elb.Action{}, want: []string{"Action: an action has exactly one field set, not 0"}},
		{action: elb.Action{Forward: &elb.Forward{}, Redirect: &elb.Redirect{}}, want: []string{"Action: an action has exactly one field set, not 2"}},

		{action: forwardTo("a", "b", "c", "d", "e")},
		{action: forwardTo(), want: []string{"Action.Forward: a request is forwarded to 1 to 5 target groups, not 0"}},
		{action: forwardTo("a", "b", "c", "d", "e", "f"), want: []string{"Action.Forward: a request is forwarded to 1 to 5 target groups, not 6"}},
		{action: forwardTo("a", "", "a"), want: []string{"Action.Forward: a target group has no name", "Action.Forward: target group 'a' is there twice"}},
		{action: weights(0, 999)},
		{action: weights(-1, 1000), want: []string{
			"Action.Forward: the weight of target group 'g0' must be 0 to 999, not -1", "Action.Forward: the weight of target group 'g1' must be 0 to 999, not 1000",
		}},
		{action: sticky(time.Second)},
		{action: sticky(7 * 24 * time.Hour)},
		{action: sticky(time.Second - 1), want: []string{"Action.Forward: the stickiness must be 1 to 604800 seconds, not 999.999999ms"}},
		{action: sticky(7*24*time.Hour + 1), want: []string{"Action.Forward: the stickiness must be 1 to 604800 seconds, not 168h0m0.000000001s"}},
		{action: sticky(-time.Second), want: []string{"Action.Forward: the stickiness must be 1 to 604800 seconds, not -1s"}},

		{action: fixedResponse(200, "", "")},
		{action: fixedResponse(299, "text/html", strings.Repeat("x", 1024))},
		{action: fixedResponse(599, "application/json", "{}")},
		{action: fixedResponse(404, "text/xml", strings.Repeat("x", 1025)), want: []string{
			"Action.FixedResponse: the content type must be one of text/plain text/css text/html application/javascript application/json, not 'text/xml'",
			"Action.FixedResponse: the body has at most 1024 bytes, not 1025",
		}},
		{action: fixedResponse(302, "", ""), want: []string{"Action.FixedResponse: the status must be 2XX, 4XX or 5XX, not 302"}},
		{action: fixedResponse(199, "", ""), want: []string{"Action.FixedResponse: the status must be 2XX, 4XX or 5XX, not 199"}},
		{action: fixedResponse(600, "", ""), want: []string{"Action.FixedResponse: the status must be 2XX, 4XX or 5XX, not 600"}},
		{action: fixedResponse(0, "", ""), want: []string{"Action.FixedResponse: the status must be 2XX, 4XX or 5XX, not 0"}},

		{action: redirectTo(elb.Redirect{StatusCode: 301, Protocol: "HTTPS"})},
		{action: redirectTo(elb.Redirect{StatusCode: 307, Protocol: "HTTPS"}), want: []string{"Action.Redirect.StatusCode: must be 301 or 302, not 307"}},
		{action: redirectTo(elb.Redirect{Protocol: "https"}), want: []string{"Action.Redirect.Protocol: must be HTTP, HTTPS or #{protocol}, not 'https'"}},
		{action: redirectTo(elb.Redirect{Protocol: "HTTP", Port: "#{port}", Host: "#{host}", Path: "/#{path}", Query: new("x=1")}), loop: true},
		{action: redirectTo(elb.Redirect{}), loop: true},
		{action: redirectTo(elb.Redirect{Protocol: "#{protocol}"}), loop: true},
		{action: redirectTo(elb.Redirect{Port: "8080"})},
		{action: redirectTo(elb.Redirect{Port: "0"}), want: []string{"Action.Redirect.Port: must be 1 to 65535 or #{port}, not '0'"}},
		{action: redirectTo(elb.Redirect{Port: "65536"}), want: []string{"Action.Redirect.Port: must be 1 to 65535 or #{port}, not '65536'"}},
		{action: redirectTo(elb.Redirect{Port: "080"}), want: []string{"Action.Redirect.Port: must be 1 to 65535 or #{port}, not '080'"}},
		{action: redirectTo(elb.Redirect{Port: "8#{port}"}), want: []string{"Action.Redirect.Port: must be 1 to 65535 or #{port}, not '8#{port}'"}},
		{action: redirectTo(elb.Redirect{Host: "www.#{host}"})},
		{action: redirectTo(elb.Redirect{Host: long})},
		{action: redirectTo(elb.Redirect{Host: long + "a"}), want: []string{"Action.Redirect.Host: has at most 128 characters, not 129"}},
		{action: redirectTo(elb.Redirect{Host: "a/b"}), want: []string{"Action.Redirect.Host: 'a/b' is not a host name"}},
		{action: redirectTo(elb.Redirect{Host: "a:80"}), want: []string{"Action.Redirect.Host: 'a:80' is not a host name"}},
		{action: redirectTo(elb.Redirect{Path: "/#{host}/#{port}/#{path}"})},
		{action: redirectTo(elb.Redirect{Path: "a"}), want: []string{"Action.Redirect.Path: must begin with '/' and have no '?', not 'a'"}},
		{action: redirectTo(elb.Redirect{Path: "/a?b"}), want: []string{"Action.Redirect.Path: must begin with '/' and have no '?', not '/a?b'"}},
		{action: redirectTo(elb.Redirect{Path: "/#{query}"}), want: []string{"Action.Redirect.Path: can't contain '#{query}'"}},
		{action: redirectTo(elb.Redirect{Path: "/#{PATH}"}), want: []string{"Action.Redirect.Path: can't contain '#{PATH}'"}},
		{action: redirectTo(elb.Redirect{Path: "/#{path"}), want: []string{"Action.Redirect.Path: can't contain '#{path'"}},
		{action: redirectTo(elb.Redirect{Path: "/a\r\nb"}), want: []string{"Action.Redirect.Path: '/a\r\nb' contains a character that is not valid"}},
		{action: redirectTo(elb.Redirect{Path: "/a", Query: new("#{protocol}#{host}#{port}#{path}#{query}")})},
		{action: redirectTo(elb.Redirect{Path: "/a", Query: new("#{method}")}), want: []string{"Action.Redirect.Query: can't contain '#{method}'"}},
	} {
		_, err := elb.CompileRules([]elb.Rule{{Priority: 5, Conditions: []elb.Condition{onPath("/")}, Action: c.action}}, &c.action)
		sentinel := elb.ErrInvalidAction
		if c.loop {
			c.want, sentinel = []string{"Action.Redirect: The redirect configuration is not valid because it creates a loop"}, elb.ErrRedirectLoop
		}
		var want []string
		for _, text := range c.want {
			want = append(want, "elb: "+text)
		}
		for _, text := range c.want {
			want = append(want, "elb: rule 0 (priority 5): "+text)
		}
		require.Equal(t, want, faultTexts(err), "%+v", c.action)
		for _, e := range faultTexts(err) {
			require.NotEmpty(t, e)
			require.ErrorIs(t, err, sentinel)
		}
	}
}

func TestFaultsOfTransforms(t *testing.T) {
	long := strings.Repeat("a", 1024)
	for _, c := range []struct {
		transforms []elb.Transform
		want       string
	}{
		{transforms: []elb.Transform{urlRewrite("a", "b"), hostRewrite("a", "b")}},
		{transforms: []elb.Transform{{}}, want: "Transforms[0]: a transform has exactly one field set"},
		{transforms: []elb.Transform{{URLRewrite: &elb.Rewrite{Regex: "a"}, HostHeaderRewrite: &elb.Rewrite{Regex: "a"}}}, want: "Transforms[0]: a transform has exactly one field set"},
		{transforms: []elb.Transform{urlRewrite("a", "b"), urlRewrite("a", "b")}, want: "Transforms[1]: a rule has at most one url-rewrite transform"},
		{transforms: []elb.Transform{hostRewrite("a", "b"), hostRewrite("a", "b")}, want: "Transforms[1]: a rule has at most one host-header-rewrite transform"},
		{transforms: []elb.Transform{urlRewrite("", "b")}, want: "Transforms[0]: a regular expression can't be empty"},
		{transforms: []elb.Transform{urlRewrite("(", "b")}, want: "Transforms[0]: regular expression '(' is not valid: error parsing regexp: missing closing ): `(`"},
		{transforms: []elb.Transform{urlRewrite(`(a)\1`, "b")}, want: "Transforms[0]: regular expression '(a)\\1' is not valid: error parsing regexp: invalid escape sequence: `\\1`"},
		{transforms: []elb.Transform{urlRewrite(long, long)}},
		{transforms: []elb.Transform{urlRewrite(long+"a", "b")}, want: "Transforms[0]: regular expression '" + long + "a' is too long"},
		{transforms: []elb.Transform{urlRewrite("a", long+"a")}, want: "Transforms[0]: a replacement has at most 1024 characters, not 1025"},
		{transforms: []elb.Transform{urlRewrite("(a)", "$0$1$x$")}},
		{transforms: []elb.Transform{urlRewrite("(a)", "$2")}, want: "Transforms[0]: the regular expression has no group for '$2'"},
	} {
		_, err := elb.CompileRules([]elb.Rule{{Priority: 5, Conditions: []elb.Condition{onPath("/")}, Transforms: c.transforms, Action: toMatched}}, &notFound)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, []string{"elb: rule 0 (priority 5): " + c.want}, faultTexts(err))
		require.ErrorIs(t, err, elb.ErrInvalidTransform)
	}
}

func TestFaultsOfSets(t *testing.T) {
	many := func(n int) (rules []elb.Rule) {
		for i := range n {
			rules = append(rules, elb.Rule{Priority: n - i, Conditions: []elb.Condition{onPath("/")}, Action: toMatched})
		}
		return rules
	}
	_, err := elb.CompileRules(many(100), &notFound)
	require.NoError(t, err)
	_, err = elb.CompileRules(many(101), &notFound)
	require.Equal(t, []string{"elb: a listener has at most 100 rules, not 101"}, faultTexts(err))
	require.ErrorIs(t, err, elb.ErrTooManyRules)

	_, err = elb.CompileRules(nil, nil)
	require.Equal(t, []string{"elb: a listener needs an action for requests that no rule matches"}, faultTexts(err))
	require.ErrorIs(t, err, elb.ErrNoDefaultAction)
	s, err := elb.CompileRules(nil, &notFound)
	require.NoError(t, err)
	require.Equal(t, &notFound, s.Match(request("/"), client).Action)

	for priority, good := range map[int]bool{-1: false, 0: false, 1: true, 50_000: true, 50_001: false} {
		rule := many(1)
		rule[0].Priority = priority
		_, err := elb.CompileRules(rule, &notFound)
		require.Equal(t, !good, errors.Is(err, elb.ErrPriority), priority)
	}
}

// Nobody wants to mend one fault to be told the next.
func TestEveryFaultAtOnce(t *testing.T) {
	_, err := elb.CompileRules([]elb.Rule{
		{Priority: 7, Conditions: []elb.Condition{onHost("localhost"), onPath("/a b")}, Action: toMatched},
		{Priority: 7, Conditions: []elb.Condition{onPath("/")}, Action: redirectTo(elb.Redirect{})},
		{Conditions: []elb.Condition{onPath("/")}, Transforms: []elb.Transform{{}}, Action: toMatched},
	}, nil)
	type fault struct {
		index, priority int
		part, code      string
		sentinel        error
	}
	var got []fault
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		one := e.(*elb.RuleError)
		require.NotEmpty(t, one.ErrorMessage())
		require.True(t, strings.HasSuffix(one.Error(), one.ErrorMessage()))
		got = append(got, fault{one.Index, one.Priority, one.Part, one.ErrorCode(), one.Err})
	}
	require.Equal(t, []fault{
		{-1, 0, "", "ValidationError", elb.ErrNoDefaultAction},
		{0, 7, "Conditions[0].HostHeader", "ValidationError", elb.ErrInvalidCondition},
		{0, 7, "Conditions[1].PathPattern", "ValidationError", elb.ErrInvalidCondition},
		{1, 7, "Priority", "PriorityInUse", elb.ErrPriorityInUse},
		{1, 7, "Action.Redirect", "InvalidLoadBalancerAction", elb.ErrRedirectLoop},
		{2, 0, "Priority", "ValidationError", elb.ErrPriority},
		{2, 0, "Transforms[0]", "ValidationError", elb.ErrInvalidTransform},
	}, got)
	require.Equal(t, "TooManyRules", (&elb.RuleError{Err: elb.ErrTooManyRules}).ErrorCode())
}

func TestCheckListener(t *testing.T) {
	loop := "The redirect configuration is not valid because it creates a loop"
	for _, c := range []struct {
		redirect elb.Redirect
		https    bool
		port     int
		want     string
	}{
		{elb.Redirect{Protocol: "HTTPS"}, false, 80, ""},
		{elb.Redirect{Protocol: "HTTPS"}, true, 443, loop},
		{elb.Redirect{Protocol: "HTTPS", Port: "443"}, false, 80, ""},
		{elb.Redirect{Protocol: "HTTPS", Port: "443"}, true, 443, loop},
		{elb.Redirect{Protocol: "HTTPS", Port: "443"}, true, 8443, ""},
		{elb.Redirect{Port: "80"}, false, 80, loop},
		{elb.Redirect{Port: "80"}, false, 81, ""},
		{elb.Redirect{Port: "80", Path: "/x"}, false, 80, ""},
		{elb.Redirect{Port: "80", Host: "x.com"}, false, 80, ""},
		{elb.Redirect{Protocol: "HTTP", Host: "x.com"}, false, 80, ""},
		{elb.Redirect{Protocol: "HTTP", Host: "x.com"}, true, 443, "HTTPS can't be redirected to HTTP"},
	} {
		action := redirectTo(c.redirect)
		s, err := elb.CompileRules([]elb.Rule{
			{Priority: 9, Conditions: []elb.Condition{onPath("/a")}, Action: toMatched},
			{Priority: 5, Conditions: []elb.Condition{onPath("/")}, Action: action},
		}, &action)
		require.NoError(t, err)
		err = s.CheckListener(c.https, c.port)
		if c.want == "" {
			require.NoError(t, err, "%+v", c)
			continue
		}
		require.Error(t, err, "%+v", c)
		for i, e := range err.(interface{ Unwrap() []error }).Unwrap() {
			require.Equal(t, c.want, e.(*elb.RuleError).Message)
			require.Equal(t, []int{1, -1}[i], e.(*elb.RuleError).Index, "where it was given")
		}
	}
}
