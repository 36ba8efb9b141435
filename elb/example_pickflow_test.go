package elb_test

import (
	"fmt"
	"net/netip"

	"github.com/leat-go/leat/elb"
)

// A user's requests stay on one target, and move only if that leaves.
func ExampleConsistentHash() {
	var p elb.ConsistentHash
	a, b, c := &elb.Target{ID: "a"}, &elb.Target{ID: "b"}, &elb.Target{ID: "c"}
	p.SetTargets([]*elb.Target{a, b, c})
	home := func(user string) string {
		target, done, _ := p.Pick(elb.Request{Flow: elb.FlowHashString(user)})
		defer done(elb.Outcome{})
		return target.ID
	}
	fmt.Println(home("ann"), home("ben"), home("cleo"), home("dan"))
	p.SetTargets([]*elb.Target{a, b})
	fmt.Println(home("ann"), home("ben"), home("cleo"), home("dan"))
	// Output:
	// a b b c
	// a b b b
}

// At layer 4 a flow is what has the same protocol, addresses and ports.
func ExampleFlowHash() {
	client, listener := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("198.51.100.1:443")
	flow := elb.FlowHash("tcp", client, listener)
	fmt.Println(flow == elb.FlowHash("tcp", client, netip.MustParseAddrPort("198.51.100.1:443")))
	fmt.Println(flow == elb.FlowHash("udp", client, listener))
	// Output:
	// true
	// false
}
