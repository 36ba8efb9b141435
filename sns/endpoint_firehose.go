package sns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/kinesis/firehose"
)

// DeliveryStreamEndpoint returns the endpoint that puts a record on s: the message alone
// if the subscription asks for raw delivery, else a line of JSON with its attributes, as
// AWS writes it for Firehose, without a signature. ("Formatting Amazon SNS notifications
// for storage in Amazon S3 destinations" in the SNS Developer Guide.) A raw message gets
// no newline; the delivery stream can append one.
func DeliveryStreamEndpoint(s *firehose.DeliveryStream) AddressedEndpoint {
	return deliveryStreamEndpoint{s}
}

type deliveryStreamEndpoint struct{ stream *firehose.DeliveryStream }

// Address returns the delivery stream's ARN.
func (e deliveryStreamEndpoint) Address() (Protocol, string) {
	if e.stream == nil {
		return ProtocolFirehose, ""
	}
	return ProtocolFirehose, e.stream.ARN()
}

func (e deliveryStreamEndpoint) Deliver(ctx context.Context, n Notification) error {
	_, err := e.stream.Put(ctx, n.record())
	return lasting(err, firehose.ErrResourceNotFound, firehose.ErrClosed, firehose.ErrInvalidArgument, firehose.ErrValidation)
}

// lasting marks an error that is one of these.
func lasting(err error, sentinels ...error) error {
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return Permanent(err)
		}
	}
	return err
}

// record renders a notification for a stream. Its attributes are only in a line of JSON.
func (n *Notification) record() []byte {
	if n.Raw {
		return []byte(n.Message)
	}
	line := make([]byte, 0, len(n.Message)+len(n.Message)/8+640) // room for two ARNs
	separator := `{"`
	field := func(name, value string) {
		line = append(append(append(line, separator...), name...), `":`...)
		line = awsjson.AppendString(line, valid(value))
		separator = `,"`
	}
	field("Type", string(n.kind()))
	field("MessageId", n.MessageID)
	if n.SequenceNumber != "" {
		field("SequenceNumber", n.SequenceNumber)
	}
	field("TopicArn", n.TopicARN)
	if n.Subject != "" {
		field("Subject", n.Subject)
	}
	field("Message", n.Message)
	field("Timestamp", n.Timestamp.UTC().Format(timestampFormat))
	field("UnsubscribeURL", n.baseURL()+unsubscribePath+queryValue(n.SubscriptionARN))
	if len(n.Attributes) > 0 {
		line = append(line, `,"MessageAttributes":`...)
		separator = "{"
		for _, name := range slices.Sorted(maps.Keys(n.Attributes)) {
			line = awsjson.AppendString(append(line, separator...), name)
			line = appendAttribute(append(line, ':'), n.Attributes[name])
			separator = ","
		}
		line = append(line, '}')
	}
	if n.Replayed {
		line = append(line, `,"Replayed":true`...)
	}
	return append(line, "}\n"...)
}

// deliveryStream finds a delivery stream by its ARN.
func (s *LocalSubscription) deliveryStream(arn string) (Endpoint, error) {
	streams := s.topic.service.registry.config.DeliveryStreams
	if streams == nil {
		return nil, Permanent(fmt.Errorf("sns: no delivery streams to find %s among; set ServiceConfig.DeliveryStreams", arn))
	}
	stream, err := streams.DeliveryStreamByARN(arn)
	if err != nil {
		return nil, Permanent(err)
	}
	return deliveryStreamEndpoint{stream}, nil
}
