package kinesis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// serviceDisk is what a durable service has: a journal that says which streams there are,
// and has the settings of accounts and the leases of groups.
type serviceDisk struct {
	files   files
	fs      faultfs.FS
	journal *journal.Journal
	options durable.Options
	budget  int64        // bytes of records that the streams may have in memory together
	bytes   atomic.Int64 // that they have
	frames  int          // see ownFrame
	report  durable.Report
	leases  *durableLeases

	busy    sync.WaitGroup       // creations, deletions and backups, which Close waits for
	number  int64                // of the newest stream; guarded by registry.mu
	backups int                  // that go on; guarded by registry.mu
	doomed  []*streamDisk        // to be removed when they are over; guarded by registry.mu
	leaving map[*streamDisk]bool // whose streams are being deleted; guarded by registry.mu

	cleaner  cleaner // guarded by registry.mu
	snapshot int64   // the length of the last one in bytes; guarded by registry.mu
}

// Open returns the service in a directory, with every stream as it was; the directory is made
// if it does not exist. What its operations acknowledge is on the disk then, as
// cfg.Durable.Sync has it: streams, their records, shards, settings and consumers, and the
// leases of [Service.Leases]. Limits that are used up, what made shards of on-demand
// streams hot, and metrics are not kept. A stream that was DELETING is gone.
//
// The keys and the data of all records are on the disk; those of the newest are kept in
// memory as well, for all streams together as many bytes as Options.MemoryBudget says. Each
// record takes some 30 bytes of memory besides. Records leave the disk with the file
// that has them: when all in it, and before, are too old or too many, and somebody uses the
// stream.
//
// It fails with ErrInvalidArgument as NewService does, and with ErrInternalFailure
// if the directory can not be opened; the error then also wraps durable.ErrLocked if
// somebody else has it open, durable.ErrCorrupt, durable.ErrVersion, durable.ErrNoSpace, or
// what the operating system said.
func Open(dir string, cfg ServiceConfig) (*Service, error) { return openFiles(osFiles{dir}, cfg) }

// Recovery returns what Open has found besides good data. It is zero for a service in
// memory.
func (s *Service) Recovery() durable.Report {
	if s.registry.disk == nil {
		return durable.Report{}
	}
	return s.registry.disk.report
}

// storable returns the error of an operation that has to be stored while nothing can be.
// If something waits for space it is tried again.
func (r *registry) storable(op, about string) error {
	if r.disk == nil || !r.disk.journal.Stuck() {
		return nil
	}
	return stored(op, about, r.disk.journal.Retry())
}

// write adds facts to the service's journal, as one batch. The caller holds the lock that
// guards what they say.
func (d *serviceDisk) write(facts ...[]byte) (journal.Ticket, error) {
	return d.journal.Add(facts...)
}

// closeDisk closes the journals of a service whose streams have ended.
func (r *registry) closeDisk() error {
	d := r.disk
	d.busy.Wait()
	r.mu.Lock()
	streams := slices.Collect(maps.Values(r.streams)) // also those that were just being created
	r.mu.Unlock()
	var errs []error
	for _, s := range streams {
		s.end(ErrClosed)
		errs = append(errs, s.disk.close())
	}
	d.cleaner.wg.Wait()
	errs = append(errs, d.journal.Close(), d.fs.Close())
	return stored("Close", "", errors.Join(errs...))
}

// Backup copies a durable service into another directory, which must be new or empty,
// while it is used. The copy can be opened as it is. It has everything that was
// acknowledged before, and of what happens meanwhile any part: of each stream's changes,
// and of those of the leases, all up to some moment. It fails with ErrInvalidArgument if the
// service is one in memory or dir is not empty, with ErrClosed, with ctx's error, and with
// ErrInternalFailure if it can not read or write; then what is in dir is of no use.
func (s *Service) Backup(ctx context.Context, dir string) error {
	return s.backup(ctx, osFiles{dir})
}

func (s *Service) backup(ctx context.Context, to files) error {
	const op = "Backup"
	r := s.registry
	if r.disk == nil {
		return located(op, "", invalid("The service is in memory; there is nothing to copy."))
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return &Error{Op: op, Err: ErrClosed}
	}
	r.disk.backups++
	r.disk.busy.Add(1)
	r.mu.Unlock()
	defer r.disk.busy.Done()
	defer r.backedUp()

	if err := copyJournal(ctx, r.disk.journal, to, ""); err != nil {
		return backupErr(op, err)
	}
	// Every stream that the copy knows is one of these.
	for _, d := range r.backedStreams() {
		if err := copyJournal(ctx, d.journal, to, directoryOf(d.number)); err != nil {
			return backupErr(op, err)
		}
	}
	return nil
}

func backupErr(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, journal.ErrInvalid) {
		return located(op, "", invalid("%v", err))
	}
	return stored(op, "", err)
}

func copyJournal(ctx context.Context, j *journal.Journal, to files, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fs, err := to.open(name)
	if err != nil {
		return err
	}
	return errors.Join(j.Backup(ctx, fs), fs.Close())
}

// backedStreams returns what has to be copied: also streams that were deleted since the
// backup began.
func (r *registry) backedStreams() (disks []*streamDisk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		if s.told {
			disks = append(disks, s.disk)
		}
	}
	disks = slices.AppendSeq(disks, maps.Keys(r.disk.leaving))
	return append(disks, r.disk.doomed...)
}

// backedUp ends a backup, and removes what was deleted while the last went on.
func (r *registry) backedUp() {
	r.mu.Lock()
	var doomed []*streamDisk
	if r.disk.backups--; r.disk.backups == 0 {
		doomed, r.disk.doomed = r.disk.doomed, nil
	}
	r.mu.Unlock()
	for _, d := range doomed {
		d.remove()
	}
}

// retire removes the directory of a stream that was deleted, when no backup goes on.
func (r *registry) retire(d *streamDisk) {
	r.mu.Lock()
	delete(r.disk.leaving, d)
	if r.disk.backups > 0 {
		r.disk.doomed = append(r.disk.doomed, d)
		r.mu.Unlock()
		return
	}
	r.mu.Unlock()
	d.remove()
}

// left ends what retire would, without it.
func (r *registry) left(d *streamDisk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.disk.leaving, d)
}

// remove removes the directory of a stream. If that fails, the next Open does it.
func (d *streamDisk) remove() {
	_ = d.close()
	_ = d.service.files.remove(directoryOf(d.number))
}
