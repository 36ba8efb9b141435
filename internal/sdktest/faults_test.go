package sdktest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestTheSDKRetriesInjectedFaults(t *testing.T) {
	tests := map[string]sqshttp.Fault{
		"server's fault": {Op: "SendMessage", Times: 2, Code: "InternalError", Status: 500},
		"throttled":      {Op: "SendMessage", Times: 2, Code: "RequestThrottled"},
	}
	for name, rule := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, sqs.ServiceConfig{})
				c := e.client()
				url := createQueue(t, c, "orders", nil)
				_, err := e.handler.Faults().Add(rule)
				require.NoError(t, err)

				send(t, c, url, "third time lucky")
				require.Equal(t, []string{"CreateQueue", "SendMessage", "SendMessage", "SendMessage"}, e.actions)

				_, err = e.handler.Faults().Add(rule)
				require.NoError(t, err)
				_, err = c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("not tried again")},
					func(o *awssqs.Options) { o.RetryMaxAttempts = 1 })
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				require.Equal(t, rule.Code, api.ErrorCode())
				if rule.Code == "RequestThrottled" {
					var throttled *types.RequestThrottled
					require.ErrorAs(t, err, &throttled)
				}
			})
		})
	}
}

func TestAnInjectedDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		c := e.client()
		url := createQueue(t, c, "orders", nil)
		remove, err := e.handler.Faults().Add(sqshttp.Fault{Op: "SendMessage", Delay: time.Minute})
		require.NoError(t, err)

		start := time.Now()
		send(t, c, url, "late")
		require.Equal(t, time.Minute, time.Since(start))
		remove()
		send(t, c, url, "in time")
		require.Equal(t, time.Minute, time.Since(start))
	})
}
