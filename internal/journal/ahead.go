package journal

import (
	"errors"

	"github.com/leat-go/leat/internal/faultfs"
)

// prepare makes the file of the next segment before it is needed, so that the
// commit that needs it only has to write and sync its header. It is called without
// the token: commits go on meanwhile. The file is empty, and Open removes it if
// the manifest has not come to name it.
func (j *Journal) prepare(number uint64) {
	const op = "Append"
	select {
	case j.making <- struct{}{}:
	default: // somebody else does it, or does not need it any more
		return
	}
	defer func() { <-j.making }()
	j.mu.Lock()
	wanted := j.usable(op) == nil && j.segments[len(j.segments)-1].Number+1 == number
	j.mu.Unlock()
	if !wanted || j.ahead != nil {
		return
	}
	name := segmentName(number)
	f, err := j.fs.Open(name, true)
	if err != nil {
		_ = j.broken(op, name, err) // without space the commit that needs it tries again
		return
	}
	if err := j.syncDir(op, name); err != nil {
		_ = f.Close()
		return
	}
	j.ahead, j.aheadNumber = f, number
	j.hasAhead.Store(true)
}

// wantsNext tells whether it is time to prepare the next segment, and its number.
// The token is held.
func (j *Journal) wantsNext() (number uint64, wants bool) {
	return j.manifest.last + 1, j.size >= j.cfg.SegmentSize/2 && j.prepared == nil && !j.hasAhead.Load()
}

// takeAhead returns the file that prepare has made for a segment, or nil. It waits
// for prepare, which does not wait for anything but the disk.
func (j *Journal) takeAhead(number uint64) faultfs.File {
	j.making <- struct{}{}
	f := j.ahead
	j.ahead = nil
	j.hasAhead.Store(false)
	<-j.making
	if f != nil && j.aheadNumber != number { // a commit came before, and made it itself
		_ = f.Close()
		return nil
	}
	return f
}

// createSegment makes a segment that is durable, but not in the manifest.
func (j *Journal) createSegment(op string, number uint64, at place, loose bool) (faultfs.File, error) {
	name, header := segmentName(number), newSegment(j.id, number, at, loose)
	f := j.takeAhead(number)
	if f == nil {
		return j.create(op, name, header)
	}
	_, err := f.WriteAt(header, 0)
	if err != nil {
		err = j.broken(op, name, err)
	} else if err = f.Sync(); err != nil {
		err = j.fail(op, name, err)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
