package firehosehttp

import (
	"strconv"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

type describeDeliveryStreamInput struct {
	DeliveryStreamName          *string
	Limit                       *int32
	ExclusiveStartDestinationID *string `json:"ExclusiveStartDestinationId"`
}

type describeDeliveryStreamOutput struct{ DeliveryStreamDescription *description }

type description struct {
	DeliveryStreamName                    string
	DeliveryStreamARN                     string
	DeliveryStreamStatus                  string
	DeliveryStreamEncryptionConfiguration *encryptionDescription
	DeliveryStreamType                    string
	VersionID                             string `json:"VersionId"`
	CreateTimestamp                       time.Time
	LastUpdateTimestamp                   time.Time
	Source                                *sourceDescription
	Destinations                          *[]destinationDescription
	HasMoreDestinations                   *bool
}

type destinationDescription struct {
	DestinationID                      string `json:"DestinationId"`
	S3DestinationDescription           *s3Destination
	ExtendedS3DestinationDescription   *extendedS3
	HTTPEndpointDestinationDescription *httpEndpoint `json:"HttpEndpointDestinationDescription"`
}

func describeDeliveryStream(c *call, in *describeDeliveryStreamInput) (*describeDeliveryStreamOutput, error) {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Integer("limit", in.Limit).Between(1, 10_000)
	v.Text("exclusiveStartDestinationId", in.ExclusiveStartDestinationID).Pattern(idPattern).Lengths(1, 100)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	version, updated := s.Version(), s.UpdatedAt()
	k := recall(s.Config().Destination)
	destinations := []destinationDescription{}
	if text(in.ExclusiveStartDestinationID) < destinationID {
		destinations = append(destinations, k.described())
	}
	return &describeDeliveryStreamOutput{&description{
		DeliveryStreamName:                    s.Name(),
		DeliveryStreamARN:                     s.ARN(),
		DeliveryStreamStatus:                  string(s.Status()),
		DeliveryStreamEncryptionConfiguration: describeEncryption(s),
		DeliveryStreamType:                    string(s.Type()),
		VersionID:                             strconv.FormatInt(version, 10),
		CreateTimestamp:                       s.CreatedAt(),
		LastUpdateTimestamp:                   updated,
		Source:                                k.describedSource(s),
		Destinations:                          &destinations,
		HasMoreDestinations:                   new(false),
	}}, nil
}

// described returns the destination as AWS describes it. S3 is there twice: also in
// the form of the time when it was all that there was.
func (k *kept) described() destinationDescription {
	d := destinationDescription{DestinationID: destinationID}
	switch k.Type {
	case s3Type:
		d.ExtendedS3DestinationDescription = k.ExtendedS3.described()
		d.S3DestinationDescription = d.ExtendedS3DestinationDescription.plain()
	case endpointType:
		d.HTTPEndpointDestinationDescription = k.HTTPEndpoint.described()
	}
	return d
}

func (k *kept) describedSource(s *firehose.DeliveryStream) *sourceDescription {
	if k.Source == nil || k.Source.KinesisStreamSourceDescription == nil {
		return k.Source
	}
	stream := *k.Source.KinesisStreamSourceDescription
	stream.DeliveryStartTimestamp = s.CreatedAt()
	return &sourceDescription{KinesisStreamSourceDescription: &stream}
}
