package kinesishttp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

const (
	invalidArgument = "InvalidArgumentException"
	validation      = "ValidationException"
	notFound        = "ResourceNotFoundException"
	inUse           = "ResourceInUseException"
	limitExceeded   = "LimitExceededException"

	null      = "Member must not be null"
	namesOnly = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	streamARN = `Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:stream/\S+`
)

// faulty is a fault in AWS's words: "Value 'x' at 'y' failed to satisfy constraint: z".
func faulty(value, at, constraint string) string {
	if value != "null" {
		value = "'" + value + "'"
	}
	return "Value " + value + " at '" + at + "' failed to satisfy constraint: " + constraint
}

func atLeast(n int) string {
	return fmt.Sprintf("Member must have value greater than or equal to %d", n)
}
func atMost(n int) string { return fmt.Sprintf("Member must have value less than or equal to %d", n) }
func longer(n int) string {
	return fmt.Sprintf("Member must have length greater than or equal to %d", n)
}
func shorter(n int) string    { return fmt.Sprintf("Member must have length less than or equal to %d", n) }
func oneOf(set string) string { return "Member must satisfy enum value set: [" + set + "]" }

// TestConstraints says of every action of the control plane what it requires and what
// its parameters must be.
func TestConstraints(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	long := strings.Repeat("a", 129)
	const (
		modes   = "PROVISIONED, ON_DEMAND"
		metrics = "IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL"
		filters = "AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP"
		hashKey = `Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`
		anyARN  = `Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`
		lengths = "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
		values  = "[Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
	)
	for _, c := range []struct {
		action, body string
		faults       []string
	}{
		{"CreateStream", `{}`, []string{faulty("null", "streamName", null)}},
		{"CreateStream", `{"StreamName":"","ShardCount":0}`, []string{
			faulty("", "streamName", namesOnly), faulty("", "streamName", longer(1)), faulty("0", "shardCount", atLeast(1)),
		}},
		{"CreateStream", `{"StreamName":"` + long + `","ShardCount":1}`, []string{faulty(long, "streamName", shorter(128))}},
		{"CreateStream", `{"StreamName":"a","ShardCount":100001}`, []string{faulty("100001", "shardCount", atMost(100000))}},
		{"CreateStream", `{"StreamName":"a/b","ShardCount":1}`, []string{faulty("a/b", "streamName", namesOnly)}},
		{"CreateStream", `{"StreamName":"a","StreamModeDetails":{}}`, []string{faulty("null", "streamModeDetails.streamMode", null)}},
		{"CreateStream", `{"StreamName":"a","StreamModeDetails":{"StreamMode":"FREE"}}`, []string{faulty("FREE", "streamModeDetails.streamMode", oneOf(modes))}},
		{"CreateStream", `{"StreamName":"a","StreamModeDetails":{"StreamMode":"PROVISIONED"}}`, []string{faulty("null", "shardCount", null)}},
		{"CreateStream", `{"StreamName":"a","MaxRecordSizeInKiB":1023}`, []string{faulty("1023", "maxRecordSizeInKiB", atLeast(1024))}},
		{"CreateStream", `{"StreamName":"a","MaxRecordSizeInKiB":0}`, []string{faulty("0", "maxRecordSizeInKiB", atLeast(1024))}},
		{"CreateStream", `{"StreamName":"a","MaxRecordSizeInKiB":10241}`, []string{faulty("10241", "maxRecordSizeInKiB", atMost(10240))}},
		{"CreateStream", `{"StreamName":"a","WarmThroughputMiBps":-1}`, []string{faulty("-1", "warmThroughputMiBps", atLeast(0))}},
		{"CreateStream", `{"StreamName":"a","RecordDistributionStrategy":"X"}`, []string{faulty("X", "recordDistributionStrategy", oneOf("AUTO, USER_PARTITION_KEY"))}},
		{"CreateStream", `{"StreamName":"a","Tags":{}}`, []string{faulty("{}", "tags", longer(1))}},
		{"DeleteStream", `{"StreamName":""}`, []string{faulty("", "streamName", namesOnly), faulty("", "streamName", longer(1))}},
		{"DeleteStream", `{"StreamARN":"clicks"}`, []string{faulty("clicks", "streamARN", streamARN)}},
		{"DescribeStream", `{"StreamName":"clicks","Limit":0,"ExclusiveStartShardId":""}`, []string{
			faulty("0", "limit", atLeast(1)), faulty("", "exclusiveStartShardId", namesOnly), faulty("", "exclusiveStartShardId", longer(1)),
		}},
		{"DescribeStream", `{"StreamName":"clicks","Limit":10001}`, []string{faulty("10001", "limit", atMost(10000))}},
		{"DescribeStreamSummary", `{"StreamName":"?"}`, []string{faulty("?", "streamName", namesOnly)}},
		{"ListStreams", `{"Limit":0,"ExclusiveStartStreamName":"?","NextToken":""}`, []string{
			faulty("0", "limit", atLeast(1)), faulty("?", "exclusiveStartStreamName", namesOnly), faulty("", "nextToken", longer(1)),
		}},
		{"ListStreams", `{"Limit":10001}`, []string{faulty("10001", "limit", atMost(10000))}},
		{"ListShards", `{"StreamName":"clicks","MaxResults":10001,"ExclusiveStartShardId":"?","NextToken":""}`, []string{
			faulty("", "nextToken", longer(1)), faulty("?", "exclusiveStartShardId", namesOnly), faulty("10001", "maxResults", atMost(10000)),
		}},
		{"ListShards", `{"StreamName":"clicks","ShardFilter":{"ShardId":"?"}}`, []string{
			faulty("null", "shardFilter.type", null), faulty("?", "shardFilter.shardId", namesOnly),
		}},
		{"ListShards", `{"StreamName":"clicks","ShardFilter":{"Type":"ALL"}}`, []string{faulty("ALL", "shardFilter.type", oneOf(filters))}},
		{"SplitShard", `{}`, []string{faulty("null", "shardToSplit", null), faulty("null", "newStartingHashKey", null)}},
		{"SplitShard", `{"StreamName":"clicks","ShardToSplit":"","NewStartingHashKey":"01"}`, []string{
			faulty("", "shardToSplit", namesOnly), faulty("", "shardToSplit", longer(1)), faulty("01", "newStartingHashKey", hashKey),
		}},
		{"MergeShards", `{}`, []string{faulty("null", "shardToMerge", null), faulty("null", "adjacentShardToMerge", null)}},
		{"MergeShards", `{"StreamName":"clicks","ShardToMerge":"?","AdjacentShardToMerge":"` + long + `"}`, []string{
			faulty("?", "shardToMerge", namesOnly), faulty(long, "adjacentShardToMerge", shorter(128)),
		}},
		{"UpdateShardCount", `{}`, []string{faulty("null", "targetShardCount", null), faulty("null", "scalingType", null)}},
		{"UpdateShardCount", `{"StreamName":"clicks","TargetShardCount":0,"ScalingType":""}`, []string{
			faulty("0", "targetShardCount", atLeast(1)), faulty("", "scalingType", oneOf("UNIFORM_SCALING")),
		}},
		{"UpdateShardCount", `{"StreamName":"clicks","TargetShardCount":100001,"ScalingType":"UNIFORM_SCALING"}`, []string{faulty("100001", "targetShardCount", atMost(100000))}},
		{"IncreaseStreamRetentionPeriod", `{}`, []string{faulty("null", "retentionPeriodHours", null)}},
		{"IncreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":0}`, []string{faulty("0", "retentionPeriodHours", atLeast(1))}},
		{"DecreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":-2147483648}`, []string{faulty("-2147483648", "retentionPeriodHours", atLeast(1))}},
		{"DecreaseStreamRetentionPeriod", `{"StreamName":"?"}`, []string{faulty("?", "streamName", namesOnly), faulty("null", "retentionPeriodHours", null)}},
		{"UpdateStreamMode", `{}`, []string{faulty("null", "streamARN", null), faulty("null", "streamModeDetails", null)}},
		{"UpdateStreamMode", `{"StreamARN":"a","StreamModeDetails":{"StreamMode":""},"WarmThroughputMiBps":-1}`, []string{
			faulty("a", "streamARN", streamARN), faulty("", "streamModeDetails.streamMode", oneOf(modes)), faulty("-1", "warmThroughputMiBps", atLeast(0)),
		}},
		{"UpdateStreamRecordDistributionStrategy", `{}`, []string{faulty("null", "streamARN", null), faulty("null", "recordDistributionStrategy", null)}},
		{"UpdateMaxRecordSize", `{"StreamARN":"` + arns + `clicks"}`, []string{faulty("null", "maxRecordSizeInKiB", null)}},
		{"UpdateMaxRecordSize", `{"StreamARN":"` + arns + `clicks","MaxRecordSizeInKiB":10241}`, []string{faulty("10241", "maxRecordSizeInKiB", atMost(10240))}},
		{"UpdateMaxRecordSize", `{"StreamARN":"` + arns + `clicks","MaxRecordSizeInKiB":1}`, []string{faulty("1", "maxRecordSizeInKiB", atLeast(1024))}},
		{"UpdateStreamWarmThroughput", `{"StreamName":"clicks"}`, []string{faulty("null", "warmThroughputMiBps", null)}},
		{"UpdateStreamWarmThroughput", `{"StreamName":"clicks","WarmThroughputMiBps":-5}`, []string{faulty("-5", "warmThroughputMiBps", atLeast(0))}},
		{"EnableEnhancedMonitoring", `{"StreamName":"clicks"}`, []string{faulty("null", "shardLevelMetrics", null)}},
		{"EnableEnhancedMonitoring", `{"StreamName":"clicks","ShardLevelMetrics":[]}`, []string{faulty("[]", "shardLevelMetrics", longer(1))}},
		{"DisableEnhancedMonitoring", `{"StreamName":"clicks","ShardLevelMetrics":["ALL","Heat"]}`, []string{
			faulty("[ALL, Heat]", "shardLevelMetrics", "Member must satisfy constraint: ["+oneOf(metrics)+"]"),
		}},
		{"StartStreamEncryption", `{"StreamName":"clicks"}`, []string{faulty("null", "encryptionType", null), faulty("null", "keyId", null)}},
		{"StopStreamEncryption", `{"StreamName":"clicks","EncryptionType":"AES","KeyId":""}`, []string{
			faulty("AES", "encryptionType", oneOf("NONE, KMS")), faulty("", "keyId", longer(1)),
		}},
		{"AddTagsToStream", `{"StreamName":"clicks"}`, []string{faulty("null", "tags", null)}},
		{"AddTagsToStream", `{"StreamName":"clicks","Tags":{}}`, []string{faulty("{}", "tags", longer(1))}},
		{"AddTagsToStream", `{"StreamName":"clicks","Tags":{"a":"b","":"c"}}`, []string{faulty("{=c, a=b}", "tags", "Map keys must satisfy constraint: "+lengths)}},
		{"TagResource", `{"ResourceARN":"` + arns + `clicks","Tags":{"a":"` + long + long + `"}}`, []string{
			faulty("{a="+long+long+"}", "tags", "Map value must satisfy constraint: "+values),
		}},
		{"TagResource", `{}`, []string{faulty("null", "resourceARN", null), faulty("null", "tags", null)}},
		{"RemoveTagsFromStream", `{"StreamName":"clicks"}`, []string{faulty("null", "tagKeys", null)}},
		{"RemoveTagsFromStream", `{"StreamName":"clicks","TagKeys":[]}`, []string{faulty("[]", "tagKeys", longer(1))}},
		{"RemoveTagsFromStream", `{"StreamName":"clicks","TagKeys":["a","` + long + `","b"]}`, []string{
			faulty("[a, "+long+", b]", "tagKeys", "Member must satisfy constraint: "+lengths),
		}},
		{"UntagResource", `{"ResourceARN":"clicks"}`, []string{faulty("clicks", "resourceARN", anyARN), faulty("null", "tagKeys", null)}},
		{"ListTagsForStream", `{"StreamName":"clicks","ExclusiveStartTagKey":"","Limit":51}`, []string{
			faulty("51", "limit", atMost(50)), faulty("", "exclusiveStartTagKey", longer(1)),
		}},
		{"ListTagsForResource", `{}`, []string{faulty("null", "resourceARN", null)}},
		{"GetResourcePolicy", `{}`, []string{faulty("null", "resourceARN", null)}},
		{"PutResourcePolicy", `{}`, []string{faulty("null", "resourceARN", null), faulty("null", "policy", null)}},
		{"DeleteResourcePolicy", `{"ResourceARN":"a"}`, []string{faulty("a", "resourceARN", anyARN)}},
		{"RegisterStreamConsumer", `{}`, []string{faulty("null", "streamARN", null), faulty("null", "consumerName", null)}},
		{"RegisterStreamConsumer", `{"StreamARN":"` + arns + `clicks","ConsumerName":"?","Tags":{}}`, []string{
			faulty("?", "consumerName", namesOnly), faulty("{}", "tags", longer(1)),
		}},
		{"DescribeStreamConsumer", `{"ConsumerARN":"a","ConsumerName":"?"}`, []string{
			faulty("?", "consumerName", namesOnly),
			faulty("a", "consumerARN", `Member must satisfy regular expression pattern: ^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`),
		}},
		{"DeregisterStreamConsumer", `{"StreamARN":"a"}`, []string{faulty("a", "streamARN", streamARN)}},
		{"ListStreamConsumers", `{"MaxResults":0}`, []string{faulty("null", "streamARN", null), faulty("0", "maxResults", atLeast(1))}},
		{"UpdateAccountSettings", `{}`, []string{faulty("null", "minimumThroughputBillingCommitment", null)}},
		{"UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{}}`, []string{faulty("null", "minimumThroughputBillingCommitment.status", null)}},
		{"UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"ON"}}`, []string{
			faulty("ON", "minimumThroughputBillingCommitment.status", oneOf("ENABLED, DISABLED")),
		}},
	} {
		want := "1 validation error detected: "
		if n := len(c.faults); n > 1 {
			want = fmt.Sprintf("%d validation errors detected: ", n)
		}
		require.Equal(t, problem{validation, want + strings.Join(c.faults, "; "), 400}, refused(t, h, c.action, c.body), "%s %s", c.action, c.body)
	}
}

// streamActions are those that name a stream, with what else they need.
var streamActions = map[string]string{
	"DeleteStream": "", "DescribeStream": "", "DescribeStreamSummary": "", "ListShards": "", "ListTagsForStream": "",
	"SplitShard":                             `,"ShardToSplit":"0","NewStartingHashKey":"5"`,
	"MergeShards":                            `,"ShardToMerge":"0","AdjacentShardToMerge":"1"`,
	"UpdateShardCount":                       `,"TargetShardCount":4,"ScalingType":"UNIFORM_SCALING"`,
	"IncreaseStreamRetentionPeriod":          `,"RetentionPeriodHours":30`,
	"DecreaseStreamRetentionPeriod":          `,"RetentionPeriodHours":24`,
	"UpdateStreamMode":                       `,"StreamModeDetails":{"StreamMode":"ON_DEMAND"}`,
	"UpdateStreamRecordDistributionStrategy": `,"RecordDistributionStrategy":"USER_PARTITION_KEY"`,
	"UpdateMaxRecordSize":                    `,"MaxRecordSizeInKiB":2048`,
	"UpdateStreamWarmThroughput":             `,"WarmThroughputMiBps":1`,
	"EnableEnhancedMonitoring":               `,"ShardLevelMetrics":["ALL"]`,
	"DisableEnhancedMonitoring":              `,"ShardLevelMetrics":["ALL"]`,
	"StartStreamEncryption":                  `,"EncryptionType":"KMS","KeyId":"alias/aws/kinesis"`,
	"StopStreamEncryption":                   `,"EncryptionType":"KMS","KeyId":"alias/aws/kinesis"`,
	"AddTagsToStream":                        `,"Tags":{"a":"b"}`,
	"RemoveTagsFromStream":                   `,"TagKeys":["a"]`,
	"RegisterStreamConsumer":                 `,"ConsumerName":"audit"`,
	"DeregisterStreamConsumer":               `,"ConsumerName":"audit"`,
	"DescribeStreamConsumer":                 `,"ConsumerName":"audit"`,
	"ListStreamConsumers":                    "",
}

// arnOnly are the actions that do not take a stream's name.
var arnOnly = map[string]bool{
	"UpdateStreamMode": true, "UpdateStreamRecordDistributionStrategy": true, "UpdateMaxRecordSize": true,
	"RegisterStreamConsumer": true, "DeregisterStreamConsumer": true, "DescribeStreamConsumer": true, "ListStreamConsumers": true,
}

func TestNamingAStream(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	missing := problem{notFound, "Stream none under account " + account + " not found.", 400}
	for action, rest := range streamActions {
		require.Equal(t, missing, refused(t, h, action, `{"StreamARN":"`+arns+`none"`+rest+`}`), action)
		if arnOnly[action] {
			continue
		}
		require.Equal(t, missing, refused(t, h, action, `{"StreamName":"none"`+rest+`}`), action)
		require.Equal(t, invalidArgument, refused(t, h, action, `{"StreamName":"none","StreamARN":"`+arns+`clicks"`+rest+`}`).kind, action)
		p := refused(t, h, action, `{`+strings.TrimPrefix(rest, ",")+`}`)
		require.Equal(t, invalidArgument, p.kind, action)
		require.Contains(t, p.message, "be provided.", action)
	}
	for action, rest := range map[string]string{
		"GetResourcePolicy": "", "DeleteResourcePolicy": "", "ListTagsForResource": "",
		"PutResourcePolicy": `,"Policy":"{}"`, "TagResource": `,"Tags":{"a":"b"}`, "UntagResource": `,"TagKeys":["a"]`,
	} {
		require.Equal(t, missing, refused(t, h, action, `{"ResourceARN":"`+arns+`none"`+rest+`}`), action)
		require.Equal(t, missing, refused(t, h, action, `{"ResourceARN":"`+arns+`none/consumer/audit:1"`+rest+`}`), action)
		require.Equal(t, problem{notFound, "Consumer audit, account " + account + " not found.", 400},
			refused(t, h, action, `{"ResourceARN":"`+arns+`clicks/consumer/audit:1"`+rest+`}`), action)
	}
}

// TestNamingAConsumer: what a request says of a consumer must agree.
func TestNamingAConsumer(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	ask(t, h, "CreateStream", `{"StreamName":"views","ShardCount":1}`)
	consumer := ask(t, h, "RegisterStreamConsumer", `{"StreamARN":"`+arns+`clicks","ConsumerName":"audit"}`)["Consumer"].(map[string]any)
	arn := consumer["ConsumerARN"].(string)
	byARN := `{"ConsumerARN":"` + arn + `"`
	for rest, want := range map[string]string{
		`,"StreamARN":"` + arns + `views"`:                        "ConsumerARN " + arn + " does not match StreamARN " + arns + "views.",
		`,"ConsumerName":"billing"`:                               "ConsumerARN " + arn + " does not match ConsumerName billing.",
		`,"StreamARN":"` + arns + `clicks","ConsumerName":"bill"`: "ConsumerARN " + arn + " does not match ConsumerName bill.",
	} {
		for _, action := range []string{"DescribeStreamConsumer", "DeregisterStreamConsumer"} {
			require.Equal(t, problem{invalidArgument, want, 400}, refused(t, h, action, byARN+rest+`}`), action)
		}
	}
	ask(t, h, "DescribeStreamConsumer", byARN+`,"StreamARN":"`+arns+`clicks","ConsumerName":"audit"}`)
	earlier := strings.TrimRight(arn, "0123456789") + "1"
	require.Equal(t, problem{notFound, "Consumer " + earlier + ", account " + account + " not found.", 400},
		refused(t, h, "DescribeStreamConsumer", `{"ConsumerARN":"`+earlier+`"}`), "an earlier consumer of the name")
}

// TestControlErrors says how actions on a stream of two shards fail.
func TestControlErrors(t *testing.T) {
	const (
		clicks = `"StreamName":"clicks"`
		byARN  = `"StreamARN":"` + arns + `clicks"`
		under  = " in stream clicks under account " + account
		middle = "170141183460469231731687303715884105728"
	)
	for _, c := range []struct{ action, body, kind, message string }{
		{"CreateStream", `{` + clicks + `,"ShardCount":1}`, inUse, "Stream clicks under account " + account + " already exists."},
		{"CreateStream", `{"StreamName":"a","ShardCount":9}`, limitExceeded,
			"This request would exceed the shard limit for the account " + account + " in us-east-1. Current shard count for the account: 2. Limit: 10. Number of additional shards that would have resulted from this request: 9. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits."},
		{"CreateStream", `{"StreamName":"a","ShardCount":1,"Tags":{"a;b":"c"}}`, invalidArgument, "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :."},
		{"CreateStream", `{"StreamName":"a","ShardCount":1,"WarmThroughputMiBps":1}`, validation, "Warm throughput is supported for streams with the on-demand capacity mode only."},
		{"CreateStream", `{"StreamName":"a","WarmThroughputMiBps":1}`, validation, "Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only."},
		{"CreateStream", `{"StreamName":"a","RecordDistributionStrategy":"AUTO"}`, invalidArgument, "RecordDistributionStrategy AUTO is not supported here."},
		{"CreateStream", `{"StreamName":"a","ShardCount":1,"RecordDistributionStrategy":"AUTO"}`, invalidArgument, "RecordDistributionStrategy AUTO is only supported for streams in the ON_DEMAND mode."},
		{"SplitShard", `{` + clicks + `,"ShardToSplit":"shardId-5","NewStartingHashKey":"5"}`, notFound, "Could not find shard shardId-000000000005" + under + "."},
		{"SplitShard", `{` + clicks + `,"ShardToSplit":"2147483648","NewStartingHashKey":"5"}`, notFound, "Could not find shard 2147483648" + under + "."},
		{"SplitShard", `{"StreamName":"none","ShardToSplit":"shard-x","NewStartingHashKey":"5"}`, notFound, "Could not find shard shard-x in stream none under account " + account + "."},
		{"MergeShards", `{"StreamARN":"` + arns + `none","ShardToMerge":"7","AdjacentShardToMerge":"2.14E4"}`, notFound, "Could not find shard 2.14E4 in stream none under account " + account + "."},
		{"SplitShard", `{` + clicks + `,"ShardToSplit":"shard-0","NewStartingHashKey":"1"}`, invalidArgument,
			"NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000" + under + " is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 170141183460469231731687303715884105727."},
		{"SplitShard", `{` + clicks + `,"ShardToSplit":"shard-1","NewStartingHashKey":"999999999999999999999999999999999999999"}`, invalidArgument,
			"NewStartingHashKey 999999999999999999999999999999999999999 used in SplitShard() on shard shardId-000000000001" + under + " is not both greater than one plus the shard's StartingHashKey " + middle + " and less than the shard's EndingHashKey 340282366920938463463374607431768211455."},
		{"SplitShard", `{` + clicks + `,"ShardToSplit":"shard-7","NewStartingHashKey":"999999999999999999999999999999999999999"}`, notFound, "Could not find shard shardId-000000000007" + under + "."},
		{"MergeShards", `{` + clicks + `,"ShardToMerge":"shard-1","AdjacentShardToMerge":"shard-0"}`, invalidArgument,
			"Shards shardId-000000000001 and shardId-000000000000" + under + " are not an adjacent pair of shards eligible for merging"},
		{"MergeShards", `{` + clicks + `,"ShardToMerge":"shard-0","AdjacentShardToMerge":"shard-2"}`, notFound, "Could not find shard shardId-000000000002" + under + "."},
		{"UpdateShardCount", `{` + clicks + `,"TargetShardCount":5,"ScalingType":"UNIFORM_SCALING"}`, limitExceeded,
			"UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2, Target shard count: 5"},
		{"UpdateShardCount", `{` + clicks + `,"TargetShardCount":10001,"ScalingType":"UNIFORM_SCALING"}`, limitExceeded,
			"Target shard count or number of open shards cannot be greater than 10. Current open shard count: 2, Target shard count: 10001"},
		{"IncreaseStreamRetentionPeriod", `{` + clicks + `,"RetentionPeriodHours":23}`, invalidArgument, "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."},
		{"IncreaseStreamRetentionPeriod", `{` + clicks + `,"RetentionPeriodHours":2147483647}`, invalidArgument, "Maximum allowed retention period is 8760 hours. Requested retention period (2147483647 hours) is too long."},
		{"DecreaseStreamRetentionPeriod", `{` + clicks + `,"RetentionPeriodHours":1}`, invalidArgument, "Minimum allowed retention period is 24 hours. Requested retention period (1 hours) is too short."},
		{"DecreaseStreamRetentionPeriod", `{` + clicks + `,"RetentionPeriodHours":25}`, invalidArgument,
			"Requested retention period (25 hours) for stream clicks can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API."},
		{"UpdateStreamMode", `{` + byARN + `,"StreamModeDetails":{"StreamMode":"PROVISIONED"},"WarmThroughputMiBps":1}`, validation, "Warm throughput is supported for streams with the on-demand capacity mode only."},
		{"UpdateStreamMode", `{` + byARN + `,"StreamModeDetails":{"StreamMode":"ON_DEMAND"},"WarmThroughputMiBps":1}`, validation, "Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only."},
		{"UpdateStreamRecordDistributionStrategy", `{` + byARN + `,"RecordDistributionStrategy":"AUTO"}`, invalidArgument, "RecordDistributionStrategy AUTO is only supported for streams in the ON_DEMAND mode."},
		{"UpdateStreamWarmThroughput", `{` + clicks + `,"WarmThroughputMiBps":1}`, validation, "Warm throughput is supported for streams with the on-demand capacity mode only. Stream clicks is provisioned."},
		{"StartStreamEncryption", `{` + clicks + `,"EncryptionType":"NONE","KeyId":"alias/a"}`, invalidArgument, "EncryptionType must be KMS."},
		{"StartStreamEncryption", `{` + clicks + `,"EncryptionType":"KMS","KeyId":"?"}`, invalidArgument, "KeyId ? is invalid. It must be the id of a key, an alias or the ARN of either."},
		{"AddTagsToStream", `{` + clicks + `,"Tags":{"a\tb":"c,d"}}`, invalidArgument, "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :."},
		{"RemoveTagsFromStream", `{` + clicks + `,"TagKeys":["a","b;c"]}`, invalidArgument, "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :."},
		{"PutResourcePolicy", `{"ResourceARN":"` + arns + `clicks","Policy":"no"}`, invalidArgument, "The policy is not a JSON object."},
		{"DeleteResourcePolicy", `{"ResourceARN":"` + arns + `clicks"}`, notFound, "No resource policy found for resource ARN " + arns + "clicks."},
		{"DescribeStreamConsumer", `{` + byARN + `,"ConsumerName":"audit"}`, notFound, "Consumer audit, account " + account + " not found."},
		{"DescribeStreamConsumer", `{` + byARN + `}`, invalidArgument, "Either ConsumerARN or both StreamARN and ConsumerName must be provided."},
		{"DeregisterStreamConsumer", `{"ConsumerName":"audit"}`, invalidArgument, "Either ConsumerARN or both StreamARN and ConsumerName must be provided."},
		{"ListShards", `{}`, invalidArgument, "Either NextToken or StreamName should be provided."},
		{"ListShards", `{` + clicks + `,"NextToken":"x"}`, invalidArgument, "NextToken and StreamName cannot be provided together."},
		{"ListShards", `{"NextToken":"x","ExclusiveStartShardId":"0"}`, invalidArgument, "NextToken and ExclusiveStartShardId cannot be provided together."},
		{"ListShards", `{"NextToken":"x","StreamCreationTimestamp":1}`, invalidArgument, "NextToken and StreamCreationTimestamp cannot be provided together."},
		{"ListShards", `{"NextToken":"x"}`, invalidArgument, "NextToken is invalid."},
		{"ListShards", `{` + clicks + `,"StreamCreationTimestamp":1}`, notFound, "Stream clicks under account " + account + " not found."},
		{"ListShards", `{` + clicks + `,"ShardFilter":{"Type":"AFTER_SHARD_ID"}}`, invalidArgument, "ShardId must be provided with the ShardFilter type AFTER_SHARD_ID."},
		{"ListShards", `{` + clicks + `,"ShardFilter":{"Type":"AT_LATEST","ShardId":"0"}}`, invalidArgument, "ShardId cannot be provided with the ShardFilter type AT_LATEST."},
		{"ListShards", `{` + clicks + `,"ShardFilter":{"Type":"FROM_TIMESTAMP"}}`, invalidArgument, "Timestamp must be provided with the ShardFilter type FROM_TIMESTAMP."},
		{"ListShards", `{` + clicks + `,"ShardFilter":{"Type":"AT_TRIM_HORIZON","Timestamp":1}}`, invalidArgument, "Timestamp cannot be provided with the ShardFilter type AT_TRIM_HORIZON."},
		{"ListStreams", `{"NextToken":"x"}`, invalidArgument, "NextToken is invalid."},
		{"ListStreamConsumers", `{` + byARN + `,"NextToken":"x"}`, invalidArgument, "NextToken is invalid."},
		{"ListStreamConsumers", `{` + byARN + `,"NextToken":"x","StreamCreationTimestamp":1}`, invalidArgument, "NextToken and StreamCreationTimestamp cannot be provided together."},
		{"ListStreamConsumers", `{` + byARN + `,"StreamCreationTimestamp":1}`, notFound, "Stream clicks under account " + account + " not found."},
	} {
		h, _ := newHandler(t, kinesis.ServiceConfig{ShardLimit: 10})
		before := ask(t, h, "DescribeStreamSummary", `{"StreamName":"clicks"}`)
		require.Equal(t, problem{c.kind, c.message, 400}, refused(t, h, c.action, c.body), "%s %s", c.action, c.body)
		require.Equal(t, before, ask(t, h, "DescribeStreamSummary", `{"StreamName":"clicks"}`), "%s %s changed something", c.action, c.body)
		require.Equal(t, []any{"clicks"}, ask(t, h, "ListStreams", `{}`)["StreamNames"], "%s %s", c.action, c.body)
	}
}

// TestRetentionHasADirection, and the period that is there is right for both.
func TestRetentionHasADirection(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	for range 2 {
		ask(t, h, "IncreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":8760}`)
	}
	require.Equal(t, problem{invalidArgument, "Requested retention period (48 hours) for stream clicks can not be shorter than existing retention period (8760 hours). Use DecreaseRetentionPeriod API.", 400},
		refused(t, h, "IncreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":48}`))
	for range 2 {
		ask(t, h, "DecreaseStreamRetentionPeriod", `{"StreamName":"clicks","RetentionPeriodHours":24}`)
	}
}

func TestTooManyTags(t *testing.T) {
	h, _ := newHandler(t, kinesis.ServiceConfig{})
	var tags []string
	for i := range 50 {
		tags = append(tags, fmt.Sprintf(`"tag-%02d":"v"`, i))
	}
	ask(t, h, "AddTagsToStream", `{"StreamName":"clicks","Tags":{`+strings.Join(tags, ",")+`}}`)
	p := refused(t, h, "AddTagsToStream", `{"StreamName":"clicks","Tags":{"one-more":"v"}}`)
	require.Equal(t, invalidArgument, p.kind)
	require.Contains(t, p.message, "cannot have more than 50 tags")
	ask(t, h, "AddTagsToStream", `{"StreamName":"clicks","Tags":{"tag-00":"new"}}`)
	all := ask(t, h, "ListTagsForStream", `{"StreamName":"clicks"}`)
	require.Len(t, all["Tags"], 50)
	require.Equal(t, map[string]any{"Key": "tag-00", "Value": "new"}, all["Tags"].([]any)[0])
}
