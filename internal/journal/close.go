package journal

import (
	"errors"
	"time"
)

// Close writes and syncs what was added, whatever the policy, marks the journal as
// closed in good order, and gives up the directory. What waits for space is tried
// once more; if there is none it is lost, and Close returns ErrNoSpace. It returns
// the error of a journal that failed. Another Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	j.mu.Unlock()
	j.snapshots <- struct{}{} // one that has begun ends without effect
	j.token <- struct{}{}
	err := j.finish()
	j.syncing <- struct{}{} // if the journal has failed, somebody may still sync its file
	err = errors.Join(err, j.release())
	<-j.syncing
	<-j.token
	<-j.snapshots
	j.writers.Wait()
	return err
}

// finish syncs, and writes a frame that proves it, so that damage to what was
// committed last can be told from a crash when the journal is opened again.
func (j *Journal) finish() error {
	const op = "Close"
	stuck := j.writeAll()
	j.mu.Lock()
	err := j.failed
	j.mu.Unlock()
	if err != nil {
		return err
	}
	if err := j.sync(op); err != nil {
		return err
	}
	if stuck != nil {
		j.giveIn(stuck)
		return stuck
	}
	j.syncing <- struct{}{}
	err = j.cutTail(op)
	<-j.syncing
	if errors.Is(err, ErrNoSpace) {
		return nil // Open does it
	} else if err != nil {
		return err
	}
	if j.prepared != nil { // its header says which frame comes first
		return nil
	}
	j.reserves = false
	if err := j.put(op, appendFrame(nil, 0, nil)); errors.Is(err, ErrNoSpace) {
		return nil // it can do without
	} else if err != nil {
		return err
	}
	return j.sync(op)
}

// writeAll writes what was added, as far as there is space.
func (j *Journal) writeAll() error {
	for {
		j.mu.Lock()
		left := j.unwritten != nil
		j.mu.Unlock()
		if !left {
			return nil
		}
		done, err := j.writeFirst()
		if err != nil {
			return err
		}
		done.wake()
	}
}

// giveIn ends what could not be written. All that was written is over.
func (j *Journal) giveIn(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending, j.unwritten = 0, nil
	j.stuck.Store(false)
	for g := j.first; g != nil; g = g.next {
		g.written, g.buf = true, nil
	}
	done := j.over(j.last, err)
	done.wake()
}

// release closes all that is open. The token is held, or nobody has the journal.
func (j *Journal) release() error {
	var errs []error
	stop := func(c interface{ Close() error }) {
		if err := c.Close(); err != nil {
			errs = append(errs, &Error{Op: "Close", Cause: err})
		}
	}
	var timer *time.Timer
	if timer, j.timer = j.timer, nil; timer != nil {
		timer.Stop()
	}
	j.mu.Lock()
	if j.late != nil {
		j.late.Stop()
	}
	j.mu.Unlock()
	j.shelf.close()
	_ = j.settleFlush()
	for _, b := range j.behind {
		stop(b.file)
	}
	j.behind = nil
	if j.file != nil {
		stop(j.file)
	}
	if j.prepared != nil {
		stop(j.prepared)
	}
	next := j.manifest.last + 1
	if ahead := j.takeAhead(next); ahead != nil {
		stop(ahead)
		if j.prepared == nil {
			_ = j.fs.Remove(segmentName(next)) // else Open does
		}
	}
	if j.hasSpare { // nobody else is left who would change that
		_ = j.fs.Remove(spareName)
	}
	if j.manifestFile != nil {
		stop(j.manifestFile)
	}
	j.file, j.prepared, j.manifestFile = nil, nil, nil
	if j.lock != nil {
		stop(j.lock)
	}
	if j.ownsFS {
		stop(j.fs)
	}
	return errors.Join(errs...)
}
