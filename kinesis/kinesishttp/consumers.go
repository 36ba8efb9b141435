package kinesishttp

import (
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
)

type registerStreamConsumerInput struct {
	StreamARN    *string
	ConsumerName *string
	Tags         map[string]string
}

type registerStreamConsumerOutput struct{ Consumer consumerDescription }

type consumerInput struct {
	StreamARN    *string
	ConsumerName *string
	ConsumerARN  *string
}

type describeStreamConsumerOutput struct{ ConsumerDescription consumerDescription }

type consumerDescription struct {
	ConsumerName              string
	ConsumerARN               string
	ConsumerStatus            string
	ConsumerCreationTimestamp time.Time
	StreamARN                 string // only where one consumer is described
}

type listStreamConsumersInput struct {
	StreamARN               *string
	StreamCreationTimestamp *time.Time
	NextToken               *string
	MaxResults              *int32
}

type listStreamConsumersOutput struct {
	Consumers *[]consumerDescription
	NextToken string
}

func registerStreamConsumer(c *call, in *registerStreamConsumerInput) (*registerStreamConsumerOutput, error) {
	var v validation
	v.Text("streamARN", in.StreamARN).Required().Pattern(streamARNPattern).Lengths(1, 2048)
	v.Text("consumerName", in.ConsumerName).Required().Pattern(namePattern).Lengths(1, 128)
	if in.Tags != nil {
		v.tags(in.Tags)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	consumer, err := s.RegisterConsumer(*in.ConsumerName, in.Tags)
	if err != nil {
		return nil, err
	}
	return &registerStreamConsumerOutput{consumerOf(consumer)}, nil
}

func deregisterStreamConsumer(c *call, in *consumerInput) error {
	consumer, err := c.consumer(in)
	if err != nil {
		return err
	}
	return consumer.Stream().DeregisterConsumer(consumer.Name())
}

func describeStreamConsumer(c *call, in *consumerInput) (*describeStreamConsumerOutput, error) {
	consumer, err := c.consumer(in)
	if err != nil {
		return nil, err
	}
	out := consumerOf(consumer)
	out.StreamARN = consumer.Stream().ARN()
	return &describeStreamConsumerOutput{out}, nil
}

func listStreamConsumers(c *call, in *listStreamConsumersInput) (*listStreamConsumersOutput, error) {
	var v validation
	v.Text("streamARN", in.StreamARN).Required().Pattern(streamARNPattern).Lengths(1, 2048)
	v.nextToken(in.NextToken)
	v.maxResults(in.MaxResults)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, p, err := c.consumerPage(in)
	if err != nil {
		return nil, err
	}
	consumers := s.Consumers()
	first, found := slices.BinarySearchFunc(consumers, p.After, func(c *kinesis.Consumer, name string) int {
		return strings.Compare(c.Name(), name)
	})
	if found {
		first++
	}
	consumers = consumers[first:]
	n := min(atMost(100, in.MaxResults), len(consumers))
	list := make([]consumerDescription, n)
	for i, consumer := range consumers[:n] {
		list[i] = consumerOf(consumer)
	}
	out := &listStreamConsumersOutput{Consumers: &list}
	if n < len(consumers) {
		p.After = list[n-1].ConsumerName
		out.NextToken = c.nextToken(consumersToken, p)
	}
	return out, nil
}

// consumerPage returns which consumers of which stream a request is for.
func (c *call) consumerPage(in *listStreamConsumersInput) (*kinesis.LocalStream, page, error) {
	switch {
	case in.NextToken == nil:
		s, err := c.streamCreated(nil, in.StreamARN, in.StreamCreationTimestamp)
		if err != nil {
			return nil, page{}, err
		}
		return s, pageOf(s), nil
	case in.StreamCreationTimestamp != nil:
		return nil, page{}, invalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.")
	}
	return c.resumeStream(consumersToken, *in.NextToken, in.StreamARN)
}

// consumer finds the consumer that a request names by its ARN, by its name and that of
// its stream, or by all of them, which then must agree.
func (c *call) consumer(in *consumerInput) (*kinesis.Consumer, error) {
	var v validation
	v.Text("streamARN", in.StreamARN).Pattern(streamARNPattern).Lengths(1, 2048)
	v.Text("consumerName", in.ConsumerName).Pattern(namePattern).Lengths(1, 128)
	v.Text("consumerARN", in.ConsumerARN).Pattern(consumerARNPattern).Lengths(1, 2048)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if in.ConsumerARN == nil {
		if in.StreamARN == nil || in.ConsumerName == nil {
			return nil, invalidArgument("Either ConsumerARN or both StreamARN and ConsumerName must be provided.")
		}
		s, err := c.stream(nil, in.StreamARN)
		if err != nil {
			return nil, err
		}
		return s.Consumer(*in.ConsumerName)
	}
	consumer, err := c.service.ConsumerByARN(*in.ConsumerARN)
	switch {
	case err != nil:
		return nil, err
	case in.StreamARN != nil && *in.StreamARN != consumer.Stream().ARN():
		return nil, invalidArgument("ConsumerARN %s does not match StreamARN %s.", *in.ConsumerARN, *in.StreamARN)
	case in.ConsumerName != nil && *in.ConsumerName != consumer.Name():
		return nil, invalidArgument("ConsumerARN %s does not match ConsumerName %s.", *in.ConsumerARN, *in.ConsumerName)
	}
	return consumer, nil
}

func consumerOf(c *kinesis.Consumer) consumerDescription {
	return consumerDescription{
		ConsumerName: c.Name(), ConsumerARN: c.ARN(),
		ConsumerStatus: string(c.Status()), ConsumerCreationTimestamp: toSecond(c.CreatedAt()),
	}
}
