package sns

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first result of a commit counts for all: what was refused stays so, although a later
// attempt of the journal has written it.
func TestCommitDecidesOnce(t *testing.T) {
	full := errors.New("no space")
	c := &commit{}
	require.ErrorIs(t, c.decide(full), full)
	require.ErrorIs(t, c.decide(nil), full)
	require.False(t, c.stored())
	require.ErrorIs(t, c.wait(), full)
	c = &commit{}
	require.NoError(t, c.decide(nil))
	require.NoError(t, c.decide(full))
	require.True(t, c.stored())
	require.NoError(t, c.wait())
}
