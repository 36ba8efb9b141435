package journal

import (
	"errors"
	"io/fs"
)

// replay reads a journal and gives its caller what is in it. If it salvages, it
// notes which segments have to be written anew.
type replay struct {
	j     *Journal
	s     scanner
	next  *reading          // the next segment, if it is being read
	anew  map[uint64][]byte // the new contents of damaged segments
	built []byte            // of this one; kept only when salvaging
	bad   bool              // this one is damaged
	flags uint32            // its flags
	torn  bool              // a crash has torn the last
	empty []uint64          // what was behind it

	done, told, total int64 // bytes, for Config.Progress: before this segment, when last told, and all
}

// run reads all of the journal.
func (r *replay) run() error {
	defer r.stop()
	r.measure()
	r.s.at.seq = r.j.manifest.base // what is older was given up
	if err := r.snapshot(); err != nil {
		return err
	}
	for n := r.j.manifest.first; n <= r.j.manifest.last; n++ {
		if err := r.segment(n); err != nil {
			return err
		}
	}
	r.tell(true)
	return nil
}

func (r *replay) snapshot() error {
	j := r.j
	if j.manifest.snapshot == 0 {
		return nil
	}
	data, err := j.readSnapshot()
	if errors.Is(err, ErrCorrupt) && j.cfg.Salvage {
		j.dropped(err, 0)
		j.manifest.snapshot = 0
		return nil
	}
	if err != nil || j.cfg.Snapshot == nil {
		return err
	}
	if err := j.cfg.Snapshot(data); err != nil {
		return &Error{Op: "Open", File: snapshotName(j.manifest.snapshot), Cause: err}
	}
	return nil
}

// segment reads a segment, which continues what was read before.
func (r *replay) segment(number uint64) (err error) {
	j, s, name := r.j, &r.s, segmentName(number)
	if r.bad && !j.scans {
		s.data = nil // it is kept, as the new contents of the segment before
	}
	r.bad, r.built = false, r.built[:0]
	r.done += int64(len(s.data))
	s.data, err = r.read(number)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.data = s.data[:0]
		if err = r.damage(corrupt(name, 0, "it is missing"), 0); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if err := r.header(number); err != nil {
		return err
	}
	if number > j.manifest.last { // it was torn off
		return nil
	}
	first := s.at.seq + 1
	if err := r.frames(number); err != nil {
		return err
	}
	size := int64(s.off)
	if r.bad && !j.scans {
		if r.anew == nil {
			r.anew = map[uint64][]byte{}
		}
		r.anew[number] = r.built
		s.data, s.off, size = r.built, len(r.built), int64(len(r.built))
		r.built = nil
	}
	j.segments = append(j.segments, Segment{number, first, size})
	return nil
}

// build adds to what the segment will be if it turns out to be damaged.
func (r *replay) build(part []byte) {
	if !r.j.scans {
		r.built = append(r.built, part...)
	}
}

// header reads what the segment begins with and sets the scanner to its first
// frame.
func (r *replay) header(number uint64) error {
	j, s := r.j, &r.s
	isFirst := number == j.manifest.first
	var begins place
	r.flags = 0
	if !r.bad {
		var err error
		if begins, r.flags, err = parseSegment(s.data, j.id, number); errors.Is(err, ErrCorrupt) {
			begins = r.begins(isFirst)
			if err := r.damage(err, min(len(s.data), segmentHeader)); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	} else {
		begins = s.at
	}
	loose := r.flags&flagLoose != 0
	s.off = min(segmentHeader, len(s.data))
	if isFirst && !r.bad {
		s.at = begins
	}
	switch {
	case begins == s.at && !loose && !r.bad:
		s.synced = max(s.synced, s.at.seq) // else the header would not be there
	case loose && begins.seq > s.at.seq: // the one before may be torn, at the end of a frame
		s.off = segmentHeader - 1 // from where on claims are looked for
		if torn, err := r.tear(number, number-1); torn || err != nil {
			return err
		}
		s.off = segmentHeader
	}
	if begins != s.at {
		err := corrupt(segmentName(number), 0, "it continues commit %d, and the one before it ends with %d", begins.seq, s.at.seq)
		if err := r.damage(err, 0); err != nil {
			return err
		}
	}
	if j.cfg.Salvage {
		r.build(newSegment(j.id, number, s.at, r.flags&flagLoose)) // in a file of its own
		if begins.seq > s.at.seq {
			r.jump(begins)
		}
	}
	return nil
}

// frames reads the frames of a segment up to its end, or to where it is torn.
func (r *replay) frames(number uint64) error {
	j, s, name := r.j, &r.s, segmentName(number)
	for s.off < len(s.data) {
		r.tell(false)
		start, before := s.off, s.at.seq
		if f, ok := s.next(); ok {
			r.reached(before, before)
			if j.cfg.Salvage {
				r.build(s.data[start:s.off])
			}
			if f.count == 0 || j.cfg.Batch == nil {
				continue
			}
			at := Commit{f.seq, number, int64(start)}
			if r.bad && !j.scans {
				at.Offset = int64(len(r.built) - f.size())
			}
			if err := j.cfg.Batch(Batch{at, s.records, s.offsets}); err != nil {
				return &Error{Op: "Open", File: name, Offset: int64(start), Cause: err}
			}
			continue
		}
		if torn, err := r.tear(number, number); torn || err != nil {
			return err
		}
		err := corrupt(name, int64(s.off), "no frame of commit %d", s.at.seq+1)
		next := s.find(s.canFollow)
		if next < 0 {
			next = len(s.data)
		}
		if err := r.damage(err, next-s.off); err != nil {
			return err
		}
		s.off = next
		if next < len(s.data) {
			f, _ := parseFrame(s.data[next:], s.id)
			r.jump(place{f.seq - 1, f.chain})
		}
	}
	return nil
}
