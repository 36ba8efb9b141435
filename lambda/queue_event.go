package lambda

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
)

// SQSEvent is what a function gets of a queue. ("Using Lambda with Amazon SQS".)
type SQSEvent struct {
	Records []SQSMessage `json:"Records"`
}

// SQSMessage is a message in an [SQSEvent].
type SQSMessage struct {
	MessageID         string                  `json:"messageId"`
	ReceiptHandle     string                  `json:"receiptHandle"`
	Body              string                  `json:"body"`
	Attributes        map[string]string       `json:"attributes"` // AWS's system attributes
	MessageAttributes map[string]SQSAttribute `json:"messageAttributes"`
	MD5OfBody         string                  `json:"md5OfBody"`
	EventSource       string                  `json:"eventSource"` // "aws:sqs"
	EventSourceARN    string                  `json:"eventSourceARN"`
	AWSRegion         string                  `json:"awsRegion"`
}

// SQSAttribute is a message attribute in an [SQSMessage].
type SQSAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"` // always empty
	BinaryListValues [][]byte `json:"binaryListValues"` // always empty
	DataType         string   `json:"dataType"`
}

// queueFunction is the handler that calls a function. A batch whose event has more than 6
// MB is handed over in several, one after the other; when the function fails for one, the
// later ones are skipped.
func queueFunction(fn Invoker, arn string, report bool) func(ctx context.Context, batch []sqs.Message) error {
	return func(ctx context.Context, batch []sqs.Message) error {
		var failed []sqs.EntryError
		for start := 0; start < len(batch); {
			payload, n, err := queuePayload(batch[start:], arn)
			if err != nil {
				return err
			}
			errs := queueVerdict(ctx, fn, payload, batch[start:start+n], report)
			for i, err := range errs {
				if err != nil {
					failed = append(failed, sqs.EntryError{Index: start + i, Err: err})
				}
			}
			start += n
			if failed != nil {
				for i := start; i < len(batch); i++ {
					failed = append(failed, sqs.EntryError{Index: i, Err: sqs.ErrSkipped})
				}
				break
			}
		}
		if failed != nil {
			return &sqs.BatchError{Failed: failed}
		}
		return nil
	}
}

// queueVerdict calls the function and spreads its result over the messages: nil for those
// that succeeded.
func queueVerdict(ctx context.Context, fn Invoker, payload []byte, messages []sqs.Message, report bool) []error {
	answer, err := invoke(ctx, fn, payload)
	var ids []string
	if err == nil && report {
		ids, err = reportedFailures(answer)
	}
	errs := make([]error, len(messages))
	for _, id := range ids {
		i := slices.IndexFunc(messages, func(m sqs.Message) bool { return m.ID == id })
		if i < 0 {
			err = fmt.Errorf("%w: the batch has no message %.100q", errBadResponse, id)
			break
		}
		errs[i] = errReported
	}
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

// queuePayload returns the event of the first n messages, as many as fit and at least one.
func queuePayload(batch []sqs.Message, arn string) (payload []byte, n int, err error) {
	region := regionOf(arn)
	payload = []byte(`{"Records":[`)
	for i := range batch {
		record, err := json.Marshal(queueRecord(&batch[i], arn, region))
		if err != nil {
			return nil, 0, err
		}
		if n > 0 && len(payload)+len(record)+len(`,]}`) > maxPayload {
			break
		}
		if n > 0 {
			payload = append(payload, ',')
		}
		payload = append(payload, record...)
		n++
	}
	return append(payload, `]}`...), n, nil
}

func queueRecord(m *sqs.Message, arn, region string) SQSMessage {
	sum := md5.Sum([]byte(m.Body))
	r := SQSMessage{
		MessageID: m.ID, ReceiptHandle: m.ReceiptHandle, Body: m.Body,
		Attributes: map[string]string{
			"ApproximateReceiveCount":          strconv.Itoa(m.ReceiveCount),
			"SentTimestamp":                    millis(m.SentAt),
			"SenderId":                         m.SenderID,
			"ApproximateFirstReceiveTimestamp": millis(m.FirstReceivedAt),
		},
		MessageAttributes: map[string]SQSAttribute{},
		MD5OfBody:         hex.EncodeToString(sum[:]),
		EventSource:       "aws:sqs", EventSourceARN: arn, AWSRegion: region,
	}
	for name, value := range map[string]string{
		"MessageGroupId": m.GroupID, "MessageDeduplicationId": m.DeduplicationID, "SequenceNumber": m.SequenceNumber,
		"AWSTraceHeader": m.TraceHeader, "DeadLetterQueueSourceArn": m.DeadLetterSource,
	} {
		if value != "" {
			r.Attributes[name] = value
		}
	}
	for name, a := range m.Attributes {
		value := SQSAttribute{StringListValues: []string{}, BinaryListValues: [][]byte{}, DataType: a.DataType}
		if kind, _, _ := strings.Cut(a.DataType, "."); kind == "Binary" {
			value.BinaryValue = []byte(a.Value)
		} else {
			value.StringValue = new(a.Value)
		}
		r.MessageAttributes[name] = value
	}
	return r
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// regionOf returns the region in an ARN; empty if there is none.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 5); len(parts) == 5 {
		return parts[3]
	}
	return ""
}

// encodedSize is how many bytes a record of a stream takes in the event of a function, its
// metadata estimated.
func encodedSize(data []byte, partitionKey string) int {
	return base64.StdEncoding.EncodedLen(len(data)) + len(partitionKey) + 512
}
