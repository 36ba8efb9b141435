package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	leatkinesis "github.com/leat-go/leat/kinesis"
	leatsqs "github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// These are the snippets of docs/testing.md that are not in the service's own tests.

func TestOverASocket(t *testing.T) {
	cloud, account := newCloud(t, leat.Config{})
	server := httptest.NewServer(cloud.Handler())
	t.Cleanup(server.Close) // after the service has ended: it waits for long polls
	account.BaseEndpoint = &server.URL
	account.HTTPClient = server.Client()

	cfg := setUp(t, account)
	require.True(t, strings.HasPrefix(cfg.QueueURL, server.URL), cfg.QueueURL)
	s := &shop{cloud: cloud, account: account, cfg: cfg}
	s.run(t)
	s.order(t, order1)
	events, err := s.queue(t, "billing").Receive(t.Context(), leatsqs.ReceiveRequest{Wait: new(10 * time.Second)})
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func TestReset(t *testing.T) {
	cloud, account := newCloud(t, leat.Config{})
	queues := sqs.NewFromConfig(account)
	for _, name := range []string{"the first test", "the second test"} {
		_, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
		require.NoError(t, err, name)
		list, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
		require.NoError(t, err)
		require.Len(t, list.QueueUrls, 1)
		require.NoError(t, cloud.Reset())
	}
}

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cloud, account := newCloud(t, leat.Config{Dir: dir})
		_, err := sqs.NewFromConfig(account).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
		require.NoError(t, err)
		require.NoError(t, cloud.Close())

		_, account = newCloud(t, leat.Config{Dir: dir})
		list, err := sqs.NewFromConfig(account).ListQueues(t.Context(), &sqs.ListQueuesInput{})
		require.NoError(t, err)
		require.Len(t, list.QueueUrls, 1)
	})
}

func TestAnotherAccount(t *testing.T) {
	cloud, account := newCloud(t, leat.Config{})
	partner := account.Copy()
	partner.Region = "eu-west-1"
	partner.Credentials = credentials.NewStaticCredentialsProvider("222222222222", "test", "")
	created, err := sqs.NewFromConfig(partner).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("parcels")})
	require.NoError(t, err)

	_, err = cloud.SQS().Queue("parcels")
	require.ErrorIs(t, err, leatsqs.ErrQueueDoesNotExist, "it is not ours")
	theirs, err := cloud.SQS().As("222222222222", "eu-west-1")
	require.NoError(t, err)
	parcels, err := theirs.Queue("parcels")
	require.NoError(t, err)

	_, err = sqs.NewFromConfig(partner).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: created.QueueUrl, MessageBody: aws.String("fragile")})
	require.NoError(t, err)
	require.Equal(t, 1, parcels.Metrics().ApproximateNumberOfMessagesVisible)
}

func TestAShardsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, account := newCloud(t, leat.Config{EnforceLimits: true})
		_, err := cloud.Kinesis().CreateStream("audit", leatkinesis.Config{})
		require.NoError(t, err)

		streams := kinesis.NewFromConfig(account)
		put := func() error {
			_, err := streams.PutRecord(t.Context(), &kinesis.PutRecordInput{
				StreamName: aws.String("audit"), PartitionKey: aws.String("ada"), Data: make([]byte, 900_000),
			}, func(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} })
			return err
		}
		require.NoError(t, put())
		var exceeded *kinesistypes.ProvisionedThroughputExceededException
		require.ErrorAs(t, put(), &exceeded)
		time.Sleep(time.Second)
		require.NoError(t, put())
	})
}

func TestWithoutTheSDKsRandomness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, account := newCloud(t, leat.Config{})
		account.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) { return time.Second, nil })
			})
		}
		_, err := cloud.Handlers().SQS.Faults().Add(sqshttp.Fault{Op: "ListQueues", Times: 2, Code: "InternalError"})
		require.NoError(t, err)

		begin := time.Now()
		_, err = sqs.NewFromConfig(account).ListQueues(t.Context(), &sqs.ListQueuesInput{})
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, time.Since(begin))
	})
}

func TestAClientsTimeoutCutsLongPollsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, account := newCloud(t, leat.Config{})
		client := cloud.HTTPClient()
		client.Timeout = 10 * time.Second
		account.HTTPClient = client
		account.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		queues := sqs.NewFromConfig(account)
		created, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
		require.NoError(t, err)

		begin := time.Now()
		_, err = queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: created.QueueUrl, WaitTimeSeconds: 20})
		require.ErrorIs(t, err, context.DeadlineExceeded, "net/http words it in one of two ways: its timer and the request's deadline end together")
		require.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestALongOutageUsesUpTheSDKsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, account := newCloud(t, leat.Config{})
		requests := &counter{RoundTripper: cloud.RoundTripper()}
		account.HTTPClient = &http.Client{Transport: requests}
		_, err := cloud.Handlers().SQS.Faults().Add(sqshttp.Fault{Op: "ListQueues", Code: "InternalError"})
		require.NoError(t, err)

		queues := sqs.NewFromConfig(account)
		attempts := func() int {
			before := requests.n
			_, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
			require.Error(t, err)
			return requests.n - before
		}
		require.Equal(t, 3, attempts())
		for range 50 {
			attempts()
		}
		require.Equal(t, 1, attempts())
	})
}

// counter counts the requests that go through it.
type counter struct {
	http.RoundTripper
	n int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	return c.RoundTripper.RoundTrip(r)
}
