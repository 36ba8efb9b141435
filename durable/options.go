package durable

import (
	"time"

	"github.com/leat-go/leat/internal/journal"
)

// Policy says when what a service acknowledges is on the disk.
type Policy uint8

const (
	// SyncEach syncs before an operation returns: what was acknowledged survives the
	// loss of power. Operations that wait at the same time share one sync. It is the
	// default.
	SyncEach Policy = iota
	// SyncInterval writes before an operation returns, and syncs at most
	// Options.Interval later. The end of the process loses nothing that was
	// acknowledged; the loss of power, or a crash of the system, loses what came
	// since the last sync.
	SyncInterval
	// SyncNever writes when 64 KiB wait or 100 ms later, and leaves it to the
	// operating system when that reaches the disk. The end of the process loses what
	// waits, but for a Close of the service.
	SyncNever
)

// DefaultMemoryBudget is what an Options.MemoryBudget of 0 means, in bytes.
const DefaultMemoryBudget = 256 << 20

// Options is how a service keeps its state in a directory. The zero value is a good
// one. All of it may differ each time that the service is opened.
type Options struct {
	// Sync says when what is acknowledged is on the disk.
	Sync Policy
	// Interval is for SyncInterval; 0 means 100 ms.
	Interval time.Duration
	// SegmentSize is the length in bytes of the files of the log, from 256 to 1 GiB; 0
	// means 64 MiB. Space is given back a file at a time.
	SegmentSize int64
	// MemoryBudget is how many bytes of bodies of messages, and of data of the newest
	// records of streams, a service keeps in memory, for all of its queues or streams
	// together; 0 means DefaultMemoryBudget. What is above it is read back from the
	// disk when it is needed. A negative number keeps none.
	MemoryBudget int64
	// Salvage opens a directory although it is damaged, and drops what is damaged for
	// good; the Report says what. Copy the directory before.
	Salvage bool
	// Progress is told how far opening is, every few MiB and in the end. It is called
	// by the goroutine that opens, which waits for it. Nil tells nobody.
	Progress func(Progress)
}

// Progress is how much of a directory has been read.
type Progress struct {
	Bytes, Total int64
}

// Journal returns how the journal of a service is configured. It is for leat's own
// engines, and not subject to any promise of compatibility.
func (o Options) Journal() journal.Config {
	cfg := journal.Config{
		SegmentSize: o.SegmentSize, Sync: journal.Policy(o.Sync), Interval: o.Interval, Salvage: o.Salvage,
	}
	if tell := o.Progress; tell != nil {
		cfg.Progress = func(done, total int64) { tell(Progress{done, total}) }
	}
	return cfg
}
