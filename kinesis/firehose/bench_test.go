package firehose_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

const benchRecord = 1024

func benchmarkPut(b *testing.B, cfg firehose.Config, n int) {
	stream, err := firehose.New("bench", cfg)
	require.NoError(b, err)
	batch := make([][]byte, n)
	for i := range batch {
		batch[i] = bytes.Repeat([]byte{byte(i)}, benchRecord)
	}
	b.SetBytes(benchRecord)
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += n {
		for rest := batch[:min(n, b.N-done)]; len(rest) > 0; {
			puts, err := stream.Put(b.Context(), rest...)
			if err == nil {
				break
			}
			accepted := 0
			for accepted < len(puts) && puts[accepted].RecordID != "" {
				accepted++
			}
			rest = rest[accepted:]
			time.Sleep(100 * time.Microsecond) // there is no room now
		}
	}
	if err := stream.Shutdown(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPut is of the engine alone: the sink takes everything.
func BenchmarkPut(b *testing.B) {
	nothing := firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return nil })
	byFirst := &firehose.Partitioning{Func: func(data []byte) (map[string]string, error) {
		return map[string]string{"k": string('a' + rune(data[0]%16))}, nil
	}}
	for name, cfg := range map[string]firehose.Config{
		"plain":       {Sink: nothing},
		"transformed": {Sink: nothing, Transform: &firehose.Transform{Func: identity}},
		"partitioned": {Sink: nothing, Partitioning: byFirst, Prefix: "!{partitionKeyFromQuery:k}/", ErrorOutputPrefix: "!{firehose:error-output-type}/"},
		"delimited":   {Sink: nothing, AppendDelimiter: true},
	} {
		b.Run(name, func(b *testing.B) { benchmarkPut(b, cfg, 500) })
	}
	b.Run("one by one", func(b *testing.B) { benchmarkPut(b, firehose.Config{Sink: nothing}, 1) })
}

func identity(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
	results := make([]firehose.TransformResult, len(records))
	for i, r := range records {
		results[i] = firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: r.Data}
	}
	return results, nil
}
