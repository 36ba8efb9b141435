package kinesis

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// MemoryLeases is a LeaseStore in memory, for any number of groups. Create one with
// NewMemoryLeases. All methods may be called concurrently.
type MemoryLeases struct {
	mu     sync.Mutex
	groups map[string]map[string]Lease // by name and shard; guarded by mu
}

// NewMemoryLeases returns a store without leases.
func NewMemoryLeases() *MemoryLeases { return &MemoryLeases{groups: map[string]map[string]Lease{}} }

// List implements [LeaseStore]. The leases are in the order of their shards' ids.
func (m *MemoryLeases) List(ctx context.Context, group string) ([]Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	table := m.groups[group]
	leases := make([]Lease, 0, len(table))
	for _, id := range slices.Sorted(maps.Keys(table)) {
		leases = append(leases, table[id].clone())
	}
	return leases, nil
}

// Create implements [LeaseStore].
func (m *MemoryLeases) Create(ctx context.Context, group string, leases ...Lease) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.create(group, leases)
	return nil
}

// create is Create for those who hold mu.
func (m *MemoryLeases) create(group string, leases []Lease) {
	table := m.groups[group]
	if table == nil {
		table = map[string]Lease{}
		m.groups[group] = table
	}
	for _, l := range leases {
		if _, ok := table[l.ShardID]; !ok {
			table[l.ShardID] = l.clone()
		}
	}
}

// Update implements [LeaseStore].
func (m *MemoryLeases) Update(ctx context.Context, group string, updates ...LeaseUpdate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return batchError(m.update(group, updates))
}

// update is Update for those who hold mu.
func (m *MemoryLeases) update(group string, updates []LeaseUpdate) (failed failures) {
	for i, u := range updates {
		switch {
		case u.To.ShardID != u.From.ShardID:
			failed.Add(i, located("Update", group, invalid("To is of shard %.130q, From of %.130q.", u.To.ShardID, u.From.ShardID)))
		case !m.holds(group, u.From):
			failed.Add(i, leaseLost("Update", group, u.From.ShardID))
		default:
			m.groups[group][u.To.ShardID] = u.To.clone()
		}
	}
	return failed
}

// Delete implements [LeaseStore].
func (m *MemoryLeases) Delete(ctx context.Context, group string, leases ...Lease) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return batchError(m.remove(group, leases))
}

// remove is Delete for those who hold mu.
func (m *MemoryLeases) remove(group string, leases []Lease) (failed failures) {
	for i, l := range leases {
		if !m.holds(group, l) {
			failed.Add(i, leaseLost("Delete", group, l.ShardID))
			continue
		}
		delete(m.groups[group], l.ShardID)
	}
	if len(m.groups[group]) == 0 {
		delete(m.groups, group)
	}
	return failed
}

// holds tells whether a lease is stored as the caller knows it, who holds mu.
func (m *MemoryLeases) holds(group string, l Lease) bool {
	stored, ok := m.groups[group][l.ShardID]
	return ok && stored.Owner == l.Owner && stored.Counter == l.Counter
}

func leaseLost(op, group, shardID string) *Error {
	return &Error{Op: op, Stream: group, Err: ErrLeaseLost, Message: "The lease of shard " + shardID + " belongs to another worker, or was changed meanwhile."}
}
