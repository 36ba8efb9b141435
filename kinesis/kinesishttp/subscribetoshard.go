package kinesishttp

import (
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/leat-go/leat/internal/eventstream"
	"github.com/leat-go/leat/kinesis"
)

type subscribeToShardInput struct {
	ConsumerARN      *string
	ShardID          *string `json:"ShardId"`
	StartingPosition *struct {
		Type           *string
		SequenceNumber *string
		Timestamp      *time.Time
	}
}

type subscribeToShardEvent struct {
	Records                    *[]record
	ContinuationSequenceNumber kinesis.SequenceNumber // zero at the end of the shard
	MillisBehindLatest         *int64
	ChildShards                []childShard
}

func subscribeToShard(c *call, in *subscribeToShardInput) (*subscription, error) {
	v := validation{}
	v.Text("consumerARN", in.ConsumerARN).Required().Pattern(consumerARNPattern).Lengths(1, 2048)
	v.Text("shardId", in.ShardID).Required().Pattern(namePattern).Lengths(1, 128)
	start := in.StartingPosition
	if start == nil {
		v.Text("startingPosition", nil).Required()
	} else {
		v.Text("startingPosition.type", start.Type).Required().OneOf(positionTypes...)
		v.Text("startingPosition.sequenceNumber", start.SequenceNumber).Pattern(sequencePattern)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	consumer, err := c.service.ConsumerByARN(*in.ConsumerARN)
	if err != nil {
		return nil, err
	}
	s := consumer.Stream()
	place := startingPosition{c: c, stream: s, shardID: *in.ShardID, kind: *start.Type, number: start.SequenceNumber, at: start.Timestamp}
	p, err := place.position()
	if err != nil {
		return nil, err
	}
	events, err := consumer.Subscribe(c.ctx, *in.ShardID, p)
	if err != nil {
		return nil, err
	}
	return &subscription{protocol: c.protocol, events: events, stream: s}, nil
}

// subscription is the answer to a SubscribeToShard: a frame for each event, and one for
// the error that ends it, if one does.
type subscription struct {
	protocol
	events iter.Seq2[kinesis.Batch, error]
	stream *kinesis.LocalStream

	w       http.ResponseWriter
	control *http.ResponseController
	payload []byte
	frame   []byte
}

// subscriptionLife is what a subscription may take altogether: five minutes and then
// some for a client that reads slowly. A client that does not read at all must not hold
// it for ever.
const subscriptionLife = 6 * time.Minute

// send answers with the events as they come. It returns when they end, or when the
// client has left.
func (s *subscription) send(w http.ResponseWriter, requestID string) {
	s.w, s.control = w, http.NewResponseController(w)
	// This also takes the place of a server's WriteTimeout, which is meant for
	// answers that have an end. Transports that know no deadlines need none.
	_ = s.control.SetWriteDeadline(time.Now().Add(subscriptionLife))
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()

	w.Header().Set("Content-Type", eventstream.ContentType)
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(http.StatusOK)
	// SDKs wait for this before they hand the stream to their caller.
	if s.write(eventstream.Event("initial-response", s.contentType()), &struct{}{}) != nil {
		return
	}
	for batch, err := range s.events {
		if err != nil {
			s.fail(err)
			return
		}
		if s.sendEvent(&batch) != nil {
			return
		}
	}
}

// sendEvent sends a batch. The engine sees to it that one fits into a frame.
func (s *subscription) sendEvent(b *kinesis.Batch) error {
	cfg := s.stream.Config()
	event := subscribeToShardEvent{
		Records:            new(recordsOf(b, encryptionType(&cfg))),
		MillisBehindLatest: &b.MillisBehindLatest,
		ChildShards:        childShardsOf(b),
	}
	if !b.End {
		event.ContinuationSequenceNumber = b.Next.SequenceNumber
	}
	return s.write(eventstream.Event("SubscribeToShardEvent", s.contentType()), &event)
}

// fail ends the stream with an exception. Those of the action's model are told as they
// are; anything else is a failure of the service. If it is the client that has left, this
// reaches nobody.
func (s *subscription) fail(err error) {
	e := conditions.Explain(err)
	switch e.Kind {
	case "ResourceInUseException", "ResourceNotFoundException":
	default:
		e = newError("InternalFailureException", e.Message)
	}
	_ = s.write(eventstream.Exception(e.Kind, s.contentType()), &struct {
		Message string `json:"message"`
	}{e.Message})
}

// write sends a frame at once.
func (s *subscription) write(headers []eventstream.Header, payload any) (err error) {
	s.payload = s.appendResult(s.payload[:0], payload)
	if s.frame, err = eventstream.Append(s.frame[:0], headers, s.payload); err != nil {
		return err
	}
	if _, err = s.w.Write(s.frame); err != nil {
		return err
	}
	if err = s.control.Flush(); errors.Is(err, http.ErrNotSupported) {
		return nil // a transport that cannot has its reasons
	}
	return err
}
