//go:build !race

package faulttest

// Step is how far apart the calls are that the tests of an engine let fail, one in each of
// their stories: every call. With the race detector, with which a story takes ten times as
// long, it is some of them, so that the whole can be run again and again.
const Step = 1
