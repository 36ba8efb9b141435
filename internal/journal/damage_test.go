package journal

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// filled returns a closed journal with a snapshot and several segments.
func filled(t *testing.T) (fsys *faultfs.Mem, batches []string, files []string) {
	fsys = faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 300})
	require.NoError(t, err)
	require.NoError(t, j.Snapshot([]byte("a snapshot")))
	for i := range 9 {
		text := fmt.Sprintf("%d %s", i, strings.Repeat("r", 30+i))
		batches = append(batches, text)
		_, err := j.Append([]byte(text))
		require.NoError(t, err)
	}
	for _, s := range j.Segments() {
		files = append(files, segmentName(s.Number))
	}
	require.Greater(t, len(files), 2)
	require.NoError(t, j.Close())
	return fsys, batches, append(files, snapshotName(1))
}

// filledLoose is filled, with segments none of which was synced before the next.
func filledLoose(t *testing.T) (fsys *faultfs.Mem, batches []string, files []string) {
	fsys = faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 300, Sync: SyncNever})
	require.NoError(t, err)
	require.NoError(t, j.Snapshot([]byte("a snapshot")))
	for i := range 9 {
		text := fmt.Sprintf("%d %s", i, strings.Repeat("r", 30+i))
		batches = append(batches, text)
		_, err := j.Add([]byte(text))
		require.NoError(t, err)
		j.writeLate()
	}
	require.Len(t, j.behind, len(j.Segments())-1)
	for _, s := range j.Segments() {
		files = append(files, segmentName(s.Number))
	}
	require.NoError(t, j.Close())
	return fsys, batches, append(files, snapshotName(1))
}

// filledReused is filled, with the last segment in a file that was used before.
func filledReused(t *testing.T) (fsys *faultfs.Mem, batches []string, files []string) {
	fsys = faultfs.NewMem(1)
	j, batches, _ := reusing(t, fsys, 2)
	require.NoError(t, j.Snapshot([]byte("a snapshot")))
	require.NoError(t, j.Close())
	return fsys, batches, []string{segmentName(3), segmentName(4), snapshotName(1)}
}

// copied returns a copy of the files of a journal that nobody has open.
func copied(t *testing.T, from *faultfs.Mem) *faultfs.Mem {
	fsys := faultfs.NewMem(1)
	names, err := from.ReadDir()
	require.NoError(t, err)
	for _, name := range names {
		b, err := from.ReadFile(name)
		require.NoError(t, err)
		fsys.WriteFile(name, b)
	}
	return fsys
}

// TestEveryBit turns over each bit of a journal that was closed. It is found, but in
// the last frame, which proves only that the journal was closed.
func TestEveryBit(t *testing.T) {
	t.Run("synced", func(t *testing.T) { everyBit(t, filled) })
	t.Run("loose", func(t *testing.T) { everyBit(t, filledLoose) })
	t.Run("reused", func(t *testing.T) { everyBit(t, filledReused) })
}

func everyBit(t *testing.T, filled func(*testing.T) (*faultfs.Mem, []string, []string)) {
	fsys, batches, files := filled(t)
	flips := 0
	for _, name := range files {
		good, err := fsys.ReadFile(name)
		require.NoError(t, err)
		closing := len(good)
		if name == files[len(files)-2] {
			closing -= frameHeader
		}
		for bit := range len(good) * 8 {
			bad := slices.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			fsys.WriteFile(name, bad)
			_, got, err := reopen(fsys, Config{})
			if bit/8 >= closing {
				require.NoError(t, err)
				require.Equal(t, batches, got)
				fsys.Kill()
			} else {
				at, ok := err.(*Error)
				require.True(t, ok, "%s bit %d: %v", name, bit, err)
				require.Equal(t, name, at.File)
				require.True(t, at.Err == ErrCorrupt || at.Err == ErrVersion, "%v", err)
				require.LessOrEqual(t, at.Offset, int64(bit/8))
			}
			flips++
		}
		fsys.WriteFile(name, good)
	}
	t.Logf("%d bits turned over", flips)
	// The manifest is there twice. What is not noticed is harmless: the older one
	// counts, and says the same or is contradicted.
	good, err := fsys.ReadFile(manifestName)
	require.NoError(t, err)
	for _, offset := range []int{0, slotSize} {
		for bit := range manifestSize * 8 {
			bad := slices.Clone(good)
			bad[offset+bit/8] ^= 1 << (bit % 8)
			fsys.WriteFile(manifestName, bad)
			if _, got, err := reopen(fsys, Config{}); err == nil {
				require.Equal(t, batches, got)
				fsys.Kill()
			}
		}
	}
}

func TestMissing(t *testing.T) {
	_, _, files := filled(t)
	for _, name := range append(files, manifestName) {
		fsys, _, _ := filled(t)
		fsys.WriteFile(name, nil)
		_, _, err := reopen(fsys, Config{})
		require.ErrorIs(t, err, ErrCorrupt, name)
		require.ErrorContains(t, err, name+" at offset 0: damaged: it is missing")
	}
}

// TestOtherVersions opens journals of a version that this package does not know.
func TestOtherVersions(t *testing.T) {
	_, _, files := filled(t)
	for _, name := range append(files, manifestName) {
		fsys, _, _ := filled(t)
		b, err := fsys.ReadFile(name)
		require.NoError(t, err)
		for offset := 0; offset < len(b); offset += slotSize {
			binary.LittleEndian.PutUint32(b[offset+8:], 7)
		}
		fsys.WriteFile(name, b)
		for _, salvage := range []bool{false, true} {
			_, _, err = reopen(fsys, Config{Salvage: salvage})
			require.ErrorIs(t, err, ErrVersion)
			require.EqualError(t, err, "journal: Open "+name+": unknown format version: it has version 7, and this program reads version 1")
		}
	}
}

// TestFirstVersion opens a journal that was written when the format was made.
func TestFirstVersion(t *testing.T) {
	fsys := faultfs.NewMem(1)
	names, err := os.ReadDir("testdata/v1")
	require.NoError(t, err)
	for _, entry := range names {
		b, err := os.ReadFile("testdata/v1/" + entry.Name())
		require.NoError(t, err)
		fsys.WriteFile(entry.Name(), b)
	}
	var snapshot string
	var got []string
	j, err := Open(fsys, Config{
		Snapshot: func(data []byte) error { snapshot = string(data); return nil },
		Batch:    func(b Batch) error { got = append(got, string(slices.Concat(b.Records...))); return nil },
	})
	require.NoError(t, err)
	require.Equal(t, "a snapshot", snapshot)
	was, err := os.ReadFile("testdata/v1/manifest")
	require.NoError(t, err)
	is, err := fsys.ReadFile(manifestName)
	require.NoError(t, err)
	require.Equal(t, was, is, "what is written in place does not change")
	_, want, _ := filled(t)
	require.Equal(t, want, got)
	require.NoError(t, j.Close())
}

// TestForeignFrames puts frames of another journal, and this one's own older ones,
// where a crash could leave them.
func TestForeignFrames(t *testing.T) {
	fsys, batches, files := filled(t)
	other, _, _ := filled(t)
	last := files[len(files)-2]
	for name, from := range map[string]*faultfs.Mem{"another journal": other, "this journal": fsys} {
		b, err := fsys.ReadFile(last)
		require.NoError(t, err)
		foreign, err := from.ReadFile(files[0])
		require.NoError(t, err)
		fsys.WriteFile(last, append(slices.Clone(b), foreign[segmentHeader:]...))
		j, got, err := reopen(fsys, Config{})
		require.NoError(t, err, name)
		require.Equal(t, batches, got)
		require.Equal(t, int64(len(foreign)-segmentHeader), j.Report().Torn)
		require.NoError(t, j.Close())
	}
}

// TestStaleFrame puts a frame of an earlier end behind a new frame of the same
// length. It has the right number, and does not continue the new one.
func TestStaleFrame(t *testing.T) {
	fsys := faultfs.NewMem(1)
	write := func(batches ...string) []byte {
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		for _, text := range batches {
			_, err = j.Append([]byte(text))
			require.NoError(t, err)
		}
		fsys.Kill()
		b, err := fsys.ReadFile(segmentName(1))
		require.NoError(t, err)
		return b
	}
	old := write("aa", "bb")
	fsys.WriteFile(segmentName(1), old[:segmentHeader])
	now := write("cc")
	fsys.WriteFile(segmentName(1), append(now, old[len(now):]...))
	j, got, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Equal(t, []string{"cc"}, got)
	require.Equal(t, int64(len(old)-len(now)), j.Report().Torn)
}
