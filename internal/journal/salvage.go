package journal

import (
	"errors"
	"slices"
)

// damage returns an error that ends Open, or notes what is dropped.
func (r *replay) damage(err error, bytes int) error {
	if !r.j.cfg.Salvage {
		return err
	}
	r.bad = true
	d := r.j.dropped(err, int64(bytes))
	d.First = r.s.at.seq + 1
	return nil
}

// dropped notes that something was dropped because of an error.
func (j *Journal) dropped(err error, bytes int64) *Dropped {
	d := Dropped{Bytes: bytes, Reason: err.Error()}
	if e, ok := errors.AsType[*Error](err); ok {
		d.File, d.Offset, d.Reason = e.File, e.Offset, e.Detail
	}
	return j.drop(d)
}

func (j *Journal) drop(d Dropped) *Dropped {
	j.report.Dropped = append(j.report.Dropped, d)
	return &j.report.Dropped[len(j.report.Dropped)-1]
}

// begins returns where the frames of a segment begin whose header is damaged, as its
// first frame has it. If it has none that is newer than what was read before, that is
// where they would go on. The journal's first segment goes on behind nothing that could
// contradict it, but the number that the manifest gives.
func (r *replay) begins(isFirst bool) place {
	s, m := &r.s, &r.j.manifest
	f, ok := parseFrame(s.data[min(segmentHeader, len(s.data)):], s.id)
	begins := place{f.seq - 1, f.chain}
	if _, isGap := f.gap(); ok && isGap && f.seq >= s.at.seq {
		begins.seq = s.at.seq // it may follow anything
	} else if !ok || f.seq <= s.at.seq || !s.canFollow(f) {
		return s.at
	}
	if isFirst && (begins.seq == s.at.seq || m.base == 0 && m.first > 1) {
		s.at = begins
	}
	return begins
}

// reached notes that what was dropped last, behind a commit, was up to another one: it
// was none if that is the same.
func (r *replay) reached(from, to uint64) {
	for i := range slices.Backward(r.j.report.Dropped) {
		d := &r.j.report.Dropped[i]
		if d.First != from+1 {
			break
		}
		d.Last = to
		if to < d.First {
			d.First, d.Last = 0, 0
		}
	}
}

// jump goes on behind commits that are missing, and puts a frame in their place.
func (r *replay) jump(to place) {
	s := &r.s
	r.reached(s.at.seq, to.seq)
	if to == s.at {
		return
	}
	r.bad = true
	r.build(newGap(s.id, to.seq, s.at.chain, to.chain))
	s.at = to
}

// repair writes the segments anew that were damaged, each at once or not at all.
func (r *replay) repair() error {
	const op = "Open"
	j := r.j
	for number := j.manifest.first; number <= j.manifest.last; number++ {
		contents, ok := r.anew[number]
		if !ok {
			continue
		}
		f, err := j.create(op, repairName, contents)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return j.fail(op, repairName, err)
		}
		if err := j.fs.Rename(repairName, segmentName(number)); err != nil {
			return j.broken(op, repairName, err)
		}
		if err := j.syncDir(op, segmentName(number)); err != nil {
			return err
		}
	}
	return nil
}

// salvageManifest makes a manifest of the files that there are, which takes the
// journal's id from the first of them that can be read.
func (j *Journal) salvageManifest(found manifest, why error) error {
	found.generation, found.format, found.kind = 1, j.cfg.Format, j.cfg.Kind
	for n := found.first; n != 0 && n <= found.last; n++ {
		b, err := j.readFile(segmentName(n), nil, 1<<31-1)
		if err != nil || len(b) < segmentHeader {
			continue
		}
		id, err := checkHeader(b[:segmentHeader], segmentHeader, segmentMagic, segmentName(n), 0)
		if err == nil {
			found.id = id
			break
		}
		if errors.Is(err, ErrVersion) {
			return err
		}
	}
	if found.id == 0 {
		return why
	}
	j.dropped(why, manifestSize)
	j.manifest = found
	return nil
}
