package awserr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awserr"
	"github.com/leat-go/leat/internal/journal"
)

func TestStorage(t *testing.T) {
	closed := errors.New("closed")
	storage := awserr.Storage{Closed: closed, Failure: condition{}}
	for _, said := range []error{journal.ErrClosed, &journal.Error{Op: "Add", Err: journal.ErrClosed}} {
		require.Equal(t, closed, storage.Condition(said))
	}
	other := errors.New("else")
	for said, code := range map[error]string{
		journal.ErrNoSpace: "ServiceUnavailable", journal.ErrFailed: "Gone", journal.ErrCorrupt: "Gone", journal.ErrVersion: "Gone",
		journal.ErrLocked: "Gone", journal.ErrInvalid: "Gone", other: "Gone",
	} {
		err := storage.Condition(fmt.Errorf("journal: Add: %w", said))
		require.ErrorIs(t, err, said)
		require.ErrorIs(t, err, condition{})
		require.NotErrorIs(t, err, closed)
		require.Equal(t, code, awserr.Code(err, "Internal"), said)
		require.Equal(t, "journal: Add: "+said.Error(), awserr.Message("", err))
		require.EqualError(t, err, "journal: Add: "+said.Error())
	}
}
