package journal

import (
	"math"

	"github.com/leat-go/leat/internal/faultfs"
)

// tear finds out whether what could not be read on in a segment, from the scanner's
// offset on, is what a crash has left of frames that were not synced, and if so
// ends the journal there: behind the last frame that was read, which the segment
// last has. Only segments whose successors are loose can be torn, and the last.
func (r *replay) tear(number, last uint64) (bool, error) {
	j, s := r.j, &r.s
	if s.claimed() {
		return false, nil
	}
	torn := s.torn(r.flags)
	for n := number + 1; n <= j.manifest.last; n++ {
		r.stop()
		data, err := j.readFile(segmentName(n), nil, math.MaxInt32)
		if err != nil {
			return false, err
		}
		_, flags, err := parseSegment(data, j.id, n)
		if err != nil || flags&flagLoose == 0 {
			return false, nil // who reads it finds out what is wrong with it
		}
		later := scanner{id: s.id, data: data, off: segmentHeader - 1, at: s.at}
		if later.claimed() {
			return false, nil
		}
		torn += later.torn(flags)
	}
	s.data = s.data[:s.off]
	j.report.Torn += torn
	r.end(last)
	return true, nil
}

// end makes a segment the last.
func (r *replay) end(number uint64) {
	r.torn = true
	for n := number + 1; n <= r.j.manifest.last; n++ {
		r.empty = append(r.empty, n)
	}
	r.j.manifest.last = number
}

// cut makes what was torn durable as it is now: segments behind the last are
// emptied, so that they are nothing to wonder about once the manifest does not
// name them, and the last ends where its frames do.
func (r *replay) cut() error {
	const op = "Open"
	j := r.j
	for i := len(r.empty) - 1; i >= 0; i-- {
		name := segmentName(r.empty[i])
		f, err := j.fs.Open(name, false)
		if err != nil {
			return &Error{Op: op, File: name, Cause: err}
		}
		if err = f.Truncate(segmentHeader); err != nil {
			err = j.broken(op, name, err)
		} else if err = f.Sync(); err != nil {
			err = j.fail(op, name, err)
		}
		if closeErr := f.Close(); err == nil && closeErr != nil {
			err = &Error{Op: op, File: name, Cause: closeErr}
		}
		if err != nil {
			return err
		}
	}
	if !r.torn {
		return nil
	}
	if err := j.file.Truncate(j.size); err != nil {
		return j.broken(op, segmentName(j.manifest.last), err)
	}
	return nil
}

// rewrite writes again what is not proven to be synced: it may be in memory only,
// even if a sync was tried and failed, and then another sync would do nothing.
func (r *replay) rewrite() error {
	const op = "Open"
	j := r.j
	for i, segment := range j.segments {
		isLast := i == len(j.segments)-1
		if !isLast && j.segments[i+1].First <= r.s.synced+1 {
			continue
		}
		f, name := j.file, segmentName(segment.Number)
		var err error
		if !isLast {
			if f, err = j.fs.Open(name, false); err != nil {
				return &Error{Op: op, File: name, Cause: err}
			}
		}
		if err = r.rewriteFile(op, f, segment); err == nil {
			if err = f.Sync(); err != nil {
				err = j.fail(op, name, err)
			}
		}
		if !isLast {
			if closeErr := f.Close(); err == nil && closeErr != nil {
				err = &Error{Op: op, File: name, Cause: closeErr}
			}
		}
		if err != nil {
			return err
		}
	}
	j.synced.Store(j.at.seq)
	j.end = j.at.seq
	return nil
}

func (r *replay) rewriteFile(op string, f faultfs.File, segment Segment) error {
	j, name := r.j, segmentName(segment.Number)
	if segment.Size <= segmentHeader || j.at.seq <= r.s.synced {
		return nil
	}
	data := make([]byte, segment.Size)
	if _, err := f.ReadAt(data, 0); err != nil {
		return &Error{Op: op, File: name, Cause: err}
	}
	from := proven(data, r.s.synced)
	if from == len(data) {
		return nil
	}
	if _, err := f.WriteAt(data[from:], int64(from)); err != nil {
		return j.broken(op, name, err)
	}
	return nil
}
