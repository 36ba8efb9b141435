package journal

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// A journal is opened by those who know its records, or do not ask.
func TestKind(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{Kind: "queues", Format: 2})
	require.NoError(t, err)
	_, err = j.Append([]byte("a"))
	require.NoError(t, err)
	copied := faultfs.NewMem(2)
	require.NoError(t, j.Backup(t.Context(), copied))
	require.NoError(t, j.Close())
	for _, fsys := range []*faultfs.Mem{fsys, copied} {
		for _, salvage := range []bool{false, true} {
			_, got, err := reopen(fsys, Config{Kind: "topics", Format: 2, Salvage: salvage})
			require.ErrorIs(t, err, ErrInvalid)
			require.EqualError(t, err, `journal: Open manifest: invalid argument: the directory has records of "queues", and not of "topics"`)
			require.Empty(t, got)
			_, got, err = reopen(fsys, Config{Kind: "queues", Format: 1, Salvage: salvage})
			require.ErrorIs(t, err, ErrVersion)
			require.EqualError(t, err, "journal: Open manifest: unknown format version: the records of queues have version 2, and this program reads version 1")
			require.Empty(t, got)
		}
		_, err = Scan(fsys, Config{Kind: "topics"})
		require.ErrorIs(t, err, ErrInvalid)
		_, err = Scan(fsys, Config{Kind: "queues", Format: 1})
		require.ErrorIs(t, err, ErrVersion)
		for _, cfg := range []Config{{}, {Kind: "queues", Format: 2}, {Kind: "queues", Format: 3}} {
			j, got, err := reopen(fsys, cfg)
			require.NoError(t, err)
			require.Equal(t, []string{"a"}, got)
			require.NoError(t, j.Close())
			_, err = Scan(fsys, cfg)
			require.NoError(t, err)
		}
		_, _, err = reopen(fsys, Config{Kind: "queues", Format: 2})
		require.ErrorIs(t, err, ErrVersion, "it was opened with version 3")
	}
	_, _, err = reopen(fsys, Config{Kind: "more than sixteen bytes"})
	require.ErrorIs(t, err, ErrInvalid)
}

// A directory that somebody else uses is left as it is.
func TestForeignManifest(t *testing.T) {
	for _, contents := range [][]byte{[]byte(`{"name": "an application"}`), bytes.Repeat([]byte("x"), 3*slotSize)} {
		for _, salvage := range []bool{false, true} {
			fsys := faultfs.NewMem(1)
			fsys.WriteFile(manifestName, contents)
			_, _, err := reopen(fsys, Config{Salvage: salvage})
			require.ErrorIs(t, err, ErrCorrupt)
			is, err := fsys.ReadFile(manifestName)
			require.NoError(t, err)
			require.Equal(t, contents, is)
		}
	}
}
