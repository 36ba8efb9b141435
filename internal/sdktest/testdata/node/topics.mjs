// A topic's life, by the SDK for JavaScript. What it sends to queues and over HTTP is
// verified by sns-validator, which fetches the certificate over TLS.
import assert from "node:assert/strict";
import { createVerify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { InvalidParameterException, NotFoundException, SNS, paginateListTopics } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import MessageValidator from "sns-validator";

const endpoint = process.env.LEAT_ENDPOINT;
const options = { endpoint, region: "us-east-1", maxAttempts: 1 };
const sns = new SNS(options);
const sqs = new SQS(options);

const validator = new MessageValidator(/^127\.0\.0\.1:\d+$/);
const validate = promisify(validator.validate.bind(validator));

async function fails(promise, code, status, text) {
  const error = await promise.then(() => assert.fail(`no ${code}`), (reason) => reason);
  assert.equal(error.Error?.Code ?? error.Code ?? error.name, code, String(error));
  assert.equal(error.$metadata.httpStatusCode, status);
  assert.ok(error.$metadata.requestId);
  assert.match(error.message, text);
  return error;
}

async function queue(name, Attributes) {
  const { QueueUrl } = await sqs.createQueue({ QueueName: name, Attributes });
  const { Attributes: { QueueArn } } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  return { url: QueueUrl, arn: QueueArn };
}

async function take({ url }) {
  const { Messages = [] } = await sqs.receiveMessage({
    QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"],
  });
  for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl: url, ReceiptHandle });
  return Messages;
}

// Topics, their attributes, tags and permissions.
const { TopicArn: orders } = await sns.createTopic({ Name: "orders", Attributes: { DisplayName: "Orders" }, Tags: [{ Key: "team", Value: "shop" }] });
assert.equal(orders, "arn:aws:sns:us-east-1:000000000000:orders");
await sns.setTopicAttributes({ TopicArn: orders, AttributeName: "DisplayName", AttributeValue: "a+b & <c>" });
const { Attributes: described } = await sns.getTopicAttributes({ TopicArn: orders });
assert.equal(described.DisplayName, "a+b & <c>");
assert.equal(described.Owner, "000000000000");
await sns.tagResource({ ResourceArn: orders, Tags: [{ Key: "stage", Value: "test" }] });
await sns.untagResource({ ResourceArn: orders, TagKeys: ["team"] });
assert.deepEqual((await sns.listTagsForResource({ ResourceArn: orders })).Tags, [{ Key: "stage", Value: "test" }]);
await sns.addPermission({ TopicArn: orders, Label: "partner", AWSAccountId: ["123456789012"], ActionName: ["Publish"] });
await sns.removePermission({ TopicArn: orders, Label: "partner" });

// Lists.
for (let i = 0; i < 100; i++) await sns.createTopic({ Name: `other-${i}` });
const pages = [];
for await (const { Topics } of paginateListTopics({ client: sns }, {})) pages.push(Topics.length);
assert.deepEqual(pages, [100, 1]);
for (let i = 0; i < 100; i++) await sns.deleteTopic({ TopicArn: `${orders.replace(/orders$/, "other")}-${i}` });
assert.deepEqual((await sns.listTopics({})).Topics, [{ TopicArn: orders }]);

// Subscriptions of queues, and a message with everything.
const plain = await queue("plain");
const raw = await queue("raw");
const { SubscriptionArn } = await sns.subscribe({ TopicArn: orders, Protocol: "sqs", Endpoint: plain.arn });
await sns.subscribe({ TopicArn: orders, Protocol: "sqs", Endpoint: raw.arn, Attributes: { RawMessageDelivery: "true" } });
await sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: "FilterPolicy", AttributeValue: '{"kind":[{"prefix":"ret"}]}' });
const { Attributes: subscribed } = await sns.getSubscriptionAttributes({ SubscriptionArn });
assert.equal(subscribed.FilterPolicy, '{"kind":[{"prefix":"ret"}]}');
assert.equal(subscribed.PendingConfirmation, "false");
assert.equal((await sns.listSubscriptions({})).Subscriptions.length, 2);
const Message = 'a+b %20 &=?/<tag attr="x">\u1234 \u{1f600}\r\n\t end';
const MessageAttributes = {
  kind: { DataType: "String", StringValue: "retail" },
  amount: { DataType: "Number", StringValue: "12.50" },
  seal: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 1, 255) },
};
const { MessageId } = await sns.publish({ TopicArn: orders, Message, Subject: "News", MessageAttributes });
const [bare] = await take(raw);
assert.equal(bare.Body, Message);
assert.equal(bare.MessageAttributes.amount.StringValue, "12.50");
assert.deepEqual([...bare.MessageAttributes.seal.BinaryValue], [0, 1, 255]);
const [wrapped] = await take(plain);
const letter = await validate(wrapped.Body);
assert.equal(letter.Message, Message);
assert.equal(letter.MessageId, MessageId);
assert.equal(letter.Subject, "News");
assert.deepEqual(letter.MessageAttributes.seal, { Type: "Binary", Value: "AAH/" });
await assert.rejects(validate({ ...letter, Message: "forged" }), /signature is invalid/);

// Batches, structured messages, filters.
const batch = await sns.publishBatch({
  TopicArn: orders,
  PublishBatchRequestEntries: [
    { Id: "one", Message: '{"default":"1","sqs":"one"}', MessageStructure: "json", MessageAttributes },
    { Id: "two", Message: "two" },
  ],
});
assert.deepEqual(batch.Successful.map((e) => e.Id), ["one", "two"]);
assert.deepEqual(batch.Failed, []);
assert.deepEqual((await take(raw)).map((m) => m.Body).sort(), ["one", "two"]);
assert.deepEqual((await take(plain)).map((m) => JSON.parse(m.Body).Message), ["one"]);

// FIFO.
const { TopicArn: fifo } = await sns.createTopic({ Name: "orders.fifo", Attributes: { FifoTopic: "true", ContentBasedDeduplication: "true" } });
const lane = await queue("lane.fifo", { FifoQueue: "true" });
await sns.subscribe({ TopicArn: fifo, Protocol: "sqs", Endpoint: lane.arn, Attributes: { RawMessageDelivery: "true" } });
const texts = ["1", "2", "3", "4", "5"];
for (const text of [...texts, "1"]) {
  const { SequenceNumber } = await sns.publish({ TopicArn: fifo, Message: text, MessageGroupId: "g" });
  assert.equal(SequenceNumber.length, 20);
}
const inOrder = await take(lane);
assert.deepEqual(inOrder.map((m) => m.Body), texts);
assert.equal(inOrder[0].Attributes.MessageGroupId, "g");

// A subscriber over HTTP that confirms and unsubscribes by the links, under both
// versions of signatures.
const arrived = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  response.end();
  arrived.push({ headers: request.headers, message: JSON.parse(body) });
  server.emit("arrived");
}).listen(0, "127.0.0.1");
await once(server, "listening");
async function next(type) {
  while (arrived.length === 0) await once(server, "arrived");
  const { headers, message } = arrived.shift();
  assert.equal(message.Type, type);
  assert.equal(headers["x-amz-sns-message-type"], type);
  assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
  return message;
}
async function follow(link) {
  const response = await fetch(link);
  assert.equal(response.status, 200);
  return response.text();
}
for (const version of ["1", "2"]) {
  await sns.setTopicAttributes({ TopicArn: orders, AttributeName: "SignatureVersion", AttributeValue: version });
  const pending = await sns.subscribe({ TopicArn: orders, Protocol: "http", Endpoint: `http://127.0.0.1:${server.address().port}/${version}` });
  assert.equal(pending.SubscriptionArn, "pending confirmation");
  const asked = await validate(await next("SubscriptionConfirmation"));
  assert.equal(asked.SignatureVersion, version);
  assert.match(await follow(asked.SubscribeURL), /<ConfirmSubscriptionResult>/);
  await sns.publish({ TopicArn: orders, Message, Subject: "News" });
  const note = await validate(await next("Notification"));
  assert.equal(note.SignatureVersion, version);
  assert.equal(note.Message, Message);
  await follow(note.UnsubscribeURL);
  // sns-validator leaves the token out here, against what AWS documents.
  const farewell = await next("UnsubscribeConfirmation");
  const fields = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const verify = createVerify(version === "1" ? "RSA-SHA1" : "RSA-SHA256").update(fields.map((name) => `${name}\n${farewell[name]}\n`).join(""));
  assert.ok(verify.verify(await follow(farewell.SigningCertURL), farewell.Signature, "base64"));
}
server.close();

// Errors.
const gone = await fails(sns.publish({ TopicArn: `${orders}-missing`, Message: "x" }), "NotFound", 404, /^Topic does not exist$/);
assert.ok(gone instanceof NotFoundException);
const bad = await fails(sns.publish({ TopicArn: orders, Message: "" }), "InvalidParameter", 400, /^Invalid parameter: Empty message$/);
assert.ok(bad instanceof InvalidParameterException);
await fails(sns.createTopic({ Name: "orders", Attributes: { DisplayName: "Other" } }), "InvalidParameter", 400, /Topic already exists with different attributes/);
await fails(sns.subscribe({ TopicArn: orders, Protocol: "sqs", Endpoint: `${raw.arn}-2`, Attributes: { FilterPolicy: '{"a":[]}' } }),
  "InvalidParameter", 400, /^Invalid parameter: Attributes Reason: FilterPolicy: Empty arrays are not allowed$/);
await fails(sns.publishBatch({ TopicArn: orders, PublishBatchRequestEntries: [] }), "EmptyBatchRequest", 400, /./);
await fails(sns.publish({ TopicArn: orders, Message: "x", MessageAttributes: { n: { DataType: "Number", StringValue: "many" } } }), "ParameterValueInvalid", 400, /Could not cast/);
await fails(sns.listTagsForResource({ ResourceArn: `${orders}-missing` }), "ResourceNotFound", 404, /./);
const stranger = new SNS({ ...options, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
await fails(stranger.listTopics({}), "SignatureDoesNotMatch", 403, /does not match the signature you provided/);

// The end.
await sns.unsubscribe({ SubscriptionArn });
for (const TopicArn of [orders, fifo]) await sns.deleteTopic({ TopicArn });
assert.deepEqual((await sns.listTopics({})).Topics, []);
