package kinesishttp

import (
	"errors"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

type getShardIteratorInput struct {
	StreamName, StreamARN  *string
	ShardID                *string `json:"ShardId"`
	ShardIteratorType      *string
	StartingSequenceNumber *string
	Timestamp              *time.Time
}

type getShardIteratorOutput struct{ ShardIterator string }

// positionTypes are in the order in which AWS lists them.
var positionTypes = []string{
	string(kinesis.AfterSequenceNumber), string(kinesis.Latest), string(kinesis.AtTimestamp),
	string(kinesis.AtSequenceNumber), string(kinesis.TrimHorizon),
}

func getShardIterator(c *call, in *getShardIteratorInput) (*getShardIteratorOutput, error) {
	v := validation{}
	v.Text("shardId", in.ShardID).Required().Pattern(namePattern).Lengths(1, 128)
	v.Text("shardIteratorType", in.ShardIteratorType).Required().OneOf(positionTypes...)
	v.Text("startingSequenceNumber", in.StartingSequenceNumber).Pattern(sequencePattern)
	v.stream(in.StreamName, in.StreamARN)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.streamOf(in.StreamName, in.StreamARN, *in.ShardID)
	index, _ := shard.ParseID(*in.ShardID) // if there is no error, it is one
	id := shard.ID(index)
	if err == nil { // AWS looks for the shard before it looks at the position
		_, err = s.ResolvePosition(id, kinesis.Position{Type: kinesis.TrimHorizon})
	}
	if errors.Is(err, kinesis.ErrResourceNotFound) {
		stream, account := c.named(in.StreamName, in.StreamARN)
		return nil, shardNotFound(id, stream, account)
	}
	if err != nil {
		return nil, err
	}
	place := startingPosition{c: c, stream: s, shardID: id, kind: *in.ShardIteratorType, number: in.StartingSequenceNumber, at: in.Timestamp}
	p, err := place.position()
	if err != nil {
		return nil, err
	}
	if p, err = s.ResolvePosition(id, p); err != nil {
		return nil, err
	}
	return &getShardIteratorOutput{c.newIterator(s, index, p)}, nil
}

// startingPosition is a position in the words of the API.
type startingPosition struct {
	c       *call
	stream  *kinesis.LocalStream
	shardID string
	kind    string
	number  *string
	at      *time.Time
}

// position returns the position as the engine takes it. Whether there is such a place,
// the engine says.
func (w *startingPosition) position() (kinesis.Position, error) {
	switch kind := kinesis.PositionType(w.kind); kind {
	case kinesis.AtSequenceNumber, kinesis.AfterSequenceNumber:
		if w.number == nil {
			return kinesis.Position{}, w.mismatch("no StartingSequenceNumber")
		}
		n, err := w.sequenceNumber()
		return kinesis.Position{Type: kind, SequenceNumber: n}, err
	case kinesis.AtTimestamp:
		if w.at == nil {
			return kinesis.Position{}, invalidArgument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
		}
		return kinesis.Since(*w.at), nil
	default:
		if w.number != nil {
			return kinesis.Position{}, w.mismatch("also a StartingSequenceNumber")
		}
		return kinesis.Position{Type: kind}, nil
	}
}

func (w *startingPosition) mismatch(specified string) error {
	return invalidArgument("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s.", w.kind, specified)
}

// sequenceNumber reads the number. AWS says of one that is not the shard's what it finds
// wrong with it.
func (w *startingPosition) sequenceNumber() (kinesis.SequenceNumber, error) {
	var of int
	n, err := shard.ParseSequenceNumber(*w.number)
	if known, ok := errors.AsType[*shard.Error](err); ok {
		if !errors.Is(err, shard.ErrForeign) {
			return kinesis.SequenceNumber{}, w.badNumber("")
		}
		of = known.Shard
	} else {
		of = n.Shard()
	}
	if index, ofShard := shard.ParseID(w.shardID); ofShard == nil && index != of {
		return kinesis.SequenceNumber{}, invalidArgument("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s", shard.ID(of), shard.ID(index))
	}
	if err != nil {
		return kinesis.SequenceNumber{}, w.badNumber(" because it did not come from this stream")
	}
	return kinesis.ParseSequenceNumber(*w.number)
}

func (w *startingPosition) badNumber(because string) error {
	return invalidArgument("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid%s.",
		*w.number, w.shardID, w.stream.Name(), w.stream.Account(), because)
}
