package journal

import (
	"fmt"
	"time"
)

// Policy says when what was committed is synced to the disk.
type Policy uint8

const (
	// SyncEach writes and syncs before a wait ends: what was acknowledged survives
	// the loss of power. It is the default.
	SyncEach Policy = iota
	// SyncInterval writes before a wait ends, and syncs at most Config.Interval
	// later. A crash of the machine loses what came since; the end of the process
	// loses nothing.
	SyncInterval
	// SyncNever lets nobody wait. What was added is kept in memory, and written
	// when 64 KiB wait or 100 ms later, so the end of the process loses that much,
	// unless Close has come first. Syncing is left to Sync, Close and the operating
	// system: the loss of power takes what came last, of more than one segment
	// perhaps. If there are more than 4 segments that were not synced, the oldest is
	// in the background, and what is added waits if that falls far behind.
	SyncNever
)

const (
	// MaxBatch is the largest batch in bytes, with 1 to 5 bytes for the length of
	// each record.
	MaxBatch = 64 << 20
	// MaxSnapshot is the largest snapshot in bytes.
	MaxSnapshot = 1 << 30

	defaultSegmentSize = 64 << 20
	defaultInterval    = 100 * time.Millisecond
)

// Config is how a journal works. Its zero value is a good one. All of it may
// differ each time that a journal is opened.
type Config struct {
	// Kind says whose records they are, in at most 16 bytes, as "sqs". A journal
	// keeps it from when it is made, and is opened by those who give the same one, or
	// none: others would misread what it has.
	Kind string
	// Format is the version of the records that the caller writes, and the newest that
	// it reads. A journal of a greater one is refused; one of a lesser is of this one
	// from now on.
	Format uint32
	// SegmentSize is the length in bytes at which a segment is full, from 256 to 1
	// GiB; 0 means 64 MiB. Batches are not divided, so a segment may be longer by what
	// is committed together.
	SegmentSize int64
	// Sync says when commits are synced.
	Sync Policy
	// Interval is for SyncInterval; 0 means 100 ms.
	Interval time.Duration
	// Salvage opens a journal although it is damaged, and drops what is damaged
	// for good: see Report.Dropped. If the manifest is damaged, what was trimmed may be
	// back. The files should be copied before, and if Open fails all the same, the next
	// try should be made with a copy.
	Salvage bool
	// Progress is told how much of the journal Open has read, in bytes, every few
	// MiB and in the end. It is called from the goroutine that calls Open.
	Progress func(done, total int64)
	// Snapshot is given the last snapshot, once, before any batch, if there is
	// one. An error ends Open. The data is valid only during the call.
	Snapshot func(data []byte) error
	// Batch is given each batch that was committed, in order. An error ends Open.
	// The records are valid only during the call. Nil skips them; they are
	// checked all the same.
	Batch func(Batch) error
}

// Batch is what one Append has written.
type Batch struct {
	Commit
	Records [][]byte
	offsets []uint32 // of the records from the beginning of the batch
}

// Commit is the place of a batch in a journal.
type Commit struct {
	// Seq numbers the commits from 1. Numbers grow, and some belong to the
	// journal itself.
	Seq     uint64
	Segment uint64 // the number of the segment that has it, from 1
	Offset  int64  // where it begins in that segment, in bytes
}

func (c *Config) validate() error {
	detail := ""
	switch {
	case len(c.Kind) > kindSize:
		detail = fmt.Sprintf("Kind is %q; it must have at most %d bytes", c.Kind, kindSize)
	case c.SegmentSize != 0 && (c.SegmentSize < 256 || c.SegmentSize > 1<<30):
		detail = fmt.Sprintf("SegmentSize is %d; it must be 0, or 256 to 1 GiB", c.SegmentSize)
	case c.Sync > SyncNever:
		detail = fmt.Sprintf("there is no policy %d", c.Sync)
	case c.Interval < 0:
		detail = fmt.Sprintf("Interval is %v; it must not be negative", c.Interval)
	}
	if detail != "" {
		return &Error{Op: "Open", Err: ErrInvalid, Detail: detail}
	}
	if c.SegmentSize == 0 {
		c.SegmentSize = defaultSegmentSize
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	return nil
}
