// An order's way through a queue, by the SDK for JavaScript. The SDK checks the MD5s
// of bodies itself; those of attributes are checked here.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { QueueDoesNotExist, SQS } from "@aws-sdk/client-sqs";

const endpoint = process.env.LEAT_ENDPOINT;
const options = { endpoint, region: "us-east-1", maxAttempts: 1 };
const sqs = new SQS(options);

const md5 = (text) => createHash("md5").update(text).digest("hex");

function md5OfAttributes(attributes) {
  const hash = createHash("md5");
  const add = (bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name];
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    hash.update(Buffer.from([DataType.startsWith("Binary") ? 2 : 1]));
    add(Buffer.from(BinaryValue ?? StringValue));
  }
  return hash.digest("hex");
}

async function fails(promise, code, status, text) {
  const error = await promise.then(() => assert.fail(`no ${code}`), (reason) => reason);
  assert.equal(error.Error?.Code ?? error.Code ?? error.name, code, String(error));
  assert.equal(error.$metadata.httpStatusCode, status);
  assert.ok(error.$metadata.requestId);
  assert.match(error.message, text);
  return error;
}

// Queues, their URLs and attributes.
const { QueueUrl: dead } = await sqs.createQueue({ QueueName: "orders-dead" });
const { Attributes: { QueueArn: deadArn } } = await sqs.getQueueAttributes({ QueueUrl: dead, AttributeNames: ["QueueArn"] });
assert.equal(deadArn, "arn:aws:sqs:us-east-1:000000000000:orders-dead");
const { QueueUrl: orders } = await sqs.createQueue({
  QueueName: "orders",
  Attributes: { VisibilityTimeout: "40", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 1 }) },
  tags: { team: "shop" },
});
assert.equal(orders, `${endpoint}/000000000000/orders`);
assert.equal((await sqs.getQueueUrl({ QueueName: "orders" })).QueueUrl, orders);
assert.deepEqual((await sqs.listQueues({ QueueNamePrefix: "ord" })).QueueUrls, [orders, dead]);
await sqs.setQueueAttributes({ QueueUrl: orders, Attributes: { VisibilityTimeout: "45" } });
const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: orders, AttributeNames: ["All"] });
assert.equal(Attributes.VisibilityTimeout, "45");
assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: dead })).queueUrls, [orders]);

// Tags and permissions.
await sqs.tagQueue({ QueueUrl: orders, Tags: { stage: "test" } });
await sqs.untagQueue({ QueueUrl: orders, TagKeys: ["team"] });
assert.deepEqual((await sqs.listQueueTags({ QueueUrl: orders })).Tags, { stage: "test" });
await sqs.addPermission({ QueueUrl: orders, Label: "partner", AWSAccountIds: ["123456789012"], Actions: ["SendMessage"] });
await sqs.removePermission({ QueueUrl: orders, Label: "partner" });

// A message with everything.
const body = 'a+b %20 &=?/<tag attr="x">\u1234 \u{1f600}\r\n\t end';
const MessageAttributes = {
  kind: { DataType: "String", StringValue: "retail" },
  amount: { DataType: "Number.eur", StringValue: "12.50" },
  seal: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 1, 255) },
};
const sent = await sqs.sendMessage({ QueueUrl: orders, MessageBody: body, MessageAttributes });
assert.equal(sent.MD5OfMessageBody, md5(body));
assert.equal(sent.MD5OfMessageAttributes, md5OfAttributes(MessageAttributes));
const { Messages: [message] } = await sqs.receiveMessage({
  QueueUrl: orders, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"],
});
assert.equal(message.Body, body);
assert.equal(message.MessageId, sent.MessageId);
assert.equal(message.MD5OfBody, md5(body));
assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
assert.equal(message.MessageAttributes.amount.StringValue, "12.50");
assert.deepEqual([...message.MessageAttributes.seal.BinaryValue], [0, 1, 255]);
assert.equal(message.Attributes.ApproximateReceiveCount, "1");
await sqs.changeMessageVisibility({ QueueUrl: orders, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 60 });
await sqs.deleteMessage({ QueueUrl: orders, ReceiptHandle: message.ReceiptHandle });
assert.equal((await sqs.receiveMessage({ QueueUrl: orders })).Messages, undefined);

// Batches, failing in part.
const batch = await sqs.sendMessageBatch({
  QueueUrl: orders,
  Entries: [
    { Id: "one", MessageBody: "1" },
    { Id: "slow", MessageBody: "2", DelaySeconds: 901 },
    { Id: "three", MessageBody: "3" },
  ],
});
assert.deepEqual(batch.Successful.map((e) => [e.Id, e.MD5OfMessageBody]), [["one", md5("1")], ["three", md5("3")]]);
assert.deepEqual(batch.Failed.map((e) => [e.Id, e.Code, e.SenderFault]), [["slow", "InvalidParameterValue", true]]);
const { Messages: messages } = await sqs.receiveMessage({ QueueUrl: orders, MaxNumberOfMessages: 10 });
messages.sort((a, b) => a.Body.localeCompare(b.Body));
assert.deepEqual(messages.map((m) => m.Body), ["1", "3"]);
const changed = await sqs.changeMessageVisibilityBatch({
  QueueUrl: orders,
  Entries: [
    { Id: "good", ReceiptHandle: messages[1].ReceiptHandle, VisibilityTimeout: 0 },
    { Id: "bad", ReceiptHandle: "garbage", VisibilityTimeout: 0 },
  ],
});
assert.deepEqual(changed.Successful.map((e) => e.Id), ["good"]);
assert.deepEqual(changed.Failed.map((e) => [e.Id, e.Code]), [["bad", "ReceiptHandleIsInvalid"]]);
const deleted = await sqs.deleteMessageBatch({ QueueUrl: orders, Entries: [{ Id: "good", ReceiptHandle: messages[0].ReceiptHandle }] });
assert.deepEqual(deleted.Successful.map((e) => e.Id), ["good"]);

// The message made visible has had its one receive: it goes to the dead-letter queue,
// and a task brings it back.
assert.equal((await sqs.receiveMessage({ QueueUrl: orders })).Messages, undefined);
await sqs.startMessageMoveTask({ SourceArn: deadArn });
const { Messages: [back] } = await sqs.receiveMessage({ QueueUrl: orders, WaitTimeSeconds: 5 });
assert.equal(back.Body, "3");
const { Results: [task] } = await sqs.listMessageMoveTasks({ SourceArn: deadArn });
assert.deepEqual([task.Status, task.ApproximateNumberOfMessagesMoved], ["COMPLETED", 1]);
await fails(sqs.cancelMessageMoveTask({ TaskHandle: "garbage" }), "InvalidParameterValue", 400, /TaskHandle is invalid/);

// Long polls: one that finds nothing, one that a send answers, one that is given up.
let start = Date.now();
assert.equal((await sqs.receiveMessage({ QueueUrl: orders, WaitTimeSeconds: 1 })).Messages, undefined);
assert.ok(Date.now() - start > 900);
start = Date.now();
const poll = sqs.receiveMessage({ QueueUrl: orders, WaitTimeSeconds: 20 });
await sleep(300);
await sqs.sendMessage({ QueueUrl: orders, MessageBody: "at last" });
assert.equal((await poll).Messages[0].Body, "at last");
assert.ok(Date.now() - start < 5000);
await assert.rejects(sqs.receiveMessage({ QueueUrl: orders, WaitTimeSeconds: 20 }, { abortSignal: AbortSignal.timeout(200) }), { name: "AbortError" });

// FIFO.
const { QueueUrl: fifo } = await sqs.createQueue({ QueueName: "orders.fifo", Attributes: { FifoQueue: "true" } });
const order = { QueueUrl: fifo, MessageBody: "x", MessageGroupId: "g", MessageDeduplicationId: "d" };
const first = await sqs.sendMessage(order);
assert.equal(first.SequenceNumber.length, 20);
assert.equal((await sqs.sendMessage(order)).SequenceNumber, first.SequenceNumber);

// Errors.
const gone = await fails(sqs.sendMessage({ QueueUrl: `${endpoint}/000000000000/missing`, MessageBody: "x" }),
  "AWS.SimpleQueueService.NonExistentQueue", 400, /^The specified queue does not exist\.$/);
assert.ok(gone instanceof QueueDoesNotExist);
await fails(sqs.createQueue({ QueueName: "orders", Attributes: { VisibilityTimeout: "1" } }), "QueueAlreadyExists", 400, /VisibilityTimeout/);
await fails(sqs.receiveMessage({ QueueUrl: orders, WaitTimeSeconds: 21 }), "InvalidParameterValue", 400, /Value 21 for parameter WaitTimeSeconds is invalid\./);
await fails(sqs.deleteMessage({ QueueUrl: orders, ReceiptHandle: "garbage" }), "ReceiptHandleIsInvalid", 400, /./);
await fails(sqs.sendMessageBatch({ QueueUrl: orders, Entries: [] }), "AWS.SimpleQueueService.EmptyBatchRequest", 400, /./);
const stranger = new SQS({ ...options, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
await fails(stranger.listQueues({}), "SignatureDoesNotMatch", 403, /does not match the signature you provided/);

// The end.
await sqs.purgeQueue({ QueueUrl: orders });
await fails(sqs.purgeQueue({ QueueUrl: orders }), "AWS.SimpleQueueService.PurgeQueueInProgress", 403, /Only one PurgeQueue operation on orders/);
for (const QueueUrl of [orders, dead, fifo]) await sqs.deleteQueue({ QueueUrl });
assert.equal((await sqs.listQueues({})).QueueUrls, undefined);
