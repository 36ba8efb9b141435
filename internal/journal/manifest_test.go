package journal

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestManifestWithoutBase opens a trimmed journal whose manifest an earlier program wrote.
func TestManifestWithoutBase(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, batches, _ := reusing(t, fsys, 2)
	m := j.manifest
	require.EqualValues(t, j.Segments()[0].First-1, m.base)
	require.NotZero(t, m.base)
	require.NoError(t, j.Close())
	old := m
	old.base = 0
	require.Len(t, old.encode(), baselessSize)
	require.Len(t, m.encode(), manifestSize)
	contents := make([]byte, 2*slotSize)
	copy(contents[m.slot():], old.encode())
	for range 2 {
		fsys.WriteFile(manifestName, contents)
		j, got, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Equal(t, batches, got)
		require.EqualValues(t, m.base, j.manifest.base, "from the first segment")
		require.NoError(t, j.Close())
		contents, err = fsys.ReadFile(manifestName)
		require.NoError(t, err)
		f, err := fsys.Open(manifestName, false)
		require.NoError(t, err)
		read, err := readManifest(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Equal(t, j.manifest, read)
		require.EqualValues(t, m.generation+1, read.generation)
	}
}
