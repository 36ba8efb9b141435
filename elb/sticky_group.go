package elb

import (
	"net/http"
	"slices"
	"time"
)

const groupCookieName = "AWSALBTG"

// group returns the target group that a request's cookie names, if it is still one of the
// action's; else the choice is a new one, and the group is empty. Invalid tells that
// there is a cookie, but none that opens, which AWS's access log calls
// AWSALBTGCookieInvalid. ("Forward actions" in the User Guide for Application Load
// Balancers.)
func (s *cookieSeal) group(r *http.Request, f *Forward, now time.Time) (group string, invalid bool) {
	lines := r.Header["Cookie"]
	if len(lines) == 0 || f.Stickiness == 0 {
		return "", false
	}
	found, invalid := s.find(lines, groupCookieName, groupCookie, "", now)
	if !slices.ContainsFunc(f.Groups, func(g WeightedGroup) bool { return g.Group == found.name }) {
		return "", invalid
	}
	return found.name, false
}

// issueGroup adds the cookies that name the group to the header of an answer. They are
// renewed with each.
func (s *cookieSeal) issueGroup(h http.Header, f *Forward, group string, now time.Time) {
	if f.Stickiness == 0 {
		return
	}
	value := s.seal(groupCookie, "", group, now.Add(f.Stickiness), now)
	h["Set-Cookie"] = appendCookies(h["Set-Cookie"], groupCookieName, value, now)
}
