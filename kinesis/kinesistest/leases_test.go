package kinesistest

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/kinesis"
)

func TestMemoryLeases(t *testing.T) {
	Leases(t, func(testing.TB) kinesis.LeaseStore { return kinesis.NewMemoryLeases() })
}

// What the suite finds in stores is shown as it is for streams.
func TestEveryLeaseRuleCanFail(t *testing.T) {
	rulesFor := func(f func() kinesis.LeaseStore) (all []suite.Rule) {
		for _, r := range leaseRules() {
			all = append(all, r.under(func(testing.TB) kinesis.LeaseStore { return f() }))
		}
		return all
	}
	good := func() kinesis.LeaseStore { return &table{rows: map[string]kinesis.Lease{}} }
	suite.ExplainThemselves(t, rulesFor(good))
	var bad []suite.Fault
	for _, f := range leaseFaults {
		bad = append(bad, suite.Fault{Name: f.name, Breaks: f.breaks, Rules: rulesFor(func() kinesis.LeaseStore {
			return &table{rows: map[string]kinesis.Lease{}, flaw: f.flaw}
		})})
	}
	suite.EveryRuleCanFail(t, rulesFor(good), bad)
	require.Len(t, leaseRules(), 13)
}

// table is a lease store that is too simple to be wrong.
type table struct {
	flaw leaseFlaw
	mu   sync.Mutex
	rows map[string]kinesis.Lease // by group and shard
}

// leaseFlaw is what is wrong with a store. The zero leaseFlaw is none.
type leaseFlaw struct {
	unknown   bool // an unknown group is an error
	oneGroup  bool // for all
	overwrite bool // by Create
	duplicate bool // what is created twice is an error
	shares    bool // the slices of leases
	forgets   func(l *kinesis.Lease)
	unchecked bool // changes are made whoever the owner is
	owners    bool // only the owner is checked
	counters  bool // only the counter is checked
	whole     bool // of From everything counts
	allOrNone bool // one that fails makes all fail
	plain     bool // errors are no batch errors
	another   bool // errors are not ErrLeaseLost
	upsert    bool // what is not there is made
	keeps     bool // what is deleted
	shortList bool // at most a thousand are listed
	noEmpty   bool // calls without leases are errors
	noContext bool
	torn      bool // the check and the change are not one
}

var leaseFaults = []struct {
	name   string
	breaks []string
	flaw   leaseFlaw
}{
	{"unknown groups are errors", []string{"leases/none", "leases/empty calls"}, leaseFlaw{unknown: true}},
	{"one group for all", []string{"leases/groups"}, leaseFlaw{oneGroup: true}},
	{"create overwrites", []string{"leases/created again"}, leaseFlaw{overwrite: true}},
	{"what is there is an error", []string{"leases/created again"}, leaseFlaw{duplicate: true}},
	{"shared slices", []string{"leases/copies"}, leaseFlaw{shares: true}},
	{"no sub-sequence numbers", []string{"leases/created", "leases/updated"}, leaseFlaw{forgets: func(l *kinesis.Lease) { l.Checkpoint.SubSequenceNumber = 0 }}},
	{"no parents", []string{"leases/created", "leases/owner and counter"}, leaseFlaw{forgets: func(l *kinesis.Lease) { l.Parents = nil }}},
	{"timestamps in seconds", []string{"leases/created"}, leaseFlaw{forgets: func(l *kinesis.Lease) {
		l.Checkpoint.Timestamp = l.Checkpoint.Timestamp.Truncate(1e9)
	}}},
	{"nobody is asked", []string{"leases/lost", "leases/deleted", "leases/one winner"}, leaseFlaw{unchecked: true}},
	{"only owners count", []string{"leases/lost", "leases/deleted"}, leaseFlaw{owners: true}},
	{"only counters count", []string{"leases/lost", "leases/deleted"}, leaseFlaw{counters: true}},
	{"everything counts", []string{"leases/owner and counter"}, leaseFlaw{whole: true}},
	{"all or none", []string{"leases/lost", "leases/deleted"}, leaseFlaw{allOrNone: true}},
	{"plain errors", []string{"leases/lost", "leases/deleted"}, leaseFlaw{plain: true}},
	{"other errors", []string{"leases/lost", "leases/deleted"}, leaseFlaw{another: true}},
	{"update makes leases", []string{"leases/lost", "leases/deleted"}, leaseFlaw{upsert: true}},
	{"nothing is deleted", []string{"leases/deleted", "leases/groups", "leases/many"}, leaseFlaw{keeps: true}},
	{"a thousand at most", []string{"leases/many"}, leaseFlaw{shortList: true}},
	{"no empty calls", []string{"leases/empty calls"}, leaseFlaw{noEmpty: true}},
	{"no contexts", []string{"leases/a context that is over"}, leaseFlaw{noContext: true}},
	{"a check, then a change", []string{"leases/one winner"}, leaseFlaw{torn: true}},
}

// enter returns what keeps an operation from being done.
func (s *table) enter(ctx context.Context, leases int) error {
	switch {
	case ctx.Err() != nil && !s.flaw.noContext:
		return ctx.Err()
	case leases == 0 && s.flaw.noEmpty:
		return errors.New("no leases")
	}
	return nil
}

func (s *table) key(group, shard string) string {
	if s.flaw.oneGroup {
		group = ""
	}
	return group + "\x00" + shard
}

func (s *table) copy(l kinesis.Lease) kinesis.Lease {
	if s.flaw.forgets != nil {
		s.flaw.forgets(&l)
	}
	if !s.flaw.shares {
		l.Parents = slices.Clone(l.Parents)
	}
	return l
}

func (s *table) List(ctx context.Context, group string) (leases []kinesis.Lease, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(ctx, 1); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(s.rows)) {
		if l := s.rows[key]; key == s.key(group, l.ShardID) && !(s.flaw.shortList && len(leases) == 1000) {
			leases = append(leases, s.copy(l))
		}
	}
	if s.flaw.unknown && len(leases) == 0 {
		return nil, errors.New("no such group")
	}
	return leases, nil
}

func (s *table) Create(ctx context.Context, group string, leases ...kinesis.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(ctx, len(leases)); err != nil {
		return err
	}
	for _, l := range leases {
		switch _, known := s.rows[s.key(group, l.ShardID)]; {
		case known && s.flaw.duplicate:
			return errors.New("known already")
		case !known || s.flaw.overwrite:
			s.rows[s.key(group, l.ShardID)] = s.copy(l)
		}
	}
	return nil
}

func (s *table) Update(ctx context.Context, group string, updates ...kinesis.LeaseUpdate) error {
	var from []kinesis.Lease
	for _, u := range updates {
		from = append(from, u.From)
	}
	return s.change(ctx, group, from, func(i int) { s.rows[s.key(group, updates[i].To.ShardID)] = s.copy(updates[i].To) })
}

func (s *table) Delete(ctx context.Context, group string, leases ...kinesis.Lease) error {
	return s.change(ctx, group, leases, func(i int) {
		if !s.flaw.keeps {
			delete(s.rows, s.key(group, leases[i].ShardID))
		}
	})
}

// change makes the changes of those leases that are stored as they are said to be.
func (s *table) change(ctx context.Context, group string, from []kinesis.Lease, do func(i int)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(ctx, len(from)); err != nil {
		return err
	}
	var failed []kinesis.EntryError
	for i, l := range from {
		if s.isStored(group, l) {
			if s.flaw.torn {
				s.mu.Unlock()
				for range 100 {
					runtime.Gosched()
				}
				s.mu.Lock()
			}
			if !s.flaw.allOrNone {
				do(i)
			}
			continue
		}
		err := kinesis.ErrLeaseLost
		if s.flaw.another {
			err = kinesis.ErrResourceNotFound
		}
		failed = append(failed, kinesis.EntryError{Index: i, Err: err})
	}
	switch {
	case len(failed) > 0 && s.flaw.plain:
		return kinesis.ErrLeaseLost
	case len(failed) > 0:
		return &kinesis.BatchError{Failed: failed}
	case s.flaw.allOrNone:
		for i := range from {
			do(i)
		}
	}
	return nil
}

func (s *table) isStored(group string, l kinesis.Lease) bool {
	stored, known := s.rows[s.key(group, l.ShardID)]
	sameOwner, sameCounter := stored.Owner == l.Owner || s.flaw.counters, stored.Counter == l.Counter || s.flaw.owners
	switch {
	case !known:
		return s.flaw.upsert
	case s.flaw.unchecked:
		return true
	case s.flaw.whole && (stored.Checkpoint != l.Checkpoint || !slices.Equal(stored.Parents, l.Parents)):
		return false
	}
	return sameOwner && sameCounter
}
