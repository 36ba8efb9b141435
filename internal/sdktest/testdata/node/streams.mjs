// A click's way through a stream, by the SDK for JavaScript. Every assertion is about what
// Kinesis does.
import assert from "node:assert/strict";
import {
  InvalidArgumentException, Kinesis, ResourceInUseException, ResourceNotFoundException,
  paginateListStreams, waitUntilStreamExists, waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";

const endpoint = process.env.LEAT_ENDPOINT;
const options = { endpoint, region: "us-east-1", maxAttempts: 1 };
const kinesis = new Kinesis(options);
const StreamName = "clicks";
const StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks";
const data = (answer) => answer.Records.map((record) => Buffer.from(record.Data).toString());

async function fails(promise, kind, name, text) {
  const error = await promise.then(() => assert.fail(`no ${name}`), (reason) => reason);
  assert.equal(error.name, name, String(error));
  assert.ok(error instanceof kind);
  assert.equal(error.$metadata.httpStatusCode, 400);
  assert.ok(error.$metadata.requestId);
  assert.match(error.message, text);
}

async function iterator(ShardId, ShardIteratorType = "TRIM_HORIZON", more = {}) {
  return (await kinesis.getShardIterator({ StreamName, ShardId, ShardIteratorType, ...more })).ShardIterator;
}

// A stream and its shards.
const began = new Date();
await kinesis.createStream({ StreamName, ShardCount: 2, Tags: { team: "shop" } });
await waitUntilStreamExists({ client: kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { StreamName });
const { StreamDescription: described } = await kinesis.describeStream({ StreamName });
assert.equal(described.StreamARN, StreamARN);
assert.equal(described.StreamStatus, "ACTIVE");
assert.ok(Math.abs(described.StreamCreationTimestamp - began) < 60_000);
const [first, second] = described.Shards.map((shard) => shard.ShardId);
assert.equal(described.Shards[1].HashKeyRange.EndingHashKey, String(2n ** 128n - 1n));
const page = await kinesis.listShards({ StreamName, MaxResults: 1 });
assert.deepEqual((await kinesis.listShards({ NextToken: page.NextToken })).Shards.map((s) => s.ShardId), [second]);
for await (const { StreamNames } of paginateListStreams({ client: kinesis }, { Limit: 1 })) assert.deepEqual(StreamNames, [StreamName]);

// Records, one at a time and in a batch.
const every = Uint8Array.from({ length: 256 }, (_, i) => i);
const one = await kinesis.putRecord({ StreamName, Data: every, PartitionKey: "k", ExplicitHashKey: "0" });
assert.equal(one.ShardId, first);
const many = await kinesis.putRecords({
  StreamARN,
  Records: [
    { Data: new Uint8Array(), PartitionKey: "ключ \u{1f600}", ExplicitHashKey: "1" },
    { Data: Buffer.alloc(1_000_000, "x"), PartitionKey: "k", ExplicitHashKey: "2" },
    { Data: Buffer.from("other"), PartitionKey: "k", ExplicitHashKey: String(2n ** 128n - 1n) },
  ],
});
assert.equal(many.FailedRecordCount, 0);
assert.deepEqual(many.Records.map((r) => r.ShardId), [first, first, second]);
let answer = await kinesis.getRecords({ ShardIterator: await iterator(first), Limit: 2 });
assert.deepEqual([...answer.Records[0].Data], [...every]);
assert.equal(answer.Records[0].SequenceNumber, one.SequenceNumber);
assert.ok(Math.abs(answer.Records[0].ApproximateArrivalTimestamp - began) < 60_000);
assert.equal(answer.Records[1].Data.length, 0);
assert.equal(answer.Records[1].PartitionKey, "ключ \u{1f600}");
answer = await kinesis.getRecords({ ShardIterator: answer.NextShardIterator });
assert.deepEqual(data(answer), ["x".repeat(1_000_000)]);
assert.equal(answer.MillisBehindLatest, 0);
for (const [kind, more, count] of [
  ["AT_SEQUENCE_NUMBER", { StartingSequenceNumber: many.Records[0].SequenceNumber }, 2],
  ["AFTER_SEQUENCE_NUMBER", { StartingSequenceNumber: many.Records[0].SequenceNumber }, 1],
  ["AT_TIMESTAMP", { Timestamp: began }, 3],
  ["LATEST", {}, 0],
]) {
  assert.equal((await kinesis.getRecords({ ShardIterator: await iterator(first, kind, more) })).Records.length, count, kind);
}

// A consumer, whose events come over HTTP/2 while the same connection serves other calls.
const { Consumer: { ConsumerARN } } = await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: "reader" });
assert.equal((await kinesis.describeStreamConsumer({ ConsumerARN })).ConsumerDescription.ConsumerStatus, "ACTIVE");
const StartingPosition = { Type: "TRIM_HORIZON" };
const events = (await kinesis.subscribeToShard({ ConsumerARN, ShardId: first, StartingPosition })).EventStream[Symbol.asyncIterator]();
const next = async () => (await events.next()).value?.SubscribeToShardEvent;
let event = await next();
assert.equal(event.Records.length, 3);
assert.equal(event.ContinuationSequenceNumber, many.Records[1].SequenceNumber);
for (const text of ["0", "1", "2"]) {
  await kinesis.putRecord({ StreamName, Data: Buffer.from(text), PartitionKey: "k", ExplicitHashKey: "0" });
  event = await next();
  assert.deepEqual(data(event), [text]);
  assert.equal(event.MillisBehindLatest, 0);
}
await fails(kinesis.subscribeToShard({ ConsumerARN, ShardId: first, StartingPosition }), ResourceInUseException, "ResourceInUseException", /^Another active subscription exists/);
const start = Date.now();
event = await next();
assert.deepEqual(event.Records, []);
assert.ok(Date.now() - start > 3000, "a sign of life after five seconds");

// A split ends the shard, for all who read it.
await kinesis.splitShard({ StreamName, ShardToSplit: first, NewStartingHashKey: "3" });
event = await next();
assert.equal(event.ContinuationSequenceNumber, undefined);
assert.deepEqual(event.ChildShards.map((c) => c.ParentShards), [[first], [first]]);
assert.equal((await events.next()).done, true);
answer = await kinesis.getRecords({ ShardIterator: await iterator(first) });
assert.equal(answer.Records.length, 6);
assert.equal(answer.NextShardIterator, undefined);
assert.equal(answer.ChildShards.length, 2);

// A subscription that somebody gives up, and one that the consumer's end breaks off.
const abort = new AbortController();
await kinesis.subscribeToShard({ ConsumerARN, ShardId: "shardId-000000000002", StartingPosition }, { abortSignal: abort.signal });
abort.abort();
const broken = (await kinesis.subscribeToShard({ ConsumerARN, ShardId: second, StartingPosition })).EventStream;
await assert.rejects(async () => {
  for await (const { SubscribeToShardEvent: e } of broken) {
    assert.deepEqual(data(e), ["other"]);
    await kinesis.deregisterStreamConsumer({ ConsumerARN });
  }
}, { name: "ResourceNotFoundException" });

// More shards and fewer, settings and tags.
await kinesis.mergeShards({ StreamName, ShardToMerge: "shardId-000000000002", AdjacentShardToMerge: "shardId-000000000003" });
const updated = await kinesis.updateShardCount({ StreamName, TargetShardCount: 4, ScalingType: "UNIFORM_SCALING" });
assert.deepEqual([updated.CurrentShardCount, updated.TargetShardCount], [2, 4]);
await kinesis.increaseStreamRetentionPeriod({ StreamName, RetentionPeriodHours: 48 });
await kinesis.updateMaxRecordSize({ StreamARN, MaxRecordSizeInKiB: 2048 });
await kinesis.addTagsToStream({ StreamName, Tags: { stage: "test" } });
await kinesis.untagResource({ ResourceARN: StreamARN, TagKeys: ["team"] });
assert.deepEqual((await kinesis.listTagsForResource({ ResourceARN: StreamARN })).Tags, [{ Key: "stage", Value: "test" }]);
const { StreamDescriptionSummary: summary } = await kinesis.describeStreamSummary({ StreamName });
assert.deepEqual([summary.OpenShardCount, summary.RetentionPeriodHours, summary.MaxRecordSizeInKiB], [4, 48, 2048]);

// Errors.
await fails(kinesis.describeStream({ StreamName: "missing" }), ResourceNotFoundException, "ResourceNotFoundException", /^Stream missing under account 000000000000 not found\.$/);
await fails(kinesis.createStream({ StreamName, ShardCount: 1 }), ResourceInUseException, "ResourceInUseException", /already exists/);
await fails(kinesis.getRecords({ ShardIterator: "garbage" }), InvalidArgumentException, "InvalidArgumentException", /^Invalid ShardIterator\.$/);
const stranger = new Kinesis({ ...options, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
await assert.rejects(stranger.listStreams({}), { name: "InvalidSignatureException" });
stranger.destroy();

// The end.
await kinesis.deleteStream({ StreamName });
await waitUntilStreamNotExists({ client: kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { StreamName });
assert.deepEqual((await kinesis.listStreams({})).StreamNames, []);
kinesis.destroy();
