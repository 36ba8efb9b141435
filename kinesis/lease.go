package kinesis

import (
	"context"
	"slices"
	"time"
)

// LeaseStore keeps the leases of groups: a table with a row for each lease, whose key is
// the group's name and the shard's id. [MemoryLeases] is one for the members of a group
// that live in one process; an adapter over a database joins processes.
//
// What a store owes is that an operation on one lease is atomic, and that List sees
// whatever was stored before it was called. Operations on several leases need not be
// atomic together. It needs no clock, and no lease ever expires in it: who holds one is
// for the members to find out, see [Lease].
//
// An error that is not about single leases means that it is not known whether any of
// them is stored: members look again. All methods may be called concurrently. They end
// when ctx does, and a write that the store gave up for that must not happen later.
type LeaseStore interface {
	// List returns the leases of a group, in any order; none if nobody knows the
	// group. They are the caller's.
	List(ctx context.Context, group string) ([]Lease, error)

	// Create stores each lease whose shard has none in the group, and leaves the others
	// as they are, which is no error.
	Create(ctx context.Context, group string, leases ...Lease) error

	// Update puts To in the place of From, if the lease that is stored has the Owner and
	// the Counter of From. When some fail the others still happen, and the error is a
	// [*BatchError] that names each failed index; its entries wrap ErrLeaseLost where
	// the stored lease has another Owner or Counter, or there is none.
	Update(ctx context.Context, group string, updates ...LeaseUpdate) error

	// Delete removes each lease of which the stored one has the same Owner and Counter. Its
	// errors are those of Update.
	Delete(ctx context.Context, group string, leases ...Lease) error
}

// LeaseUpdate is a change of a lease. From and To have the same ShardID; the Counter of
// To is the next one.
type LeaseUpdate struct{ From, To Lease }

// Lease is the right of one member of a group to read one shard, and how far the group
// got in it. It is data.
//
// A member that owns a lease counts Counter up, again and again. The others watch: when
// one has seen the same count for as long as the group's FailoverTime, the lease has
// expired and may be taken. So no member compares its clock with another's, only how
// fast they run.
type Lease struct {
	ShardID string

	// Owner is the WorkerID of the member that reads the shard. Empty means that anybody
	// may take the lease.
	Owner string `json:",omitzero"`

	// Counter is one more with every change of the lease, by whomever.
	Counter int64

	// Epoch is one more whenever a member takes the lease. Zero means that the shard was
	// never read. What an owner does elsewhere can carry it as a fencing token.
	Epoch int64 `json:",omitzero"`

	// RequestedBy is the member that has asked the owner to hand the lease over. Empty
	// means none.
	RequestedBy string `json:",omitzero"`

	// Checkpoint is how far the shard is handled.
	Checkpoint Checkpoint

	// Parents are the shards that have to be read before this one. One without a lease
	// is read, or has expired.
	Parents []string `json:",omitempty"`

	// HashKeyRange is the shard's. Zero means unknown.
	HashKeyRange HashKeyRange
}

// ShardEnd is the type of a Checkpoint after the last record of a closed shard. No
// Position has it.
const ShardEnd PositionType = "SHARD_END"

// Checkpoint is how far a shard is handled. The zero Checkpoint is before the oldest
// record that is kept.
type Checkpoint struct {
	// Type is TrimHorizon, which empty means as well, Latest or AtTimestamp before
	// anything was handled; AfterSequenceNumber; or ShardEnd.
	Type PositionType `json:",omitzero"`

	// SequenceNumber is the last record that is handled, for AfterSequenceNumber.
	SequenceNumber SequenceNumber `json:",omitzero"`

	// SubSequenceNumber is the last part that is handled of that record, if it is an
	// aggregated one.
	SubSequenceNumber int `json:",omitzero"`

	// Timestamp is for AtTimestamp.
	Timestamp time.Time `json:",omitzero"`
}

// IsShardEnd tells whether all of the shard is handled.
func (c Checkpoint) IsShardEnd() bool { return c.Type == ShardEnd }

// covers tells whether a part of a record is handled.
func (c Checkpoint) covers(n SequenceNumber, sub int) bool {
	switch c.Type {
	case ShardEnd:
		return true
	case AfterSequenceNumber:
		order := n.Compare(c.SequenceNumber)
		return order < 0 || order == 0 && sub <= c.SubSequenceNumber
	}
	return false
}

// position is where to read on. The checkpoint's own record is read again, because
// some of its parts may not be handled.
func (c Checkpoint) position() Position {
	if c.Type == AfterSequenceNumber {
		return At(c.SequenceNumber)
	}
	return Position{Type: c.Type, Timestamp: c.Timestamp}
}

func (l Lease) clone() Lease {
	l.Parents = slices.Clone(l.Parents)
	return l
}
