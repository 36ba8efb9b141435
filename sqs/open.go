package sqs

import (
	"errors"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// Open returns the service whose queues are kept in a directory, which is made if it does
// not exist. A queue there is as one of NewService, with the same methods; besides, what
// an operation has acknowledged is there when the service is opened again, after whatever
// end, as cfg.Durable.Sync says. The directory belongs to the service alone.
//
// Messages, their deletion, receive counts, deduplication ids, attributes, tags, and
// message move tasks survive; message move tasks go on. What a Receive or a ChangeVisibility has done
// becomes durable a little later, so a crash may make a message visible early, with a
// receive less. Receive attempt ids and metrics do not survive. In which order a standard
// queue gives its messages may change.
//
// While there is no space left, operations fail with an error that wraps
// durable.ErrNoSpace, Receive too; they work again when there is. A Send has sent nothing then,
// unless the process ends before there is space: then the messages may be there. Other
// operations may have had their effect, and can be repeated. After any other failure to write they
// fail with durable.ErrFailed, until the service is closed and opened again.
//
// Open fails with durable.ErrLocked, durable.ErrCorrupt, durable.ErrVersion, with
// durable.ErrInvalid or ErrInvalidParameterValue for cfg, or with the file system's errors.
func Open(dir string, cfg ServiceConfig) (*Service, error) {
	fsys, err := faultfs.OpenDir(dir)
	if err != nil {
		return nil, stored("Open", dir, err)
	}
	s, err := openFS(fsys, cfg)
	if err != nil {
		return nil, errors.Join(err, fsys.Close())
	}
	s.registry.store.files = fsys
	return s, nil
}

// A journal with records of another kind, or of a newer format, is refused.
const (
	journalKind   = "sqs"
	journalFormat = 1
)

// openFS is Open for any file system, which the caller closes.
func openFS(fsys faultfs.FS, cfg ServiceConfig) (*Service, error) {
	service, err := NewService(cfg)
	if err != nil {
		return nil, located("Open", "", err)
	}
	opts := cfg.Durable
	jcfg := opts.Journal()
	st := &store{waits: opts.Sync != durable.SyncNever, budget: opts.MemoryBudget}
	if st.budget == 0 {
		st.budget = durable.DefaultMemoryBudget
	}
	if st.slack = 2 * opts.SegmentSize; st.slack == 0 {
		st.slack = 2 * 64 << 20
	}
	rs := newRestoring(st)
	jcfg.Kind, jcfg.Format = journalKind, journalFormat
	jcfg.Snapshot, jcfg.Batch = rs.snapshot, rs.batch
	if st.journal, err = journal.Open(fsys, jcfg); err != nil {
		return nil, stored("Open", "", err)
	}
	r := service.registry
	r.store = st
	r.startNS = max(r.startNS, rs.now) // the clock may have been set back since
	rs.finish(r)
	st.consider(r)
	return service, nil
}

// Recovery returns what Open found in the directory besides what was expected. It is zero
// for a service in memory.
func (s *Service) Recovery() durable.Report {
	if s.registry.store == nil {
		return durable.Report{}
	}
	return durable.ReportOf(s.registry.store.journal.Report())
}

// restoring is a service that is being read from its journal.
type restoring struct {
	store   *store
	queues  map[uint32]*restoringQueue
	deleted map[string]time.Time
	tasks   []taskMeta
	now     int64 // the newest time that was met
}

func newRestoring(s *store) *restoring {
	return &restoring{store: s, queues: map[uint32]*restoringQueue{}, deleted: map[string]time.Time{}}
}
