package journal

import (
	"io"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// Journal is an open journal. Its methods are safe for concurrent use.
type Journal struct {
	fs     faultfs.FS
	cfg    Config
	id     uint64
	report Report
	lock   io.Closer
	ownsFS bool

	// token is held, by having sent to it, by whoever writes or syncs. It
	// guards the next fields. It is a channel and no mutex because it is held
	// during I/O.
	token        chan struct{}
	manifest     manifest
	manifestFile faultfs.File
	file         faultfs.File // the last segment; nil once the journal is closed
	size         int64        // where its frames end
	ragged       bool         // there may be more in the file than size
	at           place        // behind the last frame
	synced       uint64       // the last frame that was synced
	prepared     faultfs.File // the next segment, if the manifest could not name it yet
	lastSnapshot uint64       // the greatest number that was tried
	timer        *time.Timer  // of SyncInterval, if there is something to sync

	mu       sync.Mutex // is not held during I/O; guards the next fields
	next     *group     // what the next writer will write; nil if nothing
	spare    []byte     // the buffer of a group that was written
	segments []Segment
	failed   error // why the journal failed, or nil
	closed   bool

	writers sync.WaitGroup // those who have a group to write
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

// Report is what Open found besides good batches.
type Report struct {
	// Torn is how many bytes of commits that were not synced a crash had left,
	// and that were cut off.
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
