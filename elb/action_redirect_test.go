package elb_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

func TestRedirects(t *testing.T) {
	for name, c := range map[string]struct {
		redirect elb.Redirect
		request  *http.Request
		want     string
	}{
		"to HTTPS":                {elb.Redirect{Protocol: "HTTPS", Port: "443"}, request("/a/b?c=d"), "https://example.com:443/a/b?c=d"},
		"all said":                {elb.Redirect{Protocol: "HTTPS", Port: "443", Host: "#{host}", Path: "/#{path}", Query: new("#{query}")}, request("/a/b?c=d"), "https://example.com:443/a/b?c=d"},
		"the port stays":          {elb.Redirect{Protocol: "HTTPS"}, request("/"), "https://example.com:80/"},
		"the port of the header":  {elb.Redirect{Path: "/x"}, request("/", "Host", "example.com:8080"), "http://example.com:8080/x"},
		"of HTTPS":                {elb.Redirect{Path: "/x"}, overTLS(request("/")), "https://example.com:443/x"},
		"of HTTPS with a port":    {elb.Redirect{Path: "/x"}, overTLS(request("/", "Host", "example.com:8443")), "https://example.com:8443/x"},
		"to another host":         {elb.Redirect{Host: "www.#{host}"}, request("/a"), "http://www.example.com:80/a"},
		"of an address":           {elb.Redirect{Port: "81"}, request("/a", "Host", "[::1]:80"), "http://[::1]:81/a"},
		"of an address alone":     {elb.Redirect{Path: "/b"}, request("/a", "Host", "[::1]"), "http://[::1]:80/b"},
		"to another path":         {elb.Redirect{Path: "/new/#{path}"}, request("/a/b?c"), "http://example.com:80/new/a/b?c"},
		"path from all":           {elb.Redirect{Path: "/#{host}-#{port}/#{path}#{path}"}, request("/a"), "http://example.com:80/example.com-80/aa"},
		"path as it was sent":     {elb.Redirect{Path: "/n/#{path}"}, request("/a%2Fb%20c/?q=%20"), "http://example.com:80/n/a%2Fb%20c/?q=%20"},
		"two slashes":             {elb.Redirect{Port: "81"}, request("//evil.com/"), "http://example.com:81//evil.com/"},
		"no path":                 {elb.Redirect{Port: "81"}, request("http://example.com"), "http://example.com:81/"},
		"query dropped":           {elb.Redirect{Port: "81", Query: new("")}, request("/a?b"), "http://example.com:81/a"},
		"query added to":          {elb.Redirect{Port: "81", Query: new("#{query}&value=xyz")}, request("/a?b=c"), "http://example.com:81/a?b=c&value=xyz"},
		"query from all":          {elb.Redirect{Port: "81", Query: new("u=#{protocol}:#{host}:#{port}/#{path}%3F#{query}")}, request("/a?b"), "http://example.com:81/a?u=http:example.com:80/a%3Fb"},
		"no query to be kept":     {elb.Redirect{Port: "81"}, request("/a"), "http://example.com:81/a"},
		"what looks like keyword": {elb.Redirect{Path: "/#{path}/x"}, request("/#{host}"), "http://example.com:80/#{host}/x"},
	} {
		t.Run(name, func(t *testing.T) {
			action := redirectTo(c.redirect)
			s, err := elb.CompileRules(nil, &action)
			require.NoError(t, err)
			d := s.Match(c.request, client)
			require.Equal(t, c.want, d.Location)
			require.Equal(t, 302, d.Action.Redirect.StatusCode)
			require.NoError(t, d.Err)
		})
	}
}
