package elb

import (
	"net/http"
	"time"
)

// stickySession is what a request's cookie says about its target. The zero stickySession
// is that of a request without one.
type stickySession struct {
	target string // the name of the target that the client was at, if not empty
	stale  bool   // the cookie's key has been replaced
}

// session reads the cookie of a request to a target group. One that does not open, is
// over, or is of another group counts as none.
//
// Whether the target can still be used is for the caller to see; if not, the client is
// bound to that which it gets instead. The cookies stay in the request, as with AWS: the
// target sees them.
func (s *cookieSeal) session(r *http.Request, c *Stickiness, group string, now time.Time) stickySession {
	lines := r.Header["Cookie"]
	if len(lines) == 0 || c.Type == "" {
		return stickySession{}
	}
	if c.Cookie != "" && !hasCookie(lines, c.Cookie) {
		return stickySession{} // the application's session is over, and this with it
	}
	name, kind := c.Type.cookie()
	found, _ := s.find(lines, name, kind, group, now)
	return stickySession{found.name, found.stale}
}

// issue adds the cookies to the header of a target's answer, which has the target's own
// already. had is the request's session.
//
// A cookie of the balancer's own is renewed with each answer, as its duration counts from
// the last request. One that lives along with the application's begins when a target
// sets that. From then on an Application Load Balancer renews it likewise; a Classic one
// does not unless the target, or here the key, is another.
func (s *cookieSeal) issue(h http.Header, r *http.Request, c *Stickiness, group, target string, had stickySession, now time.Time) {
	if c.Type == "" || target == "" {
		return
	}
	attributes, begins := "", true
	if c.Cookie != "" {
		attributes, begins = setCookie(h["Set-Cookie"], c.Cookie)
	}
	if !begins && (had.target == "" || c.Type == StickyClassic && had.target == target && !had.stale) {
		return
	}
	var expires time.Time
	if c.Duration != 0 {
		expires = now.Add(c.Duration)
	}
	name, kind := c.Type.cookie()
	value := s.seal(kind, group, target, expires, now)
	lines := h["Set-Cookie"]
	switch {
	case c.Type == StickyBalancer:
		lines = appendCookies(lines, name, value, now)
	case c.Type == StickyApplication:
		lines = append(lines, name+"="+value+cookieExpiry(now)+applicationSameSite(r))
	case begins && c.Cookie != "":
		lines = appendFollowing(lines, name, value, attributes)
	default:
		lines = appendClassic(lines, name, value, c.Duration)
	}
	h["Set-Cookie"] = lines
}

// cookie returns the name and the kind of the balancer's cookie.
func (t StickinessType) cookie() (name string, kind cookieKind) {
	switch t {
	case StickyApplication:
		return "AWSALBAPP-0", applicationCookie // AWS's may go on in -1 to -3
	case StickyClassic:
		return "AWSELB", classicCookie
	default:
		return "AWSALB", targetCookie
	}
}
