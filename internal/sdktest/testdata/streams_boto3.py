"""A click's way through a stream, by boto3. Every assertion is about what Kinesis does."""

import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

ENDPOINT = os.environ["LEAT_ENDPOINT"]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
MAX_HASH_KEY = str(2**128 - 1)
kinesis = boto3.client("kinesis", endpoint_url=ENDPOINT, config=Config(retries={"max_attempts": 0}))


def fails(call, code, text="", status=400, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        response = error.response
        assert response["Error"]["Code"] == code, response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
        assert response["ResponseMetadata"]["RequestId"], response
        assert text in response["Error"]["Message"], response
        modeled = getattr(kinesis.exceptions, code, None)
        assert modeled is None or isinstance(error, modeled), error
        return
    raise AssertionError(f"{call} did not fail with {code}")


def iterator(shard, kind="TRIM_HORIZON", **more):
    return kinesis.get_shard_iterator(StreamName="clicks", ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]


def data(answer):
    return [record["Data"] for record in answer["Records"]]


# A stream, its shards and their hash keys.
kinesis.create_stream(StreamName="clicks", ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName="clicks", WaiterConfig={"Delay": 1})
described = kinesis.describe_stream(StreamName="clicks")["StreamDescription"]
assert described["StreamARN"] == ARN, described
assert described["StreamStatus"] == "ACTIVE", described
assert described["RetentionPeriodHours"] == 24, described
assert abs(described["StreamCreationTimestamp"].timestamp() - time.time()) < 60, described
first, second = (shard["ShardId"] for shard in described["Shards"])
assert (first, second) == ("shardId-000000000000", "shardId-000000000001"), described
assert described["Shards"][0]["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)}, described
page = kinesis.list_shards(StreamName="clicks", MaxResults=1)
assert [shard["ShardId"] for shard in kinesis.list_shards(NextToken=page["NextToken"])["Shards"]] == [second]
assert kinesis.list_streams()["StreamNames"] == ["clicks"]
summary = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
assert summary["OpenShardCount"] == 2, summary
assert kinesis.describe_limits()["OpenShardCount"] == 2

# Records, one at a time and in batches, with any bytes and any keys.
began = time.time()
every = bytes(range(256))
one = kinesis.put_record(StreamName="clicks", Data=every, PartitionKey="k", ExplicitHashKey="0")
assert one["ShardId"] == first, one
assert "EncryptionType" not in one, one
many = kinesis.put_records(
    StreamName="clicks",
    Records=[
        {"Data": b"", "PartitionKey": "ключ \U0001f600", "ExplicitHashKey": "1"},
        {"Data": b"x" * 1_000_000, "PartitionKey": "k" * 256, "ExplicitHashKey": str(2**127 - 1)},
        {"Data": b"other", "PartitionKey": "k", "ExplicitHashKey": MAX_HASH_KEY},
    ],
)
assert many["FailedRecordCount"] == 0, many
assert [record["ShardId"] for record in many["Records"]] == [first, first, second], many
numbers = [one["SequenceNumber"], many["Records"][0]["SequenceNumber"], many["Records"][1]["SequenceNumber"]]
assert numbers == sorted(numbers) and all(len(number) == 56 for number in numbers), numbers
last = kinesis.put_record(StreamName="clicks", Data=b"ordered", PartitionKey="k", ExplicitHashKey="0", SequenceNumberForOrdering=numbers[2])

# Every way to begin, and a page at a time.
answer = kinesis.get_records(ShardIterator=iterator(first), Limit=2)
assert data(answer) == [every, b""], answer
assert [record["SequenceNumber"] for record in answer["Records"]] == numbers[:2], answer
assert answer["Records"][1]["PartitionKey"] == "ключ \U0001f600", answer
assert abs(answer["Records"][0]["ApproximateArrivalTimestamp"].timestamp() - began) < 60, answer
answer = kinesis.get_records(ShardIterator=answer["NextShardIterator"])
assert data(answer) == [b"x" * 1_000_000, b"ordered"], answer
assert answer["MillisBehindLatest"] == 0, answer
assert data(kinesis.get_records(ShardIterator=answer["NextShardIterator"])) == []
for kind, more, count in [
    ("AT_SEQUENCE_NUMBER", {"StartingSequenceNumber": numbers[1]}, 3),
    ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": numbers[1]}, 2),
    ("AT_TIMESTAMP", {"Timestamp": began - 1}, 4),
    ("LATEST", {}, 0),
]:
    assert len(kinesis.get_records(ShardIterator=iterator(first, kind, **more))["Records"]) == count, kind

# A consumer, whose events come over HTTP/1.1 as they happen.
consumer = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="reader")["Consumer"]["ConsumerARN"]
reader = kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]
assert (reader["ConsumerStatus"], reader["StreamARN"]) == ("ACTIVE", ARN), reader
assert [c["ConsumerName"] for c in kinesis.list_stream_consumers(StreamARN=ARN)["Consumers"]] == ["reader"]
trim = {"Type": "TRIM_HORIZON"}
stream = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=first, StartingPosition=trim)["EventStream"]
events = iter(stream)
event = next(events)["SubscribeToShardEvent"]
assert data(event) == [every, b"", b"x" * 1_000_000, b"ordered"], event
assert event["ContinuationSequenceNumber"] == last["SequenceNumber"], event
for i in range(3):
    put = kinesis.put_record(StreamName="clicks", Data=b"%d" % i, PartitionKey="k", ExplicitHashKey="0")
    event = next(events)["SubscribeToShardEvent"]
    assert data(event) == [b"%d" % i], event
    assert event["ContinuationSequenceNumber"] == put["SequenceNumber"], event
    assert event["MillisBehindLatest"] == 0, event
fails(kinesis.subscribe_to_shard, "ResourceInUseException", "Another active subscription exists", ConsumerARN=consumer, ShardId=first, StartingPosition=trim)

# A split ends the shard, for all who read it.
kinesis.split_shard(StreamName="clicks", ShardToSplit=first, NewStartingHashKey=str(2**126))
event = next(events)["SubscribeToShardEvent"]
assert "ContinuationSequenceNumber" not in event, event
assert [child["ShardId"] for child in event["ChildShards"]] == ["shardId-000000000002", "shardId-000000000003"], event
assert next(events, None) is None
answer = kinesis.get_records(ShardIterator=iterator(first))
assert len(answer["Records"]) == 7 and "NextShardIterator" not in answer, answer
assert answer["ChildShards"][1]["ParentShards"] == [first], answer

# A subscription that the consumer's end breaks off is an error among the events.
stream = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=second, StartingPosition=trim)["EventStream"]
events = iter(stream)
assert data(next(events)["SubscribeToShardEvent"]) == [b"other"]
kinesis.deregister_stream_consumer(ConsumerARN=consumer)
try:
    event = next(events)
    raise AssertionError(event)
except EventStreamError as error:
    assert error.response["Error"]["Code"] == "ResourceNotFoundException", error

# More shards and fewer.
kinesis.merge_shards(StreamName="clicks", ShardToMerge="shardId-000000000002", AdjacentShardToMerge="shardId-000000000003")
shards = kinesis.list_shards(StreamName="clicks")["Shards"]
merged = shards[4]
assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == ("shardId-000000000002", "shardId-000000000003"), merged
assert "EndingSequenceNumber" in shards[0]["SequenceNumberRange"] and "EndingSequenceNumber" not in merged["SequenceNumberRange"], shards
updated = kinesis.update_shard_count(StreamName="clicks", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
assert (updated["CurrentShardCount"], updated["TargetShardCount"]) == (2, 4), updated
assert len(kinesis.list_shards(StreamName="clicks", ShardFilter={"Type": "AT_LATEST"})["Shards"]) == 4

# Settings.
kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
kinesis.decrease_stream_retention_period(StreamName="clicks", RetentionPeriodHours=25)
metrics = kinesis.enable_enhanced_monitoring(StreamName="clicks", ShardLevelMetrics=["ALL"])
assert metrics["CurrentShardLevelMetrics"] == [] and len(metrics["DesiredShardLevelMetrics"]) == 7, metrics
kinesis.disable_enhanced_monitoring(StreamName="clicks", ShardLevelMetrics=["IncomingBytes"])
kinesis.start_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId="alias/aws/kinesis")
assert kinesis.put_record(StreamName="clicks", Data=b"x", PartitionKey="k")["EncryptionType"] == "KMS"
kinesis.add_tags_to_stream(StreamName="clicks", Tags={"team": "shop", "note": "a + b"})
kinesis.remove_tags_from_stream(StreamName="clicks", TagKeys=["note"])
assert kinesis.list_tags_for_stream(StreamName="clicks")["Tags"] == [{"Key": "team", "Value": "shop"}]
described = kinesis.describe_stream(StreamName="clicks", Limit=1)["StreamDescription"]
assert (described["EncryptionType"], described["KeyId"], described["RetentionPeriodHours"]) == ("KMS", "alias/aws/kinesis", 25), described
assert len(described["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == 6 and described["HasMoreShards"], described
kinesis.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"})
assert kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}

# Errors.
fails(kinesis.describe_stream, "ResourceNotFoundException", "Stream missing under account 000000000000 not found.", StreamName="missing")
fails(kinesis.create_stream, "ResourceInUseException", "Stream clicks under account 000000000000 already exists.", StreamName="clicks", ShardCount=1)
fails(kinesis.list_shards, "InvalidArgumentException", "NextToken and StreamName cannot be provided together.", StreamName="clicks", NextToken=page["NextToken"])
fails(kinesis.get_records, "InvalidArgumentException", "Invalid ShardIterator.", ShardIterator="garbage")
fails(kinesis.get_shard_iterator, "InvalidArgumentException", StreamName="clicks", ShardId=second, ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[0])
fails(kinesis.put_record, "ValidationException", "Member must have length less than or equal to 256", StreamName="clicks", Data=b"x", PartitionKey="k" * 257)
fails(kinesis.put_records, "ValidationException", "1 validation error detected", StreamName="clicks", Records=[{"Data": b"x", "PartitionKey": "k"}] * 501)
fails(kinesis.split_shard, "ValidationException", "Stream clicks under account 000000000000 is in On-Demand mode.", StreamName="clicks", ShardToSplit="shardId-000000000008", NewStartingHashKey="0")
stranger = boto3.client("kinesis", endpoint_url=ENDPOINT, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
fails(stranger.list_streams, "InvalidSignatureException", "does not match the signature you provided")

# The end.
kinesis.delete_stream(StreamName="clicks")
kinesis.get_waiter("stream_not_exists").wait(StreamName="clicks", WaiterConfig={"Delay": 1})
assert kinesis.list_streams()["StreamNames"] == []
