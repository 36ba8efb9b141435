package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/leat-go/leat/internal/faultfs"
)

// manifest says which files are the journal. Others are left over from something
// that was not finished, and are removed by Open.
type manifest struct {
	id          uint64
	generation  uint64
	first, last uint64 // the numbers of the first and the last segment
	snapshot    uint64 // the number of the snapshot; 0 if there is none
	format      uint32 // the version of the records
	kind        string // whose they are; nobody's if it is empty
	// base is the number of the last frame before the first segment. It is 0 if there was
	// none, or if it is not known. Then it is left out: so what was written when there was
	// no base is written again as it is.
	base uint64
}

const (
	baselessSize = headerStart + 4*8 + 4 + 4 + kindSize
	manifestSize = baselessSize + 8
	kindSize     = 16
	// slotSize is the distance of the manifest's two places. A change is written
	// over the older of them. So it takes no new space, which lets a journal on
	// a full disk be trimmed, and one sync; if it is torn then the other one
	// counts. Both lie in pages of their own.
	slotSize = 4096
)

func (m manifest) slot() int64 { return int64(m.generation%2) * slotSize }

func (m manifest) encode() []byte {
	b := appendHeader(make([]byte, 0, manifestSize), manifestMagic, m.id)
	for _, n := range []uint64{m.generation, m.first, m.last, m.snapshot} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = binary.LittleEndian.AppendUint32(b, m.format)
	behind := uint32(manifestSize - baselessSize) // the kind, in bytes
	if m.base == 0 {
		behind = 0
	}
	b = binary.LittleEndian.AppendUint32(b, behind)
	b = append(b, m.kind...)
	b = binary.LittleEndian.AppendUint64(b[:baselessSize], m.base)
	return sealHeader(b[:baselessSize+behind])
}

func parseManifest(b []byte, offset int64) (manifest, error) {
	size := manifestSize
	if len(b) >= baselessSize && binary.LittleEndian.Uint32(b[baselessSize-kindSize-4:]) == 0 {
		size = baselessSize
	}
	b = b[:min(size, len(b))]
	id, err := checkHeader(b, size, manifestMagic, manifestName, offset)
	if err != nil {
		return manifest{}, err
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(b[headerStart+8*i:]) }
	kind := strings.TrimRight(string(b[baselessSize-kindSize:baselessSize]), "\x00")
	m := manifest{id, at(0), at(1), at(2), at(3), uint32(at(4)), kind, 0}
	if size == manifestSize {
		m.base = binary.LittleEndian.Uint64(b[baselessSize:])
	}
	if m.slot() != offset || m.first == 0 || m.last < m.first || m.last-m.first > 1<<32 {
		return manifest{}, corrupt(manifestName, offset, "its numbers make no sense")
	}
	return m, nil
}

// readManifest returns the newer of the two, or an error that says what is wrong
// with the one it looked at last. A format version that is not known is reported
// whatever the other one is.
func readManifest(f faultfs.File) (manifest, error) {
	var best manifest
	var bad error
	for _, offset := range []int64{0, slotSize} {
		b := make([]byte, manifestSize)
		n, err := f.ReadAt(b, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return manifest{}, &Error{Op: "Open", File: manifestName, Cause: err}
		}
		m, err := parseManifest(b[:n], offset)
		switch {
		case errors.Is(err, ErrVersion):
			return manifest{}, err
		case err != nil:
			bad = err
		case m.generation > best.generation:
			best = m
		}
	}
	if best.generation == 0 {
		return manifest{}, bad
	}
	return best, nil
}

// isOurs tells whether a file that is no good manifest may have been one, and is not
// somebody else's, who has named it so.
func isOurs(f faultfs.File) bool {
	for _, offset := range []int64{0, slotSize} {
		b := make([]byte, len(manifestMagic))
		if n, _ := f.ReadAt(b, offset); string(b[:n]) == manifestMagic {
			return true
		}
	}
	size, err := f.Size()
	return err == nil && size == 0
}

// checkKind refuses a journal whose records the caller would misread. It tells whether
// the caller's are of a newer format, which the manifest has to say.
func (m *manifest) checkKind(cfg *Config) (newer bool, err error) {
	switch {
	case cfg.Kind == "":
		return false, nil
	case m.kind != cfg.Kind:
		return false, &Error{Op: "Open", File: manifestName, Err: ErrInvalid,
			Detail: fmt.Sprintf("the directory has records of %q, and not of %q", m.kind, cfg.Kind)}
	case m.format > cfg.Format:
		return false, &Error{Op: "Open", File: manifestName, Err: ErrVersion,
			Detail: fmt.Sprintf("the records of %s have version %d, and this program reads version %d", m.kind, m.format, cfg.Format)}
	}
	newer = m.format < cfg.Format
	m.format = cfg.Format
	return newer, nil
}

// commitManifest makes a change of the manifest durable. After ErrNoSpace the
// change may count or not if the journal is opened now, so the files that either
// manifest names must be left as they are until another change is made.
func (j *Journal) commitManifest(op string, m manifest) error {
	m.generation++
	if _, err := j.manifestFile.WriteAt(m.encode(), m.slot()); err != nil {
		return j.broken(op, manifestName, err)
	}
	if err := j.manifestFile.Sync(); err != nil {
		return j.fail(op, manifestName, err)
	}
	j.manifest = m
	return nil
}

// settleManifest makes the manifest durable as Open has found or changed it.
func (j *Journal) settleManifest(changed bool) error {
	const op = "Open"
	if base := j.segments[0].First - 1; base > j.manifest.base {
		j.manifest.base, changed = base, true
	}
	if j.manifest.generation == 1 {
		// Its name may not be durable, and another sync of the directory would
		// not mend that; a file that takes the name does.
		if err := j.installManifest(op); err != nil {
			return err
		}
		return j.commitManifest(op, j.manifest)
	}
	if changed {
		return j.commitManifest(op, j.manifest)
	}
	// It is written again where it is: if its sync had failed, it could be read
	// and not be durable.
	if _, err := j.manifestFile.WriteAt(j.manifest.encode(), j.manifest.slot()); err != nil {
		return j.broken(op, manifestName, err)
	}
	if err := j.manifestFile.Sync(); err != nil {
		return j.fail(op, manifestName, err)
	}
	return nil
}

// installManifest makes a manifest file, which has space for both places. A
// manifest of a generation after the first is in a file that was installed
// durably.
func (j *Journal) installManifest(op string) error {
	if j.manifestFile != nil {
		if err := j.manifestFile.Close(); err != nil {
			return j.fail(op, manifestName, err)
		}
		j.manifestFile = nil
	}
	contents := make([]byte, 2*slotSize)
	copy(contents[j.manifest.slot():], j.manifest.encode())
	f, err := j.create(op, repairName, contents)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil { // some systems do not rename open files
		return j.fail(op, repairName, err)
	}
	if err := j.fs.Rename(repairName, manifestName); err != nil {
		return j.broken(op, repairName, err)
	}
	if err := j.syncDir(op, manifestName); err != nil {
		return err
	}
	if j.manifestFile, err = j.fs.Open(manifestName, false); err != nil {
		return j.fail(op, manifestName, err)
	}
	return nil
}
