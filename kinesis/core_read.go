package kinesis

import (
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// resolve returns the index of the first record at or after a position in a shard, which
// may be one that is not there any more or not yet. The error has AWS's text.
func (sh *shardState) resolve(now int64, p Position) (index int64, err error) {
	switch p.Type {
	case "", TrimHorizon:
		return 0, nil
	case Latest:
		return sh.tip, nil
	case AtTimestamp:
		if ms := now / int64(time.Millisecond); p.Timestamp.UnixMilli() > ms {
			return 0, invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d",
				p.Timestamp.UnixMilli(), ms)
		}
		return min(sh.oldest()+int64(sh.log.since(p.Timestamp.UnixMilli())), sh.tip), nil
	case AtSequenceNumber, AfterSequenceNumber:
		n := p.SequenceNumber.n
		if !sh.has(n) {
			return 0, errForeign
		}
		if index = n.Index(); index >= sh.tip {
			return sh.tip, nil // the number that closed the shard
		}
		if p.Type == AfterSequenceNumber {
			index++
		}
		return index, nil
	}
	return 0, invalid("Position.Type is %q, which is none.", p.Type)
}

// errForeign stands for a number that is none of the shard's; the text needs the name of
// the stream.
var errForeign = &Error{Err: ErrInvalidArgument}

// has tells whether a number may be one of the shard's.
func (sh *shardState) has(n shard.SequenceNumber) bool {
	return n.Shard() == sh.index && n.Created() == sh.created && !n.IsZero() && (n.Index() < sh.tip || sh.sealed && n == sh.ending)
}

// oldest is the index of the oldest record that is kept, or of the next one.
func (sh *shardState) oldest() int64 { return sh.next - int64(sh.log.len()) }

// after is the position before the record with an index, which is the oldest or a later
// one: that after the record before it.
func (sh *shardState) after(index int64) Position {
	if index <= 1 {
		return After(SequenceNumber{sh.first()})
	}
	arrived := sh.gone
	if place := index - 1 - sh.oldest(); place >= 0 {
		arrived = sh.log.arrived(int(place))
	}
	return After(sh.number(index-1, arrived))
}

// read returns up to limit records from an index on, of up to maxBytes but for the
// first, and the index to go on from. Key and data of records that are cold are not there
// yet: it returns where they are.
func (sh *shardState) read(now, index int64, limit, maxBytes int) (b Batch, next int64, size int, cold []coldRecord) {
	place := sh.log.found(int(max(index-sh.oldest(), 0)))
	n := min(limit, int(sh.tip-sh.oldest())-place)
	for i := range n {
		record := int(sh.log.size(place + i))
		if sh.log.isLost(place + i) {
			n = i
			break
		}
		if size += record; size > maxBytes && i > 0 {
			size -= record
			n = i
			break
		}
	}
	next = max(index, sh.oldest()) // LATEST may be ahead of nothing, but never of what is there
	if n > 0 {
		b.Records = make([]Record, n)
		first := sh.oldest() + int64(place)
		cold = sh.coldRecords(b.Records, place)
		for i := len(cold); i < len(b.Records); i++ {
			e := sh.log.at(place + i)
			r := &b.Records[i]
			r.SequenceNumber = sh.number(first+int64(i), e.arrived)
			r.PartitionKey, r.Data = e.key, e.data
			r.ArrivalTime = time.UnixMilli(e.arrived)
		}
		next = first + int64(n)
		b.Next = After(sh.number(next-1, sh.log.arrived(place+n-1)))
	} else {
		b.Next = sh.after(next)
	}
	if next < sh.tip {
		age := int64(0)
		if n > 0 {
			age = now/int64(time.Millisecond) - sh.log.arrived(place+n-1)
		}
		b.MillisBehindLatest = max(age, 1)
	} else if sh.sealed {
		b.End = true
		b.ChildShards = sh.childShards()
	}
	return b, next, size, cold
}

func (sh *shardState) childShards() []ChildShard {
	children := make([]ChildShard, len(sh.children))
	for i, child := range sh.children {
		children[i] = ChildShard{ShardID: child.id, ParentShards: []string{child.parent}, HashKeyRange: outer(child.keys)}
		if child.adjacent != "" {
			children[i].ParentShards = append(children[i].ParentShards, child.adjacent)
		}
	}
	return children
}
