package kinesishttp

import (
	"encoding/json"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// page says where a list goes on. It is what a NextToken holds.
type page struct {
	After     string              `json:",omitempty"` // the last name or id of the page before
	StreamARN string              `json:",omitempty"` // of the stream whose shards or consumers are listed
	Created   int64               `json:",omitempty"` // when that was created, in nanoseconds since 1970
	Filter    kinesis.ShardFilter `json:",omitzero"`  // of ListShards
}

func (v *validation) nextToken(token *string) { v.Text("nextToken", token).Lengths(1, 1<<20) }

func (v *validation) maxResults(n *int32) { v.Integer("maxResults", n).Between(1, 10_000) }

// nextToken returns the NextToken for the page after a page.
func (c *call) nextToken(kind tokenKind, p page) string {
	content, err := json.Marshal(p)
	if err != nil {
		panic(err) // it has nothing in it that JSON cannot say
	}
	return c.handler.seal(kind, content)
}

// resume reads a NextToken.
func (c *call) resume(kind tokenKind, token string) (page, error) {
	content, issued, ok := c.handler.unseal(kind, token)
	var p page
	if !ok || json.Unmarshal(content, &p) != nil {
		return page{}, invalidArgument("NextToken is invalid.")
	}
	if expired(issued) {
		return page{}, newError("ExpiredNextTokenException", "The pagination token passed to the operation is expired.")
	}
	return p, nil
}

// pageOf returns the beginning of a list of what a stream has.
func pageOf(s *kinesis.LocalStream) page {
	return page{StreamARN: s.ARN(), Created: s.CreatedAt().UnixNano()}
}

// resumeStream reads a NextToken of a list of what a stream has, and finds the stream:
// not one that has taken the name since. arn is what the request has besides, which
// must agree.
func (c *call) resumeStream(kind tokenKind, token string, arn *string) (*kinesis.LocalStream, page, error) {
	p, err := c.resume(kind, token)
	if err != nil {
		return nil, page{}, err
	}
	if arn != nil && *arn != p.StreamARN {
		return nil, page{}, invalidArgument("NextToken does not belong to StreamARN %s.", *arn)
	}
	s, err := c.service.StreamByARN(p.StreamARN)
	if err != nil {
		return nil, page{}, err
	}
	if s.CreatedAt().UnixNano() != p.Created {
		return nil, page{}, streamNotFound(s)
	}
	return s, p, nil
}

// streamCreated finds a stream that was created at a time, if one is given. What clients
// know of that time may be to the second only.
func (c *call) streamCreated(name, arn *string, created *time.Time) (*kinesis.LocalStream, error) {
	s, err := c.stream(name, arn)
	if err == nil && created != nil && created.Unix() != s.CreatedAt().Unix() {
		return nil, streamNotFound(s)
	}
	return s, err
}

// streamNotFound says that a stream is not there, since the one that is has only the
// same name.
func streamNotFound(s *kinesis.LocalStream) error {
	return newError("ResourceNotFoundException", "Stream "+s.Name()+" under account "+s.Account()+" not found.")
}
