package leat

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
)

// The subdirectories of Config.Dir, by the names of their packages.
const (
	queuesDir  = "sqs"
	topicsDir  = "sns"
	streamsDir = "kinesis"
)

var serviceDirs = []string{queuesDir, streamsDir, topicsDir} // in the order in which they are opened

const (
	lockName = "lock"
	// resetName is the name of a file that is there while a Reset removes what there
	// was, so that one which was broken off is brought to its end.
	resetName = "resetting"
)

// directory is Config.Dir, locked.
type directory struct {
	path string
	fs   faultfs.FS
	lock io.Closer
}

// openDirectory locks the directory, so that nobody else opens it in the middle of a Reset
// either, and ends a Reset that a crash has broken off.
func openDirectory(path string) (d *directory, err error) {
	d = &directory{path: path}
	defer func() {
		if err != nil {
			d.close()
			d, err = nil, fmt.Errorf("leat: %s can not be opened: %w", path, err)
		}
	}()
	if d.fs, err = faultfs.OpenDir(path); err != nil {
		return d, err
	}
	switch d.lock, err = d.fs.Lock(lockName); {
	case errors.Is(err, faultfs.ErrLocked):
		return d, fmt.Errorf("%w: another Cloud has it open", durable.ErrLocked)
	case err != nil:
		return d, err
	}
	if _, err := os.Lstat(filepath.Join(path, resetName)); err == nil {
		return d, d.erase()
	}
	return d, nil
}

// erase removes what is in the subdirectories of the services, all or, if it fails, yet to be
// removed by openDirectory or another erase.
func (d *directory) erase() error {
	mark, err := d.fs.Open(resetName, true)
	if err != nil {
		return err
	}
	if err := errors.Join(mark.Sync(), mark.Close(), d.fs.SyncDir()); err != nil {
		return err
	}
	for _, name := range serviceDirs {
		if err := empty(filepath.Join(d.path, name)); err != nil {
			return err
		}
	}
	if err := d.fs.Remove(resetName); err != nil {
		return err
	}
	return d.fs.SyncDir()
}

// empty removes what is in a directory, if there is one, durably.
func empty(path string) error {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := root.RemoveAll(e.Name()); err != nil {
			return err
		}
	}
	return syncDir(path)
}

func syncDir(path string) error {
	d, err := faultfs.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(d.SyncDir(), d.Close())
}

// close ends the use of the directory. It may be called again.
func (d *directory) close() {
	if d.lock != nil {
		_ = d.lock.Close()
	}
	if d.fs != nil {
		_ = d.fs.Close()
	}
}

// progressOf returns the options of the services, by the names of their subdirectories. They
// tell cfg's Progress how far all of them are together, of the bytes of all files.
func progressOf(cfg *Config) func(name string) durable.Options {
	if cfg.Dir == "" || cfg.Durable.Progress == nil {
		return func(string) durable.Options { return cfg.Durable }
	}
	sizes, before := map[string]int64{}, map[string]int64{}
	var all durable.Progress
	for _, name := range serviceDirs {
		before[name], sizes[name] = all.Total, sizeOf(filepath.Join(cfg.Dir, name))
		all.Total += sizes[name]
	}
	return func(name string) durable.Options {
		options := cfg.Durable
		options.Progress = func(p durable.Progress) {
			// A service counts its own bytes, which are not quite those of its files.
			share := 1.0
			if p.Total > 0 {
				share = min(1, float64(p.Bytes)/float64(p.Total))
			}
			all.Bytes = max(all.Bytes, before[name]+int64(share*float64(sizes[name])))
			cfg.Durable.Progress(all)
		}
		return options
	}
}

// sizeOf returns the bytes of the files in a directory. What can not be seen does not count.
func sizeOf(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}
