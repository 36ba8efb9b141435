package kinesishttp

import (
	"context"
	"net/http"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis"
)

// call is one request on its way.
type call struct {
	protocol
	ctx     context.Context
	request *http.Request
	handler *Handler
	service *kinesis.Service // as the caller sees it
	body    []byte           // valid until the operation returns, as scratch is
	scratch *awshttp.Buffer
}

// Decode reads the input of the action into a struct. A []byte in it is valid until
// the operation returns.
func (c *call) Decode(input any) error { return c.protocol.decode(c.body, c.scratch, input) }

// stream finds the stream that a request names by its name, its ARN or both, which
// then must agree. A name is that of a stream of the caller's in the caller's region.
// It fails for neither; what form they have is checked by validation.stream.
func (c *call) stream(name, arn *string) (*kinesis.LocalStream, error) {
	switch {
	case arn == nil && name == nil:
		return nil, invalidArgument("Either streamName or streamARN must be provided.")
	case arn == nil:
		return c.service.Stream(*name)
	}
	s, err := c.service.StreamByARN(*arn)
	if err == nil && name != nil && *name != s.Name() {
		return nil, invalidArgument("StreamARN %s does not match StreamName %s.", *arn, *name)
	}
	return s, err
}
