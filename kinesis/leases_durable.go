package kinesis

import (
	"context"
	"maps"
	"sync"

	"github.com/leat-go/leat/internal/journal"
)

// Leases returns the store of leases that belongs to the service: a durable one keeps
// them in its directory, so that groups go on from their checkpoints when it is opened
// again, one in memory keeps them as long as it lives. All accounts and regions share it;
// groups of different streams need different names.
//
// What a durable store returned is on the disk, as Options.Sync has it. Beyond the errors
// of every LeaseStore it returns ErrInternalFailure if its storage fails and ErrClosed once
// the service is.
func (s *Service) Leases() LeaseStore {
	r := s.registry
	if r.disk != nil {
		return r.disk.leases
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leases == nil {
		r.leases = NewMemoryLeases()
	}
	return r.leases
}

// durableLeases are leases in the journal of a service.
type durableLeases struct {
	registry *registry

	mu    sync.Mutex    // held while the table changes and the journal is told; taken before registry.mu
	table *MemoryLeases // its own lock is for List
}

// List implements [LeaseStore]. What is about to become durable is in it already: whoever
// acts on it stores something, which becomes durable later.
func (d *durableLeases) List(ctx context.Context, group string) ([]Lease, error) {
	if err := d.open("List", group); err != nil {
		return nil, err
	}
	return d.table.List(ctx, group)
}

// Create implements [LeaseStore].
func (d *durableLeases) Create(ctx context.Context, group string, leases ...Lease) error {
	ids := make([]string, len(leases))
	for i := range leases {
		ids[i] = leases[i].ShardID
	}
	_, err := d.change(ctx, "Create", group, ids, func() failures {
		d.table.create(group, leases)
		return nil
	})
	return err
}

// Update implements [LeaseStore].
func (d *durableLeases) Update(ctx context.Context, group string, updates ...LeaseUpdate) error {
	ids := make([]string, len(updates))
	for i := range updates {
		ids[i] = updates[i].From.ShardID
	}
	failed, err := d.change(ctx, "Update", group, ids, func() failures { return d.table.update(group, updates) })
	if err != nil {
		return err
	}
	return batchError(failed)
}

// Delete implements [LeaseStore].
func (d *durableLeases) Delete(ctx context.Context, group string, leases ...Lease) error {
	ids := make([]string, len(leases))
	for i := range leases {
		ids[i] = leases[i].ShardID
	}
	failed, err := d.change(ctx, "Delete", group, ids, func() failures { return d.table.remove(group, leases) })
	if err != nil {
		return err
	}
	return batchError(failed)
}

// change makes a change in the table, which concerns the leases of some shards, and
// returns when it is durable. A change that can not be added to the journal is taken back.
func (d *durableLeases) change(ctx context.Context, op, group string, shardIDs []string, do func() failures) (failures, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := d.open(op, group); err != nil {
		return nil, err
	}
	if err := d.registry.storable(op, group); err != nil {
		return nil, err
	}
	failed, t, err := d.tryChange(group, shardIDs, do)
	if err == nil {
		err = t.Wait()
	}
	return failed, stored(op, group, err)
}

func (d *durableLeases) tryChange(group string, shardIDs []string, do func() failures) (failed failures, t journal.Ticket, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	old := map[string]Lease{}
	for _, id := range shardIDs {
		if l, ok := d.table.groups[group][id]; ok {
			old[id] = l
		}
	}
	failed = do()
	facts := d.facts(group, shardIDs, old)
	if len(facts) == 0 {
		return failed, d.registry.disk.journal.Barrier(), nil
	}
	if t, err = d.registry.disk.write(facts...); err != nil {
		d.restore(group, shardIDs, old)
		return nil, t, err
	}
	d.registry.mu.Lock()
	d.registry.clean()
	d.registry.mu.Unlock()
	return failed, t, nil
}

// facts returns what is different from old about the leases of some shards. The caller
// holds the locks.
func (d *durableLeases) facts(group string, shardIDs []string, old map[string]Lease) (facts [][]byte) {
	told := map[string]bool{}
	for _, id := range shardIDs {
		was, had := old[id]
		is, has := d.table.groups[group][id]
		switch {
		case told[id]:
		case has && (!had || was.Counter != is.Counter || was.Owner != is.Owner || !equalLeases(&was, &is)):
			facts = append(facts, leaseFact(group, &is))
		case had && !has:
			facts = append(facts, leaseGoneFact(group, id))
		}
		told[id] = true
	}
	return facts
}

// equalLeases tells whether a journal would say the same of two leases.
func equalLeases(a, b *Lease) bool { return string(leaseFact("", a)) == string(leaseFact("", b)) }

// restore takes a change back.
func (d *durableLeases) restore(group string, shardIDs []string, old map[string]Lease) {
	table := d.table.groups[group]
	for _, id := range shardIDs {
		delete(table, id)
	}
	if table == nil {
		table = map[string]Lease{}
	}
	maps.Copy(table, old)
	if d.table.groups[group] = table; len(table) == 0 {
		delete(d.table.groups, group)
	}
}

// open returns ErrClosed if the service is.
func (d *durableLeases) open(op, group string) error {
	d.registry.mu.Lock()
	defer d.registry.mu.Unlock()
	if d.registry.closed {
		return &Error{Op: op, Stream: group, Err: ErrClosed}
	}
	return nil
}
