package kinesis_test

import (
	"testing"

	"github.com/leat-go/leat/internal/golden"
)

// TestStories plays the scripts in testdata/stories. The commands are those of
// golden_commands_test.go. Sequence numbers are numbered as they appear: n1, n2, … .
func TestStories(t *testing.T) {
	golden.Stories(t, func(t *testing.T) func(string) string { return newTale(t).run })
}
