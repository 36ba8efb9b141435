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

// TestSalvage damages each byte of a journal, one at a time, and compares what is
// left with what is reported. Salvage must leave a journal that opens without it.
func TestSalvage(t *testing.T) {
	t.Run("synced", func(t *testing.T) { salvageEach(t, filled) })
	t.Run("loose", func(t *testing.T) { salvageEach(t, filledLoose) })
	t.Run("reused", func(t *testing.T) { salvageEach(t, filledReused) })
}

func salvageEach(t *testing.T, filled func(*testing.T) (*faultfs.Mem, []string, []string)) {
	undamaged, batches, files := filled(t)
	base := 0 // the number of the first batch
	_, err := Scan(undamaged, Config{Batch: func(b Batch) error {
		if base == 0 {
			base = int(b.Seq)
		}
		return nil
	}})
	require.NoError(t, err)
	for _, name := range append(files, manifestName) {
		pristine, _, _ := filled(t)
		good, err := pristine.ReadFile(name)
		require.NoError(t, err)
		for at := -1; at < len(good) && at < slotSize+manifestSize; at++ {
			fsys, _, _ := filled(t)
			bad := slices.Clone(good)
			if at < 0 {
				bad = nil
			} else {
				bad[at] ^= 0x55
			}
			fsys.WriteFile(name, bad)
			_, _, refused := reopen(fsys, Config{})
			if refused == nil {
				fsys.Kill()
			}
			j, got, err := reopen(fsys, Config{Salvage: true})
			if at >= 8 && at < 12 || at >= slotSize+8 && at < slotSize+12 {
				if refused != nil && strings.Contains(refused.Error(), ErrVersion.Error()) {
					require.ErrorIs(t, err, ErrVersion, "it is not damage")
					continue
				}
			}
			require.NoError(t, err, "%s byte %d", name, at)
			lost := map[int]bool{}
			for _, d := range j.Report().Dropped {
				for seq := d.First; seq != 0 && seq <= d.Last; seq++ {
					lost[int(seq)-base] = true
				}
				if d.First != 0 && d.Last == 0 { // how many is not known: to the end
					for i := max(0, int(d.First)-base); i < len(batches); i++ {
						lost[i] = true
					}
				}
			}
			var want []string
			for i, b := range batches {
				if !lost[i] {
					want = append(want, b)
				}
			}
			require.Equal(t, want, got, "%s byte %d: %+v", name, at, j.Report())
			require.Equal(t, refused != nil, len(j.Report().Dropped) > 0, "%s byte %d: %v", name, at, refused)
			_, err = j.Append([]byte("after it"))
			require.NoError(t, err)
			if at%2 == 0 {
				require.NoError(t, j.Close())
			}
			fsys.Crash()
			j, again, err := reopen(fsys, Config{})
			require.NoError(t, err, "%s byte %d", name, at)
			require.Equal(t, append(got, "after it"), again)
			require.NoError(t, j.Close())
		}
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
