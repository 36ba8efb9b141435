package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/leat-go/leat/sqs"
)

func wireEntry(id string, e sqs.Entry) types.SendMessageBatchRequestEntry {
	w := types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &e.Body}
	if e.Delay != nil {
		w.DelaySeconds = seconds(*e.Delay)
	}
	if e.GroupID != "" {
		w.MessageGroupId = &e.GroupID
	}
	if e.DeduplicationID != "" {
		w.MessageDeduplicationId = &e.DeduplicationID
	}
	if e.TraceHeader != "" {
		w.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &e.TraceHeader},
		}
	}
	for name, a := range e.Attributes {
		if w.MessageAttributes == nil {
			w.MessageAttributes = make(map[string]types.MessageAttributeValue, len(e.Attributes))
		}
		value := types.MessageAttributeValue{DataType: &a.DataType}
		if isBinary(a.DataType) {
			value.BinaryValue = []byte(a.Value)
		} else {
			value.StringValue = &a.Value
		}
		w.MessageAttributes[name] = value
	}
	return w
}

func messageOf(w types.Message) sqs.Message {
	m := sqs.Message{
		ID:               aws.ToString(w.MessageId),
		Body:             aws.ToString(w.Body),
		ReceiptHandle:    aws.ToString(w.ReceiptHandle),
		SentAt:           milliseconds(w.Attributes["SentTimestamp"]),
		FirstReceivedAt:  milliseconds(w.Attributes["ApproximateFirstReceiveTimestamp"]),
		SenderID:         w.Attributes["SenderId"],
		GroupID:          w.Attributes["MessageGroupId"],
		DeduplicationID:  w.Attributes["MessageDeduplicationId"],
		SequenceNumber:   w.Attributes["SequenceNumber"],
		TraceHeader:      w.Attributes["AWSTraceHeader"],
		DeadLetterSource: w.Attributes["DeadLetterQueueSourceArn"],
	}
	m.ReceiveCount, _ = strconv.Atoi(w.Attributes["ApproximateReceiveCount"])
	for name, a := range w.MessageAttributes {
		if m.Attributes == nil {
			m.Attributes = make(map[string]sqs.Attribute, len(w.MessageAttributes))
		}
		value := aws.ToString(a.StringValue)
		if isBinary(*a.DataType) {
			value = string(a.BinaryValue)
		}
		m.Attributes[name] = sqs.Attribute{DataType: *a.DataType, Value: value}
	}
	return m
}

func isBinary(dataType string) bool {
	return dataType == "Binary" || strings.HasPrefix(dataType, "Binary.")
}

func milliseconds(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}

// seconds rounds away from zero: less than asked for would be a broken promise.
func seconds(d time.Duration) int32 {
	if d < 0 {
		return -seconds(-d)
	}
	return int32((d + time.Second - 1) / time.Second)
}

// errorOf makes an error of the SDK's one of package sqs. What SQS did not say, such
// as the end of a context, stays as it is.
func errorOf(op string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || sentinelOf(api.ErrorCode()) == nil {
		return fmt.Errorf("sqs: %s: %w", op, err)
	}
	return wireError(op, api.ErrorCode(), api.ErrorMessage())
}

func wireError(op, code, message string) error {
	sentinel := sentinelOf(code)
	if sentinel == nil {
		return fmt.Errorf("sqs: %s: %s: %s", op, code, message)
	}
	return &sqs.Error{Op: op, Err: sentinel, Message: message}
}

// sentinelOf knows the codes of both protocols.
func sentinelOf(code string) error {
	code = strings.TrimPrefix(code, "AWS.SimpleQueueService.")
	code = strings.TrimSuffix(code, "Exception")
	return map[string]error{
		"QueueDoesNotExist":        sqs.ErrQueueDoesNotExist,
		"NonExistentQueue":         sqs.ErrQueueDoesNotExist,
		"ReceiptHandleIsInvalid":   sqs.ErrReceiptHandleInvalid,
		"MessageNotInflight":       sqs.ErrMessageNotInflight,
		"OverLimit":                sqs.ErrOverLimit,
		"InvalidMessageContents":   sqs.ErrInvalidMessageContents,
		"InvalidParameterValue":    sqs.ErrInvalidParameterValue,
		"MissingParameter":         sqs.ErrMissingParameter,
		"MissingRequiredParameter": sqs.ErrMissingParameter,
		"UnsupportedOperation":     sqs.ErrUnsupportedOperation,
	}[code]
}

// withZeros puts members into a request whose value is 0. The SDK leaves a zero out,
// and to SQS what is left out is the queue's own setting.
func withZeros(members []string) func(*awssqs.Options) {
	return rewriting(len(members) > 0, func(request map[string]any) {
		for _, name := range members {
			request[name] = 0
		}
	})
}

// withZeroDelays does the same for DelaySeconds of the batch entries with these ids.
func withZeroDelays(ids []string) func(*awssqs.Options) {
	return rewriting(len(ids) > 0, func(request map[string]any) {
		entries, _ := request["Entries"].([]any)
		for _, e := range entries {
			if entry, ok := e.(map[string]any); ok && slices.Contains(ids, fmt.Sprint(entry["Id"])) {
				entry["DelaySeconds"] = 0
			}
		}
	})
}

// rewriting changes the JSON of a request before it is signed.
func rewriting(needed bool, change func(request map[string]any)) func(*awssqs.Options) {
	if !needed {
		return func(*awssqs.Options) {}
	}
	step := middleware.BuildMiddlewareFunc("leatZeros", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
		out middleware.BuildOutput, metadata middleware.Metadata, err error,
	) {
		r, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return out, metadata, fmt.Errorf("sdktest: unknown request %T", in.Request)
		}
		var request map[string]any
		text, err := io.ReadAll(r.GetStream())
		if err == nil {
			err = json.Unmarshal(text, &request)
		}
		if err != nil {
			return out, metadata, err
		}
		change(request)
		if text, err = json.Marshal(request); err != nil {
			return out, metadata, err
		}
		if in.Request, err = r.SetStream(bytes.NewReader(text)); err != nil {
			return out, metadata, err
		}
		return next.HandleBuild(ctx, in)
	})
	return func(o *awssqs.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Build.Add(step, middleware.Before) })
	}
}
