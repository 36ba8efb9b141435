package kinesishttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
)

// What the tests of the data plane say in CBOR, and read from either encoding.
type (
	wireRecord struct {
		SequenceNumber              string
		ApproximateArrivalTimestamp time.Time
		Data                        []byte
		PartitionKey                string
		EncryptionType              string
	}
	wireChild struct {
		ShardID      string `json:"ShardId"`
		ParentShards []string
		HashKeyRange struct{ StartingHashKey, EndingHashKey string }
	}
	wireRecords struct {
		Records            []wireRecord
		NextShardIterator  string
		MillisBehindLatest *int64
		ChildShards        []wireChild
	}
	wireError struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Text    string `json:"Message"`
	}
)

// cborRequest asks in CBOR.
func cborRequest(action string, input any) *http.Request {
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader(string(awscbor.Append(nil, input))))
	r.Header.Set("Content-Type", cborType)
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
	return r
}

// askCBOR sends CBOR, expects success, and reads the answer.
func askCBOR(t testing.TB, h http.Handler, action string, input, output any) {
	t.Helper()
	a := serve(t, h, cborRequest(action, input))
	require.Equal(t, cborType, a.header.Get("Content-Type"))
	require.Equal(t, http.StatusOK, a.status, "%q", a.body)
	require.NoError(t, awscbor.Decode([]byte(a.body), output))
}

// cborProblemOf is problemOf of an answer in CBOR.
func cborProblemOf(t testing.TB, a answer) problem {
	t.Helper()
	require.Equal(t, cborType, a.header.Get("Content-Type"))
	require.GreaterOrEqual(t, a.status, 400)
	var e wireError
	require.NoError(t, awscbor.Decode([]byte(a.body), &e))
	return problem{e.Type, e.Message + e.Text, a.status}
}

const firstShard = "shardId-000000000000"

// iteratorOf asks for an iterator of the first shard of clicks; rest goes on with
// `,"ShardIteratorType":…`.
func iteratorOf(t testing.TB, h http.Handler, rest string) string {
	t.Helper()
	it := ask(t, h, "GetShardIterator", `{"StreamName":"clicks","ShardId":"`+firstShard+`"`+rest+`}`)["ShardIterator"].(string)
	require.NotEmpty(t, it)
	require.LessOrEqual(t, len(it), 510)
	return it
}

const fromTheOldest = `,"ShardIteratorType":"TRIM_HORIZON"`

// read asks for the records at an iterator.
func read(t testing.TB, h http.Handler, iterator string) map[string]any {
	t.Helper()
	return ask(t, h, "GetRecords", `{"ShardIterator":`+quoted(iterator)+`}`)
}

// keysOf returns the partition keys of the records in an answer.
func keysOf(answer map[string]any) []string {
	keys := []string{}
	for _, r := range answer["Records"].([]any) {
		keys = append(keys, r.(map[string]any)["PartitionKey"].(string))
	}
	return keys
}

// inFirst is a hash key of the first shard.
const inFirst = `"ExplicitHashKey":"0"`

// put appends a record to the first shard and returns its sequence number. The data is
// its key.
func put(t testing.TB, h http.Handler, key string) string {
	t.Helper()
	data, err := json.Marshal([]byte(key))
	require.NoError(t, err)
	out := ask(t, h, "PutRecord", `{"StreamName":"clicks","PartitionKey":`+quoted(key)+`,`+inFirst+`,"Data":`+string(data)+`}`)
	require.Equal(t, firstShard, out["ShardId"])
	return out["SequenceNumber"].(string)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
