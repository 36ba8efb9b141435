package awserr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awserr"
)

type condition struct{}

func (condition) Error() string                  { return "sqs: The queue is gone." }
func (condition) Condition() (code, text string) { return "Gone", "The queue is gone." }

func TestCodeAndMessage(t *testing.T) {
	for _, c := range []struct {
		message    string
		err        error
		code, says string
	}{
		{"", condition{}, "Gone", "The queue is gone."},
		{"", fmt.Errorf("wrapped: %w", condition{}), "Gone", "The queue is gone."},
		{"jobs is gone", condition{}, "Gone", "jobs is gone"},
		{"", errors.New("else"), "Internal", "else"},
		{"", nil, "Internal", "unknown error"},
		{"said", nil, "Internal", "said"},
	} {
		require.Equal(t, c.code, awserr.Code(c.err, "Internal"), "%+v", c)
		require.Equal(t, c.says, awserr.Message(c.message, c.err), "%+v", c)
	}
}

func TestText(t *testing.T) {
	require.Equal(t, "sqs: Send jobs: no", awserr.Text("sqs", "Send", "jobs", "no"))
	require.Equal(t, "sqs: NewService: no", awserr.Text("sqs", "NewService", "", "no"))
}
