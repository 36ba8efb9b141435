// Package elb holds the parts of a load balancer with the semantics of Elastic Load
// Balancing, for the process that uses them: algorithms that choose a target, listener
// rules, health checks and the PROXY protocol. Each can be used alone. Target groups and the
// balancer itself, which put them together, are still to come.
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
// A [HealthCheck] says how to check a target; its zero value is an Application Load
// Balancer's default. A [Prober] makes one check, over HTTP, HTTPS, TCP, TLS or gRPC, or
// by a function. [ParseTarget] reads a Classic Load Balancer's target string.
//
// # PROXY protocol
//
// A [ProxyListener] reads the header with which another balancer introduces its
// clients, version 1 or 2, and shows their addresses as the connection's.
// [WriteProxyHeader] writes one, version 2.
package elb
