package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
)

// Process returns the directory as a process sees it: from the next Kill or Crash
// on all that it and its files are asked fails. A Mem itself, as an FS, is that of
// whatever process there is when it is called: enough for a test in which nothing
// goes on by itself after a Kill, a timer for example.
func (m *Mem) Process() FS {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &process{m, m.life}
}

// process is a directory for one life.
type process struct {
	m    *Mem
	life int
}

func (p *process) Open(name string, create bool) (File, error) {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err, cut := m.begin("Open", name, p.life)
	if err != nil && !cut {
		return nil, err
	}
	node := m.live[name]
	if node == nil {
		if !create || !local(name) {
			return nil, errors.Join(err, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist})
		}
		node = &inode{}
		m.live[name], m.unsynced[name] = node, true
	}
	return &memFile{m, node, name, p.life}, err
}

func (p *process) Rename(from, to string) error {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err, cut := m.begin("Rename", from, p.life)
	if err != nil && !cut {
		return err
	}
	node := m.live[from]
	if node == nil || !local(to) {
		return errors.Join(err, &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist})
	}
	delete(m.live, from)
	m.live[to] = node
	m.unsynced[from], m.unsynced[to] = true, true
	return err
}

func (p *process) Remove(name string) error {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err, cut := m.begin("Remove", name, p.life)
	if err != nil && !cut {
		return err
	}
	node := m.live[name]
	if node == nil {
		return errors.Join(err, &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist})
	}
	delete(m.live, name)
	m.unsynced[name] = true
	m.space += int64(len(node.live))
	return err
}

func (p *process) ReadDir() ([]string, error) {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err, _ := m.begin("ReadDir", "", p.life); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(m.live)), nil
}

func (p *process) SyncDir() error {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err, _ := m.begin("SyncDir", "", p.life)
	if errors.Is(err, ErrPowerCut) {
		return err
	}
	if err == nil {
		for name := range m.unsynced {
			m.settle(name)
		}
	}
	clear(m.unsynced)
	return err
}

// settle makes a name durable as it is.
func (m *Mem) settle(name string) {
	if node := m.live[name]; node != nil {
		m.durable[name] = node
	} else {
		delete(m.durable, name)
	}
}

func (p *process) Lock(name string) (io.Closer, error) {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err, _ := m.begin("Lock", name, p.life); err != nil {
		return nil, err
	}
	if m.locks[name] {
		return nil, ErrLocked
	}
	m.locks[name] = true
	return &memLock{m, name, p.life}, nil
}

// Close does nothing.
func (p *process) Close() error { return nil }

type memLock struct {
	m    *Mem
	name string
	life int
}

func (l *memLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.life != l.m.life {
		return ErrPowerCut
	}
	delete(l.m.locks, l.name)
	return nil
}
