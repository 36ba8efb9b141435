package kinesis

import (
	"strconv"
	"strings"
)

// consumerARN is the Amazon Resource Name of a consumer.
type consumerARN struct {
	stream  arn
	name    string
	created int64 // in seconds since 1970
}

func (a consumerARN) String() string {
	return a.stream.String() + "/consumer/" + a.name + ":" + strconv.FormatInt(a.created, 10)
}

func parseConsumerARN(s string) (a consumerARN, ok bool) {
	stream, rest, ok := strings.Cut(s, "/consumer/")
	if !ok {
		return a, false
	}
	if a.stream, ok = parseARN(stream); !ok {
		return a, false
	}
	name, created, _ := strings.Cut(rest, ":")
	a.name = name
	seconds, err := strconv.ParseInt(created, 10, 64)
	a.created = seconds
	return a, err == nil && nameSyntax.MatchString(name)
}

// ConsumerByARN returns the consumer that an ARN names, of whatever account and region.
// It fails with ErrResourceNotFound. (DescribeStreamConsumer.)
func (s *Service) ConsumerByARN(arn string) (*Consumer, error) {
	const op = "ConsumerByARN"
	a, ok := parseConsumerARN(arn)
	if !ok {
		return nil, &Error{Op: op, Stream: arn, Err: ErrResourceNotFound}
	}
	stream, err := s.StreamByARN(a.stream.String())
	if err != nil {
		return nil, located(op, a.stream.name, err)
	}
	c, err := stream.Consumer(a.name)
	if err != nil {
		return nil, located(op, stream.name, err)
	}
	if c.ARN() != arn {
		return nil, located(op, stream.name, stream.noConsumer(arn))
	}
	return c, nil
}
