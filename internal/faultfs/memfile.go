package faultfs

import (
	"errors"
	"io"
	"io/fs"
)

// sector is what a disk writes as a whole.
const sector = 64 // bytes: small, so that small files are torn too

// inode is a file without a name. A Mem's lock guards it.
type inode struct {
	live     []byte         // what a process sees
	durable  []byte         // what was synced
	unsynced map[int64]bool // numbers of the sectors that were written since
	resized  bool           // the length changed since it was synced
}

// touch notes that bytes have been written.
func (i *inode) touch(from, to int64) {
	if i.unsynced == nil {
		i.unsynced = map[int64]bool{}
	}
	for s := from / sector; s*sector < to; s++ {
		i.unsynced[s] = true
	}
}

// resize sets the length of what a process sees.
func (i *inode) resize(size int64) {
	i.resized = true
	if size <= int64(len(i.live)) {
		i.live = i.live[:size:size]
		return
	}
	old := int64(len(i.live))
	i.live = append(i.live, make([]byte, size-old)...)
	i.touch(old, size)
}

// keep makes a sector durable as it is now, as far as the durable length goes.
func (i *inode) keep(s int64) {
	from := min(s*sector, int64(len(i.durable)))
	to := min((s+1)*sector, int64(len(i.durable)))
	n := 0
	if from < int64(len(i.live)) {
		n = copy(i.durable[from:to], i.live[from:])
	}
	clear(i.durable[from+int64(n) : to])
}

// setDurable sets the durable length; what is new in it is zero.
func (i *inode) setDurable(size int64) {
	if size <= int64(len(i.durable)) {
		i.durable = i.durable[:size:size]
	} else {
		i.durable = append(i.durable, make([]byte, size-int64(len(i.durable)))...)
	}
}

type memFile struct {
	m    *Mem
	node *inode
	name string
	life int
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if _, err, _ := f.m.begin("ReadAt", f.name, f.life); err != nil {
		return 0, err
	}
	if off >= int64(len(f.node.live)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.live[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	fault, err, cut := f.m.begin("WriteAt", f.name, f.life)
	if err != nil && !cut {
		p = p[:min(fault.Short, len(p))]
	}
	if grow := off + int64(len(p)) - int64(len(f.node.live)); grow > 0 && f.m.limited {
		if short := grow - f.m.space; short > 0 {
			p = p[:max(0, int64(len(p))-short)]
			err = errors.Join(err, &fs.PathError{Op: "WriteAt", Path: f.name, Err: errFull})
		}
	}
	if len(p) == 0 {
		return 0, err
	}
	end := off + int64(len(p))
	if grow := end - int64(len(f.node.live)); grow > 0 {
		f.node.resize(end)
		f.m.space -= grow
	}
	copy(f.node.live[off:], p)
	f.node.touch(off, end)
	return len(p), err
}

func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	_, err, cut := f.m.begin("Truncate", f.name, f.life)
	if err != nil && !cut {
		return err
	}
	f.m.space += int64(len(f.node.live)) - size
	f.node.resize(size)
	return err
}

// Reserve is as it is documented if [Mem.SetReserves] says so, and unsupported else.
func (f *memFile) Reserve(from, to int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if !f.m.reserves {
		return errors.ErrUnsupported
	}
	fault, err, cut := f.m.begin("Reserve", f.name, f.life)
	if err != nil && !cut {
		to = min(to, from+int64(fault.Short))
	}
	grow := max(to-int64(len(f.node.live)), 0)
	if f.m.limited && grow > f.m.space {
		grow = max(f.m.space, 0)
		err = errors.Join(err, &fs.PathError{Op: "Reserve", Path: f.name, Err: errFull})
	}
	if grow > 0 {
		f.node.resize(int64(len(f.node.live)) + grow)
		f.m.space -= grow
	}
	return err
}

// Sync makes the file durable. If it fails, what was to be written counts as
// written from then on, as Linux has it, and is lost at a crash.
func (f *memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	_, err, _ := f.m.begin("Sync", f.name, f.life)
	if errors.Is(err, ErrPowerCut) {
		return err
	}
	if err == nil {
		f.node.setDurable(int64(len(f.node.live)))
		for s := range f.node.unsynced {
			f.node.keep(s)
		}
	}
	f.node.unsynced, f.node.resized = nil, false
	return err
}

func (f *memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if _, err, _ := f.m.begin("Size", f.name, f.life); err != nil {
		return 0, err
	}
	return int64(len(f.node.live)), nil
}

func (f *memFile) Close() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	_, err, _ := f.m.begin("Close", f.name, f.life)
	return err
}
