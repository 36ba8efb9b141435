package sdktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-go/leat/kinesis"
)

// streamOverSDK is a stream behind Kinesis's wire protocol as a kinesis.Stream: a batch
// of any length and size in requests of 500 entries and 10 MiB, lists of shards in pages,
// and a read that waits as one that asks again every 200 ms, as often as Kinesis allows.
type streamOverSDK struct {
	client *awskinesis.Client
	name   string
}

var _ kinesis.Stream = (*streamOverSDK)(nil)

// The wire's limits.
const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20
	maxGetRecords = 10_000
	maxGetBytes   = 10 << 20
	pollInterval  = 200 * time.Millisecond
)

func (s *streamOverSDK) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	put := make([]kinesis.Put, len(batch))
	var failed []kinesis.EntryError
	done := 0 // the entries before this one have been put or have failed
	fail := func(i int, err error) {
		failed, done = append(failed, kinesis.EntryError{Index: i, Err: err}), max(done, i+1)
	}
	size := func(i int) int { return len(batch[i].PartitionKey) + len(batch[i].Data) }
	err := inParts(len(batch), maxPutRecords, maxPutBytes, size, aboutARecord, func(from, to int) error {
		out, err := s.client.PutRecords(ctx, &awskinesis.PutRecordsInput{StreamName: &s.name, Records: wireRecords(batch[from:to])})
		if err != nil {
			return err
		}
		if len(out.Records) != to-from {
			return fmt.Errorf("sdktest: the answer to %d records has %d", to-from, len(out.Records))
		}
		for i, r := range out.Records {
			if r.ErrorCode != nil {
				fail(from+i, streamWireError("Put", *r.ErrorCode, aws.ToString(r.ErrorMessage)))
				continue
			}
			number, err := kinesis.ParseSequenceNumber(*r.SequenceNumber)
			if err != nil {
				return err
			}
			put[from+i] = kinesis.Put{ShardID: *r.ShardId, SequenceNumber: number}
		}
		done = to
		return nil
	}, func(i int, err error) { fail(i, streamErrorOf("Put", err)) })
	if err != nil && done == 0 {
		return nil, streamErrorOf("Put", err)
	}
	for i := done; err != nil && i < len(batch); i++ {
		fail(i, streamErrorOf("Put", err)) // the others are put, and the caller has to know
	}
	if failed != nil {
		slices.SortFunc(failed, func(a, b kinesis.EntryError) int { return a.Index - b.Index })
		return put, &kinesis.BatchError{Failed: failed}
	}
	return put, nil
}

func (s *streamOverSDK) Shards(ctx context.Context) (all []kinesis.Shard, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in := &awskinesis.ListShardsInput{StreamName: &s.name}
	for {
		page, err := s.client.ListShards(ctx, in)
		if err != nil {
			return nil, streamErrorOf("Shards", err)
		}
		for _, w := range page.Shards {
			sh, err := shardOf(w)
			if err != nil {
				return nil, err
			}
			all = append(all, sh)
		}
		if page.NextToken == nil {
			return all, nil
		}
		in = &awskinesis.ListShardsInput{NextToken: page.NextToken}
	}
}

func (s *streamOverSDK) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if err := ctx.Err(); err != nil {
		return kinesis.Batch{}, err
	}
	if req.Limit < 0 || req.MaxBytes < 0 || req.Wait < 0 {
		return kinesis.Batch{}, &kinesis.Error{Op: "Read", Stream: s.name, Err: kinesis.ErrInvalidArgument}
	}
	start := time.Now()
	otherwise := req.Position // where to go on if there is no record
	if req.Position.Type == kinesis.Latest {
		var err error
		if otherwise, err = s.tip(ctx, req.ShardID); err != nil {
			return kinesis.Batch{}, err
		}
	}
	iterator, err := s.iterator(ctx, req.ShardID, req.Position)
	if err != nil {
		return kinesis.Batch{}, err
	}
	for {
		batch, next, err := s.get(ctx, iterator, cmp.Or(req.Limit, maxGetRecords), cmp.Or(req.MaxBytes, maxGetBytes))
		if err != nil {
			return kinesis.Batch{}, err
		}
		left := req.Wait - time.Since(start)
		if n := len(batch.Records); n > 0 {
			batch.Next = kinesis.After(batch.Records[n-1].SequenceNumber)
			return batch, nil
		}
		if batch.End || left <= 0 {
			batch.Next = otherwise
			return batch, nil
		}
		select {
		case <-time.After(min(left, pollInterval)):
			iterator = next
		case <-ctx.Done():
			return kinesis.Batch{}, ctx.Err()
		}
	}
}

// iterator returns what the wire has in the place of a position.
func (s *streamOverSDK) iterator(ctx context.Context, shard string, p kinesis.Position) (*string, error) {
	in := &awskinesis.GetShardIteratorInput{
		StreamName: &s.name, ShardId: &shard,
		ShardIteratorType: types.ShardIteratorType(cmp.Or(p.Type, kinesis.TrimHorizon)),
	}
	if !p.SequenceNumber.IsZero() {
		in.StartingSequenceNumber = aws.String(p.SequenceNumber.String())
	}
	if !p.Timestamp.IsZero() {
		in.Timestamp = &p.Timestamp
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if err != nil {
		return nil, streamErrorOf("Read", err)
	}
	return out.ShardIterator, nil
}

// tip returns the position after the newest record, in words that can be kept: an
// iterator of the type LATEST expires, and nothing else on the wire says where it is.
func (s *streamOverSDK) tip(ctx context.Context, shard string) (tip kinesis.Position, err error) {
	iterator, err := s.iterator(ctx, shard, kinesis.Position{})
	for err == nil {
		var batch kinesis.Batch
		batch, iterator, err = s.get(ctx, iterator, maxGetRecords, maxGetBytes)
		if n := len(batch.Records); n > 0 {
			tip = kinesis.After(batch.Records[n-1].SequenceNumber)
		}
		if err == nil && (batch.End || batch.MillisBehindLatest == 0) {
			break
		}
	}
	return tip, err
}

// get returns at most limit records and maxBytes, in as many requests as that takes, and
// the iterator that follows.
func (s *streamOverSDK) get(ctx context.Context, iterator *string, limit, maxBytes int) (all kinesis.Batch, next *string, err error) {
	for {
		count := int32(min(limit, maxGetRecords))
		out, err := s.client.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator, Limit: &count})
		if err != nil {
			return all, nil, streamErrorOf("Read", err)
		}
		fit, size := 0, 0
		for _, r := range out.Records {
			if size += len(*r.PartitionKey) + len(r.Data); size > maxBytes && fit+len(all.Records) > 0 {
				break
			}
			fit++
		}
		full := fit < len(out.Records)
		if full && fit == 0 {
			return all, iterator, nil
		}
		if full { // ask for those alone, for the answer also says how far it is behind
			limit = fit
			continue
		}
		records := all.Records
		if all, err = batchOf(out); err != nil {
			return all, nil, err
		}
		all.Records = append(records, all.Records...)
		limit, maxBytes, iterator = limit-fit, maxBytes-size, out.NextShardIterator
		if limit == 0 || maxBytes <= 0 || all.End || all.MillisBehindLatest == 0 {
			return all, iterator, nil
		}
	}
}

// aboutARecord tells a fault of the caller's records from one of the stream, the endpoint
// or the way there.
func aboutARecord(err error) bool {
	err = streamErrorOf("Put", err)
	return errors.Is(err, kinesis.ErrInvalidArgument) || errors.Is(err, kinesis.ErrValidation)
}
