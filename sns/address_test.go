package sns_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

func TestAddresses(t *testing.T) {
	service := newService(t, sns.ServiceConfig{})
	topic, fifo := createTopic(t, service, "t", sns.Config{}), createTopic(t, service, "t.fifo", sns.Config{FIFO: true})
	application, err := service.CreatePlatformApplication("app", "GCM", map[string]string{"PlatformCredential": "key"})
	require.NoError(t, err)
	device, err := service.CreatePlatformEndpoint(application, "token", "", nil)
	require.NoError(t, err)
	missing := "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/00000000-0000-0000-0000-000000000000"
	const (
		web      = ip + "Endpoint must match the specified protocol"
		onlySQS  = ip + ip + "Endpoint Reason: FIFO SNS topics can only be subscribed to by SQS queues"
		noDevice = ip + "Endpoint Reason: Endpoint does not exist for endpoint arn"
	)
	for _, row := range []struct {
		topic    *sns.LocalTopic
		protocol sns.Protocol
		address  string
		fault    string // empty: accepted
	}{
		{topic, "test-protocol", "x", ip + "Amazon SNS does not support this protocol string: test-protocol"},
		{topic, "sqs", queueARN + "unknown", ""},
		{topic, "sqs", "https://sqs.us-east-1.amazonaws.com/000000000000/q", ip + "SQS endpoint ARN"},
		{topic, "sqs", "arn:aws:sns:us-east-1:000000000000:t", ip + "SQS endpoint ARN"},
		{topic, "sqs", "", ip + "SQS endpoint ARN"},
		{topic, "sqs", queueARN + "q.fifo", ip + ip + "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
		{fifo, "sqs", queueARN + "q.fifo", ""},
		{fifo, "sqs", queueARN + "q", ""},
		{fifo, "sms", "+15555550100", onlySQS},
		{topic, "lambda", "arn:aws:lambda:us-east-1:000000000000:function:f", ""},
		{topic, "lambda", "f", ip + "Lambda endpoint ARN"},
		{topic, "firehose", "d", ip + "Firehose endpoint ARN"},
		{topic, "http", "http://example.com/", ""},
		{topic, "http", "https://example.com/", web},
		{topic, "https", "https://example.com:8443/path?query", ""},
		{topic, "https", "http://example.com/", web},
		{topic, "https", "https://", web},
		{topic, "http", "http://%", web},
		{topic, "email", "a@example.com", ""},
		{topic, "email-json", "a@example.com", ""},
		{topic, "email", "this is not an email", ip + "Email address"},
		{topic, "email", "foo@bar.com;foo@example.com", ip + "Email address"},
		{topic, "sms", "+123123123", ""},
		{topic, "sms", "+12/34-567.890", ""},
		{topic, "sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"},
		{topic, "sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"},
		{topic, "sms", "+15551234567.", "Invalid SMS endpoint: +15551234567."},
		{topic, "sms", "/+15551234567", "Invalid SMS endpoint: /+15551234567"},
		{topic, "application", device, ""},
		{topic, "application", "invalid arn", ip + "Application endpoint arn invalid:invalid arn"},
		{topic, "application", missing, noDevice + missing},
		{topic, "application", strings.Replace(missing, ":sns:us-east-1", ":sns:eu-west-1", 1), noDevice + strings.Replace(missing, ":sns:us-east-1", ":sns:eu-west-1", 1)},
	} {
		t.Run(string(row.protocol)+" "+row.address, func(t *testing.T) {
			_, err := row.topic.Subscribe(t.Context(), sns.Subscription{Protocol: row.protocol, Address: row.address})
			if row.fault != "" {
				requireFault(t, err, sns.ErrInvalidParameter, row.fault)
				return
			}
			require.NoError(t, err)
		})
	}
	queue, err := sqs.New("q.fifo", sqs.Config{FIFO: true})
	require.NoError(t, err)
	_, err = fifo.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })})
	require.NoError(t, err, "a FIFO topic may feed whatever is written in Go")
	_, err = fifo.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.QueueEndpoint(queue)})
	require.NoError(t, err)
}
