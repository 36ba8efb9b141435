package sns_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the stories under testdata say now")

// TestStories plays the scripts in testdata/stories, each in a bubble of its own.
// A script is a list of commands, each followed by a line ---- and what it
// answers, up to an empty line; what begins with # is for readers. The commands
// are those of golden_commands_test.go. Ids are numbered as they appear: messages
// m1, m2, … , subscriptions s1, s2, … and tokens t1, t2, … .
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			var told string
			synctest.Test(t, func(t *testing.T) { told = play(t, string(b)) })
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(told), 0o644))
				return
			}
			require.Equal(t, string(b), told)
		})
	}
}

// play runs a script and returns it with the answers that it got.
func play(t *testing.T, script string) string {
	s := newStory(t)
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(script, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		out.WriteString("----\n" + s.run(line))
		if i+1 < len(lines) && lines[i+1] == "----" { // the old answer
			for i+1 < len(lines) && lines[i+1] != "" {
				i++
			}
		}
	}
	return out.String()
}
