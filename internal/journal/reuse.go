package journal

import (
	"errors"
	"io"
	"io/fs"

	"github.com/leat-go/leat/internal/faultfs"
)

// A commit that overwrites blocks of a file that exists is faster than one that makes
// it longer: the file system has nothing to allocate, and so its own log nothing to
// write. So Trim keeps the file of one segment that it gives up, as a spare, and prepare
// makes it the next segment.
//
// What the file held stays behind the new frames until they have overwritten it. It
// is harmless: those frames are good, but their numbers are less than the first of
// the journal, which the manifest has too, so none of them continues a place in it,
// and none says of any later frame that it was synced. That rests on numbers that
// only grow, which holds as long as a journal is open; Open and Close remove the
// spare, and cut off what is behind the frames. Each segment but the last ends with
// its frames, durably, before the next one is begun: that has no loose header.
//
// A name leads to a file in use only when no other name does, durably. Until then the
// file has no header, so that it is no segment, whatever names a crash leaves to it.

// keepSpare keeps the file of a segment that was given up, if that is worth it, and
// tells whether it has. The snapshots token is held.
//
// Commits that do not wait for a sync gain little. They might lose: when the old
// contents are not in memory any more, a write that ends within a page has to wait
// until the rest of the page has been read.
func (j *Journal) keepSpare(s Segment) bool {
	full := j.cfg.SegmentSize
	if j.cfg.Sync != SyncEach || s.Size < full/2 || s.Size > 2*full || j.Stuck() {
		return false
	}
	j.making <- struct{}{}
	defer func() { <-j.making }()
	if j.hasSpare || !j.shelf.take(fileID(s.Number), false) {
		return false
	}
	if j.fs.Rename(segmentName(s.Number), spareName) != nil {
		return false // then it is removed
	}
	j.hasSpare = true
	return true
}

// recycle makes the spare the file of a segment, without a header, and returns it with
// its length, or nil if there is none. Making is held. Errors: ErrFailed.
func (j *Journal) recycle(op string, number uint64) (f faultfs.File, tail int64, err error) {
	if !j.hasSpare {
		return nil, 0, nil
	}
	j.hasSpare, j.reused = false, number
	if tail, err = j.unseal(op); err == nil {
		name := segmentName(number)
		if err = j.fs.Rename(spareName, name); err == nil {
			f, err = j.fs.Open(name, false)
		}
	}
	if errors.Is(err, ErrFailed) {
		return nil, 0, err
	}
	if err != nil { // a new file does as well
		_ = j.fs.Remove(spareName)
		return nil, 0, nil
	}
	if err := j.syncDir(op, segmentName(number)); err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, tail, nil
}

// unseal takes the spare's header away, durably, and returns how long the file is. Some
// systems do not rename open files, so it is closed again.
func (j *Journal) unseal(op string) (size int64, err error) {
	f, err := j.fs.Open(spareName, false)
	if err != nil {
		return 0, err
	}
	if size, err = f.Size(); err == nil {
		if _, err = f.WriteAt(make([]byte, segmentHeader), 0); err == nil {
			if err = f.Sync(); err != nil {
				err = j.fail(op, spareName, err)
			}
		}
	}
	return size, errors.Join(err, f.Close())
}

// giveBack gives back the space of files that are only kept to be used again, and
// tells whether there was any.
func (j *Journal) giveBack() bool {
	j.making <- struct{}{}
	defer func() { <-j.making }()
	gave := false
	if j.hasSpare {
		j.hasSpare = false
		gave = j.fs.Remove(spareName) == nil
	}
	if j.aheadTail > 0 && j.ahead.Truncate(0) == nil {
		j.aheadTail, gave = 0, true
	}
	return gave
}

// cutTail lets the last segment end where its frames do, durably. Token and
// syncing are held.
func (j *Journal) cutTail(op string) error {
	if !j.ragged && j.tail <= j.size {
		return nil
	}
	if err := j.file.Truncate(j.size); err != nil {
		return j.broken(op, segmentName(j.manifest.last), err)
	}
	j.ragged, j.tail = false, 0
	j.synced.Store(min(j.synced.Load(), j.at.seq-1)) // the cut has to be synced too
	return j.syncAll(op)
}

// isBlank tells whether a file has zeros where a segment has its header.
func (j *Journal) isBlank(name string) (bool, error) {
	header, err := j.readHeader(name)
	return header == [segmentHeader]byte{}, err
}

// readHeader returns what a segment begins with; what the file is too short for is zero.
func (j *Journal) readHeader(name string) (header [segmentHeader]byte, err error) {
	f, err := j.fs.Open(name, false)
	if err != nil {
		return header, &Error{Op: "Open", File: name, Cause: err}
	}
	if _, err = f.ReadAt(header[:], 0); errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return header, &Error{Op: "Open", File: name, Cause: err}
	}
	return header, nil
}

// isStale tells whether a segment behind the last has nothing but what its file held
// before. That has lower numbers than all segments of the journal.
func (j *Journal) isStale(number uint64) (bool, error) {
	name := segmentName(number)
	header, err := j.readHeader(name)
	if err != nil {
		return false, err
	}
	_, flags, err := parseSegment(header[:], j.id, number)
	if err == nil && flags&flagReused == 0 {
		return false, nil
	}
	s := scanner{id: j.id, off: segmentHeader - 1, at: place{seq: j.manifest.base}}
	known := false
	for n := j.manifest.last; n >= j.manifest.first && !known; n-- {
		header, err := j.readHeader(segmentName(n))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		if begins, _, err := parseSegment(header[:], j.id, n); err == nil {
			s.at, known = begins, true
		}
	}
	if s.data, err = j.readFile(name, nil, 1<<31-1); err != nil {
		return false, err
	}
	return s.find(func(frame) bool { return true }) < 0, nil
}
