package http1

import "errors"

// Phase is how far an exchange had come.
type Phase int

// The phases of an exchange.
const (
	Connect    Phase = iota // getting a connection
	Send                    // sending the request
	Body                    // reading the request's body: the client's fault, not the target's
	Answer                  // waiting for the answer's header, and reading it
	AnswerBody              // reading the answer's body
)

// Error is why an exchange failed.
type Error struct {
	Phase     Phase
	Err       error // the cause: of Abort, of the context, of the connection; a Fault; ErrRequest or ErrUsed
	Untouched bool  // nothing of the request was sent, on an earlier connection neither, nor its Body read: it can be sent elsewhere
	Timeout   bool  // Err is that one of the timeouts has passed
}

var phases = [...]string{"connect", "send", "read the request's body", "await the answer", "read the answer's body"}

func (e *Error) Error() string { return "http1: " + phases[e.Phase] + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ErrRequest is the cause if a request can not be put in the form that RFC 9112 demands:
// its method is no token or is CONNECT, its target or a field has characters that would break the
// message, or it sets a field that follows from the rest of it. Nothing was sent.
var ErrRequest = errors.New("the request is malformed")

// ErrUsed is the cause if an exchange that was not reset is used again, or is read after
// Close.
var ErrUsed = errors.New("the exchange is over")

// Fault is the cause if an answer breaks RFC 9112, or is not to be understood without a
// guess. The connection is closed then.
type Fault string

func (f Fault) Error() string { return "the answer " + string(f) }

// The faults of answers.
const (
	BadStatusLine       Fault = "has a malformed status line"
	BadFieldName        Fault = "has a field with a malformed name"
	BadFieldValue       Fault = "has a field with a control character in its value"
	BadLineEnd          Fault = "has a line that does not end in CR LF"
	ObsoleteFold        Fault = "has a field that is folded over several lines"
	HeaderTooLarge      Fault = "has a header or trailer that is too large"
	BadContentLength    Fault = "has a Content-Length that is malformed, or several"
	BadTransferEncoding Fault = "has a Transfer-Encoding other than chunked, or in HTTP/1.0"
	TwoLengths          Fault = "has both a Content-Length and a Transfer-Encoding"
	BadChunk            Fault = "has a malformed chunk"
	TooManyAnswers      Fault = "comes after too many informational ones"
	BadUpgrade          Fault = "switches to a protocol that was not asked for"
)
