"""A topic's life, by boto3. Every assertion is about what SNS does. Signatures are
verified by the package cryptography, if it is there."""

import base64
import http.server
import json
import os
import queue
import ssl
import threading
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
except ImportError:
    x509 = None
    print("signatures were not verified: no package cryptography")

ENDPOINT = os.environ["LEAT_ENDPOINT"]
once = Config(retries={"max_attempts": 0})
sns = boto3.client("sns", endpoint_url=ENDPOINT, config=once)
sqs = boto3.client("sqs", endpoint_url=ENDPOINT, config=once)
trust = ssl.create_default_context(cafile=os.environ["LEAT_CERTIFICATE"])
TEXT = 'a+b %20 &=?/<tag attr="x">\u1234 \U0001f600\r\n\t end'


def fails(call, code, status, text="", **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        response = error.response
        assert response["Error"]["Code"] == code, response
        assert response["Error"]["Type"] == "Sender", response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
        assert response["ResponseMetadata"]["RequestId"], response
        assert text in response["Error"]["Message"], response
        return error
    raise AssertionError(f"{call} did not fail with {code}")


def make_queue(name, **attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def take(url):
    messages = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


def follow(link):
    with urllib.request.urlopen(link, context=trust) as response:
        assert response.status == 200, link
        return response.read()


def verify(message):
    """Checks a signature as the developer guide says."""
    if x509 is None:
        return
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if message["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()
    key = x509.load_pem_x509_certificate(follow(message["SigningCertURL"])).public_key()
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}[message["SignatureVersion"]]
    key.verify(base64.b64decode(message["Signature"]), signed, padding.PKCS1v15(), algorithm)


def refuse(message):
    if x509 is None:
        return
    try:
        verify(message)
    except InvalidSignature:
        return
    raise AssertionError(f"the signature was for something else: {message}")


# Topics, their attributes, tags and permissions.
orders = sns.create_topic(Name="orders", Attributes={"DisplayName": "Orders"}, Tags=[{"Key": "team", "Value": "shop"}])["TopicArn"]
assert orders == "arn:aws:sns:us-east-1:000000000000:orders", orders
sns.set_topic_attributes(TopicArn=orders, AttributeName="DisplayName", AttributeValue="a+b & <c>")
attributes = sns.get_topic_attributes(TopicArn=orders)["Attributes"]
assert attributes["DisplayName"] == "a+b & <c>", attributes
assert json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3, attributes
sns.tag_resource(ResourceArn=orders, Tags=[{"Key": "note", "Value": "a+b & <c>"}])
sns.untag_resource(ResourceArn=orders, TagKeys=["team"])
assert sns.list_tags_for_resource(ResourceArn=orders)["Tags"] == [{"Key": "note", "Value": "a+b & <c>"}]
sns.add_permission(TopicArn=orders, Label="partner", AWSAccountId=["123456789012"], ActionName=["Publish"])
assert "partner" in sns.get_topic_attributes(TopicArn=orders)["Attributes"]["Policy"]
sns.remove_permission(TopicArn=orders, Label="partner")

# Lists.
others = [sns.create_topic(Name=f"other-{i}")["TopicArn"] for i in range(100)]
pages = list(sns.get_paginator("list_topics").paginate())
assert [len(page["Topics"]) for page in pages] == [100, 1], pages
for arn in others:
    sns.delete_topic(TopicArn=arn)
assert sns.list_topics()["Topics"] == [{"TopicArn": orders}]

# Subscriptions of queues, and a message with everything.
plain_url, plain_arn = make_queue("plain")
raw_url, raw_arn = make_queue("raw")
plain = sns.subscribe(TopicArn=orders, Protocol="sqs", Endpoint=plain_arn)["SubscriptionArn"]
sns.subscribe(TopicArn=orders, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true"})
sns.set_subscription_attributes(SubscriptionArn=plain, AttributeName="FilterPolicy", AttributeValue='{"kind":[{"prefix":"ret"}]}')
attributes = sns.get_subscription_attributes(SubscriptionArn=plain)["Attributes"]
assert attributes["FilterPolicy"] == '{"kind":[{"prefix":"ret"}]}', attributes
assert attributes["PendingConfirmation"] == "false", attributes
assert len(sns.list_subscriptions()["Subscriptions"]) == 2
assert len(sns.list_subscriptions_by_topic(TopicArn=orders)["Subscriptions"]) == 2
message_attributes = {
    "kind": {"DataType": "String", "StringValue": "retail & <wholesale>"},
    "amount": {"DataType": "Number", "StringValue": "12.50"},
    "seal": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
}
sent = sns.publish(TopicArn=orders, Message=TEXT, Subject="News", MessageAttributes=message_attributes)
(message,) = take(raw_url)
assert message["Body"] == TEXT, message
assert message["MessageAttributes"] == message_attributes, message
(message,) = take(plain_url)
letter = json.loads(message["Body"])
assert (letter["Message"], letter["Subject"], letter["MessageId"]) == (TEXT, "News", sent["MessageId"]), letter
assert letter["MessageAttributes"]["seal"] == {"Type": "Binary", "Value": "AAH/"}, letter
assert "SubscriptionArn=" + plain in letter["UnsubscribeURL"], letter
verify(letter)
refuse({**letter, "Message": "forged"})

# Batches, structured messages, filters.
result = sns.publish_batch(
    TopicArn=orders,
    PublishBatchRequestEntries=[
        {"Id": "one", "Message": '{"default":"1","sqs":"one"}', "MessageStructure": "json", "MessageAttributes": message_attributes},
        {"Id": "two", "Message": "two"},
    ],
)
assert [entry["Id"] for entry in result["Successful"]] == ["one", "two"], result
assert result["Failed"] == [], result
assert sorted(m["Body"] for m in take(raw_url)) == ["one", "two"]
assert [json.loads(m["Body"])["Message"] for m in take(plain_url)] == ["one"]

# FIFO.
fifo = sns.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})["TopicArn"]
lane_url, lane_arn = make_queue("lane.fifo", FifoQueue="true")
sns.subscribe(TopicArn=fifo, Protocol="sqs", Endpoint=lane_arn, Attributes={"RawMessageDelivery": "true"})
for text in "1", "2", "3", "4", "5", "1":
    assert len(sns.publish(TopicArn=fifo, Message=text, MessageGroupId="g")["SequenceNumber"]) == 20
messages = take(lane_url)
assert [m["Body"] for m in messages] == ["1", "2", "3", "4", "5"], messages
assert messages[0]["Attributes"]["MessageGroupId"] == "g", messages

# A subscriber over HTTP that confirms and unsubscribes by the links, under both versions
# of signatures.
arrived = queue.Queue()


class Subscriber(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        arrived.put((self.headers, json.loads(body)))

    def log_message(self, *_):
        pass


def arrival(kind):
    headers, message = arrived.get(timeout=20)
    assert message["Type"] == kind, message
    assert headers["x-amz-sns-message-type"] == kind, headers
    verify(message)
    return message


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
threading.Thread(target=server.serve_forever, daemon=True).start()
for version in "1", "2":
    sns.set_topic_attributes(TopicArn=orders, AttributeName="SignatureVersion", AttributeValue=version)
    pending = sns.subscribe(TopicArn=orders, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/{version}")
    assert pending["SubscriptionArn"] == "pending confirmation", pending
    asked = arrival("SubscriptionConfirmation")
    assert asked["SignatureVersion"] == version, asked
    if version == "1":
        assert b"<ConfirmSubscriptionResult>" in follow(asked["SubscribeURL"])
    else:
        sns.confirm_subscription(TopicArn=orders, Token=asked["Token"])
    sns.publish(TopicArn=orders, Message=TEXT)
    note = arrival("Notification")
    assert note["Message"] == TEXT, note
    follow(note["UnsubscribeURL"])
    arrival("UnsubscribeConfirmation")
server.shutdown()

# Platform applications, phones.
app = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={"PlatformCredential": "secret"})["PlatformApplicationArn"]
device = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="token")["EndpointArn"]
assert sns.get_endpoint_attributes(EndpointArn=device)["Attributes"] == {"Enabled": "true", "Token": "token"}
assert sns.publish(TargetArn=device, Message="push")["MessageId"]
assert sns.publish(PhoneNumber="+15555550100", Message="text")["MessageId"]
assert sns.check_if_phone_number_is_opted_out(phoneNumber="+15555550100")["isOptedOut"] is False
sns.set_sms_attributes(attributes={"DefaultSMSType": "Transactional"})
assert sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {"DefaultSMSType": "Transactional"}
sns.delete_platform_application(PlatformApplicationArn=app)

# Errors.
gone = fails(sns.publish, "NotFound", 404, "Topic does not exist", TopicArn=orders + "-missing", Message="x")
assert isinstance(gone, sns.exceptions.NotFoundException), type(gone)
bad = fails(sns.publish, "InvalidParameter", 400, "Invalid parameter: Empty message", TopicArn=orders, Message="")
assert isinstance(bad, sns.exceptions.InvalidParameterException), type(bad)
fails(sns.create_topic, "InvalidParameter", 400, "Topic already exists with different attributes", Name="orders", Attributes={"DisplayName": "Other"})
fails(sns.subscribe, "InvalidParameter", 400, "Invalid parameter: Attributes Reason: FilterPolicy: Empty arrays are not allowed",
      TopicArn=orders, Protocol="sqs", Endpoint=raw_arn + "-2", Attributes={"FilterPolicy": '{"a":[]}'})
fails(sns.publish_batch, "BatchEntryIdsNotDistinct", 400, TopicArn=orders,
      PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}, {"Id": "a", "Message": "2"}])
fails(sns.publish_batch, "EmptyBatchRequest", 400, TopicArn=orders, PublishBatchRequestEntries=[])
fails(sns.list_tags_for_resource, "ResourceNotFound", 404, ResourceArn=orders + "-missing")
fails(sns.confirm_subscription, "InvalidParameter", 400, "Invalid parameter: Token", TopicArn=orders, Token="garbage")
stranger = boto3.client("sns", endpoint_url=ENDPOINT, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
fails(stranger.list_topics, "SignatureDoesNotMatch", 403, "does not match the signature you provided")

# The end.
sns.unsubscribe(SubscriptionArn=plain)
for arn in orders, fifo:
    sns.delete_topic(TopicArn=arn)
assert sns.list_topics()["Topics"] == []
