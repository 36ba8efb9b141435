// Package sdktest has nothing but tests: leat's endpoints as the AWS SDKs see them.
// The SDK for Go runs in testing/synctest bubbles without a socket; SDKs of other
// languages, where they are installed, run over loopback. It is a module of its own
// so that the SDK is no dependency of leat's.
package sdktest
