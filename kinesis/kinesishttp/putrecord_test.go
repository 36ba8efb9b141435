package kinesishttp_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

func TestPutRecord(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	first := ask(t, handler, "PutRecord", `{"StreamName":"clicks","PartitionKey":"a","Data":"AAEC","ExplicitHashKey":"340282366920938463463374607431768211455"}`)
	require.Equal(t, "shardId-000000000001", first["ShardId"])
	require.NotContains(t, first, "EncryptionType")
	second := ask(t, handler, "PutRecord", `{"StreamARN":"`+arns+`clicks","PartitionKey":"a","Data":"","ExplicitHashKey":"340282366920938463463374607431768211455","SequenceNumberForOrdering":"`+first["SequenceNumber"].(string)+`"}`)
	require.Greater(t, second["SequenceNumber"], first["SequenceNumber"])
	ask(t, handler, "PutRecord", `{"StreamName":"clicks","StreamARN":"`+arns+`clicks","StreamId":"abc","PartitionKey":"`+strings.Repeat("é", 256)+`","Data":"AA=="}`)

	ask(t, handler, "StartStreamEncryption", `{"StreamName":"clicks","EncryptionType":"KMS","KeyId":"alias/aws/kinesis"}`)
	encrypted := ask(t, handler, "PutRecord", `{"StreamName":"clicks","PartitionKey":"a","Data":"AA=="}`)
	require.Equal(t, "KMS", encrypted["EncryptionType"])
}

func TestPutRecordThatIsRefused(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	const detected = "1 validation error detected: "
	for name, c := range map[string]struct{ body, kind, message string }{
		"nothing": {`{}`, "ValidationException",
			"2 validation errors detected: Value null at 'data' failed to satisfy constraint: Member must not be null; Value null at 'partitionKey' failed to satisfy constraint: Member must not be null"},
		"no stream":       {`{"Data":"","PartitionKey":"a"}`, "InvalidArgumentException", "Either streamName or streamARN must be provided."},
		"no such stream":  {`{"Data":"","PartitionKey":"a","StreamName":"b"}`, "ResourceNotFoundException", "Stream b under account 000000000000 not found."},
		"no such ARN":     {`{"Data":"","PartitionKey":"a","StreamARN":"` + arns + `b"}`, "ResourceNotFoundException", "Stream b under account 000000000000 not found."},
		"they disagree":   {`{"Data":"","PartitionKey":"a","StreamName":"b","StreamARN":"` + arns + `clicks"}`, "InvalidArgumentException", "StreamARN " + arns + "clicks does not match StreamName b."},
		"a stream's name": {`{"Data":"","PartitionKey":"a","StreamName":"a b"}`, "ValidationException", detected + "Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		"an empty name": {`{"Data":"","PartitionKey":"a","StreamName":""}`, "ValidationException",
			"2 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"a long name":        {`{"Data":"","PartitionKey":"a","StreamName":"` + strings.Repeat("x", 129) + `"}`, "ValidationException", detected + "Value '" + strings.Repeat("x", 129) + "' at 'streamName' failed to satisfy constraint: Member must have length less than or equal to 128"},
		"an ARN":             {`{"Data":"","PartitionKey":"a","StreamARN":"arn:aws:sqs:us-east-1:000000000000:a"}`, "ValidationException", detected + `Value 'arn:aws:sqs:us-east-1:000000000000:a' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`},
		"no partition key":   {`{"Data":"","PartitionKey":"","StreamName":"clicks"}`, "ValidationException", detected + "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"a long key":         {`{"Data":"","PartitionKey":"` + strings.Repeat("é", 257) + `","StreamName":"clicks"}`, "ValidationException", detected + "Value '" + strings.Repeat("é", 257) + "' at 'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256"},
		"a hash key":         {`{"Data":"","PartitionKey":"a","ExplicitHashKey":"01","StreamName":"clicks"}`, "ValidationException", detected + `Value '01' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`},
		"too great":          {`{"Data":"","PartitionKey":"a","ExplicitHashKey":"340282366920938463463374607431768211456","StreamName":"clicks"}`, "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456"},
		"no number":          {`{"Data":"","PartitionKey":"a","SequenceNumberForOrdering":"x","StreamName":"clicks"}`, "ValidationException", detected + `Value 'x' at 'sequenceNumberForOrdering' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,128})`},
		"a number of nobody": {`{"Data":"","PartitionKey":"a","SequenceNumberForOrdering":"99999999999999999999999999999999999999999999999999999999999999","StreamName":"clicks"}`, "InvalidArgumentException", "ExclusiveMinimumSequenceNumber 99999999999999999999999999999999999999999999999999999999999999 used in PutRecord on stream clicks under account 000000000000 is invalid."},
		"too much data":      {`{"Data":"` + strings.Repeat("AAAA", 1<<20/3+1) + `","PartitionKey":"a","StreamName":"clicks"}`, "ValidationException", detected + "Value 'java.nio.HeapByteBuffer[pos=0 lim=1048578 cap=1048578]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, problem{c.kind, c.message, 400}, refused(t, handler, "PutRecord", c.body))
		})
	}
	s, err := handler.Service().Stream("clicks")
	require.NoError(t, err)
	require.Zero(t, s.Summary().Records)
}

// TestPutRecordAfter: AWS takes the number of whatever record to come after.
func TestPutRecordAfter(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	for _, number := range []string{
		put(t, handler, "a"),
		"49039857307708443467467104868809893875799651909875269634", // the least of the layout
		"49039857307708443467467104868809893875799651909875269633", // of the layout before
		"12345", // of the first layout
	} {
		ask(t, handler, "PutRecord", `{"StreamName":"clicks","Data":"","PartitionKey":"a","SequenceNumberForOrdering":"`+number+`"}`)
	}
}

func TestPutRecordsThatAreRefused(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	entries := func(n int, entry string) string { return strings.TrimSuffix(strings.Repeat(entry+",", n), ",") }
	const (
		detected = "1 validation error detected: "
		good     = `{"Data":"AA==","PartitionKey":"a"}`
		shape    = "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry"
	)
	megabyte := `{"Data":"` + base64.StdEncoding.EncodeToString(make([]byte, 1<<20-1)) + `","PartitionKey":"ab"}`
	for name, c := range map[string]struct{ entries, kind, message string }{
		"no list":       {`null`, "ValidationException", detected + "Value null at 'records' failed to satisfy constraint: Member must not be null"},
		"an empty list": {`[]`, "ValidationException", detected + "Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"too many":      {`[` + entries(700, good) + `]`, "ValidationException", detected + "Value '[" + strings.TrimSuffix(strings.Repeat(shape+", ", 501), ", ") + "]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500"},
		"two faults": {`[` + good + `,{"PartitionKey":"a"},{"Data":"","PartitionKey":"","ExplicitHashKey":"x"}]`, "ValidationException",
			"3 validation errors detected: Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null; " +
				"Value '' at 'records.3.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				`Value 'x' at 'records.3.member.explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`},
		"ten at most":   {`[` + entries(9, `{}`) + `]`, "ValidationException", "10 validation errors detected: Value null at 'records.1.member.data'"},
		"too much":      {`[` + entries(10, megabyte) + `]`, "InvalidArgumentException", "Records size exceeds 10 MB limit"},
		"a large one":   {`[` + good + `,{"Data":"` + strings.Repeat("AAAA", 1<<20/3+1) + `","PartitionKey":"a"}]`, "ValidationException", detected + "Value 'java.nio.HeapByteBuffer[pos=0 lim=1048578 cap=1048578]' at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576"},
		"beyond a hash": {`[` + good + `,{"Data":"","PartitionKey":"a","ExplicitHashKey":"999999999999999999999999999999999999999"}]`, "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 999999999999999999999999999999999999999"},
	} {
		t.Run(name, func(t *testing.T) {
			p := refused(t, handler, "PutRecords", `{"StreamName":"clicks","Records":`+c.entries+`}`)
			require.Equal(t, c.kind, p.kind)
			require.True(t, strings.HasPrefix(p.message, c.message), "%.300s", p.message)
		})
	}
	s, err := handler.Service().Stream("clicks")
	require.NoError(t, err)
	require.Zero(t, s.Summary().Records, "what is refused does nothing")
}

// TestPutRecords puts as many records as there may be, also in CBOR, and finds them all.
func TestPutRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		var want []string
		var batch putRecordsBody
		batch.StreamName = "clicks"
		for i := range 500 {
			want = append(want, fmt.Sprint(i))
			batch.Records = append(batch.Records, putRecordsEntry{Data: fmt.Append(nil, "data of ", i), PartitionKey: new(fmt.Sprint(i)), ExplicitHashKey: new("7")})
		}
		var out struct {
			FailedRecordCount *int32
			EncryptionType    string
			Records           []struct {
				SequenceNumber, ErrorCode string
				ShardID                   string `json:"ShardId"`
			}
		}
		askCBOR(t, handler, "PutRecords", batch, &out)
		require.Equal(t, new(int32(0)), out.FailedRecordCount)
		require.Empty(t, out.EncryptionType)
		require.Len(t, out.Records, 500)
		last := ""
		for _, r := range out.Records {
			require.Equal(t, firstShard, r.ShardID)
			require.Empty(t, r.ErrorCode)
			require.Greater(t, r.SequenceNumber, last)
			last = r.SequenceNumber
		}
		got := read(t, handler, iteratorOf(t, handler, fromTheOldest))
		require.Equal(t, want, keysOf(got))

		var in wireRecords
		askCBOR(t, handler, "GetRecords", struct{ ShardIterator string }{iteratorOf(t, handler, fromTheOldest)}, &in)
		require.Len(t, in.Records, 500)
		for i, r := range in.Records {
			require.Equal(t, wireRecord{out.Records[i].SequenceNumber, time.Now().UTC(), fmt.Append(nil, "data of ", i), fmt.Sprint(i), ""}, r)
		}
		require.Equal(t, new(int64(0)), in.MillisBehindLatest)

		json := ask(t, handler, "PutRecords", `{"StreamName":"clicks","Records":[{"Data":"","PartitionKey":"a"}]}`)
		require.Equal(t, 0.0, json["FailedRecordCount"])
		require.Len(t, json["Records"], 1)
	})
}

// TestShardsAreLimited: the handler's own service has AWS's limits, and tells those
// that exceed them entry by entry.
func TestShardsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := kinesishttp.NewHandler(nil, kinesishttp.Config{})
		ask(t, handler, "CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
		batch := `{"StreamName":"clicks","Records":[` + strings.TrimSuffix(strings.Repeat(`{"Data":"AA==","PartitionKey":"a"},`, 400), ",") + `]}`
		const exceeded = "Rate exceeded for shard shardId-000000000000 in stream clicks under account 000000000000."
		accepted := 0
		for range 3 {
			out := ask(t, handler, "PutRecords", batch)
			failed := 0
			for _, r := range out["Records"].([]any) {
				r := r.(map[string]any)
				if r["ErrorCode"] == nil {
					require.Len(t, r["SequenceNumber"], 56)
					require.NotContains(t, r, "ErrorMessage")
					accepted++
					continue
				}
				failed++
				require.Equal(t, map[string]any{"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": exceeded}, r)
			}
			require.EqualValues(t, failed, out["FailedRecordCount"])
		}
		require.Equal(t, 1000, accepted)
		require.Equal(t, problem{"ProvisionedThroughputExceededException", exceeded, 400},
			refused(t, handler, "PutRecord", `{"StreamName":"clicks","PartitionKey":"a","Data":"AA=="}`))
		it := iteratorOf(t, handler, fromTheOldest)
		for range 5 {
			require.Len(t, keysOf(read(t, handler, it)), 1000)
		}
		require.Equal(t, problem{"ProvisionedThroughputExceededException", exceeded, 400}, refused(t, handler, "GetRecords", `{"ShardIterator":"`+it+`"}`))
		time.Sleep(time.Second)
		require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest("PutRecord", `{"StreamName":"clicks","PartitionKey":"a","Data":"AA=="}`)).status)
	})
}
