package journal

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// Journal is an open journal. Its methods are safe for concurrent use.
type Journal struct {
	fs     faultfs.FS
	cfg    Config
	shelf  shelf
	id     uint64
	report Report
	lock   io.Closer
	ownsFS bool
	scans  bool // nothing is to be changed
	much   int  // see there

	// token is held, by having sent to it, by whoever writes or syncs. It
	// guards the next fields. It is a channel and no mutex because it is held
	// during I/O.
	token        chan struct{}
	manifest     manifest
	manifestFile faultfs.File
	file         faultfs.File  // the last segment; nil once the journal is closed
	size         int64         // where its frames end
	ragged       bool          // there may be more in the file than size
	at           place         // behind the last frame
	synced       atomic.Uint64 // the last frame that was synced
	tail         int64         // how long the file is if that is more than size: there is what it held before, or nothing yet
	reserves     bool          // it may be made longer ahead: its header says so
	prepared     faultfs.File  // the next segment, if the manifest could not name it yet
	preparedTail int64         // its tail
	timer        *time.Timer   // of SyncInterval, if there is something to sync
	flushed      int64         // how far the file was flushed, in bytes
	behind       []*behind     // segments before it that were not synced, oldest first

	stuck atomic.Bool // the oldest group waits for space; changes with the mutex held

	// The next tokens may be taken while token is held, and not the other way
	// round, but for snapshots, with which token may be taken.
	syncing      chan struct{} // is held by who syncs the last segment; who begins another one holds it too
	making       chan struct{} // is held by who makes the next segment ahead
	ahead        faultfs.File  // the next segment, without a header; making guards it, and the next five
	aheadNumber  uint64        // its number
	aheadTail    int64         // how long it is
	made         uint64        // the last segment that was made, which is not ahead any more
	hasSpare     bool          // there is a file to be used again
	reused       uint64        // the last segment whose file may have been used before
	hasAhead     atomic.Bool   // whether there is one
	flushing     chan struct{} // is held by who flushes the last segment
	dir          chan struct{} // is held by who syncs the directory
	snapshots    chan struct{} // is held by who makes a snapshot, or trims
	lastSnapshot uint64        // the greatest number that was tried; snapshots guards it

	mu        sync.Mutex  // is not held during I/O; guards the next fields
	first     *group      // the oldest group that is not over; nil if there is none
	last      *group      // the newest, which takes more until it is being written
	unwritten *group      // the oldest that is not written; nil if there is none
	writing   *group      // the same while it is being written, else nil
	end       uint64      // the number of the last frame
	pending   int         // the length in bytes of what waits to be written
	spares    [][]byte    // the buffers of groups that were written
	late      *time.Timer // writes what nobody waits for; nil before the first Add
	armed     bool        // whether late will do so
	segments  []Segment
	failed    error // why the journal failed, or nil
	closed    bool

	writers sync.WaitGroup // the goroutines that write or flush because much was added
}

// Segment is a file of a journal.
type Segment struct {
	Number uint64
	First  uint64 // the number of its first commit, if it has one
	Size   int64  // in bytes
}

// Segments returns the journal's segments, oldest first. There is always one;
// commits go to the last.
func (j *Journal) Segments() []Segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.segments)
}

// Size returns the length of all segments together, in bytes.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := int64(0)
	for _, s := range j.segments {
		size += s.Size
	}
	return size
}

// Report is what Open found besides good batches.
type Report struct {
	// Torn is how many bytes of commits that were not synced a crash had left,
	// and that were cut off. In a file that was used before it is what can be told
	// from what the file held then, which is cut off too and does not count.
	Torn int64
	// Dropped is what Config.Salvage dropped.
	Dropped []Dropped
}

// Dropped is a range of bytes that Salvage dropped.
type Dropped struct {
	File   string
	Offset int64  // where it began in the file as it was
	Bytes  int64  // how much it was; 0 if the file was missing
	First  uint64 // the number of the first commit that is missing; 0 if none is
	Last   uint64 // of the last one; 0 if that can not be told
	Reason string
}

// Report returns what Open found.
func (j *Journal) Report() Report { return j.report }

// usable returns why the journal can not be used any more. The mutex is held.
func (j *Journal) usable(op string) error {
	switch {
	case j.failed != nil:
		return j.failed
	case j.closed:
		return &Error{Op: op, Err: ErrClosed}
	}
	return nil
}

// acquire takes the token for an operation of its own, if the journal is usable.
func (j *Journal) acquire(op string) error {
	j.token <- struct{}{}
	j.mu.Lock()
	err := j.usable(op)
	j.mu.Unlock()
	if err != nil {
		<-j.token
	}
	return err
}

// fail makes an error the end of the journal. What the file system holds is not
// known any more, and a second try would pretend that it is.
func (j *Journal) fail(op, file string, cause error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed == nil {
		j.failed = &Error{Op: op, File: file, Err: ErrFailed, Cause: cause}
	}
	return j.failed
}

// broken is for errors of calls after which the journal can go on if all they say
// is that there is no space.
func (j *Journal) broken(op, file string, cause error) error {
	if faultfs.IsNoSpace(cause) {
		return &Error{Op: op, File: file, Err: ErrNoSpace, Cause: cause}
	}
	return j.fail(op, file, cause)
}
