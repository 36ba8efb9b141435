package elb

import (
	"strings"
	"time"
)

// StickinessType is by which cookie a client is kept at a target.
type StickinessType string

// The types.
const (
	// StickyBalancer is a cookie of the balancer's own, AWSALB, and AWSALBCORS for requests
	// from other sites. ("Duration-based stickiness", lb_cookie.)
	StickyBalancer StickinessType = "lb_cookie"
	// StickyApplication is a cookie, AWSALBAPP-0, that lives along with one of the
	// application's. ("Application-based stickiness", app_cookie.)
	StickyApplication StickinessType = "app_cookie"
	// StickyClassic is a Classic Load Balancer's cookie, AWSELB, which lives along with the
	// application's if that has a name here.
	StickyClassic StickinessType = "AWSELB"
)

// Stickiness keeps a client's requests at the target that had its first one, as long as
// that is registered and healthy. The zero Stickiness does not. (User Guide for
// Application Load Balancers, "Sticky sessions".)
type Stickiness struct {
	// Type is by which cookie. Empty means none.
	Type StickinessType

	// Duration is how long after its last request a client is kept, 1 s to 7 days. Zero
	// means a day. With StickyClassic it means as long as the client's browser keeps the
	// cookie, and a Cookie leaves nothing else; where the balancer draws its own
	// keys, that is a week after the cookie was set at least.
	Duration time.Duration

	// Cookie is the name of the application's cookie. It may not begin with AWSALB or
	// AWSELB.
	Cookie string
}

const defaultStickiness = 24 * time.Hour

func (s Stickiness) withDefaults() Stickiness {
	if s.Duration == 0 && (s.Type == StickyBalancer || s.Type == StickyApplication) {
		s.Duration = defaultStickiness
	}
	return s
}

func (s *Stickiness) validate(f *configFaults) {
	switch s.Type {
	case "", StickyBalancer, StickyApplication, StickyClassic:
	default:
		f.check(false, "Stickiness.Type", "%q is none", s.Type)
	}
	none := s.Duration == 0 && (s.Type == "" || s.Type == StickyClassic)
	f.check(none || s.Duration >= time.Second && s.Duration <= maxStickiness, "Stickiness.Duration", "%v is not between 1s and %v", s.Duration, maxStickiness)
	f.check(s.Type != StickyBalancer || s.Cookie == "", "Stickiness.Cookie", "%s has a cookie of its own", s.Type)
	f.check(s.Type != "" || s.Duration == 0 && s.Cookie == "", "Stickiness.Type", "there is none, but a Duration or a Cookie")
	f.check(s.Type != StickyClassic || s.Cookie == "" || s.Duration == 0, "Stickiness.Duration", "%v is not the application's cookie's", s.Duration)
	f.check(s.Type != StickyApplication || s.Cookie != "", "Stickiness.Cookie", "%s needs the name of the application's cookie", s.Type)
	f.check(!strings.HasPrefix(s.Cookie, "AWSALB") && !strings.HasPrefix(s.Cookie, "AWSELB") && consistsOf(s.Cookie, cookieCharacters), "Stickiness.Cookie", "%q can not be the name of an application's cookie", s.Cookie)
}

// cookieCharacters are those of a token (RFC 6265, section 4.1.1).
const cookieCharacters = alphanumeric + "!#$%&'*+-.^_`|~"
