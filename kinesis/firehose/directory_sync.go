package firehose

import (
	"errors"
	"path/filepath"
	"runtime"
	"syscall"
)

// canSyncDirs tells whether the system brings the names in a directory to the disk when
// it is asked to. Windows refuses; NTFS keeps a journal of them.
const canSyncDirs = runtime.GOOS != "windows"

// ready sees to it that a directory is on disk, and so are those that it is in.
func (d *Directory) ready(dir string) error {
	d.mu.Lock()
	_, known := d.known[dir]
	d.mu.Unlock()
	if known || dir == "." {
		return nil
	}
	if err := d.root.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		if err := d.syncDir(parent); err != nil {
			return err
		}
		if parent == "." {
			break
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxKnown {
		clear(d.known)
	}
	d.known[dir] = struct{}{}
	return nil
}

// forget forgets which directories there are.
func (d *Directory) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.known)
}

// syncDir brings the names in a directory to the disk.
func (d *Directory) syncDir(dir string) error {
	if d.noSync || !canSyncDirs {
		return nil
	}
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	err = d.sync(f)
	if errors.Is(err, syscall.EINVAL) { // a file system that has no such thing
		err = nil
	}
	return errors.Join(err, f.Close())
}
