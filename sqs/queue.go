package sqs

import (
	"context"
	"time"
)

// Queue is what leat asks of a queue, in this process or far away. LocalQueue
// implements it; so may an adapter over AWS, a database or a cluster. The suite
// in package sqstest says, case by case, what an implementation owes its users.
//
// Every operation takes many entries. Its results line up with the batch; when
// some entries fail the others still happen, and the error is a [*BatchError]
// that names each failed index. All methods may be called concurrently.
type Queue interface {
	// Send puts messages on the queue, in the order of the batch. The result
	// has one element per entry, zero where that entry failed. A nil error
	// means that every message is accepted (and durable, in a durable queue).
	Send(ctx context.Context, batch ...Entry) ([]Sent, error)

	// Receive takes up to req.MaxMessages messages and hides them from other
	// receivers until their visibility timeout runs out. It returns as soon as
	// it has one; with none it waits as long as req.Wait says and then returns
	// no messages and no error. When ctx ends first it returns ctx's error.
	Receive(ctx context.Context, req ReceiveRequest) ([]Message, error)

	// Delete removes received messages by their receipt handles. Deleting a
	// message that is gone already succeeds.
	Delete(ctx context.Context, handles ...string) error

	// ChangeVisibility restarts the visibility timeout of received messages: each
	// becomes visible timeout from now, at once for zero. It holds for this
	// receive only.
	ChangeVisibility(ctx context.Context, timeout time.Duration, handles ...string) error
}

// Entry is one message to send.
type Entry struct {
	// Body is the message, at least one byte of the characters that XML 1.0
	// allows. Strings are immutable, so leat keeps this one without a copy.
	Body string

	// Attributes are the message attributes, at most ten. Send copies the map.
	Attributes map[string]Attribute

	// Delay hides the message at first, 0 to 15 minutes. Nil means the queue's
	// own delay. On a FIFO queue only nil and 0 are allowed, and both mean the
	// queue's.
	Delay *time.Duration

	// GroupID is the message group, 1 to 128 letters, digits and punctuation
	// characters. A FIFO queue requires it and keeps order within it; on a
	// standard queue it names the tenant, for fair queues.
	GroupID string

	// DeduplicationID makes a FIFO queue accept the message only once in five
	// minutes; 1 to 128 characters like GroupID. Empty means the SHA-256 of
	// the body where the queue has ContentBasedDeduplication, and is an error
	// where it has not.
	DeduplicationID string

	// TraceHeader is the AWSTraceHeader system attribute, handed on as it is.
	TraceHeader string

	// SenderID is who sent the message, as its receivers see it. Empty means
	// the account that the queue belongs to.
	SenderID string
}

// Attribute is a message attribute. Text and binary values are both held in
// Value: a Go string holds any bytes, and being immutable it can be shared.
type Attribute struct {
	// DataType is String, Number or Binary, and may go on with a dot and a
	// label of the user's own: "Number.float".
	DataType string
	// Value is the value, not empty.
	Value string
}

// StringAttribute returns an attribute of type String.
func StringAttribute(value string) Attribute { return Attribute{DataType: "String", Value: value} }

// NumberAttribute returns an attribute of type Number; the value is a decimal
// number, "-1.5e3".
func NumberAttribute(value string) Attribute { return Attribute{DataType: "Number", Value: value} }

// BinaryAttribute returns an attribute of type Binary with a copy of value.
func BinaryAttribute(value []byte) Attribute {
	return Attribute{DataType: "Binary", Value: string(value)}
}

// Sent is what a queue says of a message it accepted.
type Sent struct {
	// MessageID is the id that receivers will see, unique to the message. For a
	// duplicate on a FIFO queue it is the original's.
	MessageID string
	// SequenceNumber is 20 digits that grow with every message; FIFO queues
	// only, else empty.
	SequenceNumber string
}

// ReceiveRequest says what a Receive takes. Its zero value takes one message
// with the queue's own settings.
type ReceiveRequest struct {
	// MaxMessages is the most messages to return; zero means 1. AWS's limit of
	// ten belongs to its wire protocol and does not bind here.
	MaxMessages int

	// Wait is how long to wait when there is no message. Nil means the queue's
	// ReceiveMessageWaitTime. AWS's limit of 20 seconds does not bind here.
	Wait *time.Duration

	// VisibilityTimeout hides the received messages from others, 0 to 12 hours.
	// Nil means the queue's own.
	VisibilityTimeout *time.Duration

	// AttemptID, on a FIFO queue, makes a receive repeatable for five minutes:
	// the same id returns the same messages with the same handles, hidden anew,
	// until one of them was deleted or had its visibility changed. 1 to 128
	// characters like GroupID; it has no effect on a standard queue.
	AttemptID string
}

// Message is a message as a receiver sees it.
type Message struct {
	ID            string
	Body          string
	ReceiptHandle string // names this receive; every receive gives another

	// Attributes is the receiver's own copy; nil if there are none.
	Attributes map[string]Attribute

	SentAt          time.Time
	FirstReceivedAt time.Time
	ReceiveCount    int // this receive included

	SenderID         string
	GroupID          string
	DeduplicationID  string // FIFO only
	SequenceNumber   string // FIFO only
	TraceHeader      string
	DeadLetterSource string // ARN of the queue this message was dead-lettered from, if any
}
