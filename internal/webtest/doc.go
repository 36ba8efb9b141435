// Package webtest has nothing but tests: leat's load balancer as other programs see it.
// gRPC's own interoperability tests, a WebSocket client and server, and h2spec, which
// tests HTTP/2 front ends, run through it over loopback. It is a module of its own so that
// those are no dependencies of leat's.
package webtest
