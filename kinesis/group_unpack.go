package kinesis

import (
	"fmt"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// unpack returns the user's records in those of a read, but for those that are handled,
// and the checkpoint after all of them; the zero Checkpoint if there is none.
func (g *Group) unpack(r *reading, read []Record) (records []UserRecord, upTo Checkpoint) {
	dropped := 0
	records = make([]UserRecord, 0, len(read))
	var parts []kpl.User
	for _, record := range read {
		upTo = Checkpoint{Type: AfterSequenceNumber, SequenceNumber: record.SequenceNumber}
		parts = parts[:0]
		packed := !g.cfg.KeepAggregated && kpl.IsAggregated(record.Data)
		if packed {
			var err error
			parts, err = kpl.AppendUsers(parts, record.Data)
			packed = err == nil
		}
		if !packed {
			if !r.done.covers(record.SequenceNumber, 0) {
				records = append(records, UserRecord{Record: record})
			}
			continue
		}
		upTo.SubSequenceNumber = max(len(parts)-1, 0)
		for sub, part := range parts {
			switch {
			case r.done.covers(record.SequenceNumber, sub):
			case r.keys != HashKeyRange{} && !r.keys.Contains(hashKeyOf(part)):
				dropped++
			default:
				u := UserRecord{Record: record, SubSequenceNumber: sub, ExplicitHashKey: part.ExplicitHashKey, Aggregated: true}
				u.PartitionKey, u.Data = part.PartitionKey, part.Data
				records = append(records, u)
			}
		}
	}
	if dropped > 0 {
		g.mu.Lock()
		g.stats.Dropped += int64(dropped)
		g.mu.Unlock()
		g.report("Unpack", r.shardID, nil, fmt.Errorf("kinesis: %d parts of aggregated records have hash keys that are not the shard's", dropped))
	}
	return records, upTo
}

// hashKeyOf returns the hash key of a part. One that lies outside of the shard is there
// by mistake: the shards changed while the aggregated record was on its way, and the
// producer, who is told the shard, puts that part again. (AggregatorUtil of the Kinesis
// Client Library drops the other parts of the record too. A producer that repeats only
// what went wrong would lose those, so here they stay, at the risk of seeing them twice.)
func hashKeyOf(part kpl.User) HashKey {
	if part.ExplicitHashKey != "" {
		if k, err := ParseHashKey(part.ExplicitHashKey); err == nil {
			return k
		}
	}
	return HashKeyOf(part.PartitionKey)
}
