package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/leat-go/leat/internal/faultfs"
)

// BackupDir is Backup into a directory of the operating system, which it makes if
// it does not exist.
func (j *Journal) BackupDir(ctx context.Context, path string) error {
	to, err := faultfs.OpenDir(path)
	if err != nil {
		return &Error{Op: "Backup", File: path, Cause: err}
	}
	defer to.Close()
	return j.Backup(ctx, to)
}

// Backup copies the journal into an empty directory while it is used: what was
// added before the call, and perhaps some of what was added later, without gaps.
// The copy is that of a journal that was closed at a moment during the call, and
// it is durable when Backup returns. Commits do not wait, and Trim need not: what
// it gives up stays until it is copied. What is damaged is copied as it is: Scan
// tells.
//
// What waits for space is not in the copy. If Backup fails, what it has copied is
// removed. Errors: ErrInvalid if there is a file in the directory, ErrLocked,
// ErrFailed, ErrClosed, the context's, and those of the file systems.
func (j *Journal) Backup(ctx context.Context, to faultfs.FS) (err error) {
	const op = "Backup"
	names, err := to.ReadDir()
	if err != nil {
		return &Error{Op: op, Cause: err}
	}
	if i := slices.IndexFunc(names, func(name string) bool { return name != lockName }); i >= 0 {
		return &Error{Op: op, Err: ErrInvalid, Detail: fmt.Sprintf("the directory has to be empty, and there is %q", names[i])}
	}
	lock, err := to.Lock(lockName)
	if errors.Is(err, ErrLocked) {
		return &Error{Op: op, File: lockName, Err: ErrLocked}
	}
	if err != nil {
		return &Error{Op: op, File: lockName, Cause: err}
	}
	defer func() {
		if closeErr := lock.Close(); err == nil && closeErr != nil {
			err = &Error{Op: op, File: lockName, Cause: closeErr}
		}
	}()
	if err := j.Sync(); err != nil && !errors.Is(err, ErrNoSpace) {
		return err
	}
	b := backup{j: j, to: to}
	defer b.release()
	if err := b.begin(op); err != nil {
		return err
	}
	if err := b.run(ctx); err != nil {
		for _, name := range b.made {
			_ = to.Remove(name)
		}
		return &Error{Op: op, Cause: err}
	}
	return nil
}

// copySize is how many bytes are copied at a time.
const copySize = 1 << 20

// backup is a copy that is being made.
type backup struct {
	j        *Journal
	to       faultfs.FS
	manifest manifest
	size     int64   // of the last segment, in bytes
	at       place   // behind its last frame
	held     []*held // what is not copied yet, so that it stays
	made     []string
	buf      []byte
}

// begin notes what there is, and holds it.
func (b *backup) begin(op string) error {
	if err := b.j.acquire(op); err != nil {
		return err
	}
	defer func() { <-b.j.token }()
	b.manifest, b.size, b.at = b.j.manifest, b.j.size, b.j.at
	var ids []fileID
	if b.manifest.snapshot != 0 {
		ids = append(ids, ofSnapshot|fileID(b.manifest.snapshot))
	}
	for n := b.manifest.first; n <= b.manifest.last; n++ {
		ids = append(ids, fileID(n))
	}
	for _, id := range ids {
		h, err := b.j.shelf.hold(op, id)
		if err != nil {
			return err
		}
		b.held = append(b.held, h)
	}
	return nil
}

func (b *backup) release() {
	for _, h := range b.held {
		b.j.shelf.release(h)
	}
}

// run copies the files, and the manifest when all are durable.
func (b *backup) run(ctx context.Context) error {
	for len(b.held) > 0 {
		h := b.held[0]
		if err := b.copy(ctx, h); err != nil {
			return err
		}
		b.held = b.held[1:]
		b.j.shelf.release(h)
	}
	if err := b.to.SyncDir(); err != nil {
		return err
	}
	m := b.manifest
	m.generation = 2 // one that is installed durably
	contents := make([]byte, 2*slotSize)
	copy(contents[m.slot():], m.encode())
	err := b.make(repairName, func(f faultfs.File) error {
		_, err := f.WriteAt(contents, 0)
		return err
	})
	if err != nil {
		return err
	}
	b.made = append(b.made, manifestName)
	if err := b.to.Rename(repairName, manifestName); err != nil {
		return err
	}
	return b.to.SyncDir()
}

// make makes a file durable, but not its name.
func (b *backup) make(name string, fill func(faultfs.File) error) error {
	f, err := b.to.Open(name, true)
	if err != nil {
		return err
	}
	b.made = append(b.made, name)
	if err := fill(f); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

// copy copies a file, the last segment up to where its frames ended.
func (b *backup) copy(ctx context.Context, h *held) error {
	from, err := b.j.shelf.open(h)
	if err != nil {
		return err
	}
	size, isLast := b.size, h.id == fileID(b.manifest.last)
	if !isLast {
		if size, err = from.Size(); err != nil {
			return err
		}
	}
	return b.make(h.id.name(), func(f faultfs.File) error {
		for offset := int64(0); offset < size; {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(size-offset, copySize)
			if int64(len(b.buf)) < n {
				b.buf = make([]byte, n)
			}
			part := b.buf[:n]
			if n, err := from.ReadAt(part, offset); n < len(part) {
				return errors.Join(err, io.ErrUnexpectedEOF)
			}
			if _, err := f.WriteAt(part, offset); err != nil {
				return err
			}
			offset += int64(len(part))
		}
		if !isLast {
			return nil
		}
		_, err := f.WriteAt(closing(b.j.id, b.at), size)
		return err
	})
}

// closing returns a frame that says that all before it was synced.
func closing(id uint64, at place) []byte {
	frame := appendFrame(nil, 0, nil)
	seal(frame, id, at.seq+1, at.seq, at.chain)
	return frame
}
