package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Trim gives up the segments before one: what is in them is not needed any more,
// because a snapshot has it or because it was committed again. Batches that have
// to survive it must be durable: under a policy other than SyncEach, Sync comes
// first. It takes no space, so it succeeds on a full disk, but where the file
// system copies on write. Commits do not wait for the files to be removed. One of them
// may be kept, to become the next segment: see keepSpare.
//
// Errors: ErrInvalid if there is no such segment, ErrNoSpace, ErrFailed, ErrClosed.
func (j *Journal) Trim(before uint64) error {
	j.snapshots <- struct{}{} // so that Close waits
	defer func() { <-j.snapshots }()
	gone, err := j.trim(before)
	if err != nil {
		return err
	}
	for _, s := range gone { // which may take long, and nobody waits for it
		if j.keepSpare(s) {
			continue
		}
		if err := j.giveUp("Trim", fileID(s.Number)); err != nil {
			return err
		}
	}
	return nil
}

// trim takes segments out of the manifest, and returns them.
func (j *Journal) trim(before uint64) (gone []Segment, err error) {
	const op = "Trim"
	if err := j.acquire(op); err != nil {
		return nil, err
	}
	defer func() { <-j.token }()
	m := j.manifest
	old := m.first
	if before < m.first || before > m.last {
		return nil, &Error{Op: op, Err: ErrInvalid,
			Detail: fmt.Sprintf("the segments are %d to %d, and not %d", m.first, m.last, before)}
	}
	if before == old {
		return nil, nil
	}
	j.mu.Lock()
	m.first, m.base = before, j.segments[before-old].First-1
	j.mu.Unlock()
	if err := j.commitManifest(op, m); err != nil {
		return nil, err
	}
	j.trimBehind(before)
	j.mu.Lock()
	gone, j.segments = slices.Clone(j.segments[:before-old]), j.segments[before-old:]
	j.mu.Unlock()
	return gone, nil
}

// giveUp removes a file that the manifest does not name any more, or leaves that
// to who reads it last.
func (j *Journal) giveUp(op string, id fileID) error {
	if err := j.shelf.discard(id); err != nil {
		return j.broken(op, id.name(), err)
	}
	return nil
}

// discard removes a file that the manifest does not name any more. A crash may
// bring it back, and Open removes it.
func (j *Journal) discard(op, name string) error {
	if err := j.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return j.broken(op, name, err)
	}
	return nil
}
