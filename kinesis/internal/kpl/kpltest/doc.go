// Package kpltest compares package kpl with Google's own implementation of protocol buffers. It
// is a module of its own, so that leat does not require that implementation.
package kpltest
