"""An order's way through a queue, by boto3. Every assertion is about what SQS does."""

import hashlib
import os
import struct
import threading
import time
import urllib.parse
import urllib.request
from xml.etree import ElementTree

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["LEAT_ENDPOINT"]
sqs = boto3.client("sqs", endpoint_url=ENDPOINT, config=Config(retries={"max_attempts": 0}))


def md5(data):
    return hashlib.md5(data).hexdigest()


def md5_of_attributes(attributes):
    digest = hashlib.md5()
    for name in sorted(attributes):
        attribute = attributes[name]
        kind = attribute["DataType"]
        binary = kind.startswith("Binary")
        value = attribute["BinaryValue"] if binary else attribute["StringValue"].encode()
        for part in (name.encode(), kind.encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        digest.update(b"\x02" if binary else b"\x01")
        digest.update(struct.pack(">I", len(value)) + value)
    return digest.hexdigest()


def fails(call, code, status, text="", **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        response = error.response
        assert response["Error"]["Code"] == code, response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
        assert response["ResponseMetadata"]["RequestId"], response
        assert text in response["Error"]["Message"], response
        return error
    raise AssertionError(f"{call} did not fail with {code}")


def post(action, **parameters):
    """Calls an action that this boto3 is too old to know, and returns every text of
    the answer by the name of its element."""
    data = urllib.parse.urlencode({"Action": action, "Version": "2012-11-05", **parameters})
    request = AWSRequest("POST", ENDPOINT, data=data, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(boto3.Session().get_credentials(), "sqs", "us-east-1").add_auth(request)
    request = urllib.request.Request(ENDPOINT, data.encode(), dict(request.headers))
    with urllib.request.urlopen(request) as response:
        document = ElementTree.parse(response)
    return {element.tag.partition("}")[2]: element.text for element in document.iter()}


# Queues, their URLs and attributes.
dead = sqs.create_queue(QueueName="orders-dead")["QueueUrl"]
dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
assert dead_arn == "arn:aws:sqs:us-east-1:000000000000:orders-dead", dead_arn
orders = sqs.create_queue(
    QueueName="orders",
    Attributes={
        "VisibilityTimeout": "40",
        "RedrivePolicy": '{"deadLetterTargetArn":"%s","maxReceiveCount":"1"}' % dead_arn,
    },
    tags={"team": "shop"},
)["QueueUrl"]
assert orders == ENDPOINT + "/000000000000/orders", orders
assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == orders
assert sqs.list_queues(QueueNamePrefix="ord")["QueueUrls"] == [orders, dead]
pages = list(sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1}))
assert [page["QueueUrls"] for page in pages] == [[orders], [dead]], pages
attributes = sqs.get_queue_attributes(QueueUrl=orders, AttributeNames=["All"])["Attributes"]
assert attributes["VisibilityTimeout"] == "40", attributes
sqs.set_queue_attributes(QueueUrl=orders, Attributes={"VisibilityTimeout": "45", "DelaySeconds": "0"})
attributes = sqs.get_queue_attributes(QueueUrl=orders, AttributeNames=["All"])["Attributes"]
assert attributes["VisibilityTimeout"] == "45", attributes
assert abs(int(attributes["CreatedTimestamp"]) - time.time()) < 60, attributes
assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [orders]

# Tags and permissions.
sqs.tag_queue(QueueUrl=orders, Tags={"stage": "test", "note": "a+b & <c>"})
sqs.untag_queue(QueueUrl=orders, TagKeys=["stage"])
assert sqs.list_queue_tags(QueueUrl=orders)["Tags"] == {"team": "shop", "note": "a+b & <c>"}
sqs.add_permission(QueueUrl=orders, Label="partner", AWSAccountIds=["123456789012"], Actions=["SendMessage"])
sqs.remove_permission(QueueUrl=orders, Label="partner")

# A message with everything, and its checksums. boto3 checks that of the body too.
body = 'a+b %20 &=?/<tag attr="x">\u1234 \U0001f600\r\n\t end'
message_attributes = {
    "kind": {"DataType": "String", "StringValue": "retail & <wholesale>"},
    "amount": {"DataType": "Number.eur", "StringValue": "12.50"},
    "seal": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
}
trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
sent = sqs.send_message(
    QueueUrl=orders,
    MessageBody=body,
    MessageAttributes=message_attributes,
    MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
)
assert sent["MD5OfMessageBody"] == md5(body.encode()), sent
assert sent["MD5OfMessageAttributes"] == md5_of_attributes(message_attributes), sent
(message,) = sqs.receive_message(QueueUrl=orders, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
assert message["MessageId"] == sent["MessageId"], message
assert message["Body"] == body, message
assert message["MD5OfBody"] == md5(body.encode()), message
assert message["MessageAttributes"] == message_attributes, message
assert message["MD5OfMessageAttributes"] == md5_of_attributes(message_attributes), message
assert message["Attributes"]["AWSTraceHeader"] == trace, message
assert message["Attributes"]["ApproximateReceiveCount"] == "1", message
sqs.change_message_visibility(QueueUrl=orders, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=60)
sqs.delete_message(QueueUrl=orders, ReceiptHandle=message["ReceiptHandle"])
assert "Messages" not in sqs.receive_message(QueueUrl=orders)

# Batches, failing in part.
result = sqs.send_message_batch(
    QueueUrl=orders,
    Entries=[
        {"Id": "one", "MessageBody": "1"},
        {"Id": "slow", "MessageBody": "2", "DelaySeconds": 901},
        {"Id": "three", "MessageBody": "3"},
    ],
)
assert [(e["Id"], e["MD5OfMessageBody"]) for e in result["Successful"]] == [("one", md5(b"1")), ("three", md5(b"3"))], result
assert [(e["Id"], e["Code"], e["SenderFault"]) for e in result["Failed"]] == [("slow", "InvalidParameterValue", True)], result
messages = sqs.receive_message(QueueUrl=orders, MaxNumberOfMessages=10)["Messages"]
assert sorted(m["Body"] for m in messages) == ["1", "3"], messages
handles = [m["ReceiptHandle"] for m in sorted(messages, key=lambda m: m["Body"])]
result = sqs.change_message_visibility_batch(
    QueueUrl=orders,
    Entries=[
        {"Id": "good", "ReceiptHandle": handles[1], "VisibilityTimeout": 0},
        {"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
    ],
)
assert [e["Id"] for e in result["Successful"]] == ["good"], result
assert [(e["Id"], e["Code"]) for e in result["Failed"]] == [("bad", "ReceiptHandleIsInvalid")], result
result = sqs.delete_message_batch(QueueUrl=orders, Entries=[{"Id": "good", "ReceiptHandle": handles[0]}])
assert [e["Id"] for e in result["Successful"]] == ["good"] and "Failed" not in result, result

# The message made visible has had its one receive: it goes to the dead-letter queue,
# and a task brings it back.
assert "Messages" not in sqs.receive_message(QueueUrl=orders)
if hasattr(sqs, "start_message_move_task"):
    sqs.start_message_move_task(SourceArn=dead_arn)
else:
    assert post("StartMessageMoveTask", SourceArn=dead_arn)["TaskHandle"]
(back,) = sqs.receive_message(QueueUrl=orders, WaitTimeSeconds=5)["Messages"]
assert back["Body"] == "3", back
if hasattr(sqs, "start_message_move_task"):
    (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
    fails(sqs.cancel_message_move_task, "InvalidParameterValue", 400, "TaskHandle is invalid", TaskHandle="garbage")
else:
    task = post("ListMessageMoveTasks", SourceArn=dead_arn)
assert (task["Status"], str(task["ApproximateNumberOfMessagesMoved"])) == ("COMPLETED", "1"), task

# Long polls: one that finds nothing, one that a send answers.
start = time.monotonic()
assert "Messages" not in sqs.receive_message(QueueUrl=orders, WaitTimeSeconds=1)
assert 0.9 < time.monotonic() - start < 5
threading.Timer(0.3, sqs.send_message, kwargs={"QueueUrl": orders, "MessageBody": "at last"}).start()
start = time.monotonic()
(message,) = sqs.receive_message(QueueUrl=orders, WaitTimeSeconds=20)["Messages"]
assert message["Body"] == "at last" and time.monotonic() - start < 5, message

# FIFO.
fifo = sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
first = sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
again = sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
assert len(first["SequenceNumber"]) == 20 and first["SequenceNumber"] == again["SequenceNumber"], (first, again)
(message,) = sqs.receive_message(QueueUrl=fifo, AttributeNames=["MessageGroupId"])["Messages"]
assert message["Attributes"] == {"MessageGroupId": "g"}, message

# Errors. The codes are Query's, which SDKs that speak JSON report too.
missing = ENDPOINT + "/000000000000/missing"
gone = fails(sqs.send_message, "AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist", QueueUrl=missing, MessageBody="x")
assert isinstance(gone, sqs.exceptions.QueueDoesNotExist), type(gone)
fails(sqs.create_queue, "QueueAlreadyExists", 400, "VisibilityTimeout", QueueName="orders", Attributes={"VisibilityTimeout": "1"})
fails(sqs.receive_message, "InvalidParameterValue", 400, "Value 11 for parameter MaxNumberOfMessages is invalid.", QueueUrl=orders, MaxNumberOfMessages=11)
fails(sqs.delete_message, "ReceiptHandleIsInvalid", 400, QueueUrl=orders, ReceiptHandle="garbage")
fails(sqs.send_message_batch, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400, QueueUrl=orders,
      Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}])
fails(sqs.send_message, "InvalidMessageContents", 400, QueueUrl=orders, MessageBody="\ufffe")
fails(sqs.get_queue_attributes, "InvalidAttributeName", 400, "Unknown Attribute Colour.", QueueUrl=orders, AttributeNames=["Colour"])
stranger = boto3.client("sqs", endpoint_url=ENDPOINT, aws_secret_access_key="wrong", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"])
fails(stranger.list_queues, "SignatureDoesNotMatch", 403, "does not match the signature you provided")

# The end.
sqs.purge_queue(QueueUrl=orders)
fails(sqs.purge_queue, "AWS.SimpleQueueService.PurgeQueueInProgress", 403, "Only one PurgeQueue operation on orders", QueueUrl=orders)
for url in (orders, dead, fifo):
    sqs.delete_queue(QueueUrl=url)
assert "QueueUrls" not in sqs.list_queues()
fails(sqs.create_queue, "AWS.SimpleQueueService.QueueDeletedRecently", 400, "60 seconds", QueueName="orders")
