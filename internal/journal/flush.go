package journal

import (
	"slices"
	"sync/atomic"

	"github.com/leat-go/leat/internal/faultfs"
)

// maxFlush is how many bytes are written to a segment before the disk is told to
// begin with them; in small segments it is a quarter.
const maxFlush = 8 << 20

const (
	// maxLeft is how many segments SyncNever leaves to the operating system before
	// the oldest is synced in the background.
	maxLeft = 4
	// maxBehind is how many there may be before commits wait for them. What they
	// hold is written again if the process is killed and the journal is opened.
	maxBehind = 12
)

// behind is a segment that ended without a sync.
type behind struct {
	file   faultfs.File
	number uint64
	last   uint64      // its last frame
	synced atomic.Bool // it was synced after that
}

// flush begins to sync what has been written, without waiting for it, if commits do
// not sync it themselves. So little is left to do at the end of the segment. The
// token is held.
func (j *Journal) flush(op string) {
	never := j.cfg.Sync == SyncNever
	if j.cfg.Sync == SyncEach || never && len(j.behind) <= maxLeft ||
		!never && j.size-j.flushed < min(maxFlush, j.cfg.SegmentSize/4) {
		return
	}
	select {
	case j.flushing <- struct{}{}:
	default: // the last one is not done
		return
	}
	file, number, synced := j.file, j.manifest.last, new(atomic.Bool)
	if never {
		if j.reap(); len(j.behind) <= maxLeft {
			<-j.flushing
			return
		}
		file, number, synced = j.behind[0].file, j.behind[0].number, &j.behind[0].synced
	} else {
		j.flushed = j.size // which proves nothing, since it is not known what it meets
	}
	j.writers.Go(func() {
		if err := file.Sync(); err != nil {
			_ = j.fail(op, segmentName(number), err)
		} else {
			synced.Store(true)
		}
		<-j.flushing
	})
}

// reap lets go of segments that have been synced. Nothing is being flushed, and the
// token is held.
func (j *Journal) reap() {
	for len(j.behind) > 0 && j.behind[0].synced.Load() {
		b := j.behind[0]
		j.behind = slices.Delete(j.behind, 0, 1)
		j.synced.Store(max(j.synced.Load(), b.last))
		_ = b.file.Close() // nothing can be lost by that
	}
}

// syncBehind syncs the oldest segments before the last, but for a number of them. The
// token is held.
func (j *Journal) syncBehind(op string, but int) error {
	if err := j.settleFlush(); err != nil {
		return err
	}
	for j.reap(); len(j.behind) > but; j.reap() {
		b := j.behind[0]
		if err := b.file.Sync(); err != nil {
			return j.fail(op, segmentName(b.number), err)
		}
		b.synced.Store(true)
	}
	return nil
}

// trimBehind lets go of segments before one, which nobody needs any more, now or
// when nothing is being flushed. The token is held.
func (j *Journal) trimBehind(before uint64) {
	for _, b := range j.behind {
		if b.number < before {
			b.synced.Store(true)
		}
	}
	select {
	case j.flushing <- struct{}{}:
		j.reap()
		<-j.flushing
	default:
	}
}

// settleFlush waits until nothing is being flushed. An error of that is reported to
// who flushes, and perhaps to nobody else: a sync that succeeds says nothing before
// it is known that the flush has, too. The token is held.
func (j *Journal) settleFlush() error {
	j.flushing <- struct{}{}
	<-j.flushing
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}
