package lambda

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/leat-go/leat/kinesis"
)

// KinesisEvent is what a function gets of a stream. ("Using Lambda to process records from
// Amazon Kinesis Data Streams".)
type KinesisEvent struct {
	Records []KinesisRecord `json:"Records"`
}

// KinesisRecord is a record in a [KinesisEvent].
type KinesisRecord struct {
	Kinesis        KinesisData `json:"kinesis"`
	EventSource    string      `json:"eventSource"`  // "aws:kinesis"
	EventVersion   string      `json:"eventVersion"` // "1.0"
	EventID        string      `json:"eventID"`      // the shard and the sequence number
	EventName      string      `json:"eventName"`    // "aws:kinesis:record"
	AWSRegion      string      `json:"awsRegion"`
	EventSourceARN string      `json:"eventSourceARN"`
}

// KinesisData is the record itself.
type KinesisData struct {
	SchemaVersion  string `json:"kinesisSchemaVersion"` // "1.0"
	PartitionKey   string `json:"partitionKey"`
	SequenceNumber string `json:"sequenceNumber"`
	Data           []byte `json:"data"`
	// ApproximateArrivalTimestamp is in seconds since 1970, with milliseconds behind the
	// point.
	ApproximateArrivalTimestamp json.Number `json:"approximateArrivalTimestamp"`
}

// streamFunction is the handler that calls a function.
func streamFunction(fn Invoker, report bool) func(ctx context.Context, e StreamEvent) error {
	return func(ctx context.Context, e StreamEvent) error {
		payload, err := streamPayload(&e)
		if err != nil {
			return err
		}
		answer, err := invoke(ctx, fn, payload)
		if err != nil || !report {
			return err
		}
		ids, err := reportedFailures(answer)
		if err != nil {
			return err
		}
		return streamVerdict(ids, e.Records)
	}
}

// streamVerdict makes the error of the sequence numbers that a function reports. One that
// is not in the batch makes all of it fail.
func streamVerdict(ids []string, records []kinesis.UserRecord) error {
	if len(ids) == 0 {
		return nil
	}
	places := make(map[string]int, len(records))
	for i := len(records) - 1; i >= 0; i-- { // the first part of an aggregated record stays
		places[records[i].SequenceNumber.String()] = i
	}
	first := len(records)
	for _, id := range ids {
		i, ok := places[id]
		if !ok {
			return fmt.Errorf("%w: the batch has no record %.100q", errBadResponse, id)
		}
		first = min(first, i)
	}
	return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: first, Err: errReported}}}
}

func streamPayload(e *StreamEvent) ([]byte, error) {
	event := KinesisEvent{Records: make([]KinesisRecord, len(e.Records))}
	region := regionOf(e.StreamARN)
	for i, r := range e.Records {
		ms := r.ArrivalTime.UnixMilli()
		event.Records[i] = KinesisRecord{
			Kinesis: KinesisData{
				SchemaVersion: "1.0", PartitionKey: r.PartitionKey, SequenceNumber: r.SequenceNumber.String(), Data: notNull(r.Data),
				ApproximateArrivalTimestamp: json.Number(fmt.Sprintf("%d.%03d", ms/1000, ms%1000)),
			},
			EventSource: "aws:kinesis", EventVersion: "1.0", EventID: e.ShardID + ":" + r.SequenceNumber.String(),
			EventName: "aws:kinesis:record", AWSRegion: region, EventSourceARN: e.StreamARN,
		}
	}
	return json.Marshal(event)
}

// notNull keeps empty data from being null in JSON.
func notNull(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}
