package awscbor_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awsjson"
)

type putRecords struct {
	StreamName string
	Records    []record
}

type record struct {
	Data         []byte
	PartitionKey string
}

// BenchmarkPutRecords is a PutRecords of 500 records of 1 KiB. The baselines are the
// same in JSON, and the bytes copied.
func BenchmarkPutRecords(b *testing.B) {
	in := &putRecords{StreamName: "clicks"}
	for i := range 500 {
		data := []byte(strings.Repeat("clickstream ", 86)[:1024])
		in.Records = append(in.Records, record{data, "visitor-" + base64.StdEncoding.EncodeToString([]byte{byte(i), byte(i >> 8), 0})})
	}
	asCBOR, asJSON := awscbor.Append(nil, in), awsjson.Append(nil, in)
	buf := make([]byte, 0, len(asJSON))
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(500 * 1024)
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/record")
		})
	}
	run("decode/awscbor", func() { require.NoError(b, awscbor.Decode(asCBOR, new(putRecords))) })
	run("decode/awsjson", func() { require.NoError(b, awsjson.Decode(asJSON, new(putRecords))) })
	run("encode/awscbor", func() { awscbor.Append(buf, in) })
	run("encode/awsjson", func() { awsjson.Append(buf, in) })
	run("copy", func() { _ = append(buf, asCBOR...) })
}
