package journal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestSalvage damages each byte of a journal, one at a time, removes each file, puts
// another journal's in its place, or makes it longer, and compares what is left with what is reported.
// Salvage must leave a journal that opens without it.
func TestSalvage(t *testing.T) {
	t.Run("synced", func(t *testing.T) { salvageEach(t, filled) })
	t.Run("loose", func(t *testing.T) { salvageEach(t, filledLoose) })
	t.Run("reused", func(t *testing.T) { salvageEach(t, filledReused) })
}

func salvageEach(t *testing.T, filled func(*testing.T) (*faultfs.Mem, []string, []string)) {
	undamaged, batches, files := filled(t)
	other, _, _ := filled(t)
	base := 0 // the number of the first batch
	_, err := Scan(undamaged, Config{Batch: func(b Batch) error {
		if base == 0 {
			base = int(b.Seq)
		}
		return nil
	}})
	require.NoError(t, err)
	for _, name := range append(files, manifestName) {
		good, err := undamaged.ReadFile(name)
		require.NoError(t, err)
		foreign, err := other.ReadFile(name)
		require.NoError(t, err)
		for at := -3; at < len(good) && at < slotSize+manifestSize; at++ {
			fsys := copied(t, undamaged)
			bad := slices.Clone(good)
			switch at {
			case -3:
				bad = append(bad, "more"...)
			case -2:
				bad = foreign
			case -1:
				bad = nil
			default:
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

// salvaged opens a damaged journal with Salvage, and once more without, and returns what
// was in it, and what was dropped.
func salvaged(t *testing.T, fsys *faultfs.Mem, msg string) (got []string, dropped []Dropped) {
	_, _, err := reopen(fsys, Config{})
	require.ErrorIs(t, err, ErrCorrupt, msg)
	j, got, err := reopen(fsys, Config{Salvage: true})
	require.NoError(t, err, msg)
	dropped = j.Report().Dropped
	require.NoError(t, j.Close())
	j, again, err := reopen(fsys, Config{})
	require.NoError(t, err, msg)
	require.Equal(t, got, again, msg)
	require.Zero(t, j.Report(), msg)
	require.NoError(t, j.Close())
	return got, dropped
}

// TestSalvageStale damages the header, and the frames, of a journal's only segment, whose
// file was used before. What it held then is not taken for what was lost.
func TestSalvageStale(t *testing.T) {
	const frames = 3
	for lost := 0; lost <= frames; lost++ {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			fsys := faultfs.NewMem(1)
			j, batches, before := reusing(t, fsys, frames)
			end := int(j.size)
			size := (end - segmentHeader) / frames
			require.NoError(t, j.Trim(4))
			fsys.Kill()
			b, err := fsys.ReadFile(segmentName(4))
			require.NoError(t, err)
			require.Equal(t, before[end:], b[end:], "it is behind the new frames")
			b[segmentHeader-1]++
			for i := range lost {
				b[segmentHeader+i*size+40]++
			}
			fsys.WriteFile(segmentName(4), b)
			got, dropped := salvaged(t, fsys, "")
			require.Equal(t, batches[len(batches)-frames+lost:], append([]string{}, got...))
			require.Equal(t, segmentName(4), dropped[0].File)
			require.Equal(t, lost > 0, dropped[0].First != 0, "%+v", dropped)
		})
	}
	t.Run("old frames first", func(t *testing.T) { // as if no frame had been written yet
		fsys := faultfs.NewMem(1)
		j, _, before := reusing(t, fsys, 1)
		require.NoError(t, j.Trim(4))
		fsys.Kill()
		fsys.WriteFile(segmentName(4), before)
		got, dropped := salvaged(t, fsys, "")
		require.Empty(t, got)
		require.Len(t, dropped, 1, "the header")
	})
}

// TestSalvageBeyondStale has the next segment in a file that was used before, whose header
// was written and which the manifest does not name yet, while no other header is good.
func TestSalvageBeyondStale(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, batches, before := reusing(t, fsys, 2)
	require.NoError(t, j.Trim(4))
	id, at := j.id, j.at
	require.NoError(t, j.Close())
	b, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	b[20]++
	fsys.WriteFile(segmentName(4), b)
	fsys.WriteFile(segmentName(5), append(newSegment(id, 5, at, flagReused), before[segmentHeader:]...))
	got, dropped := salvaged(t, fsys, "")
	require.Equal(t, batches[len(batches)-2:], got)
	require.Len(t, dropped, 1)
}
