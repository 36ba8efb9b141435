package sdktest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// endpoint is a service behind its HTTP handler, without a socket.
type endpoint struct {
	service *sqs.Service
	handler *sqshttp.Handler

	mu      sync.Mutex
	actions []string // that were asked for, in order, those that failed too; guarded by mu
}

func newEndpoint(t testing.TB, cfg sqs.ServiceConfig) *endpoint {
	return newEndpointWith(t, cfg, sqshttp.Config{})
}

func newEndpointWith(t testing.TB, cfg sqs.ServiceConfig, front sqshttp.Config) *endpoint {
	t.Helper()
	service, err := sqs.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { service.Close() })
	return &endpoint{service: service, handler: sqshttp.NewHandler(service, front)}
}

// RoundTrip implements http.RoundTripper.
func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	e.actions = append(e.actions, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS."))
	e.mu.Unlock()
	return (&memhttp.Transport{Handler: e.handler}).RoundTrip(r)
}

// called returns the different actions that were asked for, sorted.
func (e *endpoint) called() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(e.actions)))
}

// client returns an SDK client with the SDK's own defaults: it signs, checks MD5s
// and tries three times.
func (e *endpoint) client(change ...func(*awssqs.Options)) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://sqs.memory.test"),
		Credentials:  keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		HTTPClient:   &http.Client{Transport: e},
	}, change...)
}

func keys(id, secret string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
	})
}

// createQueue returns the URL of a new queue.
func createQueue(t testing.TB, c *awssqs.Client, name string, attributes map[string]string) *string {
	t.Helper()
	out, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	require.NoError(t, err)
	return out.QueueUrl
}

func send(t *testing.T, c *awssqs.Client, url *string, body string) *awssqs.SendMessageOutput {
	t.Helper()
	out, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
	require.NoError(t, err)
	return out
}
