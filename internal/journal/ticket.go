package journal

import "sync/atomic"

// Ticket stands for a batch that was added: it tells when the batch is committed,
// and where. It is small and may be copied and kept; what it keeps alive with it
// is of some 100 bytes, shared by all that is committed together. Its methods are
// safe for concurrent use. The zero Ticket is of something done long ago.
type Ticket struct {
	group  *group
	index  uint32 // of the frame in the group; noFrame for a barrier
	offset uint32 // of the frame in the group, in bytes
}

const noFrame = 1<<32 - 1

// group is what is committed together.
type group struct {
	journal *Journal
	over    atomic.Bool // is true when first and err can be read
	first   Commit      // the place of the first frame; zero if err is not nil
	err     error       // why it will never be written, or nil

	// The journal's mutex guards the next fields, but buf while it is written.
	buf     []byte   // frames, to be sealed by who writes them; nil once written is true
	large   *[]byte  // what buf came from, if it was one of largeBuffers
	given   bool     // buf is a Frame, which its caller may go on to read
	frames  uint32   // how many
	sync    bool     // somebody wants it to be synced, whatever the policy
	now     bool     // somebody wants it to be written, whatever the policy
	led     bool     // somebody will write it
	tried   bool     // there was no space for it
	written bool     // changes with the token held, too
	end     uint64   // the journal's last frame when it was written
	next    *group   // what was added after it
	wakes   *waiters // those who wait for it to be over, or for an error; nil if nobody does
}

// waiters are those who wait for a group.
type waiters struct {
	done chan struct{} // is closed when err can be read
	err  error
}

// tell wakes those who wait for a group.
func (g *group) tell(err error) {
	if w := g.wakes; w != nil {
		w.err = err
		close(w.done)
	}
}

// wake wakes those who wait for groups that are over: for g and the next ones.
func (g *group) wake() {
	for g != nil {
		next := g.next
		g.next = nil // a ticket does not keep all that came later
		g.tell(g.err)
		g = next
	}
}

// Wait returns when the batch, and all that was added before it, is durable as
// Config.Sync has it. The first who waits writes, for all that was added until
// then. Under SyncNever it returns at once, unless more than 1 MiB waits to be
// written.
//
// Errors: ErrNoSpace, after which the batch is kept in memory and is written
// before anything that is added later, so that Wait may be called again;
// ErrFailed, after which it may be found or not when the journal is opened again.
func (t Ticket) Wait() error {
	if t.group == nil {
		return nil
	}
	if t.group.over.Load() {
		return t.group.err
	}
	return t.group.journal.wait(t.group)
}

// Done tells whether the batch is written (and synced, under SyncEach), so that
// its place is known, or that it will never be, because the journal has failed or
// was closed while there was no space. It never blocks.
func (t Ticket) Done() (done bool, err error) {
	switch {
	case t.group == nil:
		return true, nil
	case !t.group.over.Load():
		return false, nil
	}
	return true, t.group.err
}

// Acked tells whether the batch is as durable as Config.Sync has it: whether it
// may be acknowledged and shown to others. It is the same as Done, but under
// SyncNever, where it is true from the beginning. It never blocks.
func (t Ticket) Acked() (acked bool, err error) {
	done, err := t.Done()
	return done || t.group.journal.cfg.Sync == SyncNever, err
}

// Commit returns the place of the batch, once Done tells that it is written. It
// is zero before, after an error, and for a barrier.
func (t Ticket) Commit() Commit {
	if t.group == nil || t.index == noFrame || !t.group.over.Load() || t.group.err != nil {
		return Commit{}
	}
	first := t.group.first
	return Commit{first.Seq + uint64(t.index), first.Segment, first.Offset + int64(t.offset)}
}

// Place returns where a record of the batch is, once Done tells that it is
// written: the one of this size whose offset [Offsets] has found. It is zero
// whenever Commit is.
func (t Ticket) Place(offset uint32, size int) Place {
	at := t.Commit()
	if at.Segment == 0 {
		return Place{}
	}
	return Place{uint32(at.Segment), uint32(at.Offset) + offset, uint32(size)}
}
