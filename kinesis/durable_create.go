package kinesis

import (
	"errors"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/journal"
)

// create makes the journal of a new stream, which has its number, then makes the service's
// say that there is the stream. The name is reserved meanwhile.
func (r *registry) create(op string, s *LocalStream, number int64) error {
	d, err := r.disk.createStream(s, number)
	if err != nil {
		_ = r.disk.files.remove(directoryOf(number)) // else Open does
		return stored(op, s.name, err)
	}
	s.disk = d
	s.core.disk = r.disk.core()
	r.mu.Lock()
	t, err := r.disk.write(streamRow{number, arn{s.region, s.account, s.name}}.fact())
	s.told = err == nil
	r.clean()
	r.mu.Unlock()
	if err == nil {
		err = t.Wait()
	}
	if err != nil {
		// Whether there is the stream is not known, so its directory stays.
		_ = d.close()
		r.disown(s)
		return stored(op, s.name, err)
	}
	return nil
}

// disown says that there is not a stream of which the journal may say that there is.
func (r *registry) disown(s *LocalStream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.told = false
	_, _ = r.disk.write(streamGoneFact(s.disk.number)) // without it the stream is there, and empty
}

// core returns what the core of a stream needs.
func (d *serviceDisk) core() *coreDisk {
	return &coreDisk{delayed: d.options.Sync != durable.SyncNever, total: &d.bytes}
}

// createStream makes a directory with the journal of a new stream.
func (d *serviceDisk) createStream(s *LocalStream, number int64) (*streamDisk, error) {
	name := directoryOf(number)
	if err := d.files.remove(name); err != nil { // left over from one that could not be made
		return nil, err
	}
	fs, err := d.files.open(name)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(fs, d.journalConfig(streamKind))
	if err != nil {
		return nil, errors.Join(err, fs.Close())
	}
	if _, err = j.Append(s.settings().fact(), shardsFact(factTable, s.core.next, s.core.shards)); err == nil {
		err = j.Sync()
	}
	if err == nil {
		err = d.journal.SyncDir() // the name of the directory
	}
	if err != nil {
		return nil, errors.Join(err, j.Close(), fs.Close())
	}
	sd := &streamDisk{number: number, fs: fs, journal: j, service: d}
	sd.cleaner.first = j.Segments()[0].Number
	return sd, nil
}

// The service's journal is of one kind, and those of streams are of another. Journals of
// others, or of a newer format, are refused.
const (
	serviceKind   = "kinesis"
	streamKind    = "kinesis stream"
	journalFormat = 1
)

// journalConfig is the configuration of a journal of the service.
func (d *serviceDisk) journalConfig(kind string) journal.Config {
	cfg := d.options.Journal()
	cfg.Kind, cfg.Format = kind, journalFormat
	cfg.Progress = nil
	return cfg
}

// deleteDisk makes it durable that there is not the stream any more, which has ended, and
// removes what it had on the disk.
func (r *registry) deleteDisk(op string, s *LocalStream) error {
	r.mu.Lock()
	t, err := r.disk.write(streamGoneFact(s.disk.number))
	if err == nil {
		s.told = false
		r.disk.leaving[s.disk] = true
	}
	r.clean()
	r.mu.Unlock()
	if err != nil { // the name stays taken: the stream is there when the service is opened again
		return stored(op, s.name, err)
	}
	if err = t.Wait(); err == nil && r.disk.options.Sync != durable.SyncEach {
		err = r.disk.journal.Sync() // a journal that knows the stream needs its directory
	}
	if err != nil {
		r.left(s.disk)
		r.forget(s) // a stream of the same name comes after it in the journal
		_ = s.disk.close()
		return stored(op, s.name, err)
	}
	r.retire(s.disk)
	return nil
}

// defaultSegment is the length of a segment in bytes, unless the options say another.
const defaultSegment = 64 << 20

// clean begins to give up segments of the service's journal, if they have much more than
// what a snapshot would take the place of. The caller holds mu.
func (r *registry) clean() {
	d := r.disk
	c := &d.cleaner
	segment := d.options.SegmentSize
	orElse(&segment, defaultSegment)
	if d.journal.Size() <= segment+2*d.snapshot || c.running || r.closed || r.now() < c.after {
		return
	}
	segments := d.journal.Segments()
	if len(segments) == 1 {
		return
	}
	c.running = true
	c.wg.Go(func() { r.trim(segments[len(segments)-1].Number) })
}

// trim writes a snapshot and gives up the segments before one. All that is added from
// now on is there or later.
func (r *registry) trim(before uint64) {
	d := r.disk
	d.leases.mu.Lock()
	r.mu.Lock()
	snapshot := r.snapshot()
	r.mu.Unlock()
	d.leases.mu.Unlock()
	var err error
	if d.options.Sync != durable.SyncEach {
		err = d.journal.Sync()
	}
	if err == nil {
		err = d.journal.Snapshot(snapshot)
	}
	if err == nil {
		err = d.journal.Trim(before)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d.cleaner.running = false
	if err != nil {
		d.cleaner.after = r.now() + cleanAgain
		return
	}
	d.snapshot = int64(len(snapshot))
}

// snapshot returns all that the service's journal has to say. The caller holds mu and
// leases.mu.
func (r *registry) snapshot() []byte {
	b := appendToSnapshot(nil, streamGoneFact(r.disk.number)) // the number is not used again
	for a, s := range r.streams {
		if s.told {
			b = appendToSnapshot(b, streamRow{s.disk.number, a}.fact())
		}
	}
	for at, settings := range r.accounts {
		b = appendToSnapshot(b, accountFact(at, settings))
	}
	for group, leases := range r.disk.leases.table.groups {
		for _, l := range leases {
			b = appendToSnapshot(b, leaseFact(group, &l))
		}
	}
	return b
}
