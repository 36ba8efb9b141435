package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
)

// ErrPowerCut is what every call returns from the one at which the power was cut
// until [Mem.Crash].
var ErrPowerCut = errors.New("the power is off")

// Call is one call of a [Mem] or of a file in it.
type Call struct {
	N    int    // how many calls there have been, this one included
	Op   string // the method: "Open", "WriteAt", "SyncDir"
	Name string // the file's name as it was opened; "" for calls on the directory
}

// Fault says how a call fails. The zero Fault lets it succeed.
type Fault struct {
	Err error // what the call returns
	// Short is how much a WriteAt writes before it fails.
	Short int
	// Cut cuts the power in the middle of the call: it may have had its effect,
	// and returns ErrPowerCut.
	Cut bool
}

// Mem is a directory in memory that forgets what was not synced when it crashes,
// and fails where it is told to. The same seed and the same calls have the same
// effects. Its methods are safe for concurrent use.
type Mem struct {
	mu      sync.Mutex
	rnd     *rand.Rand
	live    map[string]*inode // what a process sees
	durable map[string]*inode // what a crash leaves, but for names in unsynced
	// unsynced has the names that changed since they were last synced, each of
	// which a crash may leave as it is or as it was.
	unsynced map[string]bool
	locks    map[string]bool
	onCall   func(Call) Fault
	calls    int
	life     int // how many times the process has ended; handles belong to one life
	off      bool
	reserves bool // Reserve does something
	limited  bool
	space    int64 // bytes that files may still grow by, if limited
}

// NewMem returns an empty directory.
func NewMem(seed uint64) *Mem {
	return &Mem{
		rnd:  rand.New(rand.NewPCG(seed, 0)),
		live: map[string]*inode{}, durable: map[string]*inode{},
		unsynced: map[string]bool{}, locks: map[string]bool{},
	}
}

// SetReserves says whether files can be made longer by [File].Reserve. They can not
// when a Mem is new.
func (m *Mem) SetReserves(can bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reserves = can
}

// OnCall sets what decides about each call; nil lets all succeed. It is called
// under the directory's lock and must not use it.
func (m *Mem) OnCall(f func(Call) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onCall = f
}

// SetSpace limits the bytes by which files may grow from now on; a negative
// number ends the limit. A write that exceeds it is cut short and fails with
// ENOSPC. Truncating and removing a file give space back.
func (m *Mem) SetSpace(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limited, m.space = n >= 0, n
}

// Calls returns how many calls there have been.
func (m *Mem) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// begin counts a call and finds out how it fails. The lock is held. A call whose
// cut is true has its effect and then returns err; one with an error otherwise
// has none.
func (m *Mem) begin(op, name string, life int) (fault Fault, err error, cut bool) {
	if m.off || life != m.life {
		return Fault{}, ErrPowerCut, false
	}
	m.calls++
	if m.onCall != nil {
		fault = m.onCall(Call{m.calls, op, name})
	}
	if fault.Cut {
		m.off = true
		return Fault{}, ErrPowerCut, m.rnd.IntN(2) == 0
	}
	if fault.Err != nil {
		return fault, &fs.PathError{Op: op, Path: name, Err: fault.Err}, false
	}
	return Fault{}, nil, false
}

// Open opens a file.
func (m *Mem) Open(name string, create bool) (File, error) { return m.Process().Open(name, create) }

// Rename gives a file another name. A crash may keep the new name and not the end
// of the old one, or the other way round.
func (m *Mem) Rename(from, to string) error { return m.Process().Rename(from, to) }

// Remove removes a name.
func (m *Mem) Remove(name string) error { return m.Process().Remove(name) }

// ReadDir returns the names.
func (m *Mem) ReadDir() ([]string, error) { return m.Process().ReadDir() }

// SyncDir makes the names durable. If it fails then what changed since the last
// one is lost at a crash, unless it changes again.
func (m *Mem) SyncDir() error { return m.Process().SyncDir() }

// Lock takes a lock, which ends with the process.
func (m *Mem) Lock(name string) (io.Closer, error) { return m.Process().Lock(name) }

// Close does nothing.
func (m *Mem) Close() error { return nil }
