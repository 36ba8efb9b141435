package kinesis

// missingLeases returns the leases that a group lacks, given the shards of the stream
// and the leases there are: one for each open shard, and for those before it that the
// group has to read first. The leases are in generations, which must be created one
// after the other: parents before their children, so that a parent without a lease is
// always one that was read.
//
// Where a shard follows one that has a lease it is read from its beginning, or since the
// time that the other is to be read from. Otherwise it is read from the initial position:
// unless that is Latest the shards before it are read as well, as far back as they are
// kept. (HierarchicalShardSyncer of the Kinesis Client Library.)
func missingLeases(shards []Shard, leases []Lease, initial Position) [][]Lease {
	t := tracer{shards: map[string]*Shard{}, known: map[string]*Lease{}, generation: map[string]int{}, initial: initial}
	for i := range shards {
		t.shards[shards[i].ID] = &shards[i]
	}
	for i := range leases {
		t.known[leases[i].ShardID] = &leases[i]
	}
	for _, s := range shards {
		if s.IsOpen() {
			t.trace(s.ID)
		}
	}
	return t.missing
}

type tracer struct {
	shards     map[string]*Shard
	known      map[string]*Lease // the leases there are, and those that were made; nil for a shard that gets none
	generation map[string]int    // of those that were made, from 1
	missing    [][]Lease
	initial    Position
}

// trace returns a shard's lease, which it makes if need be; nil if the shard is not to
// be read.
func (t *tracer) trace(id string) *Lease {
	if l, ok := t.known[id]; ok {
		return l
	}
	s := t.shards[id]
	if s == nil {
		return nil // it expired
	}
	t.known[id] = nil // so that a lineage that runs in a circle ends
	l := &Lease{ShardID: id, HashKeyRange: s.HashKeyRange}
	generation := 0
	for _, parent := range []string{s.ParentID, s.AdjacentParentID} {
		if p := t.trace(parent); p != nil {
			l.Parents = append(l.Parents, parent)
			generation = max(generation, t.generation[parent])
			if p.Checkpoint.Type == AtTimestamp {
				l.Checkpoint = p.Checkpoint
			}
		}
	}
	switch {
	case l.Parents != nil:
		if l.Checkpoint.Type == "" {
			l.Checkpoint.Type = TrimHorizon
		}
	case t.initial.Type == Latest && !s.IsOpen():
		return nil
	default:
		l.Checkpoint = Checkpoint{Type: t.initial.Type, Timestamp: t.initial.Timestamp}
	}
	if generation == len(t.missing) {
		t.missing = append(t.missing, nil)
	}
	t.missing[generation] = append(t.missing[generation], *l)
	t.generation[id] = generation + 1
	t.known[id] = l
	return l
}
