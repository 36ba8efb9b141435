package elb

import (
	"slices"
	"strings"
	"time"
)

const (
	maxStickiness = 7 * 24 * time.Hour
	maxFixedBody  = 1024
)

var fixedTypes = []string{"", "text/plain", "text/css", "text/html", "application/javascript", "application/json"}

// compileAction checks an action, and compiles it if it is a redirect.
func compileAction(a *Action, f *ruleFaults) *redirect {
	kinds := 0
	for _, is := range []bool{a.Forward != nil, a.Redirect != nil, a.FixedResponse != nil} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		f.add("Action", ErrInvalidAction, "an action has exactly one field set, not %d", kinds)
	case a.Forward != nil:
		checkForward(a.Forward, f)
	case a.Redirect != nil:
		return compileRedirect(a.Redirect, f)
	default:
		checkFixedResponse(a.FixedResponse, f)
	}
	return nil
}

func checkForward(a *Forward, f *ruleFaults) {
	add := func(format string, args ...any) { f.add("Action.Forward", ErrInvalidAction, format, args...) }
	if n := len(a.Groups); n < 1 || n > maxGroups {
		add("a request is forwarded to 1 to %d target groups, not %d", maxGroups, n)
	}
	for i := range a.Groups {
		g := &a.Groups[i]
		if g.Group == "" {
			add("a target group has no name")
		} else if slices.ContainsFunc(a.Groups[:i], func(other WeightedGroup) bool { return other.Group == g.Group }) {
			add("target group '%s' is there twice", g.Group)
		}
		if w := g.weight(); w < 0 || w > maxWeight {
			add("the weight of target group '%s' must be 0 to %d, not %d", g.Group, maxWeight, w)
		}
	}
	if s := a.Stickiness; s != 0 && (s < time.Second || s > maxStickiness) {
		add("the stickiness must be 1 to %d seconds, not %v", maxStickiness/time.Second, s)
	}
}

func checkFixedResponse(a *FixedResponse, f *ruleFaults) {
	add := func(format string, args ...any) { f.add("Action.FixedResponse", ErrInvalidAction, format, args...) }
	if c := a.StatusCode / 100; c != 2 && c != 4 && c != 5 {
		add("the status must be 2XX, 4XX or 5XX, not %d", a.StatusCode)
	}
	if !slices.Contains(fixedTypes, a.ContentType) {
		add("the content type must be one of%s, not '%s'", strings.Join(fixedTypes, " "), a.ContentType)
	}
	if n := len(a.Body); n > maxFixedBody {
		add("the body has at most %d bytes, not %d", maxFixedBody, n)
	}
}
