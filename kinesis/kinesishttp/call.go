package kinesishttp

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
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

// streamOf finds a stream of which a request names shards, too. AWS reads the ids of
// shards before it looks for the stream, so one that is none is what it does not find.
func (c *call) streamOf(name, arn *string, shardIDs ...string) (*kinesis.LocalStream, error) {
	s, err := c.stream(name, arn)
	if err != nil && !errors.Is(err, kinesis.ErrResourceNotFound) {
		return nil, err
	}
	for _, id := range shardIDs {
		if _, bad := shard.ParseID(id); bad != nil {
			stream, account := c.named(name, arn)
			return nil, newError("ResourceNotFoundException", "Could not find shard "+id+" in stream "+stream+" under account "+account+".")
		}
	}
	return s, err
}

// named returns the name and the account of the stream that a request names, whether
// or not there is one. Its ARN has the form that validation.stream asks for.
func (c *call) named(name, arn *string) (stream, account string) {
	if arn == nil {
		return *name, c.service.Account()
	}
	const kind = ":stream/"
	at := strings.LastIndex(*arn, kind)
	return (*arn)[at+len(kind):], (*arn)[at-12 : at]
}

// shardNotFound is what AWS tells those who read: it does not say whether it is the
// shard that is not there or its stream.
func shardNotFound(id, stream, account string) error {
	return newError("ResourceNotFoundException", "Shard "+id+" in stream "+stream+" under account "+account+" does not exist")
}
