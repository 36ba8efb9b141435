package journal

import (
	"errors"
	"time"
)

// Close syncs what was committed, whatever the policy, marks the journal as closed
// in good order, and gives up the directory. It waits for the commits that have
// begun. It returns the error of a journal that failed. Another Close does
// nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	j.mu.Unlock()
	j.writers.Wait()
	j.token <- struct{}{}
	defer func() { <-j.token }()
	return errors.Join(j.finish(), j.release())
}

// finish syncs, and writes a frame that proves it, so that damage to what was
// committed last can be told from a crash when the journal is opened again.
func (j *Journal) finish() error {
	const op = "Close"
	j.mu.Lock()
	err := j.failed
	j.mu.Unlock()
	if err != nil {
		return err
	}
	if err := j.sync(op); err != nil {
		return err
	}
	if j.prepared != nil { // its header says which frame comes first
		return nil
	}
	if err := j.put(op, appendFrame(nil, 0, nil)); errors.Is(err, ErrNoSpace) {
		return nil // it can do without
	} else if err != nil {
		return err
	}
	return j.sync(op)
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
	if j.file != nil {
		stop(j.file)
	}
	if j.prepared != nil {
		stop(j.prepared)
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
