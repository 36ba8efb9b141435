package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// batchRecord is what a destination is told of records that were given up.
type batchRecord struct {
	RequestContext   requestContext   `json:"requestContext"`
	ResponseContext  *responseContext `json:"responseContext,omitempty"`
	Version          string           `json:"version"`
	Timestamp        string           `json:"timestamp"`
	KinesisBatchInfo kinesisBatchInfo `json:"KinesisBatchInfo"`
}

type kinesisBatchInfo struct {
	ShardID              string `json:"shardId"`
	StartSequenceNumber  string `json:"startSequenceNumber"`
	EndSequenceNumber    string `json:"endSequenceNumber"`
	ArrivalOfFirstRecord string `json:"approximateArrivalOfFirstRecord"`
	ArrivalOfLastRecord  string `json:"approximateArrivalOfLastRecord"`
	BatchSize            int    `json:"batchSize"`
	StreamARN            string `json:"streamArn"`
}

// discard tells the destination of a part that is given up.
func (s *streamSource) discard(ctx context.Context, shardID string, p *part) error {
	n := len(p.records)
	if s.cfg.OnFailure != nil {
		record, err := s.describe(shardID, p)
		if err == nil {
			err = contained(func() error { return s.cfg.OnFailure.Deliver(ctx, record) })
		}
		if err != nil {
			return fmt.Errorf("lambda: on-failure destination: %w", err)
		}
		s.counts.delivered.Add(int64(n))
	}
	s.counts.dropped.Add(int64(n))
	s.reporter.report(&EventSourceError{Condition: p.condition, Events: n, Err: p.cause})
	return nil
}

func (s *streamSource) describe(shardID string, p *part) ([]byte, error) {
	first, last := &p.records[0], &p.records[len(p.records)-1]
	return json.Marshal(batchRecord{
		RequestContext: requestContext{
			RequestID: requestIDOf(p.cause), FunctionARN: s.cfg.FunctionARN,
			Condition: p.condition, ApproximateInvokeCount: p.invoked,
		},
		ResponseContext: responseOf(p.invoked, p.cause),
		Version:         "1.0",
		Timestamp:       time.Now().UTC().Format(timestampFormat),
		KinesisBatchInfo: kinesisBatchInfo{
			ShardID: shardID, StreamARN: s.cfg.SourceARN, BatchSize: len(p.records),
			StartSequenceNumber: first.SequenceNumber.String(), EndSequenceNumber: last.SequenceNumber.String(),
			ArrivalOfFirstRecord: first.ArrivalTime.UTC().Format(timestampFormat),
			ArrivalOfLastRecord:  last.ArrivalTime.UTC().Format(timestampFormat),
		},
	})
}
