package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"

	"github.com/leat-go/leat/internal/faultfs"
)

// OpenDir opens the journal in a directory of the operating system, and makes
// both if they do not exist. It is Open otherwise.
func OpenDir(path string, cfg Config) (*Journal, error) {
	fsys, err := faultfs.OpenDir(path)
	if err != nil {
		return nil, &Error{Op: "Open", File: path, Cause: err}
	}
	j, err := Open(fsys, cfg)
	if err != nil {
		return nil, errors.Join(err, fsys.Close())
	}
	j.ownsFS = true
	return j, nil
}

// Open opens the journal in a directory that it has for itself, reads all of it,
// and gives the caller what was committed. The directory is locked until Close.
// What a crash left of commits that were not synced is cut off. When Open returns,
// what it has read is durable.
//
// Errors: ErrLocked, ErrCorrupt, ErrVersion, ErrInvalid, ErrNoSpace, ErrFailed, those
// of the file system, and the caller's. With the first four nothing was changed,
// but the caller may have been given batches that it has to forget.
func Open(fsys faultfs.FS, cfg Config) (*Journal, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	lock, err := fsys.Lock(lockName)
	if errors.Is(err, ErrLocked) {
		return nil, &Error{Op: "Open", File: lockName, Err: ErrLocked}
	}
	if err != nil {
		return nil, &Error{Op: "Open", File: lockName, Cause: err}
	}
	j := newJournal(fsys, cfg)
	j.lock = lock
	if err := j.open(); err != nil {
		_ = j.release()
		return nil, err
	}
	j.cfg.Snapshot, j.cfg.Batch, j.cfg.Progress = nil, nil, nil // let go of what they hold
	return j, nil
}

func newJournal(fsys faultfs.FS, cfg Config) *Journal {
	token := func() chan struct{} { return make(chan struct{}, 1) }
	return &Journal{
		fs: fsys, cfg: cfg, shelf: shelf{fs: fsys}, much: much,
		token: token(), syncing: token(), making: token(), snapshots: token(), dir: token(), flushing: token(),
	}
}

func (j *Journal) open() error {
	names, err := j.fs.ReadDir()
	if err != nil {
		return &Error{Op: "Open", Cause: err}
	}
	isNew, err := j.openManifest(names)
	if err != nil {
		return err
	}
	if isNew {
		if err := j.begin(); err != nil {
			return err
		}
	}
	newer, err := j.manifest.checkKind(&j.cfg)
	if err != nil {
		return err
	}
	j.id, j.lastSnapshot = j.manifest.id, j.manifest.snapshot
	if err := j.checkBeyond(names); err != nil {
		return err
	}
	r := replay{j: j, s: scanner{id: j.id}}
	if err := r.run(); err != nil {
		return err
	}
	return j.settle(names, &r, newer)
}

// openManifest reads the manifest, and tells whether there is no journal yet.
func (j *Journal) openManifest(names []string) (isNew bool, err error) {
	j.manifestFile, err = j.fs.Open(manifestName, false)
	if err == nil {
		j.manifest, err = readManifest(j.manifestFile)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = corrupt(manifestName, 0, "it is missing")
	} else {
		return false, &Error{Op: "Open", File: manifestName, Cause: err}
	}
	if !errors.Is(err, ErrCorrupt) {
		return false, err
	}
	// A crash may have come before the journal was complete, and so was empty.
	found, used := manifest{}, false
	for _, name := range names {
		if n, ok := numberIn(name, "segment-"); ok {
			size, sizeErr := j.sizeOf(name)
			if sizeErr != nil {
				return false, sizeErr
			}
			used = used || n > 1 || size > segmentHeader
			blank, blankErr := j.isBlank(name)
			if blankErr != nil {
				return false, blankErr
			}
			if size == 0 && n > 1 || blank && found.first != 0 { // the next one, which was made ahead
				continue
			}
			if found.first == 0 || n < found.first {
				found.first = n
			}
			found.last = max(found.last, n)
		} else if n, ok := numberIn(name, "snapshot-"); ok {
			used, found.snapshot = true, max(found.snapshot, n)
		}
	}
	if !used {
		if j.manifestFile != nil && !isOurs(j.manifestFile) {
			return false, err
		}
		return true, nil
	}
	if !j.cfg.Salvage {
		return false, err
	}
	return false, j.salvageManifest(found, err)
}

// begin makes an empty journal, but for the manifest, which comes last.
func (j *Journal) begin() error {
	const op = "Open"
	var id [8]byte
	_, _ = rand.Read(id[:]) // it never fails
	m := manifest{id: binary.LittleEndian.Uint64(id[:]), generation: 1, first: 1, last: 1, format: j.cfg.Format, kind: j.cfg.Kind}
	j.id = m.id
	// Left over from a beginning that failed, a name may be there and not durable.
	if err := j.discard(op, segmentName(1)); err != nil {
		return err
	}
	f, _, err := j.createSegment(op, 1, place{}, false)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return &Error{Op: op, Cause: err}
	}
	j.manifest = m
	return nil
}

// checkBeyond refuses segments with commits that the manifest does not know,
// which means that its newer half is damaged. The next segment, which it did not come
// to name, may have a file that was used before: that has older ones.
func (j *Journal) checkBeyond(names []string) error {
	for _, name := range names {
		n, ok := numberIn(name, "segment-")
		if !ok || n <= j.manifest.last {
			continue
		}
		if size, err := j.sizeOf(name); err != nil {
			return err
		} else if size <= segmentHeader {
			continue
		}
		if stale, err := j.isStale(n); err != nil {
			return err
		} else if stale {
			continue
		}
		err := corrupt(manifestName, 0, "it does not know of %s", name)
		if !j.cfg.Salvage {
			return err
		}
		j.drop(Dropped{File: manifestName, Bytes: manifestSize, Reason: err.Detail})
		j.manifest.last = max(j.manifest.last, n)
	}
	return nil
}

// settle makes durable what was read, removes what is left over, and makes the
// journal ready to be written.
func (j *Journal) settle(names []string, r *replay, changed bool) (err error) {
	const op = "Open"
	if err := r.repair(); err != nil {
		return err
	}
	name := segmentName(j.manifest.last)
	if j.file, err = j.fs.Open(name, false); err != nil {
		return &Error{Op: op, File: name, Cause: err}
	}
	j.at, j.size = r.s.at, j.segments[len(j.segments)-1].Size
	j.reserves = j.cfg.Sync == SyncEach && r.flags&flagReserved != 0 && r.anew[j.manifest.last] == nil
	if err := r.cut(); err != nil {
		return err
	}
	if err := r.rewrite(); err != nil {
		return err
	}
	if err := j.settleManifest(changed || len(j.report.Dropped) > 0 || len(r.empty) > 0); err != nil {
		return err
	}
	return j.clean(names)
}

// clean removes files of the journal that are not part of it.
func (j *Journal) clean(names []string) error {
	for _, name := range names {
		n, isSegment := numberIn(name, "segment-")
		isSegment = isSegment && (n < j.manifest.first || n > j.manifest.last)
		k, isSnapshot := numberIn(name, "snapshot-")
		isSnapshot = isSnapshot && k != j.manifest.snapshot
		if isSegment || isSnapshot || strings.EqualFold(name, repairName) || strings.EqualFold(name, spareName) {
			if err := j.discard("Open", name); err != nil {
				return err
			}
		}
	}
	return j.syncDir("Open", "")
}
