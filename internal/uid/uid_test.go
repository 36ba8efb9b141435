package uid_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/uid"
)

func TestIDsAreRandomUUIDs(t *testing.T) {
	seeds, seen := uid.Draw(), map[string]bool{}
	for seq := range uint64(10_000) {
		text := seeds.ID(seq).String()
		id, err := uuid.Parse(text)
		require.NoError(t, err)
		require.Equal(t, text, id.String())
		require.Equal(t, uuid.Version(4), id.Version())
		require.Equal(t, uuid.RFC4122, id.Variant())
		require.False(t, seen[text])
		seen[text] = true
		require.Equal(t, text, seeds.ID(seq).String(), "can be had again")
	}
	require.False(t, seen[uid.Draw().ID(0).String()])
}

func TestSequenceNumbersAreOfOneLength(t *testing.T) {
	for _, seq := range []uint64{0, 1, 99, 1 << 32, 1 << 62} {
		require.Len(t, uid.AppendSequence(nil, seq), uid.SequenceChars)
	}
	require.Less(t, string(uid.AppendSequence(nil, 99)), string(uid.AppendSequence(nil, 100)))
}
