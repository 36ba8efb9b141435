package kinesishttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/eventstream"
	"github.com/leat-go/leat/kinesis"
)

// FuzzHandler throws arbitrary bytes at both protocols. Whatever comes, the handler
// answers, does not blame itself, and its answer can be read to the end.
func FuzzHandler(f *testing.F) {
	const everything = `{"StreamName":"clicks","StreamARN":"` + arns + `clicks","ResourceARN":"` + arns + `clicks","ShardCount":2,"TargetShardCount":3,"ScalingType":"UNIFORM_SCALING",` +
		`"Data":"AAEC","PartitionKey":"a","ExplicitHashKey":"0","Records":[{"Data":"AA==","PartitionKey":"b"},{}],"ShardId":"shardId-000000000000","ShardIteratorType":"LATEST",` +
		`"ShardIterator":"AAAA","Timestamp":946684800.5,"Limit":3,"ConsumerARN":"` + arns + `clicks/consumer/reader:946684800","ConsumerName":"other","StartingPosition":{"Type":"TRIM_HORIZON"},` +
		`"Tags":{"a":"b"},"TagKeys":["a"],"ShardToSplit":"shardId-000000000000","NewStartingHashKey":"2","ShardToMerge":"shardId-000000000000","AdjacentShardToMerge":"shardId-000000000001",` +
		`"RetentionPeriodHours":48,"EncryptionType":"KMS","KeyId":"alias/aws/kinesis","ShardLevelMetrics":["ALL"],"Policy":"{}","StreamModeDetails":{"StreamMode":"ON_DEMAND"},"NextToken":"AAAA",` +
		`"ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":0},"MaxRecordSizeInKiB":2048,"WarmThroughputMiBps":1,"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}`
	for _, action := range []string{
		"AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream", "DeregisterStreamConsumer", "DescribeStream", "DescribeStreamSummary",
		"EnableEnhancedMonitoring", "GetRecords", "GetShardIterator", "ListShards", "ListStreams", "MergeShards", "PutRecord", "PutRecords", "PutResourcePolicy",
		"RegisterStreamConsumer", "SplitShard", "StartStreamEncryption", "SubscribeToShard", "UpdateAccountSettings", "UpdateMaxRecordSize", "UpdateShardCount",
		"UpdateStreamMode", "UpdateStreamWarmThroughput", "Fly",
	} {
		f.Add(true, action, everything)
	}
	f.Add(false, "PutRecord", "\xa3\x6aStreamName\x66clicks\x64Data\x41a\x6cPartitionKey\x61b")
	f.Add(false, "PutRecords", "\xbf\x6aStreamName\x66clicks\x67Records\x9f\xa2\x64Data\x41a\x6cPartitionKey\x61b\xff\xff")
	f.Add(false, "GetShardIterator", "\xa4\x6aStreamName\x66clicks\x67ShardId\x610\x71ShardIteratorType\x6cAT_TIMESTAMP\x69Timestamp\xc1\x1a\x00\x00\x00\x00")
	f.Add(false, "DescribeStream", "\xa1\x6aStreamName\x66clicks")
	f.Add(false, "ListStreams", "\xa0")
	f.Fuzz(func(t *testing.T, isJSON bool, action, body string) {
		// In a bubble, for a subscription takes five minutes.
		synctest.Test(t, func(t *testing.T) { throw(t, isJSON, action, body) })
	})
}

func throw(t *testing.T, isJSON bool, action, body string) {
	handler, service := newHandler(t, kinesis.ServiceConfig{})
	s, err := service.Stream("clicks")
	require.NoError(t, err)
	_, err = s.RegisterConsumer("reader", nil)
	require.NoError(t, err)
	contentType := cborType
	if isJSON {
		contentType = jsonType
	}
	r := httptest.NewRequest(http.MethodPost, host+"/", nil)
	r.Header.Set("Content-Type", contentType)
	r.Header["X-Amz-Target"] = []string{"Kinesis_20131202." + action}
	r.Body = io.NopCloser(strings.NewReader(body))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Less(t, w.Code, 500, w.Body)
	if w.Header().Get("Content-Type") == eventstream.ContentType {
		for {
			if _, err := readFrame(w.Body); err != nil {
				require.Equal(t, io.EOF, err)
				return
			}
		}
	}
	require.Equal(t, contentType, w.Header().Get("Content-Type"))
	a := answer{w.Code, w.Header(), w.Body.String()}
	switch {
	case a.body == "":
		require.Equal(t, http.StatusOK, w.Code)
		return
	case isJSON:
		require.True(t, json.Valid([]byte(a.body)), a.body)
	default:
		require.NoError(t, awscbor.Decode([]byte(a.body), &struct{}{}), "%x", a.body)
	}
	if a.status == http.StatusOK {
		return
	}
	if isJSON {
		require.NotEmpty(t, problemOf(t, a).kind)
	} else {
		require.NotEmpty(t, cborProblemOf(t, a).kind)
	}
}
