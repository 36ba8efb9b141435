package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-go/leat/internal/journal"
)

// Verify reads everything in the directory of a service that is closed, and in those
// below it, which some services have and which let the directories of several
// services be verified at once. It changes nothing, needs no right to write, and
// keeps the service from being opened meanwhile. The report has every damage that it
// finds, and what a crash has left, which is none. Progress, if that is not nil, is
// told as Options.Progress has it.
//
// The error wraps ErrCorrupt if anything is damaged. Others are ErrLocked if the
// service is open (make a backup, and verify that), ErrVersion, fs.ErrNotExist if
// there is no such directory or nothing of a service in it, the context's, and those
// of the file system; the report is not complete then.
func Verify(ctx context.Context, dir string, progress func(Progress)) (Report, error) {
	dirs, total, err := journals(dir)
	if err != nil {
		return Report{}, err
	}
	var report Report
	done := int64(0)
	for _, d := range dirs {
		cfg := journal.Config{Batch: func(journal.Batch) error { return ctx.Err() }}
		if progress != nil {
			cfg.Progress = func(n, _ int64) { progress(Progress{min(done+n, total), total}) }
		}
		found, err := journal.ScanDir(filepath.Join(dir, d.name), cfg)
		report.add(d.name, ReportOf(found))
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && d.name != "." {
			err = fmt.Errorf("%s: %w", filepath.ToSlash(d.name), err)
		}
		if err != nil {
			return report, err
		}
		done += d.size
	}
	if len(report.Dropped) == 0 {
		return report, nil
	}
	first := report.Dropped[0]
	err = &journal.Error{Op: "Verify", File: first.File, Offset: first.Offset, Err: ErrCorrupt, Detail: first.Reason}
	if more := len(report.Dropped) - 1; more > 0 {
		err = fmt.Errorf("%w (and %d more)", err, more)
	}
	return report, err
}

// add adds what was found in a directory below.
func (r *Report) add(dir string, found Report) {
	r.Torn += found.Torn
	for _, d := range found.Dropped {
		if dir != "." {
			d.File = filepath.ToSlash(filepath.Join(dir, d.File))
		}
		r.Dropped = append(r.Dropped, d)
	}
}

// found is a directory with a journal.
type found struct {
	name string // from where the search began; "." if it is that
	size int64  // of its segments in bytes
}

// journals looks for directories that have a file of a journal.
func journals(root string) (dirs []found, total int64, err error) {
	at := map[string]int{}
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		isSegment := strings.HasPrefix(entry.Name(), "segment-")
		if entry.Name() != "manifest" && !isSegment {
			return nil
		}
		dir := filepath.Dir(filepath.FromSlash(name))
		i, known := at[dir]
		if !known {
			i = len(dirs)
			at[dir] = i
			dirs = append(dirs, found{name: dir})
		}
		if info, err := entry.Info(); isSegment && err == nil {
			dirs[i].size += info.Size()
			total += info.Size()
		}
		return nil
	})
	if err == nil && len(dirs) == 0 {
		err = &journal.Error{Op: "Verify", File: root, Cause: fs.ErrNotExist}
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		err = &journal.Error{Op: "Verify", File: root, Cause: err}
	}
	return dirs, total, err
}
