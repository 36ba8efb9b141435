package elb

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browser is a client that keeps cookies, by names and values alone.
type browser struct {
	t       *testing.T
	seal    *cookieSeal
	sticky  Stickiness
	now     time.Time
	cookies map[string]string
	agent   http.Header
}

func newBrowser(t *testing.T, sticky Stickiness) *browser {
	return &browser{t, sealWith(t, string(sealSecret)), sticky.withDefaults(), sealNow, map[string]string{}, http.Header{}}
}

// get makes a request that a target answers, with cookies of its own. That is the one
// which the client is bound to, which is returned, or another.
func (b *browser) get(another string, sets ...string) (bound string, issued []string) {
	r := &http.Request{Host: "www.example.com", Header: b.agent.Clone()}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	if len(pairs) > 0 {
		r.Header["Cookie"] = []string{strings.Join(pairs, "; ")}
	}
	had := b.seal.session(r, &b.sticky, "web", b.now)
	target := had.target
	if target == "" || another != "" && target == "gone" {
		target = another
	}
	h := http.Header{}
	for _, line := range sets {
		h.Add("Set-Cookie", line)
	}
	b.seal.issue(h, r, &b.sticky, "web", target, had, b.now)
	for _, line := range h["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		require.NoError(b.t, err)
		b.cookies[c.Name] = c.Value
	}
	for _, line := range h["Set-Cookie"][len(sets):] {
		name, rest, _ := strings.Cut(line, "=")
		_, attributes, _ := strings.Cut(rest, ";")
		issued = append(issued, name+";"+attributes)
	}
	return had.target, issued
}

func TestBalancerCookie(t *testing.T) {
	b := newBrowser(t, Stickiness{Type: StickyBalancer, Duration: time.Minute})
	bound, issued := b.get("a")
	require.Empty(t, bound)
	require.Equal(t, []string{ // as recorded of an Application Load Balancer at that time
		"AWSALB; Expires=Tue, 27 Feb 2024 11:21:53 GMT; Path=/",
		"AWSALBCORS; Expires=Tue, 27 Feb 2024 11:21:53 GMT; Path=/; SameSite=None; Secure",
	}, issued)
	require.Equal(t, b.cookies["AWSALB"], b.cookies["AWSALBCORS"])

	for range 3 { // the duration counts from the last request
		b.now = b.now.Add(time.Minute - time.Second)
		bound, issued = b.get("b")
		require.Equal(t, "a", bound)
		require.Len(t, issued, 2)
	}
	delete(b.cookies, "AWSALB") // by a browser, in a request from another site
	bound, _ = b.get("b")
	require.Equal(t, "a", bound)

	b.now = b.now.Add(time.Minute)
	bound, _ = b.get("b")
	require.Empty(t, bound, "the cookie is over")
	bound, _ = b.get("c")
	require.Equal(t, "b", bound)
}

func TestATargetThatIsGoneIsReplaced(t *testing.T) {
	for _, sticky := range []Stickiness{
		{Type: StickyBalancer},
		{Type: StickyApplication, Cookie: "id"},
		{Type: StickyClassic},
		{Type: StickyClassic, Cookie: "id"},
	} {
		b := newBrowser(t, sticky)
		b.get("gone", "id=1")
		bound, issued := b.get("b")
		require.Equal(t, "gone", bound)
		require.NotEmpty(t, issued, "the application need not set its cookie again")
		bound, _ = b.get("c")
		require.Equal(t, "b", bound, "also if the first were back")
	}
}

func TestApplicationCookie(t *testing.T) {
	b := newBrowser(t, Stickiness{Type: StickyApplication, Cookie: "id", Duration: time.Hour})
	_, issued := b.get("a", "other=1")
	require.Empty(t, issued, "the application has not begun a session")
	_, issued = b.get("a", "other=1", "id=1; Path=/app; Max-Age=60; HttpOnly")
	require.Equal(t, []string{"AWSALBAPP-0; Expires=Tue, 27 Feb 2024 11:21:53 GMT; Path=/"}, issued, "none of the attributes are copied")

	b.now = b.now.Add(time.Hour - time.Second)
	bound, issued := b.get("b")
	require.Equal(t, "a", bound)
	require.Len(t, issued, 1, "it is renewed with each answer")

	delete(b.cookies, "id")
	bound, issued = b.get("b")
	require.Empty(t, bound, "the client must have both")
	require.Empty(t, issued)

	b.cookies["id"] = "2"
	bound, _ = b.get("b")
	require.Equal(t, "a", bound)
	b.now = b.now.Add(time.Hour)
	bound, issued = b.get("b")
	require.Empty(t, bound, "the duration is over")
	require.Empty(t, issued, "a new session is the application's to begin")
	_, issued = b.get("b", "id=3")
	require.Len(t, issued, 1)
	bound, _ = b.get("c")
	require.Equal(t, "b", bound)
}

func TestSameSiteOfTheApplicationCookie(t *testing.T) {
	const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%.0.3987.149 Safari/537.36"
	tests := map[string]struct {
		origin, agent string
		want          bool
	}{
		"Chrome 80 elsewhere":  {"https://other.example", strings.Replace(chrome, "%", "80", 1), true},
		"Chrome 130 elsewhere": {"null", strings.Replace(chrome, "%", "130", 1), true},
		"Chromium elsewhere":   {"https://other.example", "Chromium/99.0 x", true},
		"Chrome 79 elsewhere":  {"https://other.example", strings.Replace(chrome, "%", "79", 1), false},
		"Chrome here":          {"https://www.example.com", strings.Replace(chrome, "%", "80", 1), false},
		"Chrome, no CORS":      {"", strings.Replace(chrome, "%", "80", 1), false},
		"Firefox elsewhere":    {"https://other.example", "Mozilla/5.0 (X11; rv:87.0) Gecko/20100101 Firefox/87.0", false},
		"no agent":             {"https://other.example", "", false},
		"no version":           {"https://other.example", "Chrome/x", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, Stickiness{Type: StickyApplication, Cookie: "id"})
			if test.origin != "" {
				b.agent.Set("Origin", test.origin)
			}
			b.agent.Set("User-Agent", test.agent)
			_, issued := b.get("a", "id=1")
			require.Equal(t, test.want, strings.HasSuffix(issued[0], "; Path=/; SameSite=None; Secure"))
		})
	}
}

func TestClassicCookie(t *testing.T) {
	b := newBrowser(t, Stickiness{Type: StickyClassic, Duration: 900 * time.Second})
	_, issued := b.get("a")
	require.Equal(t, []string{"AWSELB;PATH=/;MAX-AGE=900", "AWSELBCORS;PATH=/;MAX-AGE=900;SECURE;SAMESITE=None"}, issued) // as recorded
	b.now = b.now.Add(900*time.Second - 1)
	bound, _ := b.get("b")
	require.Equal(t, "a", bound)
	b.now = b.now.Add(900 * time.Second)
	bound, _ = b.get("b")
	require.Empty(t, bound)

	b = newBrowser(t, Stickiness{Type: StickyClassic})
	_, issued = b.get("a")
	require.Equal(t, []string{"AWSELB;PATH=/", "AWSELBCORS;PATH=/;SECURE;SAMESITE=None"}, issued)
	b.now = b.now.AddDate(1, 0, 0)
	bound, _ = b.get("b")
	require.Equal(t, "a", bound, "it is the browser's to forget")
}

func TestClassicCookieFollowsTheApplications(t *testing.T) {
	b := newBrowser(t, Stickiness{Type: StickyClassic, Cookie: "id"})
	_, issued := b.get("a")
	require.Empty(t, issued)
	_, issued = b.get("a", "id=1; Path=/app; Max-Age=60; HttpOnly; Secure; SameSite=Lax;")
	require.Equal(t, []string{
		"AWSELB; Path=/app; Max-Age=60; HttpOnly; Secure; SameSite=Lax;",
		"AWSELBCORS; Path=/app; Max-Age=60; HttpOnly;SECURE;SAMESITE=None",
	}, issued)
	bound, issued := b.get("b")
	require.Equal(t, "a", bound)
	require.Empty(t, issued, "it is not renewed with each answer")
	_, issued = b.get("b", "id=2")
	require.Equal(t, []string{"AWSELB;", "AWSELBCORS;SECURE;SAMESITE=None"}, issued)
	delete(b.cookies, "id")
	bound, _ = b.get("b")
	require.Empty(t, bound)

	b.cookies["id"] = "3"
	b.seal = sealWith(t, "fedcba9876543210", string(sealSecret))
	bound, issued = b.get("b")
	require.Equal(t, "a", bound)
	require.Equal(t, []string{"AWSELB;PATH=/", "AWSELBCORS;PATH=/;SECURE;SAMESITE=None"}, issued, "but before its key is gone")
}

func TestNoStickiness(t *testing.T) {
	b := newBrowser(t, Stickiness{Type: StickyBalancer})
	b.get("a")
	b.sticky = Stickiness{}
	bound, issued := b.get("b")
	require.Empty(t, bound)
	require.Empty(t, issued)
}

func TestGroupCookie(t *testing.T) {
	s := sealWith(t, string(sealSecret))
	action := func(groups ...string) *Forward {
		f := &Forward{Stickiness: time.Minute}
		for _, name := range groups {
			f.Groups = append(f.Groups, WeightedGroup{Group: name})
		}
		return f
	}
	h := http.Header{"Set-Cookie": {"id=1"}}
	s.issueGroup(h, action("blue", "green"), "green", sealNow)
	lines := h["Set-Cookie"]
	require.Len(t, lines, 3)
	require.Equal(t, "id=1", lines[0])
	require.Regexp(t, `^AWSALBTG=[-_\w]+; Expires=Tue, 27 Feb 2024 11:21:53 GMT; Path=/$`, lines[1])
	require.Regexp(t, `^AWSALBTGCORS=[-_\w]+; Expires=Tue, 27 Feb 2024 11:21:53 GMT; Path=/; SameSite=None; Secure$`, lines[2])

	sent, _, _ := strings.Cut(lines[1], ";")
	cors, _, _ := strings.Cut(lines[2], ";")
	ofTarget := "AWSALBTG=" + s.seal(targetCookie, "", "green", sealNow.Add(time.Hour), sealNow)
	tests := map[string]struct {
		cookie  string
		f       *Forward
		after   time.Duration
		group   string
		invalid bool
	}{
		"there":             {sent, action("blue", "green"), 0, "green", false},
		"from another site": {cors, action("blue", "green"), 0, "green", false},
		"over":              {sent, action("blue", "green"), time.Minute, "", false},
		"no group of these": {sent, action("blue", "red"), 0, "", false},
		"no stickiness":     {sent, &Forward{Groups: action("green").Groups}, 0, "", false},
		"garbage":           {"AWSALBTG=x", action("blue", "green"), 0, "", true},
		"URL encoded":       {sent + "%3D", action("blue", "green"), 0, "", true},
		"of a target":       {ofTarget, action("blue", "green"), 0, "", true},
		"none":              {"AWSALB=x", action("blue", "green"), 0, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Header: http.Header{"Cookie": {test.cookie}}}
			group, invalid := s.group(r, test.f, sealNow.Add(test.after))
			require.Equal(t, test.group, group)
			require.Equal(t, test.invalid, invalid)
		})
	}
	s.issueGroup(h, &Forward{}, "green", sealNow)
	require.Len(t, h["Set-Cookie"], 3, "without stickiness there are no cookies")
}

func TestStickinessIsChecked(t *testing.T) {
	tests := map[string]struct {
		s      Stickiness
		faults string
	}{
		"none":                      {Stickiness{}, ""},
		"balancer's":                {Stickiness{Type: StickyBalancer}, ""},
		"application's":             {Stickiness{Type: StickyApplication, Cookie: "id", Duration: time.Second}, ""},
		"classic":                   {Stickiness{Type: StickyClassic}, ""},
		"classic, longest":          {Stickiness{Type: StickyClassic, Duration: maxStickiness}, ""},
		"classic application's":     {Stickiness{Type: StickyClassic, Cookie: "id"}, ""},
		"unknown":                   {Stickiness{Type: "x"}, "elb: G.Stickiness.Type: \"x\" is none\nelb: G.Stickiness.Duration: 0s is not between 1s and 168h0m0s"},
		"duration alone":            {Stickiness{Duration: time.Hour}, "elb: G.Stickiness.Type: there is none, but a Duration or a Cookie"},
		"too short":                 {Stickiness{Type: StickyBalancer, Duration: time.Millisecond}, "elb: G.Stickiness.Duration: 1ms is not between 1s and 168h0m0s"},
		"classic, too short":        {Stickiness{Type: StickyClassic, Duration: time.Millisecond}, "elb: G.Stickiness.Duration: 1ms is not between 1s and 168h0m0s"},
		"too long":                  {Stickiness{Type: StickyClassic, Duration: maxStickiness + 1}, "elb: G.Stickiness.Duration: 168h0m0.000000001s is not between 1s and 168h0m0s"},
		"balancer's with another":   {Stickiness{Type: StickyBalancer, Cookie: "id"}, "elb: G.Stickiness.Cookie: lb_cookie has a cookie of its own"},
		"application's without any": {Stickiness{Type: StickyApplication}, "elb: G.Stickiness.Cookie: app_cookie needs the name of the application's cookie"},
		"reserved":                  {Stickiness{Type: StickyApplication, Cookie: "AWSALBAPP"}, "elb: G.Stickiness.Cookie: \"AWSALBAPP\" can not be the name of an application's cookie"},
		"reserved, classic":         {Stickiness{Type: StickyClassic, Cookie: "AWSELB"}, "elb: G.Stickiness.Cookie: \"AWSELB\" can not be the name of an application's cookie"},
		"two words":                 {Stickiness{Type: StickyApplication, Cookie: "a b"}, "elb: G.Stickiness.Cookie: \"a b\" can not be the name of an application's cookie"},
		"classic with two ends":     {Stickiness{Type: StickyClassic, Cookie: "id", Duration: time.Hour}, "elb: G.Stickiness.Duration: 1h0m0s is not the application's cookie's"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := configFaults{kind: "G"}
			s := test.s.withDefaults()
			s.validate(&f)
			if test.faults == "" {
				require.NoError(t, f.err())
				return
			}
			require.EqualError(t, f.err(), test.faults)
		})
	}
}
