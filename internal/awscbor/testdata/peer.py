"""Reads bodies of awscbor, one a line in hex, and answers each with what it read, in
JSON, and with its own encoding of the same, in hex.

Timestamps are seconds to cbor2, by RFC 8949, where the protocol has milliseconds. The
test has to do with that.
"""

import datetime
import json
import sys

import cbor2


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, datetime.datetime):
        return {"seconds": value.timestamp()}
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


for line in sys.stdin:
    value = cbor2.loads(bytes.fromhex(line))
    print(json.dumps(plain(value), sort_keys=True, ensure_ascii=False), cbor2.dumps(value, timezone=datetime.timezone.utc, datetime_as_timestamp=True).hex(), sep="\t")
