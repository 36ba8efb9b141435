package journal

import (
	"errors"
	"runtime"
	"sync"
	"time"
)

const (
	// maxGroup is how many bytes a group takes before the next one is begun.
	maxGroup = 8 << 20
	// maxSpare is the largest buffer in bytes that a journal keeps to be used again.
	// Larger ones all journals share.
	maxSpare = 256 << 10
	// maxWaiting is how many bytes wait for somebody who waits for them.
	maxWaiting = 1 << 20
	// maxLate is how long they do.
	maxLate = 100 * time.Millisecond
	// much is how many bytes are written although others are being synced.
	much = 256 << 10
	// maxBuffered is how many bytes SyncNever keeps before they are written.
	maxBuffered = 64 << 10
	// maxStuck is how many bytes may wait for space before Add refuses more.
	maxStuck = 16 << 20
)

// largeBuffers has those that are larger, for all journals together.
var largeBuffers sync.Pool

// join returns the group that takes what is added now. The mutex is held.
func (j *Journal) join(size int) *group {
	if g := j.last; g != nil && g != j.writing && !g.written && !g.given {
		most := maxGroup
		if g.tried { // there may be space for a part of it
			most = maxWaiting
		}
		if len(g.buf) == 0 || len(g.buf)+size <= most {
			return g
		}
	}
	g := &group{journal: j}
	if last := len(j.spares) - 1; last >= 0 && size <= maxBuffered {
		g.buf, j.spares = j.spares[last], j.spares[:last]
	} else if large, ok := largeBuffers.Get().(*[]byte); ok {
		g.buf, g.large = *large, large // of what others have needed together
	}
	return j.push(g)
}

// push puts a group behind all others. The mutex is held.
func (j *Journal) push(g *group) *group {
	if j.last == nil {
		j.first = g
	} else {
		j.last.next = g
	}
	if j.last = g; j.unwritten == nil {
		j.unwritten = g
	}
	return g
}

// arm sees to it that what was added is written even if nobody waits for it. The
// mutex is held.
func (j *Journal) arm() {
	switch {
	case j.armed:
		return
	case j.late == nil:
		j.late = time.AfterFunc(maxLate, j.writeLate)
	default:
		j.late.Reset(maxLate)
	}
	j.armed = true
}

// writeLate is what the timer calls. It is not stopped when somebody else has
// written: it finds nothing then, and rests until more is added.
func (j *Journal) writeLate() {
	j.mu.Lock()
	j.armed = false
	g := j.last
	mine := g != nil && !g.led
	if mine {
		g.led = true
	}
	j.mu.Unlock()
	if mine {
		_ = j.lead(g) // who waits is told, and what waits stays
	}
}

// wait writes a group, or waits for who does.
func (j *Journal) wait(g *group) error {
	j.mu.Lock()
	switch {
	case g.over.Load():
		j.mu.Unlock()
		return g.err
	case j.failed != nil && j.cfg.Sync == SyncNever:
		defer j.mu.Unlock()
		return j.failed
	case j.cfg.Sync == SyncNever && !g.sync && !g.now && j.pending < maxWaiting:
		if j.pending >= maxBuffered && !g.led && !j.closed {
			j.leadAside(g)
		}
		j.mu.Unlock()
		return nil
	case !g.led:
		g.led = true
		j.mu.Unlock()
		return j.lead(g)
	}
	if g.wakes == nil {
		g.wakes = &waiters{done: make(chan struct{})}
	}
	w := g.wakes
	j.mu.Unlock()
	<-w.done
	return w.err
}

// leadAside leads in a goroutine of its own. The mutex is held.
func (j *Journal) leadAside(g *group) {
	g.led = true
	j.writers.Go(func() { _ = j.lead(g) }) // who waits is told, and what waits stays
}

// lead writes the groups up to one, and syncs them. There is no goroutine that does so
// all the time: a journal that nobody uses has none.
func (j *Journal) lead(g *group) error {
	j.token <- struct{}{}
	if j.cfg.Sync == SyncEach && !j.muchWaits() {
		j.syncing <- struct{}{} // what is added until the disk is ready goes with it
		<-j.syncing
	}
	// Those whom the last writer has just woken may be about to come back.
	// Without this they would meet a group that is being written.
	runtime.Gosched()
	var done *group
	var err error
	for err == nil && !g.written {
		done.wake()
		done, err = j.writeFirst()
	}
	number, wants := j.wantsNext()
	<-j.token
	done.wake() // now that the next writer is at work
	if j.cfg.Sync == SyncEach && (err != nil || !g.over.Load()) {
		j.conclude()
	}
	if err != nil {
		return err
	}
	if wants && g.err == nil {
		j.prepare(number)
	}
	return g.err
}

// muchWaits tells whether so much waits that it is written while what was written
// before is being synced.
func (j *Journal) muchWaits() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.pending >= j.much
}

// writeFirst writes the oldest group that is not written, and returns the groups that
// are over then, if there are any, for the caller to wake. Under SyncEach there are
// none, but after an error: conclude comes next. If there is no space then all
// groups stay, and those who wait for any are told. The token is held.
func (j *Journal) writeFirst() (done *group, err error) {
	j.mu.Lock()
	g, err := j.unwritten, j.failed
	j.writing = g
	j.mu.Unlock()
	if err == nil {
		if err = j.write(g); errors.Is(err, ErrNoSpace) && j.giveBack() {
			err = j.write(g)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.writing = nil
	if errors.Is(err, ErrNoSpace) {
		j.stuck.Store(true)
		for ; g != nil; g = g.next {
			g.tell(err)
			g.wakes, g.led, g.tried = nil, false, true
		}
		return nil, err
	}
	g.written, g.end = true, j.at.seq
	j.unwritten = g.next
	j.pending -= len(g.buf)
	if j.unwritten == nil || !j.unwritten.tried {
		j.stuck.Store(false)
	}
	j.reuse(g)
	if err == nil && j.cfg.Sync == SyncEach {
		return nil, nil
	}
	return j.over(g, err), nil
}

// conclude syncs what was written, unless somebody else has, and wakes those who
// wait for that.
func (j *Journal) conclude() {
	j.syncing <- struct{}{}
	done, _ := j.syncLast("Append") // the groups have the error
	<-j.syncing
	done.wake()
}

// over ends the groups up to one, and returns them. The mutex is held.
func (j *Journal) over(last *group, err error) (done *group) {
	done = j.first
	if j.first = last.next; j.first == nil {
		j.last = nil
	}
	last.next = nil
	for g := done; g != nil; g = g.next {
		if g.err = err; err != nil {
			g.first = Commit{}
		}
		g.over.Store(true)
	}
	return done
}

// reuse keeps the buffer of a group that was written. The mutex is held.
func (j *Journal) reuse(g *group) {
	switch n := cap(g.buf); {
	case n == 0 || g.given:
	case n <= maxSpare:
		if len(j.spares) < 2 { // one is filled while another is written
			j.spares = append(j.spares, g.buf[:0])
		}
	case n <= 2*maxGroup:
		if g.large == nil {
			g.large = new([]byte)
		}
		*g.large = g.buf[:0]
		largeBuffers.Put(g.large)
		g.large = nil
	}
	g.buf = nil
}
