package kinesishttp_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// TestIterators reads from every kind of position.
func TestIterators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		put(t, handler, "a")
		time.Sleep(1500 * time.Millisecond)
		b := put(t, handler, "b")
		time.Sleep(1500 * time.Millisecond)
		put(t, handler, "c")
		latest := iteratorOf(t, handler, `,"ShardIteratorType":"LATEST"`)
		put(t, handler, "d")
		for rest, want := range map[string][]string{
			fromTheOldest:                   {"a", "b", "c", "d"},
			`,"ShardIteratorType":"LATEST"`: {},
			`,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"` + b + `"`:    {"b", "c", "d"},
			`,"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"` + b + `"`: {"c", "d"},
			`,"ShardIteratorType":"AT_TIMESTAMP","Timestamp":946684801.5`:                       {"b", "c", "d"},
			`,"ShardIteratorType":"AT_TIMESTAMP","Timestamp":946684801.501`:                     {"c", "d"},
			`,"ShardIteratorType":"AT_TIMESTAMP","Timestamp":9.466848E8`:                        {"a", "b", "c", "d"},
			`,"ShardIteratorType":"AT_TIMESTAMP","Timestamp":-1e13`:                             {"a", "b", "c", "d"},
		} {
			require.Equal(t, want, keysOf(read(t, handler, iteratorOf(t, handler, rest))), rest)
		}
		got := read(t, handler, latest)
		require.Equal(t, []string{"d"}, keysOf(got))
		require.Equal(t, 0.0, got["MillisBehindLatest"])
		require.NotContains(t, got, "ChildShards")
		got = read(t, handler, got["NextShardIterator"].(string))
		require.Equal(t, []any{}, got["Records"], "the list is there even if it is empty")
		put(t, handler, "e")
		require.Equal(t, []string{"e"}, keysOf(read(t, handler, got["NextShardIterator"].(string))))
		require.Equal(t, []string{"e"}, keysOf(read(t, handler, `"`+got["NextShardIterator"].(string)+`"`)), "quotes of JSON do not matter")

		var it struct{ ShardIterator string }
		askCBOR(t, handler, "GetShardIterator", struct {
			StreamName        string
			ShardID           string `json:"ShardId"`
			ShardIteratorType string
			Timestamp         time.Time
		}{"clicks", "0", "AT_TIMESTAMP", time.UnixMilli(946684803000)}, &it)
		require.Equal(t, []string{"c", "d", "e"}, keysOf(read(t, handler, it.ShardIterator)), "shards have short names, too")
	})
}

func TestGetRecordsPageByPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		var want, got []string
		for i := range 10 {
			want = append(want, fmt.Sprint(i))
			put(t, handler, want[i])
			time.Sleep(time.Second)
		}
		it := iteratorOf(t, handler, fromTheOldest)
		for page := range 4 {
			out := ask(t, handler, "GetRecords", `{"Limit":3,"StreamARN":"`+arns+`clicks","ShardIterator":"`+it+`"}`)
			got = append(got, keysOf(out)...)
			it = out["NextShardIterator"].(string)
			require.EqualValues(t, []int{8000, 5000, 2000, 0}[page], out["MillisBehindLatest"])
		}
		require.Equal(t, want, got)
	})
}

// TestTheEndOfAShard: there is no next iterator, but there are children.
func TestTheEndOfAShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		put(t, handler, "a")
		latest := iteratorOf(t, handler, `,"ShardIteratorType":"LATEST"`)
		ask(t, handler, "MergeShards", `{"StreamName":"clicks","ShardToMerge":"`+firstShard+`","AdjacentShardToMerge":"shardId-000000000001"}`)
		child := []any{map[string]any{
			"ShardId": "shardId-000000000002", "ParentShards": []any{firstShard, "shardId-000000000001"},
			"HashKeyRange": map[string]any{"StartingHashKey": "0", "EndingHashKey": "340282366920938463463374607431768211455"},
		}}
		for _, it := range []string{latest, iteratorOf(t, handler, fromTheOldest)} {
			out := read(t, handler, it)
			require.NotContains(t, out, "NextShardIterator")
			require.Equal(t, child, out["ChildShards"])
			require.Equal(t, 0.0, out["MillisBehindLatest"])
		}
	})
}

// TestEveryIteratorIsAnother, also at the end of a shard and in the same moment.
func TestEveryIteratorIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		it, seen := iteratorOf(t, handler, fromTheOldest), map[string]bool{}
		for range 4 {
			require.NotContains(t, seen, it)
			seen[it] = true
			it = read(t, handler, it)["NextShardIterator"].(string)
		}
	})
}

func TestIteratorsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		it := iteratorOf(t, handler, fromTheOldest)
		time.Sleep(5 * time.Minute)
		next := read(t, handler, it)["NextShardIterator"].(string)
		time.Sleep(time.Millisecond)
		require.Equal(t, problem{"ExpiredIteratorException", "Iterator expired. The iterator was created at time Sat Jan 01 00:00:00 UTC 2000 while right now it is Sat Jan 01 00:05:00 UTC 2000 which is further in the future than the tolerated delay of 300000 milliseconds.", 400},
			refused(t, handler, "GetRecords", `{"ShardIterator":"`+it+`"}`))
		read(t, handler, next)
	})
}

func TestIteratorsCannotBeMade(t *testing.T) {
	handler, service := newHandler(t, kinesis.ServiceConfig{})
	it := iteratorOf(t, handler, fromTheOldest)
	invalid := problem{"InvalidArgumentException", "Invalid ShardIterator.", 400}
	raw, err := base64.StdEncoding.DecodeString(it)
	require.NoError(t, err)
	for i := range raw {
		raw[i] ^= 1
		require.Equal(t, invalid, refused(t, handler, "GetRecords", `{"ShardIterator":"`+base64.StdEncoding.EncodeToString(raw)+`"}`), i)
		raw[i] ^= 1
	}
	for _, text := range []string{"a", "AAAA", "%", it[:len(it)-4], "AAAA" + it, it + "AAAA", `\"` + it, `\"\"` + it + `\"\"`, `\"\"`, `\"`} {
		require.Equal(t, invalid, refused(t, handler, "GetRecords", `{"ShardIterator":"`+text+`"}`), text)
	}
	another := kinesishttp.NewHandler(service, kinesishttp.Config{})
	require.Equal(t, invalid, refused(t, another, "GetRecords", `{"ShardIterator":"`+it+`"}`), "that of another handler")
	token := ask(t, handler, "ListShards", `{"StreamName":"clicks","MaxResults":1}`)["NextToken"].(string)
	require.Equal(t, invalid, refused(t, handler, "GetRecords", `{"ShardIterator":"`+token+`"}`), "another token")
	require.NotEqual(t, 200, serve(t, handler, jsonRequest("ListShards", `{"NextToken":"`+it+`"}`)).status)
	read(t, handler, it)
}

// TestIteratorsOfAnotherStream: one that has the same name is another.
func TestIteratorsOfAnotherStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, service := newHandler(t, kinesis.ServiceConfig{})
		it := iteratorOf(t, handler, fromTheOldest)
		gone := problem{"ResourceNotFoundException", "Shard " + firstShard + " in stream clicks under account 000000000000 does not exist", 400}
		require.NoError(t, service.DeleteStream("clicks", false))
		require.Equal(t, gone, refused(t, handler, "GetRecords", `{"ShardIterator":"`+it+`"}`))
		time.Sleep(time.Nanosecond)
		_, err := service.CreateStream("clicks", kinesis.Config{})
		require.NoError(t, err)
		require.Equal(t, gone, refused(t, handler, "GetRecords", `{"ShardIterator":"`+it+`"}`))
		require.Equal(t, problem{"InvalidArgumentException", "The ShardIterator is not for the stream " + arns + "other.", 400},
			refused(t, handler, "GetRecords", `{"StreamARN":"`+arns+`other","ShardIterator":"`+iteratorOf(t, handler, fromTheOldest)+`"}`))
	})
}

func TestIteratorsThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		a := put(t, handler, "a")
		ofSecond := ask(t, handler, "PutRecord", `{"StreamName":"clicks","PartitionKey":"a","Data":"","ExplicitHashKey":"340282366920938463463374607431768211455"}`)["SequenceNumber"].(string)
		time.Sleep(time.Minute)
		ask(t, handler, "CreateStream", `{"StreamName":"other","ShardCount":1}`)
		ofOther := ask(t, handler, "PutRecord", `{"StreamName":"other","PartitionKey":"a","Data":""}`)["SequenceNumber"].(string)
		const (
			detected = "1 validation error detected: "
			place    = " used in GetShardIterator on shard " + firstShard + " in stream clicks under account 000000000000 is invalid"
			either   = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified "
		)
		for _, c := range []struct{ shard, rest, kind, message string }{
			{`null`, `,"ShardIteratorType":"LATEST"`, "ValidationException", detected + "Value null at 'shardId' failed to satisfy constraint: Member must not be null"},
			{`"` + firstShard + `"`, ``, "ValidationException", detected + "Value null at 'shardIteratorType' failed to satisfy constraint: Member must not be null"},
			{`"shard 1"`, `,"ShardIteratorType":"LATEST"`, "ValidationException", detected + "Value 'shard 1' at 'shardId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"OLDEST"`, "ValidationException", detected + "Value 'OLDEST' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
			{`"shard-7"`, `,"ShardIteratorType":"LATEST"`, "ResourceNotFoundException", "Shard shardId-000000000007 in stream clicks under account 000000000000 does not exist"},
			{`"shard-7"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"7"`, "ResourceNotFoundException", "Shard shardId-000000000007 in stream clicks under account 000000000000 does not exist"},
			{`"shard-7"`, `,"ShardIteratorType":"TRIM_HORIZON","StartingSequenceNumber":"7"`, "ResourceNotFoundException", "Shard shardId-000000000007 in stream clicks under account 000000000000 does not exist"},
			{`"seven"`, `,"ShardIteratorType":"LATEST"`, "ResourceNotFoundException", "Could not find shard seven in stream clicks under account 000000000000."},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER"`, "InvalidArgumentException", either + "AT_SEQUENCE_NUMBER and no StartingSequenceNumber."},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"LATEST","StartingSequenceNumber":"` + a + `"`, "InvalidArgumentException", either + "LATEST and also a StartingSequenceNumber."},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_TIMESTAMP"`, "InvalidArgumentException", "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter."},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_TIMESTAMP","Timestamp":946684860.001`, "InvalidArgumentException", "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: 946684860001, currentTimestampInMillis: 946684860000"},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"01"`, "ValidationException", detected + `Value '01' at 'startingSequenceNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,128})`},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"99999999999999999999999999999999999999999999999999999999999999"`, "InvalidArgumentException", "StartingSequenceNumber 99999999999999999999999999999999999999999999999999999999999999" + place + "."},
			{`"0"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"0"`, "InvalidArgumentException", "StartingSequenceNumber 0" + place + " because it did not come from this stream."},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"` + ofSecond + `"`, "InvalidArgumentException", "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with " + firstShard},
			{`"` + firstShard + `"`, `,"ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"` + ofOther + `"`, "InvalidArgumentException", "StartingSequenceNumber " + ofOther + place + " because it did not come from this stream."},
		} {
			require.Equal(t, problem{c.kind, c.message, 400}, refused(t, handler, "GetShardIterator", `{"StreamName":"clicks","ShardId":`+c.shard+c.rest+`}`))
		}
		for rest, message := range map[string]string{
			`{"StreamName":"none","ShardId":"7"`:                     "Shard shardId-000000000007 in stream none under account 000000000000 does not exist",
			`{"StreamARN":"` + arns + `none","ShardId":"a-7"`:        "Shard shardId-000000000007 in stream none under account 000000000000 does not exist",
			`{"StreamName":"none","ShardId":"seven"`:                 "Could not find shard seven in stream none under account 000000000000.",
			`{"StreamARN":"` + arns + `none","ShardId":"2147483648"`: "Could not find shard 2147483648 in stream none under account 000000000000.",
		} {
			require.Equal(t, problem{"ResourceNotFoundException", message, 400}, refused(t, handler, "GetShardIterator", rest+`,"ShardIteratorType":"LATEST"}`))
		}
		for rest, message := range map[string]string{
			`{}`:                                   detected + "Value null at 'shardIterator' failed to satisfy constraint: Member must not be null",
			`{"ShardIterator":"a","Limit":0}`:      detected + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
			`{"ShardIterator":"a","Limit":10001}`:  detected + "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000",
			`{"ShardIterator":"","Limit":1}`:       detected + "Value '' at 'shardIterator' failed to satisfy constraint: Member must have length greater than or equal to 1",
			`{"ShardIterator":"a","StreamARN":""}`: `2 validation errors detected: Value '' at 'streamARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+; Value '' at 'streamARN' failed to satisfy constraint: Member must have length greater than or equal to 1`,
		} {
			require.Equal(t, problem{"ValidationException", message, 400}, refused(t, handler, "GetRecords", rest))
		}
	})
}
