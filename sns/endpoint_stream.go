package sns

import (
	"context"

	"github.com/leat-go/leat/kinesis"
)

// StreamEndpoint returns the endpoint that puts a record on s, with the same data as
// [DeliveryStreamEndpoint] has. Its partition key is the message's group, or else its
// id. AWS has no such subscriptions; without a Protocol, this one counts as one of a
// function.
func StreamEndpoint(s kinesis.Stream) Endpoint { return streamEndpoint{s} }

type streamEndpoint struct{ stream kinesis.Stream }

func (e streamEndpoint) Deliver(ctx context.Context, n Notification) error {
	key := n.GroupID
	if key == "" {
		key = n.MessageID
	}
	_, err := e.stream.Put(ctx, kinesis.Entry{PartitionKey: key, Data: n.record()})
	return lasting(err, kinesis.ErrResourceNotFound, kinesis.ErrClosed, kinesis.ErrInvalidArgument, kinesis.ErrValidation)
}
