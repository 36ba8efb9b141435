package sdktest

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// kindOf returns an error's type in the SDK, "" for nil: programs branch on it.
func kindOf(err error) string {
	is := func(found bool, name string) string {
		if found {
			return name
		}
		return ""
	}
	_, a := errors.AsType[*types.ResourceNotFoundException](err)
	_, b := errors.AsType[*types.ResourceInUseException](err)
	_, c := errors.AsType[*types.InvalidArgumentException](err)
	_, d := errors.AsType[*types.ValidationException](err)
	_, e := errors.AsType[*types.LimitExceededException](err)
	_, f := errors.AsType[*types.ExpiredIteratorException](err)
	_, g := errors.AsType[*types.ExpiredNextTokenException](err)
	return is(a, "ResourceNotFound") + is(b, "ResourceInUse") + is(c, "InvalidArgument") + is(d, "Validation") +
		is(e, "LimitExceeded") + is(f, "ExpiredIterator") + is(g, "ExpiredNextToken")
}

// TestErrorsOfKinesis: each failure has the SDK's own type, AWS's text and a request id.
func TestErrorsOfKinesis(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{ShardLimit: 10}, 2, func(t *testing.T, _ *basin, c *awskinesis.Client, clicks *string) {
		it := iteratorOf(t, c, clicks, firstShard)
		ctx := t.Context()
		missing := aws.String("missing")
		for name, test := range map[string]struct {
			do         func() error
			kind, text string
		}{
			"no such stream": {func() error {
				_, err := c.DescribeStream(ctx, &awskinesis.DescribeStreamInput{StreamName: missing})
				return err
			}, "ResourceNotFound", "Stream missing under account 000000000000 not found."},
			"put to no stream": {func() error {
				_, err := c.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: missing, PartitionKey: aws.String("k"), Data: []byte("x")})
				return err
			}, "ResourceNotFound", "Stream missing under account 000000000000 not found."},
			"no such shard": {func() error {
				_, err := c.GetShardIterator(ctx, &awskinesis.GetShardIteratorInput{StreamName: clicks, ShardId: aws.String("shardId-7"), ShardIteratorType: types.ShardIteratorTypeLatest})
				return err
			}, "ResourceNotFound", "shardId-000000000007"},
			"again": {func() error {
				_, err := c.CreateStream(ctx, &awskinesis.CreateStreamInput{StreamName: clicks})
				return err
			}, "ResourceInUse", "Stream clicks under account 000000000000 already exists."},
			"neither name nor ARN": {func() error {
				_, err := c.PutRecord(ctx, &awskinesis.PutRecordInput{PartitionKey: aws.String("k"), Data: []byte("x")})
				return err
			}, "InvalidArgument", ""},
			"hash key": {func() error {
				_, err := c.SplitShard(ctx, &awskinesis.SplitShardInput{StreamName: clicks, ShardToSplit: aws.String(firstShard), NewStartingHashKey: aws.String("0")})
				return err
			}, "InvalidArgument", "NewStartingHashKey 0 used in SplitShard() on shard"},
			"not adjacent": {func() error {
				_, err := c.MergeShards(ctx, &awskinesis.MergeShardsInput{StreamName: clicks, ShardToMerge: aws.String(firstShard), AdjacentShardToMerge: aws.String(firstShard)})
				return err
			}, "InvalidArgument", ""},
			"iterator": {func() error {
				_, err := c.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: aws.String("AAAA" + *it)})
				return err
			}, "InvalidArgument", "Invalid ShardIterator."},
			"limit of a read": {func() error {
				_, err := c.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: it, Limit: aws.Int32(10_001)})
				return err
			}, "Validation", "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"},
			"size of a record": {func() error {
				_, err := c.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: clicks, PartitionKey: aws.String("k"), Data: make([]byte, 1<<20+1)})
				return err
			}, "Validation", "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048577 cap=1048577]' at 'data' failed"},
			"many records": {func() error {
				_, err := c.PutRecords(ctx, &awskinesis.PutRecordsInput{StreamName: clicks, Records: make501()})
				return err
			}, "Validation", "Member must have length less than or equal to 500"},
			"too many shards": {func() error {
				_, err := c.CreateStream(ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("other"), ShardCount: aws.Int32(9)})
				return err
			}, "LimitExceeded", "This request would exceed the shard limit for the account 000000000000 in us-east-1."},
			"more than double": {func() error {
				_, err := c.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamName: clicks, TargetShardCount: aws.Int32(5), ScalingType: types.ScalingTypeUniformScaling})
				return err
			}, "LimitExceeded", "UpdateShardCount cannot scale up over double your current open shard count."},
			"consumer": {func() error {
				_, err := c.DescribeStreamConsumer(ctx, &awskinesis.DescribeStreamConsumerInput{StreamARN: aws.String(clicksARN), ConsumerName: aws.String("nobody")})
				return err
			}, "ResourceNotFound", "nobody"},
		} {
			err := test.do()
			require.Equal(t, test.kind, kindOf(err), "%s: %v", name, err)
			require.ErrorContains(t, err, test.text, name)
			require.Regexp(t, `StatusCode: 400, RequestID: [0-9a-f-]{36}`, err.Error(), name)
		}
	})
}

func make501() []types.PutRecordsRequestEntry {
	records := make([]types.PutRecordsRequestEntry, 501)
	for i := range records {
		records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte("x")}
	}
	return records
}

// TestWhatExpires: iterators and page tokens live for five minutes, and records for a day,
// after which an old place in the shard leads to the oldest record that is left.
func TestWhatExpires(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 3, func(t *testing.T, _ *basin, c *awskinesis.Client, clicks *string) {
		in := types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte("old")}
		old := call(t, c.PutRecords, &awskinesis.PutRecordsInput{StreamName: clicks, Records: []types.PutRecordsRequestEntry{in}}).Records[0]
		it := iteratorOf(t, c, clicks, firstShard)
		page := call(t, c.ListShards, &awskinesis.ListShardsInput{StreamName: clicks, MaxResults: aws.Int32(1)})
		time.Sleep(5 * time.Minute)
		require.Len(t, call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: it}).Records, 1)
		require.Len(t, call(t, c.ListShards, &awskinesis.ListShardsInput{NextToken: page.NextToken}).Shards, 2)

		time.Sleep(time.Millisecond)
		_, err := c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: it})
		require.Equal(t, "ExpiredIterator", kindOf(err), "%v", err)
		require.ErrorContains(t, err, "Iterator expired. The iterator was created at time Sat Jan 01 00:00:00 UTC 2000 while right now it is Sat Jan 01 00:05:00 UTC 2000")
		_, err = c.ListShards(t.Context(), &awskinesis.ListShardsInput{NextToken: page.NextToken})
		require.Equal(t, "ExpiredNextToken", kindOf(err), "%v", err)

		time.Sleep(12 * time.Hour)
		in.Data = []byte("new")
		call(t, c.PutRecords, &awskinesis.PutRecordsInput{StreamName: clicks, Records: []types.PutRecordsRequestEntry{in}})
		time.Sleep(12 * time.Hour)
		on := call(t, c.GetShardIterator, &awskinesis.GetShardIteratorInput{
			StreamName: clicks, ShardId: aws.String(firstShard), ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: old.SequenceNumber,
		})
		require.Equal(t, []string{"new"}, dataOf(call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: on.ShardIterator}).Records))
	})
}

// TestAccountsOfStreams: an account has streams of its own in each region, but reaches
// those of another by ARN.
func TestAccountsOfStreams(t *testing.T) {
	inClicks(t, kinesis.ServiceConfig{}, 1, func(t *testing.T, b *basin, _ *awskinesis.Client, clicks *string) {
		other := b.client(func(o *awskinesis.Options) { o.Credentials, o.Region = keys("111122223333", "x"), "eu-west-1" })
		require.Empty(t, call(t, other.ListStreams, &awskinesis.ListStreamsInput{}).StreamNames)
		_, err := other.DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{StreamName: clicks})
		require.Equal(t, "ResourceNotFound", kindOf(err))
		require.ErrorContains(t, err, "Stream clicks under account 111122223333 not found.")
		put := call(t, other.PutRecord, &awskinesis.PutRecordInput{StreamARN: aws.String(clicksARN), PartitionKey: aws.String("k"), Data: []byte("x")})
		require.Equal(t, firstShard, *put.ShardId)
		createStream(t, other, "clicks", 2)
		summary := call(t, other.DescribeStreamSummary, &awskinesis.DescribeStreamSummaryInput{StreamName: clicks}).StreamDescriptionSummary
		require.Equal(t, "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", *summary.StreamARN)
	})
}

// TestSignaturesOfKinesis: with keys the handler serves those who sign with one of them.
func TestSignaturesOfKinesis(t *testing.T) {
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	over := kinesishttp.NewHandler(service, kinesishttp.Config{Keys: map[string]string{foreignKey: foreignSecret}}).RoundTripper()
	ask := func(id, secret string) error {
		c := streamClient("https://kinesis.memory.test", &http.Client{Transport: over}, func(o *awskinesis.Options) { o.Credentials = keys(id, secret) })
		_, err := c.ListStreams(t.Context(), &awskinesis.ListStreamsInput{})
		return err
	}
	require.NoError(t, ask(foreignKey, foreignSecret))
	for id, code := range map[string]string{foreignKey: "InvalidSignatureException", "AKIDUNKNOWN": "UnrecognizedClientException"} {
		err := ask(id, strings.ToLower(foreignSecret))
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, code, api.ErrorCode())
	}
}
