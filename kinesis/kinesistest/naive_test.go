package kinesistest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// naive is a stream that is too simple to be wrong, on which the suite is tested: every
// question is answered by a walk over all shards or records, and whoever waits looks
// again after every change.
type naive struct {
	flaw      flaw
	retention time.Duration
	size      int

	waiting atomic.Int64

	mu      sync.Mutex
	shards  []*naiveShard // guarded by mu, like all below
	changed chan struct{} // closed when something has changed
}

type naiveShard struct {
	kinesis.Shard
	index    int
	created  int64 // in seconds
	count    int64 // of records so far
	records  []kinesis.Record
	children []string
	closed   time.Time
	flaw     flaw
}

// flaw is what is wrong with a stream. The zero flaw is none.
type flaw struct {
	bySum            bool // routes by a checksum
	oldRanges        bool // goes on putting to closed shards
	sameNumbers      bool // counts in each shard from the same number
	numbersBegin     bool // gives the first record the shard's starting number
	restartNumbers   bool // does not take care that a child's numbers are greater than its parents'
	reverse          bool // keeps batches in another order
	closeAtHalf      bool // ends closed shards with a number amid their records
	seconds          bool // remembers arrivals to the second
	micros           bool // remembers arrivals to the microsecond
	keepsClosed      bool // lists closed shards for ever
	dropsClosed      bool // lists closed shards no more
	shiftedSplit     bool // splits one key too high
	looseSplit       bool // splits anywhere
	looseMerge       bool // merges shards that are far apart
	oneParent        bool // tells merged shards' children of one parent only
	reusesIDs        bool // gives a new shard the place of an old one
	newestFirst      bool // lists the newest shards first
	unevenShards     bool
	childrenTakeOver bool // moves records to the child on a merge
	wakesNobody      bool // tells those who wait nothing of closed shards
	wakesOne         bool // tells only one of those who wait of a record
	lostChild        bool // names one child only
	foreignNumbers   bool // takes any shard's sequence numbers
	trimsToHalf      bool // keeps records half as long
	trimsNothing     bool
	strictPositions  bool // refuses positions that are trimmed
}

var errTrimmed = errors.New("trimmed")

func newNaive(cfg kinesis.Config, f flaw) *naive {
	n := &naive{
		flaw: f, retention: cmp.Or(cfg.RetentionPeriod, day), size: cmp.Or(cfg.MaxRecordSize, mebibyte),
		changed: make(chan struct{}),
	}
	count := max(cfg.ShardCount, 1)
	for i, r := range shard.Even(count) {
		if f.unevenShards && count > 1 {
			switch i {
			case 0:
				r.End = r.Middle()
			case 1:
				r.Start = shard.Even(count)[0].Middle().Add(shard.HashKey{Lo: 1})
			}
		}
		n.add(kinesis.HashKeyRange{Start: kinesis.HashKey(r.Start), End: kinesis.HashKey(r.End)})
	}
	return n
}

// add opens a shard.
func (n *naive) add(r kinesis.HashKeyRange, parents ...*naiveShard) *naiveShard {
	sh := &naiveShard{index: len(n.shards), created: time.Now().Unix(), flaw: n.flaw}
	if n.flaw.reusesIDs {
		sh.index = len(parents)
	}
	sh.ID, sh.HashKeyRange = shard.ID(sh.index), r
	for i, parent := range parents {
		if !n.flaw.restartNumbers {
			sh.created = max(sh.created, parent.created+1)
		}
		if i == 0 {
			sh.ParentID = parent.ID
		} else if !n.flaw.oneParent {
			sh.AdjacentParentID = parent.ID
		}
		parent.children = append(parent.children, sh.ID)
	}
	sh.StartingSequenceNumber = sh.number(0)
	n.shards = append(n.shards, sh)
	return sh
}

// number makes a sequence number of a shard.
func (sh *naiveShard) number(index int64) kinesis.SequenceNumber {
	at := sh.index
	if sh.flaw.sameNumbers {
		at = 0
	}
	if sh.flaw.numbersBegin && index > 0 && index < shard.MaxSequenceIndex {
		index--
	}
	parsed, err := kinesis.ParseSequenceNumber(shard.MakeSequenceNumber(sh.created, at, index, time.Now().Unix()).String())
	if err != nil {
		panic(err)
	}
	return parsed
}

// trim forgets what is too old.
func (n *naive) trim() {
	retention := n.retention
	switch {
	case n.flaw.trimsNothing:
		return
	case n.flaw.trimsToHalf:
		retention /= 2
	}
	for _, sh := range n.shards {
		for len(sh.records) > 0 && time.Since(sh.records[0].ArrivalTime) >= retention {
			sh.records = sh.records[1:]
		}
	}
	n.shards = slices.DeleteFunc(n.shards, func(sh *naiveShard) bool {
		return !sh.closed.IsZero() && (time.Since(sh.closed) >= retention && !n.flaw.keepsClosed || n.flaw.dropsClosed)
	})
}

// hasChanged wakes up those who wait.
func (n *naive) hasChanged() {
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *naive) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	n.trim()
	put := make([]kinesis.Put, len(batch))
	var failed []kinesis.EntryError
	for i := range batch {
		at := i
		if n.flaw.reverse {
			at = len(batch) - 1 - i
		}
		e := batch[at]
		key, err := kinesis.HashKeyOf(e.PartitionKey), error(nil)
		if e.ExplicitHashKey != "" {
			key, err = kinesis.ParseHashKey(e.ExplicitHashKey)
		}
		if n.flaw.bySum && len(e.PartitionKey) > 1 && e.ExplicitHashKey == "" {
			key = kinesis.HashKey{Hi: uint64(len(e.Data)) << 62}
		}
		if size := utf8.RuneCountInString(e.PartitionKey); size < 1 || size > 256 || len(e.Data) > n.size {
			err = kinesis.ErrValidation
		}
		if err != nil {
			failed = append(failed, kinesis.EntryError{Index: at, Err: err})
			continue
		}
		put[at] = n.append(key, e)
	}
	n.hasChanged()
	if len(failed) > 0 {
		return put, &kinesis.BatchError{Failed: failed}
	}
	return put, nil
}

func (n *naive) append(key kinesis.HashKey, e kinesis.Entry) kinesis.Put {
	at := slices.IndexFunc(n.shards, func(sh *naiveShard) bool {
		return (sh.IsOpen() || n.flaw.oldRanges) && sh.HashKeyRange.Contains(key)
	})
	sh := n.shards[at]
	sh.count++
	unit := time.Millisecond
	switch {
	case n.flaw.seconds:
		unit = time.Second
	case n.flaw.micros:
		unit = time.Microsecond
	}
	r := kinesis.Record{
		SequenceNumber: sh.number(sh.count), PartitionKey: e.PartitionKey, Data: slices.Clone(e.Data),
		ArrivalTime: time.Now().Truncate(unit),
	}
	sh.records = append(sh.records, r)
	return kinesis.Put{ShardID: sh.ID, SequenceNumber: r.SequenceNumber}
}

func (n *naive) Shards(ctx context.Context) ([]kinesis.Shard, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	n.trim()
	var shards []kinesis.Shard
	for _, sh := range n.shards {
		shards = append(shards, sh.Shard)
	}
	if n.flaw.newestFirst {
		slices.Reverse(shards)
	}
	return shards, nil
}

func (n *naive) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	if req.Limit < 0 || req.MaxBytes < 0 || req.Wait < 0 {
		return kinesis.Batch{}, kinesis.ErrInvalidArgument
	}
	deadline := time.NewTimer(req.Wait)
	defer deadline.Stop()
	for {
		if ctx.Err() != nil {
			return kinesis.Batch{}, ctx.Err()
		}
		n.mu.Lock()
		batch, err := n.read(req)
		changed := n.changed
		n.mu.Unlock()
		if err != nil || len(batch.Records) > 0 || batch.End || req.Wait == 0 {
			return batch, err
		}
		req.Position = batch.Next
		if n.flaw.wakesOne {
			if n.waiting.Add(1) > 1 {
				changed = nil
			}
			defer n.waiting.Add(-1)
		}
		select {
		case <-changed:
		case <-deadline.C:
			return batch, nil
		case <-ctx.Done():
			return kinesis.Batch{}, ctx.Err()
		}
	}
}

// read reads without waiting.
func (n *naive) read(req kinesis.ReadRequest) (b kinesis.Batch, err error) {
	n.trim()
	i := slices.IndexFunc(n.shards, func(sh *naiveShard) bool { return sh.ID == req.ShardID })
	if i < 0 {
		return b, kinesis.ErrResourceNotFound
	}
	sh := n.shards[i]
	at, err := sh.find(req.Position)
	if err != nil {
		return b, err
	}
	limit, bytes := cmp.Or(req.Limit, 10_000), cmp.Or(req.MaxBytes, 10*mebibyte)
	for _, r := range sh.records[at:] {
		size := len(r.Data) + len(r.PartitionKey)
		if len(b.Records) == limit || len(b.Records) > 0 && size > bytes {
			break
		}
		bytes -= size
		b.Records = append(b.Records, r)
	}
	at += len(b.Records)
	switch {
	case at > 0:
		b.Next = kinesis.After(sh.records[at-1].SequenceNumber)
	case req.Position.Type == kinesis.AfterSequenceNumber:
		b.Next = req.Position
	default:
		b.Next = kinesis.After(sh.StartingSequenceNumber)
	}
	if at < len(sh.records) {
		b.MillisBehindLatest = time.Since(sh.records[at].ArrivalTime).Milliseconds()
		return b, nil
	}
	if b.End = !sh.IsOpen() && !n.flaw.wakesNobody; b.End {
		for _, child := range n.shards {
			if slices.Contains(sh.children, child.ID) {
				parents := []string{child.ParentID, child.AdjacentParentID}
				parents = slices.DeleteFunc(parents, func(id string) bool { return id == "" })
				b.ChildShards = append(b.ChildShards, kinesis.ChildShard{ShardID: child.ID, ParentShards: parents, HashKeyRange: child.HashKeyRange})
			}
		}
		if n.flaw.lostChild && len(b.ChildShards) > 1 {
			b.ChildShards = b.ChildShards[:1]
		}
	}
	return b, nil
}

// find returns the index of the first record from a position on.
func (sh *naiveShard) find(p kinesis.Position) (int, error) {
	past := func(passed func(r kinesis.Record) bool) (int, error) {
		at := slices.IndexFunc(sh.records, func(r kinesis.Record) bool { return !passed(r) })
		if at < 0 {
			at = len(sh.records)
		}
		return at, nil
	}
	switch p.Type {
	case "", kinesis.TrimHorizon:
		return 0, nil
	case kinesis.Latest:
		return len(sh.records), nil
	case kinesis.AtTimestamp:
		if p.Timestamp.IsZero() || p.Timestamp.After(time.Now()) {
			return 0, kinesis.ErrInvalidArgument
		}
		return past(func(r kinesis.Record) bool { return r.ArrivalTime.Before(p.Timestamp.Truncate(time.Millisecond)) })
	case kinesis.AtSequenceNumber, kinesis.AfterSequenceNumber:
	default:
		return 0, kinesis.ErrInvalidArgument
	}
	low, high := sh.StartingSequenceNumber, sh.number(shard.MaxSequenceIndex)
	if p.SequenceNumber.IsZero() || !sh.flaw.foreignNumbers && (p.SequenceNumber.Compare(low) < 0 || p.SequenceNumber.Compare(high) > 0) {
		return 0, kinesis.ErrInvalidArgument
	}
	if sh.flaw.strictPositions && sh.count > int64(len(sh.records)) && (len(sh.records) == 0 || p.SequenceNumber.Compare(sh.records[0].SequenceNumber) < 0) {
		return 0, errTrimmed
	}
	return past(func(r kinesis.Record) bool {
		c := r.SequenceNumber.Compare(p.SequenceNumber)
		return c < 0 || c == 0 && p.Type == kinesis.AfterSequenceNumber
	})
}

// close ends a shard.
func (n *naive) close(sh *naiveShard) {
	sh.EndingSequenceNumber, sh.closed = sh.number(shard.MaxSequenceIndex), time.Now()
	if sh.flaw.closeAtHalf {
		sh.EndingSequenceNumber = sh.number(sh.count/2 + 1)
	}
}

// the returns the shard with an id, if it is open.
func (n *naive) the(id string) (*naiveShard, error) {
	at := slices.IndexFunc(n.shards, func(sh *naiveShard) bool { return sh.ID == id })
	switch {
	case at < 0:
		return nil, kinesis.ErrResourceNotFound
	case !n.shards[at].IsOpen():
		return nil, kinesis.ErrInvalidArgument
	}
	return n.shards[at], nil
}

func (n *naive) split(id string, at kinesis.HashKey) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	sh, err := n.the(id)
	if err != nil {
		return err
	}
	if n.flaw.shiftedSplit {
		at = plusOne(at)
	}
	r := sh.HashKeyRange
	if (at.Compare(r.Start) <= 0 || !r.Contains(at)) && !n.flaw.looseSplit {
		return kinesis.ErrInvalidArgument
	}
	n.close(sh)
	n.add(kinesis.HashKeyRange{Start: r.Start, End: minus(at, kinesis.HashKey{Lo: 1})}, sh)
	n.add(kinesis.HashKeyRange{Start: at, End: r.End}, sh)
	n.hasChanged()
	return nil
}

func (n *naive) merge(id, adjacent string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	a, err := n.the(id)
	b, otherErr := n.the(adjacent)
	if err := cmp.Or(err, otherErr); err != nil {
		return err
	}
	low, high := a, b
	if b.HashKeyRange.Start.Compare(a.HashKeyRange.Start) < 0 {
		low, high = b, a
	}
	if a == b || plusOne(low.HashKeyRange.End) != high.HashKeyRange.Start && !n.flaw.looseMerge {
		return kinesis.ErrInvalidArgument
	}
	n.close(a)
	n.close(b)
	child := n.add(kinesis.HashKeyRange{Start: low.HashKeyRange.Start, End: high.HashKeyRange.End}, a, b)
	if n.flaw.childrenTakeOver {
		child.records, low.records = low.records, nil
	}
	n.hasChanged()
	return nil
}
