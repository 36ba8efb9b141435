// Package elb is a load balancer with the semantics of Elastic Load Balancing, in the process
// that uses it: target groups with health checks, an Application Load Balancer's rules and
// HTTP behaviour, a Network Load Balancer's connections, and the algorithms, each of which can
// be used alone.
//
//	group, err := elb.NewTargetGroup(elb.GroupConfig{Name: "web"})
//	...
//	err = group.Register(&elb.Target{Address: "10.0.0.1:8080"}, &elb.Target{Address: "10.0.0.2:8080"})
//	...
//	balancer, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
//		Groups: []*elb.TargetGroup{group},
//		Listeners: []elb.Listener{{DefaultAction: &elb.Action{
//			Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}},
//		}}},
//	})
//	...
//	err = balancer.Serve(listener) // or use balancer as an http.Handler
//
// # Target groups
//
// A [TargetGroup] is told of targets by Register and Deregister, checks their health and
// spreads requests over those that are well. A target is an address, an http.Handler of this
// process, or a [Function] in the shape of AWS Lambda's.
//
// A new target is healthy after one passed check. It is unhealthy after
// [HealthCheck].UnhealthyThreshold failed ones in a row, and healthy again after
// HealthyThreshold passed ones. While no target is healthy all of them get requests, as on AWS:
// no answer at all would not be better. One that is deregistered gets no more requests, and has
// the deregistration delay to finish those it has. Watch yields each change of a state with its
// reason, Targets says what is so now. Stickiness, slow start, availability zones, ejection of
// outliers and a limit of requests at a target are options of a [GroupConfig].
//
// # Layer 7
//
// A [LoadBalancer] answers HTTP requests: its listeners' rules say whether by forwarding them to
// a group, by a redirect, or by a fixed response. It is an http.Handler. Serve, which accepts
// connections itself, ends TLS, understands HTTP/2 and judges what clients send before net/http
// repairs it (desync mitigation). Requests and answers pass through as they come, in both
// directions at once, with their trailers and informational answers; so do WebSockets and
// gRPC. When the client leaves, the target is told.
//
// Nothing is done twice without being asked for. A request whose target breaks off is answered
// with 502, one whose target is too slow with 504, as on AWS. Only when the target refuses
// the connection, so that nothing was sent, does a request go to another, where AWS answers with
// 502. [Retries] is the option to try other targets more often: if connecting took too long, or
// if the request is idempotent and has no body.
//
// # Layer 4
//
// A [Proxy] passes TCP connections to the targets of a group without a look at what is in
// them; it can end TLS, choose the group by server name, and tell targets who the client is by
// the PROXY protocol.
//
// # Clients
//
// A [Transport] is an http.RoundTripper over a group, for a client that is its own balancer.
// A TargetGroup is a [Picker], for other clients: pick, use the target, call done.
//
// # What one sees
//
// Metrics have the names that they have in CloudWatch. [WriteAccessLog] writes AWS's lines,
// [SlogAccessLog] structured records. Status is a page for people and programs with the state of
// each target.
//
// # Choosing a target
//
// A [Picker] chooses the target of each request, connection or call, and is told by
// done what became of it. That is all there is to it: pickers need neither a target
// group nor a listener, and serve a client of one's own, a gRPC balancer or a pool of
// database connections as well. The algorithms, whose zero values wait for SetTargets:
//
//   - [RoundRobin], by turns. For targets and requests that are all alike.
//   - [WeightedRoundRobin], by turns in proportion to weights, exact and evenly mixed.
//   - [LeastOutstanding], the fewest requests outstanding. For requests that take
//     differently long: a target that is slow or stuck gets no more than it answers.
//   - [PowerOfTwo], the less busy of two drawn at random. Nearly as level, by weight, and
//     better when many balancers share the same targets.
//   - [WeightedRandom], by chance in proportion to weights, and less to targets that
//     fail more often or answer more slowly than the others.
//   - [ConsistentHash], the same target for the same [Request].Flow, be it a connection's
//     [FlowHash] or a key's [FlowHashString]. When targets come and go, only their share of
//     the flows moves.
//
// They cost some nanoseconds a pick, without allocation, over ten targets or a
// thousand, and may be used by any number of goroutines. SetTargets replaces the
// targets at once; what a picker knows of those that stay, it keeps. All of them send a
// request that is tried again to a target that it was not at, as [Request].Avoid says,
// as long as there is one. Package elbtest checks any Picker against these rules.
//
// # Listener rules
//
// [CompileRules] takes the rules of an Application Load Balancer as data, tells every
// fault at once, and makes [Rules], whose Match says for a request which rule holds and
// what to do: forward to groups by weight, redirect, or answer, with the host and URL
// rewritten if the rule says so. It sends nothing.
//
// # Health checks
//
// A [HealthCheck] says how a group checks its targets; its zero value is an Application Load
// Balancer's default. Checks are spread over the interval, and one that hangs delays no other. A
// [Prober] makes one check without a group, over HTTP, HTTPS, TCP, TLS or gRPC, or
// by a function. [ParseTarget] reads a Classic Load Balancer's target string.
//
// # PROXY protocol
//
// A [ProxyListener] reads the header with which another balancer introduces its
// clients, version 1 or 2, and shows their addresses as the connection's.
// [WriteProxyHeader] writes one, version 2.
package elb
