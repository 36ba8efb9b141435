package journal

import (
	"fmt"
	"runtime"
)

// group is what is committed together.
type group struct {
	buf    []byte // frames, to be sealed by who writes them
	frames uint64 // how many
	sync   bool   // somebody wants it to be synced, whatever the policy

	done  chan struct{} // is closed when the next fields can be read
	first Commit        // the place of the first frame
	err   error
}

// Append commits records as one batch: after a crash all of them are there or
// none. It returns when they are durable as Config.Sync has it, and does not keep
// them. Calls that wait at the same time are committed with one write and one
// sync. Without records it does nothing.
//
// Errors: ErrTooLarge and ErrNoSpace, after which the journal can be used on;
// ErrFailed, ErrClosed. After ErrFailed the batch may be found when the
// journal is opened again. After ErrNoSpace it may be found only if a crash comes
// before the next successful commit.
func (j *Journal) Append(records ...[]byte) (Commit, error) {
	size := payloadSize(records)
	if size > MaxBatch {
		return Commit{}, &Error{Op: "Append", Err: ErrTooLarge,
			Detail: fmt.Sprintf("%d bytes in a batch; the most is %d", size, MaxBatch)}
	}
	j.mu.Lock()
	if err := j.usable("Append"); err != nil || len(records) == 0 {
		j.mu.Unlock()
		return Commit{}, err
	}
	g, leads := j.join(frameHeader + int(size))
	offset, index := len(g.buf), g.frames
	g.frames++
	g.buf = appendFrame(g.buf, int(size), records)
	j.mu.Unlock()
	if err := j.commit(g, leads); err != nil {
		return Commit{}, err
	}
	return Commit{g.first.Seq + index, g.first.Segment, g.first.Offset + int64(offset)}, nil
}

// Sync makes durable what was committed before. It is needed only for policies
// other than SyncEach. Errors: ErrFailed, ErrClosed.
func (j *Journal) Sync() error {
	j.mu.Lock()
	if err := j.usable("Sync"); err != nil {
		j.mu.Unlock()
		return err
	}
	g, leads := j.join(0)
	g.sync = true
	j.mu.Unlock()
	return j.commit(g, leads)
}

const (
	// maxGroup is how many bytes a group takes before the next one is begun.
	maxGroup = 8 << 20
	// maxSpare is the largest buffer in bytes that is kept to be used again.
	maxSpare = 1 << 20
)

// join returns the group that the next writer will write, and whether the caller
// has to write it: whoever comes first. The mutex is held.
func (j *Journal) join(size int) (g *group, leads bool) {
	if j.next == nil || len(j.next.buf) > 0 && len(j.next.buf)+size > maxGroup {
		j.next = &group{buf: j.spare, done: make(chan struct{})}
		j.spare = nil
		j.writers.Add(1)
		return j.next, true
	}
	return j.next, false
}

// commit writes a group, or waits for who does. There is no goroutine that writes:
// a journal that nobody uses has none.
func (j *Journal) commit(g *group, leads bool) error {
	if !leads {
		<-g.done
		return g.err
	}
	j.token <- struct{}{}
	// Those whom the last writer has just woken may be about to come back.
	// Without this they would meet a group that is being written.
	runtime.Gosched()
	j.mu.Lock()
	if j.next == g {
		j.next = nil
	}
	err := j.failed
	j.mu.Unlock()
	if err == nil {
		err = j.write(g)
	}
	g.err = err
	if cap(g.buf) <= maxSpare {
		j.mu.Lock()
		j.spare = g.buf[:0]
		j.mu.Unlock()
	}
	g.buf = nil
	<-j.token
	j.writers.Done()
	close(g.done)
	return err
}
