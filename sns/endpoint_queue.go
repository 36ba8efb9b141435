package sns

import (
	"context"
	"errors"

	"github.com/leat-go/leat/sqs"
)

// An AddressedEndpoint knows by which protocol and address AWS would name it. An
// Endpoint may implement it.
type AddressedEndpoint interface {
	Endpoint
	// Address returns the protocol and the address; an empty address means that
	// there is none.
	Address() (Protocol, string)
}

// QueueEndpoint returns the endpoint that sends to q: the message with its
// attributes if the subscription asks for raw delivery, else the envelope. A
// LocalQueue gets what is published before Publish returns, unless something is
// waiting there.
func QueueEndpoint(q sqs.Queue) AddressedEndpoint { return queueEndpoint{q} }

type queueEndpoint struct{ queue sqs.Queue }

// Address returns the queue's ARN, if it is a LocalQueue.
func (e queueEndpoint) Address() (Protocol, string) {
	if q, ok := e.queue.(*sqs.LocalQueue); ok && q != nil {
		return ProtocolSQS, q.ARN()
	}
	return ProtocolSQS, ""
}

// maxQueueAttributes is how many attributes a message on a queue may have. One that
// has more can not be delivered raw. ("Raw message delivery" in the Developer Guide.)
const maxQueueAttributes = 10

func (e queueEndpoint) Deliver(ctx context.Context, n Notification) error {
	entry, err := queueEntry(&n)
	if err != nil {
		return err
	}
	return e.send(ctx, &n, entry)
}

// queueEntry renders a notification for a queue, but for the deduplication id.
func queueEntry(n *Notification) (sqs.Entry, error) {
	entry := sqs.Entry{Body: n.Message, GroupID: n.GroupID, TraceHeader: n.TraceHeader}
	if n.Raw {
		entry.Attributes = forQueues(n.Attributes)
		if len(entry.Attributes) > maxQueueAttributes {
			return entry, Permanent(errors.New("sns: a raw message on a queue can have 10 attributes at most"))
		}
		return entry, nil
	}
	envelope, err := n.Envelope()
	entry.Body = envelope
	return entry, err
}

// address gives an entry of a FIFO topic its deduplication id. In a standard queue it
// has none, and no group either, as on AWS.
func (e queueEndpoint) address(entry *sqs.Entry, dedupID string) {
	switch {
	case dedupID == "":
	case e.isFIFO():
		entry.DeduplicationID = dedupID
	default:
		entry.GroupID = ""
	}
}

// send sends an entry that stands for n.
func (e queueEndpoint) send(ctx context.Context, n *Notification, entry sqs.Entry) error {
	e.address(&entry, n.DeduplicationID)
	if _, err := e.queue.Send(ctx, entry); err != nil {
		return classify(err)
	}
	return nil
}

// isFIFO tells whether the queue takes a deduplication id. Of a queue that is not
// leat's own only a refusal could tell; it is for FIFO topics that there are any.
func (e queueEndpoint) isFIFO() bool {
	if q, ok := e.queue.(*sqs.LocalQueue); ok {
		return q.Config().FIFO
	}
	return true
}

// classify marks the errors of a queue that will not go away: that it is gone, or
// that it does not take such messages.
func classify(err error) error {
	for _, lasting := range []error{sqs.ErrQueueDoesNotExist, sqs.ErrClosed, sqs.ErrInvalidParameterValue, sqs.ErrMissingParameter, sqs.ErrInvalidMessageContents, sqs.ErrUnsupportedOperation} {
		if errors.Is(err, lasting) {
			return Permanent(err)
		}
	}
	return err
}
