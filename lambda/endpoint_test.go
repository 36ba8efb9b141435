package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// A function that is subscribed by its ARN is called, three times if it fails.
func TestEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		fail  func(functions *lambda.Functions, call int) error
		calls int
		dead  int
	}{
		"success":      {func(*lambda.Functions, int) error { return nil }, 1, 0},
		"one failure":  {func(_ *lambda.Functions, call int) error { return map[bool]error{true: errBoom}[call == 1] }, 2, 0},
		"failures":     {func(*lambda.Functions, int) error { return errBoom }, 3, 1},
		"unregistered": {func(f *lambda.Functions, _ int) error { f.Reset(); return errBoom }, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				functions := newFunctions(t)
				calls := 0
				f, err := functions.Register("news", func(context.Context, []byte) ([]byte, error) {
					calls++
					return nil, c.fail(functions, calls)
				}, lambda.FunctionConfig{})
				require.NoError(t, err)
				service, err := sns.NewService(sns.ServiceConfig{Resolve: functions.Resolve})
				require.NoError(t, err)
				defer service.Close()
				topic, err := service.CreateTopic("news", sns.Config{})
				require.NoError(t, err)
				dead := newQueue(t, "dead", sqs.Config{})
				_, err = topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: f.ARN(), DeadLetterQueue: dead})
				require.NoError(t, err)
				publish(t, topic, "a")
				require.NoError(t, topic.Flush(t.Context()))
				require.Equal(t, c.calls, calls)
				require.Len(t, dead.Peek(9), c.dead)
			})
		})
	}
}

// While a function is throttled the topic's schedule goes on.
func TestEndpointThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		began := time.Now()
		calls := 0
		fn := invoker(func() error {
			if time.Since(began) < time.Hour {
				return &lambda.Error{Op: "Invoke", Err: lambda.ErrTooManyRequests}
			}
			calls++
			return nil
		})
		_, err := topic.Subscribe(t.Context(), sns.Subscription{Endpoint: lambda.Endpoint(fn)})
		require.NoError(t, err)
		publish(t, topic, "a")
		require.NoError(t, topic.Flush(t.Context()))
		require.Equal(t, 1, calls)
	})
}

func TestEndpointRefusal(t *testing.T) {
	calls := 0
	e := lambda.Endpoint(invoker(func() error {
		calls++
		return &lambda.Error{Op: "Invoke", Err: lambda.ErrRequestTooLarge}
	}))
	protocol, address := e.Address()
	require.Equal(t, sns.ProtocolLambda, protocol)
	require.Empty(t, address)
	synctest.Test(t, func(t *testing.T) {
		topic := newTopic(t)
		_, err := topic.Subscribe(t.Context(), sns.Subscription{Endpoint: e})
		require.NoError(t, err)
		publish(t, topic, "a")
		require.NoError(t, topic.Flush(t.Context()))
		require.Equal(t, 1, calls, "it would be too large at every attempt")
	})
}

func TestTransform(t *testing.T) {
	const arn = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks"
	records := []firehose.TransformRecord{
		{RecordID: "1", Data: []byte("Hello"), ArrivalTime: time.UnixMilli(1510772160000)},
		{RecordID: "2", ArrivalTime: time.UnixMilli(1510772160001)},
	}
	var payload []byte
	answering := func(answer string) lambda.Function {
		return func(_ context.Context, p []byte) ([]byte, error) {
			payload = p
			return []byte(answer), nil
		}
	}
	results, err := lambda.Transform(answering(`{"records":[
		{"recordId":"1","result":"Ok","data":"SGk=","metadata":{"partitionKeys":{"store":"eu"}}},
		{"recordId":"2","result":"Dropped"}]}`), arn)(t.Context(), records)
	require.NoError(t, err)
	require.Equal(t, []firehose.TransformResult{
		{RecordID: "1", Result: firehose.Ok, Data: []byte("Hi"), PartitionKeys: map[string]string{"store": "eu"}},
		{RecordID: "2", Result: firehose.Dropped},
	}, results)
	var event struct{ InvocationID string }
	require.NoError(t, json.Unmarshal(payload, &event))
	require.JSONEq(t, `{"invocationId":"`+event.InvocationID+`","deliveryStreamArn":"`+arn+`","region":"eu-west-1","records":[
		{"recordId":"1","approximateArrivalTimestamp":1510772160000,"data":"SGVsbG8="},
		{"recordId":"2","approximateArrivalTimestamp":1510772160001,"data":""}]}`, string(payload))

	permanent := func(err error) bool { return errors.Unwrap(err) != nil && err.Error() == errors.Unwrap(err).Error() }
	for name, c := range map[string]struct {
		fn        lambda.Invoker
		permanent bool
	}{
		"failure":    {invoker(func() error { return &lambda.FunctionError{Err: errBoom} }), false},
		"throttled":  {invoker(func() error { return &lambda.Error{Err: lambda.ErrTooManyRequests} }), false},
		"gone":       {invoker(func() error { return &lambda.Error{Err: lambda.ErrResourceNotFound} }), true},
		"too large":  {invoker(func() error { return &lambda.Error{Err: lambda.ErrRequestTooLarge} }), true},
		"not JSON":   {answering("oh"), true},
		"not base64": {answering(`{"records":[{"recordId":"1","result":"Ok","data":"?"}]}`), true},
	} {
		_, err := lambda.Transform(c.fn, arn)(t.Context(), records)
		require.Error(t, err, name)
		require.Equal(t, c.permanent, permanent(err), name)
	}
}

// A delivery stream calls the function, again if it fails.
func TestTransformInADeliveryStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		fn := lambda.Function(func(_ context.Context, payload []byte) ([]byte, error) {
			if calls++; calls == 1 {
				return nil, errBoom
			}
			var event lambda.FirehoseEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, err
			}
			var response lambda.FirehoseResponse
			for _, r := range event.Records {
				response.Records = append(response.Records, lambda.FirehoseResult{RecordID: r.RecordID, Result: "Ok", Data: append(r.Data, '!')})
			}
			return json.Marshal(response)
		})
		var delivered bytes.Buffer
		sink := firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			_, err := d.WriteTo(&delivered)
			return err
		})
		s, err := firehose.New("clicks", firehose.Config{Sink: sink, Transform: &firehose.Transform{Func: lambda.Transform(fn, "")}})
		require.NoError(t, err)
		_, err = s.Put(t.Context(), []byte("a"))
		require.NoError(t, err)
		require.NoError(t, s.Shutdown(t.Context()))
		require.Equal(t, 2, calls)
		require.Equal(t, "a!", delivered.String())
	})
}
