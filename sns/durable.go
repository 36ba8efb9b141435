package sns

import (
	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// Open opens the service that is kept in a directory, or begins one there: the topics
// with their subscriptions, the notifications that are still to be delivered and dead
// letters on their way, with the times of their retries, and what a FIFO topic remembers
// and archives. What an operation has acknowledged survives a crash, as cfg.Durable.Sync
// has it. Of Close and a new Open nothing is seen but that deliveries under way are
// broken off.
//
// An endpoint is stored by its protocol and address, and found by cfg again, which should
// be the same each time. Deliveries go on before Open returns. What was delivered
// shortly before a crash may be delivered again; within a group, or to a subscription
// that is InOrder, the order is kept even so. That a delivery had its effect is written
// without waiting for the disk.
//
// The counters of Metrics and SubscriptionStats begin anew, as do the Outbox and, if cfg
// has none, the SigningKey.
//
// An operation that fails with durable.ErrNoSpace could not store what it did. Publish has
// then published nothing; what another operation did may yet become true. After
// durable.ErrFailed the service should be closed: what it says can not be relied upon.
//
// Open fails with ErrInvalidParameter as NewService does, and with durable.ErrLocked,
// durable.ErrCorrupt, durable.ErrVersion, durable.ErrNoSpace, durable.ErrInvalid and errors
// of the file system.
func Open(dir string, cfg ServiceConfig) (*Service, error) {
	fsys, err := faultfs.OpenDir(dir)
	if err != nil {
		return nil, stored("Open", dir, err)
	}
	s, err := openFS(fsys, cfg)
	if err != nil {
		fsys.Close()
		return nil, located("Open", dir, err)
	}
	s.registry.directory = fsys
	return s, nil
}

// A journal with records of another kind, or of a newer format, is refused.
const (
	journalKind   = "sns"
	journalFormat = 1
)

// openFS is Open for a directory that stays the caller's.
func openFS(fsys faultfs.FS, cfg ServiceConfig) (*Service, error) {
	s, err := NewService(cfg)
	if err != nil {
		return nil, err
	}
	r := newRestorer()
	jc := cfg.Durable.Journal()
	jc.Kind, jc.Format = journalKind, journalFormat
	jc.Snapshot, jc.Batch = r.snapshot, r.batch
	j, err := journal.Open(fsys, jc)
	if err != nil {
		return nil, stored("Open", "", err)
	}
	if jc.SegmentSize == 0 {
		jc.SegmentSize = defaultSegmentSize
	}
	s.registry.startNS = max(s.registry.startNS, r.latest)
	s.registry.ledger = r.ledger(j, jc.SegmentSize)
	s.registry.ledger.now = s.registry.now
	if err := s.restore(r); err != nil {
		j.Close()
		return nil, stored("Open", "", err)
	}
	return s, nil
}

// defaultSegmentSize is the journal's.
const defaultSegmentSize = 64 << 20

// Recovery returns what Open found in the directory besides good data. It is empty for a
// service of NewService.
func (s *Service) Recovery() durable.Report {
	if s.registry.ledger == nil {
		return durable.Report{}
	}
	return durable.ReportOf(s.registry.ledger.journal.Report())
}

// Durable tells whether the service is one of Open.
func (s *Service) Durable() bool { return s.registry.ledger != nil }

// close writes what was added, and ends the use of the directory.
func (l *ledger) close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cleaners.Wait()
	return l.journal.Close()
}

// closeStore closes the ledger after the topics, if there is one.
func (r *registry) closeStore() error {
	if r.ledger == nil {
		return nil
	}
	err := r.ledger.close()
	if r.directory != nil {
		r.directory.Close()
	}
	return stored("Close", "", err)
}
