package elb

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// requestView is a request as conditions see it. What takes time is found once, when it is
// first asked for.
type requestView struct {
	r    *http.Request
	peer netip.Addr // neither mapped nor zoned

	lowerHost, sentPath string
	hasHost, hasPath    bool
}

// host returns the host in lower case, without a port.
func (v *requestView) host() string {
	if !v.hasHost {
		name, _ := splitHost(v.r.Host)
		v.lowerHost, v.hasHost = lowerASCII(name), true
	}
	return v.lowerHost
}

// path returns the path as it was sent.
func (v *requestView) path() string {
	if !v.hasPath {
		v.sentPath, v.hasPath = sentPath(v.r.URL), true
	}
	return v.sentPath
}

// sentPath returns a URL's path before decoding. RawPath is that, unless it is of a
// path that somebody has replaced since.
func sentPath(u *url.URL) string {
	if u.RawPath != "" {
		if decoded, err := url.PathUnescape(u.RawPath); err == nil && decoded == u.Path {
			return u.RawPath
		}
	}
	if u.Path == "" {
		return "/"
	}
	return u.EscapedPath()
}

// splitHost splits a Host header into the name and the port, which may be empty.
func splitHost(host string) (name, port string) {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.IndexByte(host[colon:], ']') >= 0 {
		return host, ""
	}
	return host[:colon], host[colon+1:]
}

// lowerASCII returns s with the letters of ASCII in lower case. Those beyond stay, as some
// of them have a letter of ASCII for their lower case and are no such letter.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = foldedASCII[b[i]]
			}
			return string(b)
		}
	}
	return s
}

// foldedASCII is the lower case of each byte.
var foldedASCII = func() (table [256]byte) {
	for i := range table {
		table[i] = byte(i)
	}
	for c := byte('A'); c <= 'Z'; c++ {
		table[c] = c + 'a' - 'A'
	}
	return table
}()
