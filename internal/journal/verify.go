package journal

import (
	"errors"
	"io/fs"

	"github.com/leat-go/leat/internal/faultfs"
)

// ScanDir is Scan of a directory of the operating system. It changes nothing in
// it, and makes nothing.
func ScanDir(path string, cfg Config) (Report, error) {
	fsys, err := faultfs.OpenDirReadOnly(path)
	if err != nil {
		return Report{}, &Error{Op: "Scan", File: path, Cause: err}
	}
	defer fsys.Close()
	return Scan(fsys, cfg)
}

// Scan reads all of a journal that nobody has open, and gives the caller what was
// committed, as Open does. It changes nothing: the report says what Open would cut
// off, and what Open would refuse and Salvage drop; Scan itself goes on behind
// that, and the caller is given batches with others missing before them. Of the
// configuration only Kind, Format, Progress, Snapshot and Batch are used. A lock keeps Open out
// meanwhile, and several may scan at once.
//
// Errors: ErrLocked if it is open: a copy made by Backup can be read instead;
// ErrCorrupt if nothing can be made of what there is; ErrVersion; ErrInvalid if it is of another kind; fs.ErrNotExist if
// there is no journal; those of the file system, and the caller's.
func Scan(fsys faultfs.FS, cfg Config) (Report, error) {
	const op = "Scan"
	lock, err := fsys.Lock(lockName)
	if errors.Is(err, ErrLocked) {
		return Report{}, &Error{Op: op, File: lockName, Err: ErrLocked}
	}
	if err != nil {
		return Report{}, &Error{Op: op, File: lockName, Cause: err}
	}
	j := newJournal(fsys, Config{Kind: cfg.Kind, Format: cfg.Format, Salvage: true, Progress: cfg.Progress, Snapshot: cfg.Snapshot, Batch: cfg.Batch})
	j.lock, j.scans = lock, true
	err = j.scan(op)
	if closeErr := j.release(); err == nil {
		err = closeErr
	}
	return j.report, err
}

func (j *Journal) scan(op string) error {
	names, err := j.fs.ReadDir()
	if err != nil {
		return &Error{Op: op, Cause: err}
	}
	isNew, err := j.openManifest(names)
	if err != nil {
		return err
	}
	if isNew {
		return &Error{Op: op, File: manifestName, Cause: fs.ErrNotExist}
	}
	if _, err := j.manifest.checkKind(&j.cfg); err != nil {
		return err
	}
	j.id = j.manifest.id
	if err := j.checkBeyond(names); err != nil {
		return err
	}
	r := replay{j: j, s: scanner{id: j.id}}
	return r.run()
}
