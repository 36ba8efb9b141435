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

// jump goes on behind commits that are missing, and puts a frame in their place.
func (r *replay) jump(to place) {
	s := &r.s
	for i := range slices.Backward(r.j.report.Dropped) {
		d := &r.j.report.Dropped[i]
		if d.First != s.at.seq+1 {
			break
		}
		d.Last = to.seq
		if to.seq < d.First {
			d.First, d.Last = 0, 0
		}
	}
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
