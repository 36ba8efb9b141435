package objectkey_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// BenchmarkKey has fmt and time.Format as its baseline.
func BenchmarkKey(b *testing.B) {
	x := compile(b, objectkey.Config{
		Stream: "clicks", Compression: objectkey.GZIP,
		Prefix: "clicks/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/", ErrorOutputPrefix: "!{firehose:error-output-type}/",
	})
	in := objectkey.KeyInput{Time: guideTime, Random: seeded()}
	b.Run("template", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := x.Key(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = guideTime.Format("clicks/year=2006/month=01/day=02/hour=15/") + fmt.Sprintf("clicks-%d-%s-%s.gz", 1, guideTime.Format("2006-01-02-15-04-05"), uuid.UUID{})
		}
	})
}

// BenchmarkPartition is done for every record of a partitioned stream.
func BenchmarkPartition(b *testing.B) {
	x := compile(b, objectkey.Config{
		Stream: "clicks", DynamicPartitioning: true,
		Prefix: "!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:device}/", ErrorOutputPrefix: "!{firehose:error-output-type}/",
	})
	in := objectkey.KeyInput{Query: map[string]string{"customer": "1234567890", "device": "mobile"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Partition(in); err != nil {
			b.Fatal(err)
		}
	}
}
