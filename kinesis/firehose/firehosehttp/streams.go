package firehosehttp

import (
	"github.com/leat-go/leat/kinesis/firehose"
)

type nameInput struct{ DeliveryStreamName *string }

type deleteDeliveryStreamInput struct {
	DeliveryStreamName *string
	AllowForceDelete   *bool
}

type listDeliveryStreamsInput struct {
	Limit                            *int32
	DeliveryStreamType               *string
	ExclusiveStartDeliveryStreamName *string
}

type listDeliveryStreamsOutput struct {
	DeliveryStreamNames    *[]string
	HasMoreDeliveryStreams *bool
}

// stream returns the delivery stream of the caller's that a request names.
func (c *call) stream(in *nameInput) (*firehose.DeliveryStream, error) {
	var v validation
	v.name(in.DeliveryStreamName)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return c.service.DeliveryStream(*in.DeliveryStreamName)
}

// deleteDeliveryStream has a delivery stream deliver what it has, and then be gone. One
// that is at it already is no error. With force that is not waited for any more: on AWS
// it helps when a key can not be given back, here when a destination stays away.
func deleteDeliveryStream(c *call, in *deleteDeliveryStreamInput) error {
	s, err := c.stream(&nameInput{in.DeliveryStreamName})
	if err != nil {
		return err
	}
	switch s.Status() {
	case firehose.StatusCreating:
		return newError("ResourceInUseException", "Firehose "+s.Name()+" under account "+s.Account()+" is being created.")
	case firehose.StatusDeleting:
		if isTrue(in.AllowForceDelete) {
			_ = s.Close() // tells what it gave up, which is what was asked for
		}
		return nil
	default:
		return c.service.DeleteDeliveryStream(s.Name(), false)
	}
}

func listDeliveryStreams(c *call, in *listDeliveryStreamsInput) (*listDeliveryStreamsOutput, error) {
	var v validation
	v.Integer("limit", in.Limit).Between(1, 10_000)
	v.Text("deliveryStreamType", in.DeliveryStreamType).OneOf("DirectPut", "KinesisStreamAsSource", "MSKAsSource", "DatabaseAsSource")
	v.Text("exclusiveStartDeliveryStreamName", in.ExclusiveStartDeliveryStreamName).Pattern(namePattern).Lengths(1, 64)
	if err := v.Err(); err != nil {
		return nil, err
	}
	req := firehose.ListRequest{ExclusiveStartName: text(in.ExclusiveStartDeliveryStreamName), Type: firehose.Type(text(in.DeliveryStreamType))}
	if in.Limit != nil {
		req.Limit = int(*in.Limit)
	}
	page, err := c.service.List(req)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, s := range page.DeliveryStreams {
		names = append(names, s.Name())
	}
	return &listDeliveryStreamsOutput{DeliveryStreamNames: &names, HasMoreDeliveryStreams: &page.HasMore}, nil
}
