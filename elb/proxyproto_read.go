package elb

import (
	"errors"
	"fmt"
	"io"
)

const (
	// DefaultProxyHeaderLimit is how long a header may be if nobody says otherwise, in
	// bytes. The specification wants headers to fit into 536.
	DefaultProxyHeaderLimit = 4096

	maxProxyHeader = proxyPreamble + 1<<16 - 1 // what version 2 can express
	proxyDecided   = 15                        // no header is shorter than "PROXY UNKNOWN\r\n"
)

// ReadProxyHeader reads a header of either version from the start of a connection. It
// reads no byte beyond it: what follows in r is the payload. A header longer than limit
// bytes is refused before it is read; 0 means DefaultProxyHeaderLimit.
//
// It fails with io.EOF if r ends before its first byte, else with a [*ProxyError] of
// ErrProxyMissing, ErrProxyVersion, ErrProxyTooLong, ErrProxyTruncated,
// ErrProxyChecksum, ErrProxyMalformed or r's own error. Then the connection is of no
// more use: the protocol demands that it be closed.
func ReadProxyHeader(r io.Reader, limit int) (*ProxyHeader, error) {
	h, _, err := readProxyHeader(r, limit)
	return h, err
}

// ReadFrom is ReadProxyHeader with the default limit, into h. It returns how many bytes
// it read. Unlike other implementations of io.ReaderFrom it stops at the header's end. If
// it fails then h stays as it was.
func (h *ProxyHeader) ReadFrom(r io.Reader) (n int64, err error) {
	read, raw, err := readProxyHeader(r, 0)
	if err == nil {
		*h = *read
	}
	return int64(len(raw)), err
}

// readProxyHeader also returns what it read. It looks at each piece as it comes, so that
// a peer who speaks another protocol is not asked for more than shows it.
func readProxyHeader(r io.Reader, limit int) (h *ProxyHeader, raw []byte, err error) {
	if limit <= 0 {
		limit = DefaultProxyHeaderLimit
	}
	limit = min(limit, maxProxyHeader)
	raw = make([]byte, 0, 128) // enough for TCP and a few short facts
	for want := proxyDecided; want > 0; {
		if len(raw)+want > limit {
			return nil, raw, &ProxyError{ErrProxyTooLong, fmt.Sprintf("%d bytes or more; the limit is %d", len(raw)+want, limit)}
		}
		if raw, err = readSome(r, raw, want); err != nil {
			return nil, raw, err
		}
		if want, err = proxyMissing(raw); err != nil {
			return nil, raw, err
		}
	}
	if raw[0] == proxySignature[0] {
		h, err = parseProxyV2(raw)
	} else {
		h, err = parseProxyV1(raw)
	}
	if err != nil {
		return nil, raw, err
	}
	return h, raw, nil
}

// readSome appends between one byte and want bytes.
func readSome(r io.Reader, raw []byte, want int) ([]byte, error) {
	start := len(raw)
	if need := start + want; need > cap(raw) {
		raw = append(make([]byte, 0, need), raw...)
	}
	for range 100 { // as often as bufio lets a reader return nothing
		n, err := r.Read(raw[start : start+want])
		if n < 0 || n > want {
			return raw, &ProxyError{Err: errors.New("the reader returned an impossible count")}
		}
		raw = raw[:start+n]
		switch {
		case n > 0:
			return raw, nil // an error that is to stay comes again
		case err == io.EOF && start == 0:
			return raw, io.EOF
		case err == io.EOF:
			return raw, &ProxyError{Err: ErrProxyTruncated}
		case err != nil:
			return raw, &ProxyError{Err: err}
		}
	}
	return raw, &ProxyError{Err: io.ErrNoProgress}
}

// proxyMissing tells how many bytes a header that starts with raw lacks at least; 0 if
// it is whole. It fails if no header starts so.
func proxyMissing(raw []byte) (int, error) {
	if raw[0] == proxySignature[0] {
		return missingV2(raw)
	}
	return missingV1(raw)
}

// startsLike tells whether one of the two starts with the other.
func startsLike(raw []byte, start string) bool {
	n := min(len(raw), len(start))
	return string(raw[:n]) == start[:n]
}
