package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

const snapshotHeader = headerStart + 8 + 8 + 4

// Snapshot replaces the journal's snapshot: data that Open gives to
// Config.Snapshot before the batches. It is durable, or the one before it is still
// there. It does not end a segment and trims nothing; which batches it makes
// superfluous the caller knows, and says in the data which they are.
//
// Commits go on meanwhile, but for the moment in which the new snapshot comes to
// count. What was added before the call need not be durable then; who needs that
// calls Sync first. Snapshots come one after the other. Errors: ErrTooLarge and
// ErrNoSpace, after which the journal can be used on; ErrFailed, ErrClosed.
func (j *Journal) Snapshot(data []byte) error {
	const op = "Snapshot"
	if len(data) > MaxSnapshot {
		return &Error{Op: op, Err: ErrTooLarge, Detail: fmt.Sprintf("%d bytes; the most is %d", len(data), MaxSnapshot)}
	}
	j.snapshots <- struct{}{}
	defer func() { <-j.snapshots }()
	j.mu.Lock()
	err := j.usable(op)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	// A number is not used twice: a manifest that could not be committed may
	// still come to count, and names its file.
	j.lastSnapshot++
	number := j.lastSnapshot
	name := snapshotName(number)
	header := j.snapshotHeader(number, data)
	f, err := j.create(op, name, header, data)
	if errors.Is(err, ErrNoSpace) && j.giveBack() {
		f, err = j.create(op, name, header, data)
	}
	if err == nil {
		if err := f.Close(); err != nil {
			return j.fail(op, name, err)
		}
		err = j.acquire(op)
	}
	if err != nil {
		if !errors.Is(err, ErrFailed) { // give back what it took; Open does if this fails
			_ = j.fs.Remove(name)
		}
		return err
	}
	m, old := j.manifest, j.manifest.snapshot
	m.snapshot = number
	err = j.commitManifest(op, m)
	<-j.token
	if err != nil || old == 0 {
		return err
	}
	return j.giveUp(op, ofSnapshot|fileID(old))
}

func (j *Journal) snapshotHeader(number uint64, data []byte) []byte {
	b := appendHeader(make([]byte, 0, snapshotHeader), snapshotMagic, j.id)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, checksum(j.id, data))
	return sealHeader(b)
}

// readSnapshot returns the data of the snapshot that the manifest names.
func (j *Journal) readSnapshot() ([]byte, error) {
	number := j.manifest.snapshot
	name := snapshotName(number)
	b, err := j.readFile(name, nil, snapshotHeader+MaxSnapshot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, corrupt(name, 0, "it is missing")
	}
	if err != nil {
		return nil, err
	}
	id, err := checkHeader(b[:min(len(b), snapshotHeader)], snapshotHeader, snapshotMagic, name, 0)
	if err != nil {
		return nil, err
	}
	data := b[snapshotHeader:]
	switch {
	case id != j.id || binary.LittleEndian.Uint64(b[24:]) != number:
		return nil, corrupt(name, 0, "it is another snapshot, or another journal's")
	case binary.LittleEndian.Uint64(b[32:]) != uint64(len(data)):
		return nil, corrupt(name, snapshotHeader, "it has not the length that it should have")
	case binary.LittleEndian.Uint32(b[40:]) != checksum(j.id, data):
		return nil, corrupt(name, snapshotHeader, "the checksum is wrong")
	}
	return data, nil
}
