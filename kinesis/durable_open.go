package kinesis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/journal"
)

// opening is a service that is being opened.
type opening struct {
	files    files
	options  durable.Options
	registry *registry
	disk     *serviceDisk
	streams  map[int64]arn // that the service's journal knows, by number
	named    map[arn]int64 // the newest of each name, which may be gone

	mu       sync.Mutex
	newest   int64 // the newest time that was found, in nanoseconds since 1970
	report   durable.Report
	progress durable.Progress // of all journals
}

// openFiles is Open.
func openFiles(fs files, cfg ServiceConfig) (*Service, error) {
	const op = "Open"
	s, err := NewService(cfg)
	if err != nil {
		return nil, located(op, "", err)
	}
	r := s.registry
	r.disk = &serviceDisk{files: fs, options: cfg.Durable, frames: ownFrame, leaving: map[*streamDisk]bool{}}
	switch r.disk.budget = cfg.Durable.MemoryBudget; {
	case r.disk.budget == 0:
		r.disk.budget = durable.DefaultMemoryBudget
	case r.disk.budget < 0:
		r.disk.budget = 0
	}
	r.disk.leases = &durableLeases{registry: r, table: NewMemoryLeases()}
	o := &opening{files: fs, options: cfg.Durable, registry: r, disk: r.disk, streams: map[int64]arn{}, named: map[arn]int64{}}
	if err := o.open(); err != nil {
		return nil, stored(op, "", errors.Join(err, o.abandon()))
	}
	r.disk.report = o.report
	start := time.Now()
	r.start, r.startNS = start, max(start.UnixNano(), o.newest)
	for _, stream := range r.streams {
		stream.settle()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clean()
	return s, nil
}

func (o *opening) open() (err error) {
	if o.disk.fs, err = o.files.open(""); err != nil {
		return err
	}
	if err := o.refuseOrphans(); err != nil {
		return err
	}
	if o.options.Progress != nil {
		if err := o.measure(); err != nil {
			return err
		}
	}
	cfg := o.disk.journalConfig(serviceKind)
	cfg.Progress = o.tell()
	cfg.Snapshot = func(data []byte) error {
		o.disk.snapshot = int64(len(data))
		return eachInSnapshot(data, o.fact)
	}
	cfg.Batch = func(b journal.Batch) error {
		for _, f := range b.Records {
			if err := o.fact(f); err != nil {
				return err
			}
		}
		return nil
	}
	if o.disk.journal, err = journal.Open(o.disk.fs, cfg); err != nil {
		return err
	}
	o.found("", o.disk.journal)
	adopt := len(o.report.Dropped) > 0
	names, err := o.files.list()
	if err != nil {
		return err
	}
	for _, name := range names {
		number, ok := numberOf(name)
		if _, known := o.streams[number]; !ok || known {
			continue
		}
		o.disk.number = max(o.disk.number, number)
		if adopt { // what knew of it may be what was dropped
			o.streams[number] = arn{}
		} else if err := o.files.remove(name); err != nil {
			return err
		}
	}
	return o.openStreams()
}

// refuseOrphans refuses a directory that has streams, but nothing of a service: they would
// be taken for what was deleted.
func (o *opening) refuseOrphans() error {
	own, err := o.disk.fs.ReadDir()
	if err != nil {
		return err
	}
	names, err := o.files.list()
	if err != nil {
		return err
	}
	isOwn := func(name string) bool {
		return strings.HasPrefix(name, "segment-") || strings.HasPrefix(name, "manifest")
	}
	isStream := func(name string) bool { _, ok := numberOf(name); return ok }
	if !slices.ContainsFunc(own, isOwn) && slices.ContainsFunc(names, isStream) && !o.options.Salvage {
		return &journal.Error{Op: "Open", Err: journal.ErrCorrupt, Detail: "there are streams, but the journal of the service is missing"}
	}
	return nil
}

// fact takes over what the service's journal says.
func (o *opening) fact(f []byte) error {
	if len(f) == 0 {
		return errFact
	}
	switch f[0] {
	case factStream:
		row, err := decodeStream(f)
		if err != nil {
			return err
		}
		// A name is given again only when the stream is gone that had it, even if that
		// could not be told.
		if older, ok := o.named[row.arn]; ok && older < row.number {
			delete(o.streams, older)
		}
		o.streams[row.number], o.named[row.arn] = row.arn, max(o.named[row.arn], row.number)
		o.disk.number = max(o.disk.number, row.number)
	case factStreamGone:
		number, err := decodeStreamGone(f)
		if err != nil {
			return err
		}
		delete(o.streams, number)
		o.disk.number = max(o.disk.number, number)
	case factAccount:
		at, settings, err := decodeAccount(f)
		if err != nil {
			return err
		}
		if o.registry.accounts == nil {
			o.registry.accounts = map[place]AccountSettings{}
		}
		o.registry.accounts[at] = settings
		o.seen(settings.StartedAt.UnixNano())
	case factLease, factLeaseGone:
		return o.lease(f)
	default:
		return unknownFact(f[0])
	}
	return nil
}

func (o *opening) lease(f []byte) error {
	groups := o.disk.leases.table.groups
	if f[0] == factLeaseGone {
		group, id, err := decodeLeaseGone(f)
		if delete(groups[group], id); len(groups[group]) == 0 {
			delete(groups, group)
		}
		return err
	}
	group, l, err := decodeLease(f)
	if err != nil {
		return err
	}
	if groups[group] == nil {
		groups[group] = map[string]Lease{}
	}
	groups[group][l.ShardID] = l
	return nil
}

// openStreams opens all streams, some at a time.
func (o *opening) openStreams() error {
	group, _ := errgroup.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	for number, a := range o.streams {
		group.Go(func() error {
			s, err := o.openStream(number, a)
			if err != nil {
				return fmt.Errorf("%s: %w", directoryOf(number), err)
			}
			if s == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if other := o.registry.streams[arn{s.region, s.account, s.name}]; other != nil {
				// Both are there only after Salvage; the newer one counts.
				if other.disk.number > s.disk.number {
					s, other = other, s
				}
				_ = other.disk.close()
			}
			o.registry.streams[arn{s.region, s.account, s.name}] = s
			return nil
		})
	}
	return group.Wait()
}

// found takes over what a journal reports.
func (o *opening) found(directory string, j *journal.Journal) {
	report := durable.ReportOf(j.Report())
	o.mu.Lock()
	defer o.mu.Unlock()
	o.report.Torn += report.Torn
	for _, d := range report.Dropped {
		if directory != "" {
			d.File = directory + "/" + d.File
		}
		o.report.Dropped = append(o.report.Dropped, d)
	}
}

// seen takes over that a time was found, in nanoseconds since 1970.
func (o *opening) seen(ns int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.newest = max(o.newest, ns)
}

// abandon closes what was opened.
func (o *opening) abandon() error {
	var errs []error
	for _, s := range o.registry.streams {
		errs = append(errs, s.disk.close())
	}
	if o.disk.journal != nil {
		errs = append(errs, o.disk.journal.Close())
	}
	if o.disk.fs != nil {
		errs = append(errs, o.disk.fs.Close())
	}
	return errors.Join(errs...)
}
