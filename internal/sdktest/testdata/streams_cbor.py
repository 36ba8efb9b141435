"""What the Java SDK says to Kinesis, by hand: CBOR, with blobs as byte strings and times
in milliseconds under tag 1, which cbor2 would take for seconds."""

import http.client
import os
import struct
import time
import urllib.parse
import zlib

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

try:
    from cbor2 import _decoder as decoder
except ImportError:
    from cbor2 import decoder

TYPE = "application/x-amz-cbor-1.1"
ENDPOINT = os.environ["LEAT_ENDPOINT"]
CREDENTIALS = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
MILLISECONDS = "milliseconds"
decoder.semantic_decoders[1] = lambda self: (MILLISECONDS, self._decode())
connection = http.client.HTTPConnection(urllib.parse.urlsplit(ENDPOINT).netloc, timeout=30)


def post(action, over=connection, **members):
    body = cbor2.dumps(members)
    headers = {"Content-Type": TYPE, "X-Amz-Target": "Kinesis_20131202." + action}
    request = AWSRequest("POST", ENDPOINT + "/", data=body, headers=headers)
    SigV4Auth(CREDENTIALS, "kinesis", "us-east-1").add_auth(request)
    over.request("POST", "/", body, dict(request.headers))
    return over.getresponse()


def ask(action, **members):
    response = post(action, **members)
    body = response.read()
    assert response.status == 200, body
    assert response.getheader("Content-Type") == TYPE, response.headers
    return decoder.loads(body) if body else None


def fails(code, text, action, **members):
    response = post(action, **members)
    answer = decoder.loads(response.read())
    assert response.status == 400, response.status
    assert answer["__type"] == code, answer
    assert text in (answer.get("message") or answer.get("Message", "")), answer


def moment(value):
    """Reads a time, which must be an integer of milliseconds near now."""
    kind, number = value
    assert kind == MILLISECONDS and type(number) is int, value
    assert abs(number / 1000 - time.time()) < 60, value
    return number


assert ask("CreateStream", StreamName="clicks", ShardCount=2) is None
described = ask("DescribeStream", StreamName="clicks")["StreamDescription"]
moment(described["StreamCreationTimestamp"])
first = described["Shards"][0]["ShardId"]
summary = ask("DescribeStreamSummary", StreamARN=ARN)["StreamDescriptionSummary"]
assert summary["OpenShardCount"] == 2 and summary["RetentionPeriodHours"] == 24, summary
assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}], summary

# Bytes are bytes.
every = bytes(range(256))
one = ask("PutRecord", StreamName="clicks", Data=every, PartitionKey="k", ExplicitHashKey="0")
many = ask(
    "PutRecords",
    StreamName="clicks",
    Records=[
        {"Data": b"", "PartitionKey": "ключ", "ExplicitHashKey": "1"},
        {"Data": b"x" * 1_000_000, "PartitionKey": "k", "ExplicitHashKey": "2"},
        {"Data": b"other", "PartitionKey": "k", "ExplicitHashKey": str(2**128 - 1)},
    ],
)
assert many["FailedRecordCount"] == 0, many
assert [record["ShardId"] for record in many["Records"]] == [first, first, "shardId-000000000001"], many
since = ask("GetShardIterator", StreamName="clicks", ShardId=first, ShardIteratorType="TRIM_HORIZON")
answer = ask("GetRecords", ShardIterator=since["ShardIterator"], Limit=100)
assert [record["Data"] for record in answer["Records"]] == [every, b"", b"x" * 1_000_000], answer
assert answer["Records"][0]["SequenceNumber"] == one["SequenceNumber"], answer
assert answer["Records"][1]["PartitionKey"] == "ключ", answer
assert answer["MillisBehindLatest"] == 0 and answer["NextShardIterator"], answer
times = [moment(record["ApproximateArrivalTimestamp"]) for record in answer["Records"]]
assert times == sorted(times), times

# A time in a request, as an integer and as a float.
for at in (times[0], float(times[0])):
    since = ask("GetShardIterator", StreamName="clicks", ShardId=first, ShardIteratorType="AT_TIMESTAMP", Timestamp=cbor2.CBORTag(1, at))
    assert len(ask("GetRecords", ShardIterator=since["ShardIterator"])["Records"]) == 3, at
fails(
    "InvalidArgumentException", "", "GetShardIterator", StreamName="clicks", ShardId=first, ShardIteratorType="AT_TIMESTAMP",
    Timestamp=cbor2.CBORTag(1, times[0] + 3_600_000),
)


def message(stream):
    """Reads a frame of an event stream, and checks its sums. Nothing at the end."""
    prelude = stream.read(12)
    if not prelude:
        return None
    length, headers_length, checksum = struct.unpack(">III", prelude)
    assert zlib.crc32(prelude[:8]) == checksum
    rest = stream.read(length - 12)
    assert zlib.crc32(prelude + rest[:-4]) == struct.unpack(">I", rest[-4:])[0]
    block, headers = rest[:headers_length], {}
    while block:
        end = 1 + block[0]
        name, kind, size = block[1:end].decode(), block[end], struct.unpack(">H", block[end + 1 : end + 3])[0]
        assert kind == 7, kind
        headers[name] = block[end + 3 : end + 3 + size].decode()
        block = block[end + 3 + size :]
    assert headers[":content-type"] == TYPE, headers
    return headers, decoder.loads(rest[headers_length:-4])


# Events, and what ends them.
registered = ask("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="reader")["Consumer"]
moment(registered["ConsumerCreationTimestamp"])
other = http.client.HTTPConnection(connection.host, connection.port, timeout=30)
start = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": many["Records"][0]["SequenceNumber"]}
stream = post("SubscribeToShard", over=other, ConsumerARN=registered["ConsumerARN"], ShardId=first, StartingPosition=start)
assert stream.getheader("Content-Type") == "application/vnd.amazon.eventstream", stream.headers
headers, payload = message(stream)
assert (headers[":event-type"], payload) == ("initial-response", {}), headers
headers, payload = message(stream)
assert headers[":event-type"] == "SubscribeToShardEvent", headers
assert [record["Data"] for record in payload["Records"]] == [b"x" * 1_000_000], payload
assert moment(payload["Records"][0]["ApproximateArrivalTimestamp"]) == times[2], payload
assert payload["ContinuationSequenceNumber"] == many["Records"][1]["SequenceNumber"], payload
ask("SplitShard", StreamName="clicks", ShardToSplit=first, NewStartingHashKey="3")
headers, payload = message(stream)
assert payload["Records"] == [] and len(payload["ChildShards"]) == 2, payload
assert "ContinuationSequenceNumber" not in payload, payload
assert message(stream) is None

# Errors.
fails("ResourceNotFoundException", "Stream missing under account 000000000000 not found.", "DescribeStream", StreamName="missing")
fails("ValidationException", "Value null at 'partitionKey'", "PutRecord", StreamName="clicks", Data=b"x")
fails("SerializationException", "", "PutRecord", StreamName="clicks", Data="text", PartitionKey="k")
fails("UnknownOperationException", "", "Unknown")
assert ask("DeleteStream", StreamName="clicks", EnforceConsumerDeletion=True) is None
assert ask("ListStreams") == {"HasMoreStreams": False, "StreamNames": [], "StreamSummaries": []}
