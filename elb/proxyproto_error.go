package elb

import (
	"errors"
	"fmt"
)

// What can be wrong with a header of the PROXY protocol. They come wrapped in
// a [*ProxyError].
var (
	// ErrProxyMissing means that the connection starts with something else.
	ErrProxyMissing = errors.New("no PROXY protocol header")
	// ErrProxyVersion means a version other than 1 and 2.
	ErrProxyVersion = errors.New("unknown version of the PROXY protocol")
	// ErrProxyTooLong means a header that is longer than the limit.
	ErrProxyTooLong = errors.New("PROXY protocol header too long")
	// ErrProxyTruncated means that the connection ended within the header.
	ErrProxyTruncated = errors.New("truncated PROXY protocol header")
	// ErrProxyChecksum means a CRC32C that is not that of the header.
	ErrProxyChecksum = errors.New("wrong checksum of the PROXY protocol header")
	// ErrProxyMalformed means a header that breaks the protocol's rules otherwise.
	ErrProxyMalformed = errors.New("malformed PROXY protocol header")
)

// ProxyError says why there is no header: why it could not be read from a connection, or
// why one could not be written.
type ProxyError struct {
	Err    error  // one of the sentinels above, or the connection's error
	Detail string // what exactly; may be empty
}

func (e *ProxyError) Error() string {
	if e.Detail == "" {
		return "elb: " + e.Err.Error()
	}
	return "elb: " + e.Err.Error() + ": " + e.Detail
}

// Unwrap returns Err.
func (e *ProxyError) Unwrap() error { return e.Err }

func malformed(format string, args ...any) *ProxyError {
	return &ProxyError{ErrProxyMalformed, fmt.Sprintf(format, args...)}
}
