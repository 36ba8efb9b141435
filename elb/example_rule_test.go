package elb_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/leat-go/leat/elb"
)

// Requests of the API go to its own servers, a part of them to the next version; old
// pictures have moved; all else goes to the web servers.
func ExampleCompileRules() {
	rules, err := elb.CompileRules([]elb.Rule{
		{
			Priority:   10,
			Conditions: []elb.Condition{{HostHeader: elb.Patterns{Values: []string{"api.example.com"}}}},
			Action: elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{
				{Group: "api", Weight: new(9)},
				{Group: "api-next"},
			}}},
		},
		{
			Priority:   20,
			Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/img/*"}}}},
			Action:     elb.Action{Redirect: &elb.Redirect{StatusCode: 301, Host: "static.#{host}", Path: "/old/#{path}"}},
		},
	}, &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	peer := netip.MustParseAddrPort("192.0.2.1:50000")
	for _, url := range []string{"http://api.example.com/users", "http://example.com/img/a.png?size=2", "http://example.com/"} {
		d := rules.Match(httptest.NewRequest("GET", url, nil), peer)
		if forward := d.Action.Forward; forward != nil {
			const random = 1 << 63 // in a program, rand.Uint64()
			group, _ := forward.Choose(random)
			fmt.Println("forward to", group)
		} else {
			fmt.Println(d.Action.Redirect.StatusCode, d.Location)
		}
	}
	// Output:
	// forward to api
	// 301 http://static.example.com:80/old/img/a.png?size=2
	// forward to web
}

// All that is wrong is said at once.
func ExampleCompileRules_faults() {
	_, err := elb.CompileRules([]elb.Rule{{
		Priority:   10,
		Conditions: []elb.Condition{{HostHeader: elb.Patterns{Values: []string{"localhost"}}}},
		Action:     elb.Action{Redirect: &elb.Redirect{StatusCode: 302}},
	}}, nil)
	fmt.Println(err)
	fmt.Println(errors.Is(err, elb.ErrRedirectLoop))
	// Output:
	// elb: a listener needs an action for requests that no rule matches
	// elb: rule 0 (priority 10): Conditions[0].HostHeader: condition value 'localhost' must contain a '.'
	// elb: rule 0 (priority 10): Action.Redirect: The redirect configuration is not valid because it creates a loop
	// true
}

// A request that has a header and a parameter, which are looked at in any case.
func ExampleCondition() {
	rules, err := elb.CompileRules([]elb.Rule{{
		Priority: 1,
		Conditions: []elb.Condition{
			{HTTPHeader: elb.HTTPHeaderCondition{Name: "User-Agent", Patterns: elb.Patterns{Values: []string{"*Mobile*"}}}},
			{QueryString: []elb.QueryParameter{{Key: "beta", Value: "*"}, {Value: "preview"}}},
			{SourceIP: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
		},
		Action: elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "beta"}}}},
	}}, &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 404, Body: "nothing here"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "http://example.com/?Beta", nil)
	r.Header.Set("User-Agent", "Browser (mobile)")
	fmt.Println(rules.Match(r, netip.MustParseAddrPort("192.0.2.9:1")).Rule != nil)
	fmt.Println(rules.Match(r, netip.MustParseAddrPort("198.51.100.9:1")).Action.FixedResponse.Body)
	// Output:
	// true
	// nothing here
}

// A target that knows nothing of the prefix under which it is reached.
func ExampleTransform() {
	rules, err := elb.CompileRules([]elb.Rule{{
		Priority:   1,
		Conditions: []elb.Condition{{PathPattern: elb.Patterns{Values: []string{"/shop/*"}}}},
		Transforms: []elb.Transform{
			{URLRewrite: &elb.Rewrite{Regex: "^/shop/(.*)$", Replace: "/$1"}},
			{HostHeaderRewrite: &elb.Rewrite{Regex: `^(.+)\.example\.com$`, Replace: "$1.internal"}},
		},
		Action: elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "shop"}}}},
	}}, &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: http.StatusNotFound}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "http://www.example.com/shop/cart?id=7", nil)
	d := rules.Match(r, netip.MustParseAddrPort("192.0.2.1:50000"))
	fmt.Println(d.Host, d.URL.RequestURI())
	// Output:
	// www.internal /cart?id=7
}
