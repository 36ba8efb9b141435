package sdktest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// basin is a service of streams behind its HTTP handler, without a socket.
type basin struct {
	service *kinesis.Service
	handler *kinesishttp.Handler

	mu    sync.Mutex
	asked []string // the actions that were asked for, in order, those that failed too; guarded by mu
}

func newBasin(t testing.TB, cfg kinesis.ServiceConfig) *basin {
	t.Helper()
	service, err := kinesis.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { service.Close() })
	return &basin{service: service, handler: kinesishttp.NewHandler(service, kinesishttp.Config{})}
}

// RoundTrip implements http.RoundTripper.
func (b *basin) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	b.asked = append(b.asked, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "Kinesis_20131202."))
	b.mu.Unlock()
	return (&memhttp.Transport{Handler: b.handler}).RoundTrip(r)
}

// calls returns how often an action was asked for.
func (b *basin) calls(action string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, asked := range b.asked {
		if asked == action {
			n++
		}
	}
	return n
}

// askedFor returns the different actions that were asked for, sorted.
func (b *basin) askedFor() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(b.asked)))
}

// client returns an SDK client with the SDK's own defaults: it signs, and tries three
// times.
func (b *basin) client(change ...func(*awskinesis.Options)) *awskinesis.Client {
	return streamClient("http://kinesis.memory.test", &http.Client{Transport: b}, change...)
}

func streamClient(url string, over aws.HTTPClient, change ...func(*awskinesis.Options)) *awskinesis.Client {
	return awskinesis.New(awskinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials:  keys(foreignKey, foreignSecret),
		HTTPClient:   over,
	}, change...)
}

const clicksARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"

// createStream makes a stream, which is there when it returns.
func createStream(t testing.TB, c *awskinesis.Client, name string, shards int32) *string {
	t.Helper()
	call(t, c.CreateStream, &awskinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards})
	awaitStream(t, c, name)
	return &name
}

// awaitStream waits for a stream to be ACTIVE as a program does, with the SDK's waiter.
func awaitStream(t testing.TB, c *awskinesis.Client, name string) {
	t.Helper()
	exists := awskinesis.NewStreamExistsWaiter(c)
	require.NoError(t, exists.Wait(t.Context(), &awskinesis.DescribeStreamInput{StreamName: &name}, 5*time.Minute))
}

// putData puts records with one key, and returns their sequence numbers.
func putData(t testing.TB, c *awskinesis.Client, stream *string, data ...string) (numbers []string) {
	t.Helper()
	for _, d := range data {
		out := call(t, c.PutRecord, &awskinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String("k"), Data: []byte(d)})
		numbers = append(numbers, *out.SequenceNumber)
	}
	return numbers
}

// iteratorOf returns an iterator over a shard from its oldest record on.
func iteratorOf(t testing.TB, c *awskinesis.Client, stream *string, shard string) *string {
	t.Helper()
	return call(t, c.GetShardIterator, &awskinesis.GetShardIteratorInput{
		StreamName: stream, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	}).ShardIterator
}

func dataOf(records []types.Record) (data []string) {
	for _, r := range records {
		data = append(data, string(r.Data))
	}
	return data
}

const firstShard = "shardId-000000000000"
