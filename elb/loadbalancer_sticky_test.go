package elb_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// named answers with a name, and sets a cookie of the application at /login.
func named(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/login" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "x", Path: "/"})
		}
		_, _ = io.WriteString(w, name)
	}
}

// A client with a cookie jar stays at its target as long as that can be used, and while the
// cookie lasts.
func TestStickiness(t *testing.T) {
	tests := map[string]struct {
		sticky elb.Stickiness
		cookie string
		login  bool // the application has to begin
	}{
		"balancer":    {elb.Stickiness{Type: elb.StickyBalancer, Duration: time.Hour}, "AWSALB", false},
		"application": {elb.Stickiness{Type: elb.StickyApplication, Cookie: "session", Duration: time.Hour}, "AWSALBAPP-0", true},
		"classic":     {elb.Stickiness{Type: elb.StickyClassic, Duration: time.Hour}, "AWSELB", false},
	}
	for name, test := range tests {
		for _, back := range []wire{inProcess, overHTTP1, overHTTP2} {
			t.Run(name+", "+string(back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					front := overHTTP1
					if back.http2() {
						front = overHTTP2
					}
					r := newRig(t, rigConfig{front: front, back: back, group: elb.GroupConfig{Stickiness: test.sticky}}, named("a"), named("b"), named("c"))
					seen := make(map[string]bool)
					for range 6 { // without cookies
						seen[r.get("/login").body] = true
					}
					require.Len(t, seen, 3)

					jar, err := cookiejar.New(nil)
					require.NoError(t, err)
					r.client.Jar = jar
					if test.login {
						first, second := r.get("/").body, r.get("/").body
						require.NotEqual(t, first, second)
					}
					mine := r.get("/login").body
					for range 5 {
						require.Equal(t, mine, r.get("/").body)
					}
					q, err := http.NewRequest("GET", r.url("/"), nil)
					require.NoError(t, err)
					found := ""
					for _, c := range jar.Cookies(q.URL) {
						if c.Name == test.cookie {
							found = c.Value
						}
					}
					require.NotEmpty(t, found)

					for i, target := range r.targets {
						if target.ID == mine {
							require.NoError(t, r.group.Deregister(r.targets[i]))
						}
					}
					moved := r.get("/login").body
					require.NotEqual(t, mine, moved)
					for range 3 {
						require.Equal(t, moved, r.get("/").body)
					}
					if test.login {
						return // its cookie has no end of its own
					}
					time.Sleep(2 * time.Hour)
					seen = make(map[string]bool)
					r.client.Jar = nil
					for range 4 {
						q.Header.Set("Cookie", test.cookie+"="+found)
						seen[r.do(q).body] = true
					}
					require.Len(t, seen, 2)
				})
			})
		}
	}
}

// A client stays with its target group.
func TestGroupStickiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, err := elb.NewTargetGroup(elb.GroupConfig{Name: "other", HealthCheck: elb.HealthCheck{Disabled: true}})
		require.NoError(t, err)
		defer other.Close()
		require.NoError(t, other.Register(&elb.Target{ID: "o", Handler: named("other")}))
		r := newRig(t, rigConfig{
			balancer: elb.LoadBalancerConfig{Groups: []*elb.TargetGroup{other}},
			listener: elb.Listener{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}, {Group: "other"}}, Stickiness: time.Minute}}},
		}, named("web"))
		seen := make(map[string]bool)
		for range 40 {
			r.client.Jar, err = cookiejar.New(nil)
			require.NoError(t, err)
			mine := r.get("/").body
			seen[mine] = true
			for range 3 {
				require.Equal(t, mine, r.get("/").body)
			}
		}
		require.Len(t, seen, 2)
	})
}
