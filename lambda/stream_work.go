package lambda

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"

	"github.com/leat-go/leat/kinesis"
)

// streamSource is the handler of the group of an event source. The group hands it batches,
// and what it did not finish again after a pause; what became of the parts meanwhile it
// remembers as work.
type streamSource struct {
	cfg      StreamConfig // with defaults
	handler  func(ctx context.Context, e StreamEvent) error
	counts   *counts
	reporter reporter

	mu    sync.Mutex
	works map[string]*work // by shard, unfinished ones; guarded by mu
}

// work is a batch of the group that is in parts. Only the shard's own goroutine has it.
type work struct {
	records []kinesis.UserRecord // those that the group gave last
	offset  int                  // of these, in the batch when it was given first
	lanes   []*lane
}

// lane is a sequence of parts that are handled one after the other.
type lane struct{ parts []*part }

// part is the records of one invocation.
type part struct {
	records   []placed // not empty
	attempts  int      // that failed and count, of the first of the records
	invoked   int      // invocations with these records, counted or not
	cause     error    // of the last failure
	condition string   // not empty: it is given up
}

// placed is a record and its place in the group's batch when that was given first.
type placed struct {
	kinesis.UserRecord
	place int
}

// handle is the group's handler.
func (s *streamSource) handle(ctx context.Context, b *kinesis.ShardBatch) error {
	if len(b.Records) == 0 {
		return nil
	}
	w := s.resume(b)
	failures := make([]error, len(w.lanes))
	var running sync.WaitGroup
	for i, l := range w.lanes {
		running.Go(func() { failures[i] = s.advance(ctx, b.ShardID, l) })
	}
	running.Wait()
	first := w.firstUnfinished()
	if first < 0 {
		s.forget(b.ShardID)
		return nil
	}
	if ctx.Err() != nil { // another member may have the shard from now on
		s.forget(b.ShardID)
	}
	index := first - w.offset
	w.offset, w.records = first, w.records[index:]
	return &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: index, Err: joined(failures)}}}
}

// resume returns the work that a batch goes on with, or begins.
func (s *streamSource) resume(b *kinesis.ShardBatch) *work {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.works[b.ShardID]; w != nil && len(w.records) == len(b.Records) && same(&w.records[0], &b.Records[0]) {
		return w
	}
	w := &work{records: b.Records, lanes: s.lanes(b.Records)}
	s.works[b.ShardID] = w
	return w
}

func (s *streamSource) forget(shardID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.works, shardID)
}

// lanes shares the records out by their partition keys, and makes parts of them.
func (s *streamSource) lanes(records []kinesis.UserRecord) []*lane {
	shares := make([][]placed, s.cfg.ParallelizationFactor)
	for i, r := range records {
		n := 0
		if len(shares) > 1 {
			h := fnv.New32a()
			h.Write([]byte(r.PartitionKey))
			n = int(h.Sum32() % uint32(len(shares)))
		}
		shares[n] = append(shares[n], placed{r, i})
	}
	var lanes []*lane
	for _, share := range shares {
		if len(share) == 0 {
			continue
		}
		l := &lane{}
		for len(share) > 0 {
			n := min(s.cfg.BatchSize, len(share))
			l.parts = append(l.parts, &part{records: share[:n:n]})
			share = share[n:]
		}
		lanes = append(lanes, l)
	}
	return lanes
}

// firstUnfinished returns the least place of a record that is not done; -1 if all are.
func (w *work) firstUnfinished() int {
	first := -1
	for _, l := range w.lanes {
		if len(l.parts) > 0 {
			if place := l.parts[0].records[0].place; first < 0 || place < first {
				first = place
			}
		}
	}
	return first
}

func same(a, b *kinesis.UserRecord) bool {
	return a.SequenceNumber == b.SequenceNumber && a.SubSequenceNumber == b.SubSequenceNumber
}

// joined is errors.Join, but for a single error, which it returns as it is.
func joined(errs []error) error {
	var only error
	for _, err := range errs {
		switch {
		case err == nil:
		case only != nil:
			return errors.Join(errs...)
		default:
			only = err
		}
	}
	return only
}
