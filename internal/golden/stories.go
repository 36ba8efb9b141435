package golden

import (
	"strings"
	"testing"
)

// Stories plays the scripts testdata/stories/*.txt, each in a bubble of its own. A
// script is a list of commands, each followed by a line ---- and what it answers, up
// to an empty line; what begins with # is for readers. Begin makes the world that a
// script acts in and returns what runs a command there; its answer ends its last
// line, and none of its lines is empty.
func Stories(t *testing.T, begin func(t *testing.T) (run func(command string) string)) {
	t.Helper()
	files(t, "testdata/stories/*.txt", func(t *testing.T, script string) string { return tell(script, begin(t)) })
}

// tell runs a script and returns it with the answers that it got.
func tell(script string, run func(command string) string) string {
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(script, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		out.WriteString("----\n" + run(line))
		if i+1 < len(lines) && lines[i+1] == "----" { // the old answer
			for i+1 < len(lines) && lines[i+1] != "" {
				i++
			}
		}
	}
	return out.String()
}
