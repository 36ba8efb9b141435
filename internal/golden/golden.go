// Package golden plays what tests keep under testdata, scripts and conversations, and
// compares what comes with what the files say. The tests of a package that uses it
// know the flag -update, which has the files written instead.
package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

var update = flag.Bool("update", false, "write what came into the files under testdata")

// files plays the files that match a pattern, each in a subtest and a bubble of its
// own. play returns what a file with this text should say.
func files(t *testing.T, pattern string, play func(t *testing.T, text string) string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files match %s, error %v", pattern, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = play(t, string(text)) })
			compare(t, name, string(text), got)
		})
	}
}

// compare fails the test if got is not what the file says, or writes it there.
func compare(tb testing.TB, name, want, got string) {
	tb.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
	} else if got != want {
		tb.Fatalf("%s is not what came:\n%s", name, difference(want, got))
	}
}

// difference lists the lines that are not common to both, with a - and their number in
// want or a + and their number in got.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	common := make([][]int, len(w)+1) // [i][j] is how many lines of w[i:] are in g[j:], in order
	common[len(w)] = make([]int, len(g)+1)
	for i := len(w) - 1; i >= 0; i-- {
		common[i] = make([]int, len(g)+1)
		for j := len(g) - 1; j >= 0; j-- {
			if w[i] == g[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(w) || j < len(g); {
		switch {
		case i < len(w) && j < len(g) && w[i] == g[j]:
			i, j = i+1, j+1
		case j == len(g) || i < len(w) && common[i+1][j] >= common[i][j+1]:
			fmt.Fprintf(&out, "- %d %#q\n", i+1, w[i])
			i++
		default:
			fmt.Fprintf(&out, "+ %d %#q\n", j+1, g[j])
			j++
		}
	}
	return out.String()
}
