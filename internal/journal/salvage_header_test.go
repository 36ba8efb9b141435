package journal

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestSalvageFirstHeader turns over each bit of the header of a trimmed journal's first
// segment. Nothing is lost by that, even if there is but one frame behind it.
func TestSalvageFirstHeader(t *testing.T) {
	for _, frames := range []int{1, 2} {
		for _, only := range []bool{false, true} {
			fsys := faultfs.NewMem(1)
			j, batches, _ := reusing(t, fsys, frames)
			name := segmentName(3)
			if only {
				require.NoError(t, j.Trim(4))
				name, batches = segmentName(4), batches[len(batches)-frames:]
			}
			fsys.Kill()
			good, err := fsys.ReadFile(name)
			require.NoError(t, err)
			for bit := range segmentHeader * 8 {
				if bit/8 >= 8 && bit/8 < 12 {
					continue // another version is no damage
				}
				bad := copied(t, fsys)
				b := slices.Clone(good)
				b[bit/8] ^= 1 << (bit % 8)
				bad.WriteFile(name, b)
				got, dropped := salvaged(t, bad, fmt.Sprintf("%s bit %d", name, bit))
				require.Equal(t, batches, got, "bit %d", bit)
				require.Len(t, dropped, 1)
				require.Zero(t, dropped[0].First, "no commit is missing")
				require.Zero(t, dropped[0].Last)
			}
			if only {
				continue
			}
			b, bad := slices.Clone(good), copied(t, fsys)
			b[20]++
			bad.WriteFile(name, b)
			bad.WriteFile(manifestName, nil)
			got, dropped := salvaged(t, bad, "without a manifest")
			require.Equal(t, batches, got)
			require.Len(t, dropped, 2)
		}
	}
}

// TestSalvageHeaders damages the headers of all segments, and all of the second one, and
// then that of the third again, which begins with a frame that stands for a gap.
func TestSalvageHeaders(t *testing.T) {
	fsys, batches, files := filled(t)
	require.Len(t, files, 4)
	damage := func(name string, all bool) {
		b, err := fsys.ReadFile(name)
		require.NoError(t, err)
		if b[20]++; all {
			clear(b)
		}
		fsys.WriteFile(name, b)
	}
	for i, name := range files[:3] {
		damage(name, i == 1)
	}
	got, dropped := salvaged(t, fsys, "")
	require.Equal(t, slices.Delete(slices.Clone(batches), 3, 6), got)
	for _, d := range dropped {
		if d.First != 0 {
			require.Equal(t, []uint64{4, 6}, []uint64{d.First, d.Last}, "%+v", dropped)
		}
	}
	for range 2 {
		j, _, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.NoError(t, j.Trim(3))
		fsys.Kill()
		damage(files[2], false)
		got, dropped = salvaged(t, fsys, "")
		require.Equal(t, batches[6:], got)
		require.Len(t, dropped, 1)
		require.Zero(t, dropped[0].First)
	}
}

// TestSalvageMisplaced has a copy of the second segment where the first one was.
func TestSalvageMisplaced(t *testing.T) {
	fsys, batches, files := filled(t)
	b, err := fsys.ReadFile(files[1])
	require.NoError(t, err)
	fsys.WriteFile(files[0], b)
	got, dropped := salvaged(t, fsys, "")
	require.Equal(t, batches[3:], got)
	require.Equal(t, []uint64{1, 3}, []uint64{dropped[0].First, dropped[0].Last}, "%+v", dropped)
}
