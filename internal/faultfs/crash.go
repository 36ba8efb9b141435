package faultfs

import (
	"io/fs"
	"maps"
	"slices"
)

// Kill ends the process: locks are released and handles are dead. What was
// written stays as it is, unsynced.
func (m *Mem) Kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kill()
}

func (m *Mem) kill() {
	m.life++
	m.off = false
	clear(m.locks)
}

// Crash ends the process and takes the power away: of what was not synced, each
// name and each sector is left as it was or as it should be, by chance, and a
// file that grew may have any length between. Some of what was never written is
// not zero, but what was on the disk before. Then the power is back.
func (m *Mem) Crash() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kill()
	for _, name := range slices.Sorted(maps.Keys(m.unsynced)) {
		if m.rnd.IntN(2) == 0 {
			m.settle(name)
		}
	}
	clear(m.unsynced)
	m.live = maps.Clone(m.durable)
	seen := map[*inode]bool{} // a file that was being renamed may have two names
	for _, name := range slices.Sorted(maps.Keys(m.live)) {
		if node := m.live[name]; !seen[node] {
			seen[node] = true
			m.forget(node)
		}
	}
}

// forget leaves of a file what a crash leaves.
func (m *Mem) forget(node *inode) {
	was, is := int64(len(node.durable)), int64(len(node.live))
	if node.resized {
		switch m.rnd.IntN(3) {
		case 0:
			node.setDurable(is)
		case 1:
			low, high := min(was, is), max(was, is)
			node.setDurable(low + m.rnd.Int64N(high-low+1))
		}
	}
	// Most crashes keep most sectors or few, so that whole writes are lost and
	// kept too.
	odds := []int{2, 8, 14}[m.rnd.IntN(3)]
	for _, s := range slices.Sorted(maps.Keys(node.unsynced)) {
		switch {
		case m.rnd.IntN(16) < odds:
			node.keep(s)
		case s*sector >= was && m.rnd.IntN(4) == 0:
			for i := s * sector; i < min((s+1)*sector, int64(len(node.durable))); i++ {
				node.durable[i] = byte(m.rnd.Uint32())
			}
		}
	}
	node.unsynced, node.resized = nil, false
	node.live = slices.Clone(node.durable)
}

// ReadFile returns a file's contents as a process sees them, without a call.
func (m *Mem) ReadFile(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	node := m.live[name]
	if node == nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Clone(node.live), nil
}

// WriteFile makes a file, or replaces it, durably and without a call: what a disk
// that rots, or a person, does to it. With nil contents it removes the file.
func (m *Mem) WriteFile(name string, contents []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.unsynced, name)
	if contents == nil {
		delete(m.live, name)
		delete(m.durable, name)
		return
	}
	node := &inode{live: slices.Clone(contents), durable: slices.Clone(contents)}
	m.live[name], m.durable[name] = node, node
}
