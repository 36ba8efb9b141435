package kinesis

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// MemFiles is where a durable service keeps its journals, in memory: a directory that
// fails on purpose for each of them, all of which have the same power. What happens to the
// directories themselves is durable once the service's own is synced.
type MemFiles struct {
	mu       sync.Mutex
	seed     uint64
	rnd      *rand.Rand
	dirs     map[string]*faultfs.Mem
	fresh    map[string]bool         // directories that were made and not synced
	removed  map[string]*faultfs.Mem // that were removed, and that was not synced
	calls    int
	off      bool
	reserves bool // some directories do
	decide   func(faultfs.Call) faultfs.Fault
}

func NewMemFiles(seed uint64) *MemFiles {
	return &MemFiles{
		seed: seed, rnd: rand.New(rand.NewPCG(seed, 5)), dirs: map[string]*faultfs.Mem{},
		fresh: map[string]bool{}, removed: map[string]*faultfs.Mem{},
	}
}

// Reserve has some of the directories reserve space from now on.
func (m *MemFiles) Reserve() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reserves = true
}

// OnCall sets what decides about each call to all of the directories, which are numbered
// together.
func (m *MemFiles) OnCall(f func(faultfs.Call) faultfs.Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decide = f
}

// call decides about a call.
func (m *MemFiles) call(c faultfs.Call) (fault faultfs.Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.off {
		return faultfs.Fault{Err: faultfs.ErrPowerCut}
	}
	m.calls++
	c.N = m.calls
	if m.decide != nil {
		fault = m.decide(c)
	}
	m.off = fault.Cut
	return fault
}

// Calls returns how many calls there have been.
func (m *MemFiles) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

func (m *MemFiles) open(name string) (faultfs.FS, error) {
	if f := m.call(faultfs.Call{Op: "OpenDir", Name: name}); f.Err != nil || f.Cut {
		return nil, faultfs.ErrPowerCut
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	dir := m.dirs[name]
	if dir == nil {
		m.seed++
		dir = faultfs.NewMem(m.seed)
		dir.SetReserves(m.reserves && m.seed%2 == 1)
		dir.OnCall(m.call)
		m.dirs[name] = dir
		m.fresh[name] = name != ""
	}
	return &memDirectory{dir.Process(), m, name}, nil
}

func (m *MemFiles) list() (names []string, err error) {
	if f := m.call(faultfs.Call{Op: "List"}); f.Err != nil || f.Cut {
		return nil, faultfs.ErrPowerCut
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.dirs)) {
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

func (m *MemFiles) remove(name string) error {
	if f := m.call(faultfs.Call{Op: "RemoveDir", Name: name}); f.Err != nil || f.Cut {
		return faultfs.ErrPowerCut
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if dir := m.dirs[name]; dir != nil {
		delete(m.dirs, name)
		m.removed[name] = dir
	}
	return nil
}

// Directories returns the names of the directories of streams.
func (m *MemFiles) Directories() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Sorted(maps.Keys(m.dirs))
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// Directory returns a directory, nil if there is none.
func (m *MemFiles) Directory(name string) *faultfs.Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dirs[name]
}

// all returns the directories that there are, and those that may be there again. Who uses
// them does so without the lock, because they call call.
func (m *MemFiles) all() (dirs, removed map[string]*faultfs.Mem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.dirs), maps.Clone(m.removed)
}

// SetSpace limits each directory's files, see faultfs.Mem.SetSpace.
func (m *MemFiles) SetSpace(n int64) {
	dirs, _ := m.all()
	for _, dir := range dirs {
		dir.SetSpace(n)
	}
}

// power says whether there is power.
func (m *MemFiles) power(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = !on
}

// Kill ends the process.
func (m *MemFiles) Kill() {
	m.power(false)
	dirs, removed := m.all()
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		dirs[name].Kill()
	}
	for _, dir := range removed {
		dir.Kill()
	}
	m.power(true)
}

// Crash takes the power away, and ends the process: of the directories that were made or
// removed and not synced any may be there.
func (m *MemFiles) Crash() {
	m.power(false)
	dirs, removed := m.all()
	for _, name := range slices.Sorted(maps.Keys(removed)) {
		if removed[name].Crash(); m.rnd.IntN(2) == 0 && dirs[name] == nil {
			dirs[name] = removed[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(dirs)) {
		if dirs[name].Crash(); m.fresh[name] && m.rnd.IntN(2) == 0 {
			delete(dirs, name)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirs, m.removed, m.fresh, m.off = dirs, map[string]*faultfs.Mem{}, map[string]bool{}, false
}

type memDirectory struct {
	faultfs.FS
	m    *MemFiles
	name string
}

func (d *memDirectory) SyncDir() error {
	err := d.FS.SyncDir()
	if err == nil && d.name == "" { // the Mem's lock is not held
		d.m.mu.Lock()
		defer d.m.mu.Unlock()
		clear(d.m.fresh)
		clear(d.m.removed)
	}
	return err
}

// OpenIn is Open with directories in memory.
func OpenIn(m *MemFiles, cfg ServiceConfig) (*Service, error) {
	s, err := openFiles(m, cfg)
	if err == nil {
		s.registry.disk.frames = 300 // which some Puts of the tests have, and others have not
	}
	return s, err
}

// BackupTo is Service.Backup into directories in memory.
func BackupTo(s *Service, m *MemFiles) error { return s.backup(context.Background(), m) }

// AppendFact adds a fact to the journal in a directory.
func AppendFact(t testing.TB, dir string, f []byte) {
	j, err := journal.OpenDir(dir, journal.Config{Batch: func(journal.Batch) error { return nil }})
	require.NoError(t, err)
	_, err = j.Append(f)
	require.NoError(t, err)
	require.NoError(t, j.Close())
}

// CloseJournals closes the journals of a durable service, and tells the service nothing of it.
func CloseJournals(s *Service) error {
	r := s.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.disk.journal.Close()
	for _, stream := range r.streams {
		err = errors.Join(err, stream.disk.journal.Close())
	}
	return err
}
