package elb

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

const (
	traceHeader = "X-Amzn-Trace-Id"

	traceSize = len("Root=1-67891233-abcdef012345678912345678")

	// maxTracedHeader is how many bytes a header may have that brings a trace along.
	maxTracedHeader = 7 << 10
)

// traceID returns the X-Amzn-Trace-Id that a request goes on with. One without a trace
// gets a Root. One with a Root, or a Self of an earlier balancer, gets a Self in
// front, in place of any other; fields of the application's stay, and Root is not looked
// into. If the request's header is larger than 7 KB then what it brought is dropped.
// ("Request tracing for your Application Load Balancer" in its User Guide. It does not
// say what becomes of fields without either of the two: they follow a Root here.)
func traceID(h http.Header, now time.Time) string {
	var sent string
	if lines := h[traceHeader]; len(lines) > 0 {
		sent = lines[0]
	}
	if sent == "" || headerSize(h) > maxTracedHeader {
		return newTrace("Root", "", now)
	}
	name, kept, dropped := "Root", make([]string, 0, 8), false
	for field := range strings.SplitSeq(sent, ";") {
		key, _, _ := strings.Cut(strings.Trim(field, " "), "=")
		if key == "Root" || key == "Self" {
			name = "Self"
		}
		if key == "Self" {
			dropped = true
		} else {
			kept = append(kept, field)
		}
	}
	if dropped {
		sent = strings.TrimLeft(strings.Join(kept, ";"), " ")
	}
	return newTrace(name, sent, now)
}

// headerSize is what a header takes on the wire.
func headerSize(h http.Header) (n int) {
	for name, values := range h {
		for _, value := range values {
			n += len(name) + len(": \r\n") + len(value)
		}
	}
	return n
}

// newTrace returns a new id in a field of a name of four letters, and the other fields
// after it.
//
// The id is unique, not secret: math/rand/v2's generator, which the system seeds, is as
// good for that as crypto/rand and takes a tenth of the time.
func newTrace(name, others string, now time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint32(id[:], uint32(now.Unix()))
	binary.BigEndian.PutUint32(id[4:], rand.Uint32())
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	var text [traceSize]byte
	copy(text[:], name)
	copy(text[4:], "=1-")
	hex.Encode(text[7:15], id[:4])
	text[15] = '-'
	hex.Encode(text[16:], id[4:])
	if others == "" {
		return string(text[:])
	}
	return string(text[:]) + ";" + others
}
