// Package fault makes calls of an AWS endpoint fail, be throttled or come late, on
// purpose, so that a test sees what the caller does then.
package fault
