package journal

import (
	"time"
)

// write writes a group behind the last frame. It syncs it too if that is called for,
// but under SyncEach, which leaves that to conclude. The token is held, in all
// functions of this file but syncLast.
func (j *Journal) write(g *group) (err error) {
	const op = "Append"
	if len(g.buf) > 0 {
		if g.first, err = j.frames(op, g.buf); err != nil {
			return err
		}
		j.flush(op)
	}
	switch {
	case j.cfg.Sync == SyncEach:
	case g.sync:
		return j.sync(op)
	case j.cfg.Sync == SyncInterval && j.timer == nil && j.synced.Load() < j.at.seq:
		j.timer = time.AfterFunc(j.cfg.Interval, j.syncLate)
	}
	return nil
}

// frames writes frames, into the next segment if the last one is full, and returns
// the place of the first.
func (j *Journal) frames(op string, frames []byte) (Commit, error) {
	full := j.size > segmentHeader && j.size+int64(len(frames)) > j.cfg.SegmentSize
	if full || j.prepared != nil { // what is prepared continues this very frame
		if err := j.rotate(op); err != nil {
			return Commit{}, err
		}
	}
	first := Commit{j.at.seq + 1, j.manifest.last, j.size}
	return first, j.put(op, frames)
}

// put seals frames and writes them.
func (j *Journal) put(op string, frames []byte) error {
	if j.ragged {
		// What a write has left that failed must not be found behind a shorter one.
		if err := j.file.Truncate(j.size); err != nil {
			return j.broken(op, segmentName(j.manifest.last), err)
		}
		j.ragged = false
	}
	at := j.at
	for rest := frames; len(rest) > 0; {
		crc, size := seal(rest, j.id, at.seq+1, j.synced.Load(), at.chain)
		at = place{at.seq + 1, crc}
		rest = rest[size:]
	}
	j.reserve(j.size + int64(len(frames)))
	if _, err := j.file.WriteAt(frames, j.size); err != nil {
		j.ragged = true
		return j.broken(op, segmentName(j.manifest.last), err)
	}
	j.size += int64(len(frames))
	j.at = at
	j.mu.Lock()
	j.segments[len(j.segments)-1].Size = j.size
	j.end = at.seq
	j.mu.Unlock()
	return nil
}

// sync syncs what was written, if there is something to sync.
func (j *Journal) sync(op string) error {
	j.syncing <- struct{}{}
	defer func() { <-j.syncing }()
	return j.syncAll(op)
}

// syncAll is sync for those who hold syncing, too.
func (j *Journal) syncAll(op string) error {
	if j.timer != nil {
		j.timer.Stop()
		j.timer = nil
	}
	if j.synced.Load() < j.at.seq {
		if err := j.syncBehind(op, 0); err != nil {
			return err
		}
	}
	done, err := j.syncLast(op)
	done.wake()
	return err
}

// syncLast syncs the last segment, if there is something to sync, and returns the groups
// that are over then, for the caller to wake. The token need not be held, but
// syncing.
func (j *Journal) syncLast(op string) (done *group, err error) {
	j.mu.Lock()
	end, name, err := j.end, segmentName(j.segments[len(j.segments)-1].Number), j.failed
	j.mu.Unlock()
	if err == nil && j.synced.Load() < end {
		if err = j.file.Sync(); err != nil {
			err = j.fail(op, name, err)
		} else {
			j.synced.Store(end)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var last *group
	for g := j.first; g != nil && g.written && (g.end <= end || err != nil); g = g.next {
		last = g
	}
	if last == nil {
		return nil, err
	}
	return j.over(last, err), err
}

// syncLate is what the timer of SyncInterval calls. There is nobody to tell of an
// error but who calls next: it stays with the journal.
func (j *Journal) syncLate() {
	if j.acquire("Sync") == nil {
		_ = j.sync("Sync")
		<-j.token
	}
}

// rotate ends the last segment and begins the next. The one that ends is synced, so
// that only the last one can be torn by a crash. Under SyncNever it is not, and the
// next one says so.
func (j *Journal) rotate(op string) error {
	j.syncing <- struct{}{}
	defer func() { <-j.syncing }()
	if err := j.cutTail(op); err != nil {
		return err
	}
	switch {
	case j.cfg.Sync != SyncNever || j.prepared != nil: // which may say that all was synced
		if err := j.syncAll(op); err != nil {
			return err
		}
	case len(j.behind) >= maxBehind:
		if err := j.syncBehind(op, maxBehind-1); err != nil {
			return err
		}
	}
	loose := j.synced.Load() < j.at.seq
	m := j.manifest
	m.last++
	if j.prepared == nil {
		f, tail, err := j.createSegment(op, m.last, j.at, loose)
		if err != nil {
			return err
		}
		j.prepared, j.preparedTail = f, tail
	}
	if err := j.commitManifest(op, m); err != nil {
		return err
	}
	old := j.file // nobody flushes it, if it was synced
	if loose {
		j.behind = append(j.behind, &behind{file: old, number: m.last - 1, last: j.at.seq})
	}
	j.file, j.prepared, j.size, j.flushed = j.prepared, nil, segmentHeader, 0
	j.tail, j.preparedTail, j.reserves = j.preparedTail, 0, j.cfg.Sync == SyncEach
	j.mu.Lock()
	j.segments = append(j.segments, Segment{m.last, j.at.seq + 1, j.size})
	j.mu.Unlock()
	if loose {
		return nil
	}
	if err := old.Close(); err != nil { // nothing can be lost by that
		return j.fail(op, segmentName(m.last-1), err)
	}
	return nil
}
