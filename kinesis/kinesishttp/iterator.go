package kinesishttp

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// iterator is what a shard iterator says: where to read on in which shard of which
// stream.
type iterator struct {
	region, account, stream string
	created                 int64 // the stream, in nanoseconds since 1970: another of the same name is another
	shard                   int   // index
	position                kinesis.Position
}

// newIterator returns the iterator for a position as Read and ResolvePosition return
// them.
func (c *call) newIterator(s *kinesis.LocalStream, shardIndex int, p kinesis.Position) string {
	content := strings.Join([]string{
		s.Region(), s.Account(), s.Name(), strconv.FormatInt(s.CreatedAt().UnixNano(), 36), strconv.Itoa(shardIndex),
		string(p.Type), p.SequenceNumber.String(),
	}, "/")
	return c.handler.seal(iteratorToken, []byte(content))
}

// parseIterator reads an iterator. AWS also takes one with its quotes from a JSON
// document.
func (c *call) parseIterator(text string) (it iterator, err error) {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	content, issued, ok := c.handler.unseal(iteratorToken, text)
	if !ok {
		return it, invalidArgument("Invalid ShardIterator.")
	}
	if expired(issued) {
		return it, newError("ExpiredIteratorException", "Iterator expired. The iterator was created at time "+javaTime(issued)+
			" while right now it is "+javaTime(time.Now())+" which is further in the future than the tolerated delay of "+
			strconv.FormatInt(tokenLife.Milliseconds(), 10)+" milliseconds.")
	}
	// What this handler has sealed it can read.
	parts := strings.Split(string(content), "/")
	it.region, it.account, it.stream = parts[0], parts[1], parts[2]
	it.created, _ = strconv.ParseInt(parts[3], 36, 64)
	it.shard, _ = strconv.Atoi(parts[4])
	it.position.Type = kinesis.PositionType(parts[5])
	it.position.SequenceNumber, _ = kinesis.ParseSequenceNumber(parts[6])
	return it, nil
}

// find returns the stream that an iterator is for, if it is still there.
func (it *iterator) find(c *call) (*kinesis.LocalStream, error) {
	view, err := c.service.As(it.account, it.region)
	if err != nil {
		return nil, err
	}
	s, err := view.Stream(it.stream)
	if errors.Is(err, kinesis.ErrResourceNotFound) || err == nil && s.CreatedAt().UnixNano() != it.created {
		return nil, it.notFound()
	}
	return s, err
}

func (it *iterator) notFound() error { return shardNotFound(it.shardID(), it.stream, it.account) }

func (it *iterator) shardID() string { return shard.ID(it.shard) }

// javaTime writes a time as AWS does in the texts of errors.
func javaTime(t time.Time) string { return t.UTC().Format("Mon Jan 02 15:04:05 UTC 2006") }
