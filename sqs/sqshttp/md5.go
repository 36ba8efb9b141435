package sqshttp

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/leat-go/leat/sqs"
)

func md5OfBody(body string) string { return md5Hex([]byte(body)) }

// md5OfAttributes digests attributes as the SQS developer guide says under
// "Calculating the MD5 message digest for message attributes": in the order of their
// names, each part with its length before it. Without attributes there is no digest.
func md5OfAttributes(attributes map[string]sqs.Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		b = appendCounted(b, name)
		b = appendCounted(b, a.DataType)
		if isBinary(a.DataType) {
			b = append(b, 2)
		} else {
			b = append(b, 1)
		}
		b = appendCounted(b, a.Value)
	}
	return md5Hex(b)
}

func md5OfSystemAttributes(values map[string]attributeValue) string {
	if len(values) == 0 {
		return ""
	}
	header := values[traceHeader]
	return md5OfAttributes(map[string]sqs.Attribute{traceHeader: header.attribute()})
}

func appendCounted(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}
