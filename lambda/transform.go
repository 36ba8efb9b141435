package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leat-go/leat/kinesis/firehose"
)

// FirehoseEvent is what a function gets of a delivery stream that has it transform records.
// ("Data transformation with AWS Lambda" in the Amazon Data Firehose Developer Guide.)
type FirehoseEvent struct {
	InvocationID      string           `json:"invocationId"`
	DeliveryStreamARN string           `json:"deliveryStreamArn"`
	Region            string           `json:"region"`
	Records           []FirehoseRecord `json:"records"`
}

// FirehoseRecord is a record in a [FirehoseEvent].
type FirehoseRecord struct {
	RecordID                    string `json:"recordId"`
	ApproximateArrivalTimestamp int64  `json:"approximateArrivalTimestamp"` // in milliseconds since 1970
	Data                        []byte `json:"data"`
}

// FirehoseResponse is the answer to a [FirehoseEvent].
type FirehoseResponse struct {
	Records []FirehoseResult `json:"records"`
}

// FirehoseResult says what became of a record: "Ok", "Dropped" or "ProcessingFailed".
type FirehoseResult struct {
	RecordID string            `json:"recordId"`
	Result   string            `json:"result"`
	Data     []byte            `json:"data"`
	Metadata *FirehoseMetadata `json:"metadata,omitempty"`
}

// FirehoseMetadata holds the values for !{partitionKeyFromLambda:…} in a prefix.
type FirehoseMetadata struct {
	PartitionKeys map[string]string `json:"partitionKeys"`
}

// Transform returns the transformation that calls fn with a [FirehoseEvent] and takes a
// [FirehoseResponse]. The ARN is the delivery stream's, for the event. A failure of the function
// is repeated as firehose.Transform says; an answer that is no response, and a function that
// is not there, are for good.
func Transform(fn Invoker, deliveryStreamARN string) firehose.TransformFunc {
	return func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
		event := FirehoseEvent{
			InvocationID: uuid.NewString(), DeliveryStreamARN: deliveryStreamARN, Region: regionOf(deliveryStreamARN),
			Records: make([]FirehoseRecord, len(records)),
		}
		for i, r := range records {
			event.Records[i] = FirehoseRecord{r.RecordID, r.ArrivalTime.UnixMilli(), notNull(r.Data)}
		}
		payload, err := json.Marshal(event)
		if err != nil {
			return nil, firehose.Permanent(err)
		}
		answer, err := fn.Invoke(ctx, payload)
		if e, ok := err.(*Error); ok && !errors.Is(e, ErrTooManyRequests) {
			return nil, firehose.Permanent(err)
		}
		if err != nil {
			return nil, err
		}
		var response FirehoseResponse
		if err := json.Unmarshal(answer, &response); err != nil {
			return nil, firehose.Permanent(fmt.Errorf("lambda: the function's answer is no response to a transformation: %w", err))
		}
		results := make([]firehose.TransformResult, len(response.Records))
		for i, r := range response.Records {
			results[i] = firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Result(r.Result), Data: r.Data}
			if r.Metadata != nil {
				results[i].PartitionKeys = r.Metadata.PartitionKeys
			}
		}
		return results, nil
	}
}
