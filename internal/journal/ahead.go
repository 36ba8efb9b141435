package journal

import (
	"errors"

	"github.com/leat-go/leat/internal/faultfs"
)

// prepare makes the file of the next segment before it is needed, so that the
// commit that needs it only has to write and sync its header. It is called without
// the token: commits go on meanwhile. The file is empty, or was used before and has
// no header, and Open removes it if the manifest has not come to name it.
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
	// One that was made may not be among the segments yet: its file is in use.
	if !wanted || j.ahead != nil || number <= j.made {
		return
	}
	f, tail, err := j.recycle(op, number)
	if err != nil {
		return
	}
	if f == nil {
		if j.reused == number { // there may be a file, which create empties
			return
		}
		name := segmentName(number)
		if f, err = j.fs.Open(name, true); err != nil {
			_ = j.broken(op, name, err) // without space the commit that needs it tries again
			return
		}
		if err := j.syncDir(op, name); err != nil {
			_ = f.Close()
			return
		}
	}
	j.ahead, j.aheadNumber, j.aheadTail = f, number, tail
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
	defer func() { <-j.making }()
	f, _ := j.take(number)
	return f
}

// take is takeAhead while making is held. The tail is how long the file is.
func (j *Journal) take(number uint64) (f faultfs.File, tail int64) {
	f, tail = j.ahead, j.aheadTail
	j.ahead, j.aheadTail = nil, 0
	j.hasAhead.Store(false)
	if f != nil && j.aheadNumber != number { // a commit came before, and made it itself
		_ = f.Close()
		return nil, 0
	}
	return f, tail
}

// blank returns a file for a segment, which has no header yet, or nil if there is none
// but one that create makes. From then on nobody else makes that segment. The flags
// are those that its header needs.
func (j *Journal) blank(op string, number uint64) (f faultfs.File, tail int64, flags uint32, err error) {
	j.making <- struct{}{}
	defer func() { <-j.making }()
	j.made = number
	if f, tail = j.take(number); f == nil {
		if f, tail, err = j.recycle(op, number); err != nil {
			return nil, 0, 0, err
		}
	}
	if j.cfg.Sync == SyncEach {
		flags = flagReserved
	}
	if j.reused == number {
		flags |= flagReused
	}
	return f, tail, flags, nil
}

// createSegment makes a segment that is durable, but not in the manifest. The tail is
// how long its file was if it was used before, or 0.
func (j *Journal) createSegment(op string, number uint64, at place, loose bool) (f faultfs.File, tail int64, err error) {
	f, tail, flags, err := j.blank(op, number)
	if err != nil {
		return nil, 0, err
	}
	if loose {
		flags |= flagLoose
	}
	name, header := segmentName(number), newSegment(j.id, number, at, flags)
	if f == nil {
		f, err = j.create(op, name, header)
		return f, 0, err
	}
	_, err = f.WriteAt(header, 0)
	if err != nil {
		err = j.broken(op, name, err)
	} else if err = f.Sync(); err != nil {
		err = j.fail(op, name, err)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, tail, nil
}
