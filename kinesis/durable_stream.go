package kinesis

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/journal"
)

// openStream opens the stream with a number. It returns nil if there is nothing of it,
// which only Salvage lets pass. Of one whose ARN is not known it takes what its own journal
// says.
func (o *opening) openStream(number int64, a arn) (*LocalStream, error) {
	fs, err := o.files.open(directoryOf(number))
	if err != nil {
		return nil, err
	}
	s := &LocalStream{registry: o.registry, ended: make(chan struct{}), consumers: map[string]*Consumer{}}
	s.core = emptyCore(o.disk.core())
	restoring := &restoring{o: o, s: s}
	cfg := o.disk.journalConfig(streamKind)
	cfg.Progress = o.tell()
	cfg.Snapshot = func(data []byte) error { return eachInSnapshot(data, restoring.fact) }
	cfg.Batch = restoring.batch
	j, err := journal.Open(fs, cfg)
	if err != nil {
		return nil, errors.Join(err, fs.Close())
	}
	s.disk = &streamDisk{number: number, fs: fs, journal: j, service: o.disk}
	s.disk.cleaner.first = j.Segments()[0].Number
	o.found(directoryOf(number), j)
	if err = restoring.finish(a); err != nil && o.options.Salvage && restoring.settings == nil {
		o.lost(number)
		return nil, s.disk.close()
	}
	if err != nil {
		return nil, errors.Join(err, s.disk.close())
	}
	o.seen(restoring.newest)
	s.told = true
	return s, nil
}

// lost reports a stream of which there is nothing.
func (o *opening) lost(number int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.report.Dropped = append(o.report.Dropped, durable.Dropped{File: directoryOf(number), Reason: "there is nothing of the stream"})
}

// restoring is a stream whose journal is read.
type restoring struct {
	o        *opening
	s        *LocalStream
	settings *settings
	newest   int64 // the newest time that was found, in nanoseconds since 1970
}

func (r *restoring) batch(b journal.Batch) error {
	c := r.s.core
	c.disk.newest = uint32(b.Segment)
	for i, f := range b.Records {
		if len(f) == 0 || f[0] != factRecord {
			if err := r.fact(f); err != nil {
				return err
			}
			continue
		}
		stamp, ok := decodeStamp(f)
		if !ok {
			return errFact
		}
		if err := c.restoreRecord(stamp, b.Place(i), r.o.options.Salvage); err != nil {
			return &journal.Error{Op: "Open", Err: journal.ErrCorrupt, Detail: err.Error()}
		}
		r.newest = max(r.newest, stamp.arrived*int64(time.Millisecond))
	}
	return nil
}

// fact takes over what the journal says of other things than records.
func (r *restoring) fact(f []byte) error {
	if len(f) == 0 {
		return errFact
	}
	switch f[0] {
	case factSettings:
		set, err := decodeSettings(f)
		if err != nil {
			return err
		}
		r.settings = &set
		r.newest = max(r.newest, set.createdAt)
	case factShards, factTable:
		next, rows, err := decodeShards(f)
		if err != nil {
			return err
		}
		r.s.core.restoreShards(next, rows, f[0] == factTable)
		for _, row := range rows {
			r.newest = max(r.newest, row.openedAt*int64(time.Millisecond), row.closedAt)
		}
	case factConsumer:
		row, err := decodeConsumer(f)
		if err != nil {
			return err
		}
		r.s.restoreConsumer(&row)
		r.newest = max(r.newest, row.createdAt)
	default:
		return unknownFact(f[0])
	}
	return nil
}

// finish makes the stream ready.
func (r *restoring) finish(a arn) error {
	s, set := r.s, r.settings
	if set == nil {
		return &journal.Error{Op: "Open", Err: journal.ErrCorrupt, Detail: "there is nothing of the stream"}
	}
	if a == (arn{}) {
		a = set.arn
	}
	s.name, s.account, s.region = a.name, a.account, a.region
	s.createdAt = time.Unix(0, set.createdAt)
	s.state, s.changes, s.tags = set.state, set.changes, set.tags
	cfg, service := set.config, r.o.registry.config
	cfg.EnforceLimits = cfg.EnforceLimits || service.EnforceLimits
	cfg.Relaxed = cfg.Relaxed || service.Relaxed
	cfg.Logger = service.Logger
	s.config.Store(&cfg)
	s.core.configure(&cfg)
	s.core.began = set.createdAt / int64(time.Millisecond)
	for _, c := range s.consumers {
		if c.end != nil { // it says the stream's name
			c.end = located("Subscribe", s.name, s.noConsumer(c.name))
		}
	}
	healed, err := s.core.restored(max(r.newest, time.Now().UnixNano()), r.o.options.Salvage)
	if err != nil {
		return &journal.Error{Op: "Open", Err: journal.ErrCorrupt, Detail: fmt.Sprintf("the shards of the stream: %v", err)}
	}
	s.shards.Store(int64(len(s.core.open)))
	if healed {
		_, err = s.disk.journal.Append(shardsFact(factTable, s.core.next, s.core.shards))
	}
	return err
}
