package elb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestURLRewrites(t *testing.T) {
	for name, c := range map[string]struct {
		regex, replace string
		target, want   string
	}{
		"AWS's example":            {"^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", "/dp/B09G3HRMW", "/product.php?id=B09G3HRMW"},
		"no match":                 {"^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", "/dp/B09G3HRMW?ref=x", "/dp/B09G3HRMW?ref=x"},
		"prefix taken away":        {"^/api/(.+)$", "/$1", "/api/users?x=%20y", "/users?x=%20y"},
		"prefix and encoded rest":  {"^/api/", "/", "/api/a%3Ab%2F/c", "/a%3Ab%2F/c"},
		"query":                    {`\?.*$`, "", "/a?b=c", "/a"},
		"an empty query":           {`\?$`, "", "/a?", "/a"},
		"case counts":              {"^/API/", "/", "/api/a", "/api/a"},
		"everywhere":               {"a+", "x", "/aa/b/a", "/x/b/x"},
		"several groups":           {"^/(.)/(.)/(.)$", "/$3$2$1/$0", "/a/b/c", "/cba//a/b/c"},
		"a group that is not met":  {"^/(a)?(b)?$", "/x$1y$2", "/b", "/xyb"},
		"digits after a group":     {"^/(.)$", "/$11$1", "/a", "/a1a"},
		"the tenth group":          {"^/(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)$", "/$10$1$101", "/abcdefghij", "/jaj1"},
		"a dollar":                 {"^/(.)$", "/$metadata/$", "/a", "/$metadata/$"},
		"a query that may be none": {"^/a$", "/b?", "/a", "/b?"},
		"two slashes":              {"^/a", "//evil.com", "/a/b", "//evil.com/b"},
	} {
		t.Run(name, func(t *testing.T) {
			s := compileRules(t, elb.Rule{Priority: 1, Conditions: []elb.Condition{onPath("/*")}, Transforms: []elb.Transform{urlRewrite(c.regex, c.replace)}, Action: toMatched})
			r := request(c.target)
			d := s.Match(r, client)
			require.NoError(t, d.Err)
			require.Equal(t, c.want, d.URL.RequestURI())
			require.Equal(t, c.target, r.URL.RequestURI(), "the request stays as it was")
			require.Equal(t, c.want == c.target, d.URL == r.URL)
			require.Equal(t, "example.com", d.Host)
		})
	}
}

func TestHostRewrites(t *testing.T) {
	for name, c := range map[string]struct {
		regex, replace string
		host, want     string
	}{
		"AWS's example":       {"^mywebsite-(.+).com$", "internal.dev.$1.myweb.com", "mywebsite-example.com", "internal.dev.example.myweb.com"},
		"no match":            {"^a$", "b", "x.com", "x.com"},
		"the port stays":      {"^(.+)\\.example\\.com$", "$1.example.org", "a.example.com:8080", "a.example.org:8080"},
		"the port is new":     {"^.*$", "backend:81", "a.example.com:8080", "backend:81"},
		"no match, with port": {"^a$", "b", "x.com:80", "x.com:80"},
	} {
		t.Run(name, func(t *testing.T) {
			s := compileRules(t, elb.Rule{Priority: 1, Conditions: []elb.Condition{onPath("/*")}, Transforms: []elb.Transform{hostRewrite(c.regex, c.replace)}, Action: toMatched})
			r := request("/a", "Host", c.host)
			d := s.Match(r, client)
			require.NoError(t, d.Err)
			require.Equal(t, c.want, d.Host)
			require.Equal(t, c.host, r.Host)
			require.Same(t, r.URL, d.URL)
		})
	}
}

func TestRewritesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		transforms []elb.Transform
		part       string
	}{
		"no slash":       {[]elb.Transform{urlRewrite("^/a", "b")}, "Transforms.URLRewrite"},
		"nothing":        {[]elb.Transform{urlRewrite("^.*$", "")}, "Transforms.URLRewrite"},
		"a space":        {[]elb.Transform{urlRewrite("^/a", "/a b")}, "Transforms.URLRewrite"},
		"a line":         {[]elb.Transform{urlRewrite("^/a", "/a?\r\nX: y")}, "Transforms.URLRewrite"},
		"another server": {[]elb.Transform{urlRewrite("^/a", "http://evil.com/a")}, "Transforms.URLRewrite"},
		"bad encoding":   {[]elb.Transform{urlRewrite("^/a", "/%zz")}, "Transforms.URLRewrite"},
		"no host":        {[]elb.Transform{urlRewrite("^/a", "/b"), hostRewrite("^.*$", "")}, "Transforms.HostHeaderRewrite"},
		"no host's name": {[]elb.Transform{hostRewrite("^.*$", "a/b"), urlRewrite("^/a", "/b")}, "Transforms.HostHeaderRewrite"},
	} {
		t.Run(name, func(t *testing.T) {
			s := compileRules(t, elb.Rule{Priority: 3, Conditions: []elb.Condition{onPath("/*")}, Transforms: c.transforms, Action: toMatched})
			r := request("/a")
			d := s.Match(r, client)
			var e *elb.RuleError
			require.ErrorAs(t, d.Err, &e)
			require.ErrorIs(t, d.Err, elb.ErrRewrite)
			require.Equal(t, c.part, e.Part)
			require.Equal(t, 3, e.Priority)
			require.Same(t, r.URL, d.URL)
			require.Equal(t, "example.com", d.Host)
		})
	}
}

// The conditions, and the actions that do not forward, see the request as it came.
func TestRewritesComeLast(t *testing.T) {
	transforms := []elb.Transform{urlRewrite("^/a", "/b"), hostRewrite("example", "other")}
	s := compileRules(t,
		elb.Rule{Priority: 1, Conditions: []elb.Condition{onPath("/a")}, Transforms: transforms, Action: toMatched},
		elb.Rule{Priority: 2, Conditions: []elb.Condition{onPath("/a*")}, Transforms: transforms, Action: redirectTo(elb.Redirect{Port: "81"})},
		elb.Rule{Priority: 3, Conditions: []elb.Condition{onPath("/b")}, Transforms: []elb.Transform{urlRewrite("^/b", "/c")}, Action: notFound},
	)
	d := s.Match(request("/a"), client)
	require.Equal(t, 1, d.Rule.Priority)
	require.Equal(t, "/b", d.URL.Path)
	require.Equal(t, "other.com", d.Host)
	d = s.Match(request("/ax"), client)
	require.Equal(t, "http://example.com:81/ax", d.Location)
	require.Equal(t, "/ax", d.URL.Path)
	d = s.Match(request("/b"), client)
	require.Equal(t, 3, d.Rule.Priority)
	require.Equal(t, "/b", d.URL.Path)
	require.Equal(t, 2, s.Match(request("/a%2F"), client).Rule.Priority)
}
