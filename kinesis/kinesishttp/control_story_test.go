package kinesishttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/kinesis"
)

// TestTransitions follows a stream whose changes take five seconds each.
func TestTransitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, kinesis.ServiceConfig{TransitionTime: 5 * time.Second})
		status := func() any {
			t.Helper()
			d := ask(t, h, "DescribeStream", `{"StreamName":"clicks"}`)["StreamDescription"].(map[string]any)
			s := ask(t, h, "DescribeStreamSummary", `{"StreamName":"clicks"}`)["StreamDescriptionSummary"].(map[string]any)
			l := ask(t, h, "ListStreams", `{}`)["StreamSummaries"].([]any)[0].(map[string]any)
			require.Equal(t, d["StreamStatus"], s["StreamStatus"])
			require.Equal(t, d["StreamStatus"], l["StreamStatus"])
			return d["StreamStatus"]
		}
		shards := func() int {
			t.Helper()
			d := ask(t, h, "DescribeStream", `{"StreamName":"clicks"}`)["StreamDescription"].(map[string]any)
			return len(d["Shards"].([]any))
		}
		busy := func(state string) problem {
			return problem{inUse, "Stream clicks under account " + account + " not ACTIVE, instead in state " + state, 400}
		}
		const split = `{"StreamName":"clicks","ShardToSplit":"0","NewStartingHashKey":"5"}`

		require.Equal(t, "CREATING", status())
		require.Zero(t, shards())
		require.Equal(t, busy("CREATING"), refused(t, h, "SplitShard", split))
		time.Sleep(5 * time.Second)
		require.Equal(t, "ACTIVE", status())
		require.Equal(t, 2, shards())

		ask(t, h, "SplitShard", split)
		require.Equal(t, "UPDATING", status())
		for action, rest := range map[string]string{
			"MergeShards":                   `,"ShardToMerge":"2","AdjacentShardToMerge":"3"`,
			"UpdateShardCount":              `,"TargetShardCount":3,"ScalingType":"UNIFORM_SCALING"`,
			"IncreaseStreamRetentionPeriod": `,"RetentionPeriodHours":30`,
			"StartStreamEncryption":         `,"EncryptionType":"KMS","KeyId":"alias/aws/kinesis"`,
			"EnableEnhancedMonitoring":      `,"ShardLevelMetrics":["ALL"]`,
		} {
			require.Equal(t, busy("UPDATING"), refused(t, h, action, `{"StreamName":"clicks"`+rest+`}`), action)
		}
		time.Sleep(5 * time.Second)
		require.Equal(t, "ACTIVE", status())
		require.Equal(t, 4, shards())

		consumer := ask(t, h, "RegisterStreamConsumer", `{"StreamARN":"`+arns+`clicks","ConsumerName":"audit"}`)["Consumer"].(map[string]any)
		require.Equal(t, "CREATING", consumer["ConsumerStatus"])
		consumerStatus := func() any {
			t.Helper()
			return ask(t, h, "DescribeStreamConsumer", `{"ConsumerARN":"`+consumer["ConsumerARN"].(string)+`"}`)["ConsumerDescription"].(map[string]any)["ConsumerStatus"]
		}
		require.Equal(t, problem{inUse, "Consumer audit with creation timestamp 946684810 under stream clicks and account " + account + " is not in ACTIVE status.", 400},
			refused(t, h, "PutResourcePolicy", `{"ResourceARN":"`+consumer["ConsumerARN"].(string)+`","Policy":"{}"}`))
		time.Sleep(5 * time.Second)
		require.Equal(t, "ACTIVE", consumerStatus())
		ask(t, h, "DeregisterStreamConsumer", `{"ConsumerARN":"`+consumer["ConsumerARN"].(string)+`"}`)
		require.Equal(t, "DELETING", consumerStatus())
		time.Sleep(5 * time.Second)

		ask(t, h, "DeleteStream", `{"StreamName":"clicks"}`)
		require.Equal(t, "DELETING", status())
		require.Zero(t, shards())
		require.Equal(t, busy("DELETING"), refused(t, h, "DeleteStream", `{"StreamName":"clicks"}`))
		require.Equal(t, inUse, refused(t, h, "CreateStream", `{"StreamName":"clicks","ShardCount":1}`).kind)
		time.Sleep(5 * time.Second)
		require.Equal(t, notFound, refused(t, h, "DescribeStream", `{"StreamName":"clicks"}`).kind)
	})
}

// TestStreamsOfOthers: a name is that of a stream of the caller's, in the region that
// is asked; an ARN reaches every stream.
func TestStreamsOfOthers(t *testing.T) {
	const other = "111122223333"
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	asOther := func(action, body string) *http.Request { return as(jsonRequest(action, body), other, "eu-west-1") }

	require.Equal(t, problem{notFound, "Stream clicks under account " + other + " not found.", 400},
		problemOf(t, serve(t, h, asOther("DescribeStreamSummary", `{"StreamName":"clicks"}`))))
	askFor(t, h, asOther("CreateStream", `{"StreamName":"clicks","ShardCount":1}`))
	list := askFor(t, h, asOther("ListStreams", `{}`))
	require.Equal(t, []string{"arn:aws:kinesis:eu-west-1:" + other + ":stream/clicks"}, names(list, "StreamSummaries", "StreamARN"))
	require.EqualValues(t, 1, askFor(t, h, asOther("DescribeLimits", `{}`))["OpenShardCount"])
	require.EqualValues(t, 2, ask(t, h, "DescribeLimits", `{}`)["OpenShardCount"])

	summary := askFor(t, h, asOther("DescribeStreamSummary", `{"StreamARN":"`+arns+`clicks"}`))["StreamDescriptionSummary"].(map[string]any)
	require.EqualValues(t, 2, summary["OpenShardCount"])
	askFor(t, h, asOther("DeleteStream", `{"StreamARN":"`+arns+`clicks"}`))
	require.Equal(t, []any{}, ask(t, h, "ListStreams", `{}`)["StreamNames"])
	require.Equal(t, []any{"clicks"}, askFor(t, h, asOther("ListStreams", `{}`))["StreamNames"])

	askFor(t, h, asOther("UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}`))
	require.Equal(t, map[string]any{"MinimumThroughputBillingCommitment": map[string]any{"Status": "DISABLED"}}, ask(t, h, "DescribeAccountSettings", `{}`))
}

// TestWarmThroughput: there is one only on demand, and only with a commitment.
func TestWarmThroughput(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	ask(t, h, "UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}`)
	tooMuch := problem{invalidArgument, "WarmThroughputMiBps must be in the range: [0, 10240]. Specified value was 10241", 400}
	const onDemand = `{"StreamARN":"` + arns + `clicks","StreamModeDetails":{"StreamMode":"ON_DEMAND"}`
	require.Equal(t, tooMuch, refused(t, h, "CreateStream", `{"StreamName":"warm","WarmThroughputMiBps":10241}`))
	require.Equal(t, tooMuch, refused(t, h, "UpdateStreamMode", onDemand+`,"WarmThroughputMiBps":10241}`))
	ask(t, h, "CreateStream", `{"StreamName":"warm","WarmThroughputMiBps":10240}`)
	ask(t, h, "UpdateStreamMode", onDemand+`,"WarmThroughputMiBps":8}`)
	require.Equal(t, tooMuch, refused(t, h, "UpdateStreamWarmThroughput", `{"StreamName":"clicks","WarmThroughputMiBps":10241}`))
	for name, want := range map[string]float64{"warm": 10240, "clicks": 8} {
		summary := ask(t, h, "DescribeStreamSummary", `{"StreamName":"`+name+`"}`)["StreamDescriptionSummary"].(map[string]any)
		require.Equal(t, map[string]any{"TargetMiBps": want, "CurrentMiBps": want}, summary["WarmThroughput"])
	}
	ask(t, h, "UpdateStreamMode", `{"StreamARN":"`+arns+`clicks","StreamModeDetails":{"StreamMode":"PROVISIONED"}}`)
	require.NotContains(t, ask(t, h, "DescribeStreamSummary", `{"StreamName":"clicks"}`)["StreamDescriptionSummary"], "WarmThroughput")
}

// TestCommitment: one that is disabled on its first day ends with it.
func TestCommitment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, kinesis.ServiceConfig{})
		const start, day = 946684800.0, 24 * 3600
		commitment := func(action, body string) any {
			return ask(t, h, action, body)["MinimumThroughputBillingCommitment"]
		}
		enabled := commitment("UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}`)
		require.Equal(t, map[string]any{"Status": "ENABLED", "StartedAt": start, "EarliestAllowedEndAt": start + day}, enabled)
		commitment("UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"DISABLED"}}`)
		time.Sleep(24*time.Hour - time.Millisecond)
		ending := commitment("DescribeAccountSettings", `{}`)
		require.Equal(t, map[string]any{"Status": "ENABLED_UNTIL_EARLIEST_ALLOWED_END", "StartedAt": start, "EarliestAllowedEndAt": start + day}, ending)
		time.Sleep(time.Millisecond)
		ended := commitment("DescribeAccountSettings", `{}`)
		require.Equal(t, map[string]any{"Status": "DISABLED", "StartedAt": start, "EarliestAllowedEndAt": start + day, "EndedAt": start + day}, ended)
	})
}

// TestRelaxed: a relaxed service takes over the wire what AWS does not.
func TestRelaxed(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{Relaxed: true})
	ask(t, h, "DecreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":1}`)
	ask(t, h, "UpdateMaxRecordSize", `{"StreamARN":"`+arns+`clicks","MaxRecordSizeInKiB":1}`)
	ask(t, h, "CreateStream", `{"StreamName":"small","ShardCount":1,"MaxRecordSizeInKiB":2}`)
	summary := ask(t, h, "DescribeStreamSummary", `{"StreamName":"clicks"}`)["StreamDescriptionSummary"].(map[string]any)
	require.EqualValues(t, 1, summary["RetentionPeriodHours"])
	require.EqualValues(t, 1, summary["MaxRecordSizeInKiB"])
	require.Equal(t, problem{validation, "1 validation error detected: " + faulty("0", "retentionPeriodHours", atLeast(1)), 400},
		refused(t, h, "DecreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":0}`))
}

// TestControlOverCBOR has times both ways: in CBOR they are integers, of milliseconds.
func TestControlOverCBOR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, kinesis.ServiceConfig{})
		send := func(action string, in any) answer {
			r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader(string(awscbor.Append(nil, in))))
			r.Header.Set("Content-Type", "application/x-amz-cbor-1.1")
			r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
			return serve(t, h, r)
		}
		var out struct {
			StreamDescriptionSummary struct {
				StreamCreationTimestamp time.Time
				OpenShardCount          int32
			}
		}
		a := send("DescribeStreamSummary", &struct{ StreamName string }{"clicks"})
		require.Equal(t, http.StatusOK, a.status)
		require.NoError(t, awscbor.Decode([]byte(a.body), &out))
		created := out.StreamDescriptionSummary.StreamCreationTimestamp
		require.True(t, created.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), "%v", created)
		require.EqualValues(t, 2, out.StreamDescriptionSummary.OpenShardCount)

		type list struct {
			StreamName              string
			StreamCreationTimestamp time.Time
		}
		require.Equal(t, http.StatusOK, send("ListShards", &list{"clicks", created}).status)
		require.Equal(t, http.StatusBadRequest, send("ListShards", &list{"clicks", created.Add(time.Second)}).status)
		require.Equal(t, answer{http.StatusOK, http.Header{}, ""}, func() answer {
			a := send("AddTagsToStream", &struct {
				StreamName string
				Tags       map[string]string
			}{"clicks", map[string]string{"a": "b"}})
			a.header = http.Header{}
			return a
		}())
	})
}
