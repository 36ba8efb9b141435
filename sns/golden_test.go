package sns_test

import (
	"testing"

	"github.com/leat-go/leat/internal/golden"
)

// TestStories plays the scripts in testdata/stories. The commands are those of
// golden_commands_test.go. Ids are numbered as they appear: messages
// m1, m2, … , subscriptions s1, s2, … and tokens t1, t2, … .
func TestStories(t *testing.T) {
	golden.Stories(t, func(t *testing.T) func(string) string { return newStory(t).run })
}
