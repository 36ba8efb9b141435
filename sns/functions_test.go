package sns_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// endpointFunc is a function as an endpoint.
type endpointFunc func(n sns.Notification) error

func (f endpointFunc) Deliver(_ context.Context, n sns.Notification) error { return f(n) }

// TestFunctionsByARN: functions are found, and what is not for them goes its own way at
// once.
func TestFunctionsByARN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const arns = "arn:aws:lambda:us-east-1:000000000000:function:"
		var called []string
		queues, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		jobs, err := queues.CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		service := newService(t, sns.ServiceConfig{Queues: queues, Functions: func(arn string) (sns.Endpoint, error) {
			if arn != arns+"count" {
				return nil, nil
			}
			return endpointFunc(func(n sns.Notification) error {
				called = append(called, n.Message)
				return nil
			}), nil
		}})
		topic, err := service.CreateTopic("chores", sns.Config{})
		require.NoError(t, err)
		for _, sub := range []sns.Subscription{
			{Protocol: sns.ProtocolLambda, Address: arns + "count"},
			{Protocol: sns.ProtocolLambda, Address: arns + "unknown"},
			{Protocol: sns.ProtocolSQS, Address: jobs.ARN(), RawMessageDelivery: true},
		} {
			_, err := topic.Subscribe(t.Context(), sub)
			require.NoError(t, err)
		}
		_, err = topic.Publish(t.Context(), sns.Entry{Message: "wash the car"})
		require.NoError(t, err)
		messages, err := jobs.Receive(t.Context(), sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Len(t, messages, 1, "the publisher has delivered")
		require.NoError(t, service.Flush(t.Context()))
		require.Equal(t, []string{"wash the car"}, called)
		require.EqualValues(t, 1, topic.Metrics().NumberOfNotificationsFailed)
		require.NoError(t, service.Close())
	})
}
