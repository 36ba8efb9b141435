package journal

import (
	"fmt"
	"slices"
)

// Add puts records behind all that was added before, as one batch: after a crash
// all of them are there or none. It copies them and does no I/O, so it can be
// called with a lock held that decides about the order. When the batch is
// committed the ticket tells. If nobody waits for that, nor for something added
// later, it is written after at most 100 ms, or when 1 MiB has been added. Without
// records it does nothing, and the ticket is done.
//
// Errors: ErrTooLarge; ErrNoSpace while more than 16 MiB wait for space on the
// disk; ErrFailed, ErrClosed. After all of them nothing was added.
func (j *Journal) Add(records ...[]byte) (Ticket, error) {
	const op = "Add"
	size := payloadSize(records)
	if size > MaxBatch {
		return Ticket{}, tooLarge(op, size)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(op); err != nil || len(records) == 0 {
		return Ticket{}, err
	}
	if err := j.hasRoom(op); err != nil {
		return Ticket{}, err
	}
	g := j.join(frameHeader + int(size))
	t := Ticket{g, g.frames, uint32(len(g.buf))}
	g.frames++
	g.buf = appendFrame(slices.Grow(g.buf, frameHeader+int(size)), int(size), records)
	j.added(g, frameHeader+int(size))
	return t, nil
}

// hasRoom returns why nothing more can be added, if too much waits for space. The
// mutex is held.
func (j *Journal) hasRoom(op string) error {
	if j.Stuck() && j.pending > maxStuck {
		return &Error{Op: op, Err: ErrNoSpace, Detail: fmt.Sprintf("%d bytes wait for space already", j.pending)}
	}
	return nil
}

// added counts bytes that were added to a group, and sees to it that they will be
// written. The mutex is held.
func (j *Journal) added(g *group, size int) {
	j.pending += size
	switch {
	case g.led:
	case j.pending >= maxWaiting:
		j.leadAside(g)
	default:
		j.arm()
	}
}

// Append is Add, and waits: it returns when the records are durable as Config.Sync
// has it. Calls that wait at the same time are committed with one write and one
// sync. Under SyncNever the place may not be known yet, and is zero then. Its
// errors are those of Add and of Ticket.Wait.
func (j *Journal) Append(records ...[]byte) (Commit, error) {
	t, err := j.Add(records...)
	if err == nil {
		err = t.Wait()
	}
	return t.Commit(), err
}

// Barrier returns a ticket that is done when all that was added before is, and
// fails if that does. If there is nothing to wait for it is done already.
func (j *Journal) Barrier() Ticket {
	j.mu.Lock()
	defer j.mu.Unlock()
	g := j.last
	if err := j.usable("Barrier"); err != nil {
		g = &group{journal: j, err: err}
		g.over.Store(true)
	}
	if g == nil {
		return Ticket{}
	}
	return Ticket{g, noFrame, 0}
}

// Sync makes durable what was added before. It is needed only for policies other
// than SyncEach. Errors: ErrNoSpace, ErrFailed, ErrClosed.
func (j *Journal) Sync() error {
	j.mu.Lock()
	if err := j.usable("Sync"); err != nil {
		j.mu.Unlock()
		return err
	}
	g := j.join(0)
	g.sync = true
	j.mu.Unlock()
	return j.wait(g)
}

// Stuck tells whether something that was added waits for space on the disk. It
// never blocks.
func (j *Journal) Stuck() bool { return j.stuck.Load() }

// Retry writes what waits for space now, and what was added since. It returns nil
// if nothing waits any more. Errors: ErrNoSpace, ErrFailed, ErrClosed.
func (j *Journal) Retry() error {
	j.mu.Lock()
	if err := j.usable("Retry"); err != nil || !j.Stuck() {
		j.mu.Unlock()
		return err
	}
	g := j.last
	g.now = true
	j.mu.Unlock()
	return j.wait(g)
}
