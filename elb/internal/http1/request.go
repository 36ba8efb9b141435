package http1

import (
	"io"
	"net/http"
	"time"
)

// Field is a field of a header. The name is in canonical form (http.CanonicalHeaderKey).
type Field struct{ Name, Value string }

// Request is what [Pool.RoundTrip] sends. It belongs to the exchange until that is closed.
type Request struct {
	Method string
	Target string // the request-target, as it goes on the line
	Host   string

	// Header is the client's, and not changed. Left out are the hop-by-hop fields (RFC 9110,
	// section 7.6.1) with those that Connection names, and Host, Content-Length,
	// Transfer-Encoding, Trailer and Expect, which follow from the rest of the request; TE is
	// sent as "trailers" if it lists that.
	Header http.Header

	// Set are fields instead of those of Header with the same name. An empty value
	// leaves the field out.
	Set []Field

	// Skip tells whether another field of Header is left out. It is called with canonical
	// names, and may be nil.
	Skip func(name string) bool

	// Body is the request's body, and ContentLength its length; -1 sends it in chunks. No
	// Body is no body: Content-Length is then 0 for POST, PUT and PATCH and absent elsewhere.
	// It is read by another goroutine, until its end, an error, an answer that refuses the
	// request (a status of 300 or more) or the end of the exchange. A body that is
	// no longer than a few KiB is sent with the head once it is there, others after the head. Of
	// a Body that has more than ContentLength the rest is not read.
	Body          io.Reader
	ContentLength int64

	// Trailer is looked at after Body's end, and sent with a body in chunks. The names of
	// what may come can be there from the start, as net/http's server has it. Left out are fields
	// that Set has or Skip tells of.
	Trailer http.Header

	// Upgrade is the protocol that the client asks to switch to; empty for none. If the target
	// answers 101, the exchange becomes a tunnel.
	Upgrade string

	// Expect asks the target whether it wants the body (Expect: 100-continue). Body is not
	// read before the target says so or, as there are targets that never do, a second has
	// passed; and not at all if the target answers first. It has no effect without a body.
	Expect bool

	// Replayable tells that the request may be sent again, on a new connection, if one that
	// was used before ends before the first byte of an answer. It has no effect with a body.
	// If nothing of a request was taken by such a connection it is sent again in any case.
	Replayable bool

	// Informational is called with the header of each answer of 1xx but 101, in the
	// goroutine of RoundTrip. It owns h. It may be nil.
	Informational func(status int, h http.Header)

	// Timeout is the longest time in which nothing comes from the target and nothing is
	// taken by it, while the exchange waits for either. Zero is no limit. If it is the client
	// that was waited for, in Body.Read, then the error's phase is Body. Writing the head may take a
	// quarter longer, for the sake of rarely set deadlines.
	Timeout time.Duration

	// FirstByteTimeout is the longest time from the beginning of RoundTrip to the header of
	// the final answer. Zero is no limit.
	FirstByteTimeout time.Duration
}
