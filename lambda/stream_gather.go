package lambda

import (
	"context"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// gatheringStream is a stream whose Read waits for more records after the first one, as
// long as the batching window lasts, and returns no more than fit into an invocation.
type gatheringStream struct {
	kinesis.Stream
	window time.Duration
	counts *counts
}

func (g *gatheringStream) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	b, err := g.Stream.Read(ctx, req)
	if err == nil && len(b.Records) > 0 {
		if g.window > 0 {
			b = g.gather(ctx, req, b)
		}
		b = fitting(b)
	}
	g.counts.polled.Add(int64(len(b.Records)))
	return b, err
}

// gather ends early when the stream fails: the next read will tell.
func (g *gatheringStream) gather(ctx context.Context, req kinesis.ReadRequest, b kinesis.Batch) kinesis.Batch {
	until := time.Now().Add(g.window)
	limit, size := req.Limit, sizeOf(b.Records)
	for !b.End && len(b.Records) < limit && size < maxPayload {
		began := time.Now()
		left := until.Sub(began)
		if left <= 0 {
			break
		}
		req.Position, req.Limit, req.Wait = b.Next, limit-len(b.Records), left
		more, err := g.Stream.Read(ctx, req)
		if err != nil {
			break
		}
		size += sizeOf(more.Records)
		more.Records = append(b.Records, more.Records...)
		idle := len(more.Records) == len(b.Records) && !more.End
		b = more
		if idle && time.Since(began) < left/2 && !rest(ctx, min(pollPause, left)) {
			break
		}
	}
	return b
}

// fitting cuts off the records that are too many for one invocation: they are read again.
func fitting(b kinesis.Batch) kinesis.Batch {
	n := fits(b.Records)
	if n == len(b.Records) {
		return b
	}
	records := b.Records[:n]
	return kinesis.Batch{
		Records: records, Next: kinesis.After(records[n-1].SequenceNumber),
		MillisBehindLatest: max(b.MillisBehindLatest, time.Since(records[n-1].ArrivalTime).Milliseconds()),
	}
}

func sizeOf(records []kinesis.Record) (size int) {
	for i := range records {
		size += encodedSize(records[i].Data, records[i].PartitionKey)
	}
	return size
}

// fits counts the records that one invocation can have, at least one.
func fits(records []kinesis.Record) int {
	size := 0
	for i := range records {
		size += encodedSize(records[i].Data, records[i].PartitionKey)
		if size > maxPayload && i > 0 {
			return i
		}
	}
	return len(records)
}
