//go:build race

package faulttest

// Step is how far apart the calls are that the tests of an engine let fail: one in
// five. Without the race detector it is every call.
const Step = 5
