package leat_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// services are the sections of docs/support.md about an API, the file whose table says
// what is served of it, and how many actions AWS's service model has.
var services = []struct {
	section, source string
	actions         int
}{
	{"SQS", "sqs/sqshttp/operations.go", 23},
	{"SNS", "sns/snshttp/operations.go", 42},
	{"Kinesis", "kinesis/kinesishttp/operations.go", 45},
	{"Firehose", "kinesis/firehose/firehosehttp/operations.go", 12},
}

// TestSupportPage holds docs/support.md against the tables of actions in the sources.
func TestSupportPage(t *testing.T) {
	page, err := os.ReadFile("docs/support.md")
	require.NoError(t, err)
	for _, s := range services {
		source, err := os.ReadFile(s.source)
		require.NoError(t, err)
		require.Empty(t, checkSupport(t, string(page), s.section, string(source), s.actions))
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, sum := range supportSum.FindAllString(string(readme), -1) {
		require.Contains(t, string(page), sum, "README.md sums up what docs/support.md says")
	}
}

func TestSupportCheckCanFail(t *testing.T) {
	const source = "package p\n\nvar operations = map[string]int{\"Get\": 1, \"Put\": 2}\n"
	for name, c := range map[string]struct {
		rows string
		want string // no problem if empty
	}{
		"as it should be":          {"3 actions: 1 full, 1 kept, 1 absent.\n| `Get` | full | |\n| `Put` | kept | x |\n| `Open` | absent | |\n", ""},
		"another sum":              {"3 actions: 2 full, 1 kept.\n| `Get` | full | |\n| `Put` | kept | x |\n| `Open` | absent | |\n", "there are 3 actions: 1 full, 1 kept, 1 absent"},
		"a served action is not":   {"| `Get` | full | |\n| `Open` | absent | |\n| `Shut` | absent | |\n", "Put is served, and missing"},
		"a served one is absent":   {"| `Get` | full | |\n| `Put` | absent | |\n| `Open` | absent | |\n", "Put is served, and absent"},
		"one is claimed":           {"| `Get` | full | |\n| `Put` | kept | |\n| `Open` | full | |\n", "Open is not served, and full"},
		"too few":                  {"| `Get` | full | |\n| `Put` | full | |\n", "2 actions, of 3"},
		"one is there twice":       {"| `Get` | full | |\n| `Put` | full | |\n| `Get` | kept | |\n", "Get is there twice"},
		"a word that is none":      {"| `Get` | full | |\n| `Put` | partly | |\n| `Open` | absent | |\n", "Put is partly"},
		"rows of another section":  {"| `Get` | full | |\n| `Put` | full | |\n## B\n| `Open` | absent | |\n", "2 actions, of 3"},
		"no rows in this section":  {"## B\n| `Get` | full | |\n", "0 actions, of 3"},
		"a section that is absent": {"", "0 actions, of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := checkSupport(t, "# Support\n\n## A\n\n"+c.rows, "A", source, 3)
			if c.want == "" {
				require.Empty(t, problems)
				return
			}
			require.Contains(t, strings.Join(problems, "\n"), c.want)
		})
	}
}

var (
	supportRow = regexp.MustCompile("^\\| `(\\w+)` \\| (\\w+) \\|")
	supportSum = regexp.MustCompile(`\d+ actions: \d+ full, \d+ kept(, \d+ absent)?`)
)

// checkSupport returns what a section of the page says otherwise than the source.
func checkSupport(t *testing.T, page, section, source string, actions int) (problems []string) {
	problem := func(format string, args ...any) {
		problems = append(problems, section+": "+fmt.Sprintf(format, args...))
	}
	_, rows, _ := strings.Cut(page, "\n## "+section+"\n")
	rows, _, _ = strings.Cut(rows, "\n## ")
	said := map[string]string{}
	for line := range strings.Lines(rows) {
		row := supportRow.FindStringSubmatch(line)
		switch {
		case row == nil:
		case said[row[1]] != "":
			problem("%s is there twice", row[1])
		case !slices.Contains([]string{"full", "kept", "absent"}, row[2]):
			problem("%s is %s, which is none of full, kept and absent", row[1], row[2])
		default:
			said[row[1]] = row[2]
		}
	}
	if len(said) != actions {
		problem("there are %d actions, of %d", len(said), actions)
	}
	count := map[string]int{}
	for _, state := range said {
		count[state]++
	}
	sum := fmt.Sprintf("%d actions: %d full, %d kept", len(said), count["full"], count["kept"])
	if count["absent"] > 0 {
		sum += fmt.Sprintf(", %d absent", count["absent"])
	}
	if found := supportSum.FindString(rows); found != sum {
		problem("it says %q, and there are %s", found, sum)
	}
	served := operationsIn(t, source)
	for _, action := range served {
		if state := said[action]; state == "" {
			problem("%s is served, and missing", action)
		} else if state == "absent" {
			problem("%s is served, and absent", action)
		}
	}
	for action, state := range said {
		if state != "absent" && !slices.Contains(served, action) {
			problem("%s is not served, and %s", action, state)
		}
	}
	return problems
}

// operationsIn returns the keys of the map that is called operations in a Go source.
func operationsIn(t *testing.T, source string) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "operations.go", source, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "operations" {
			return true
		}
		for _, element := range spec.Values[0].(*ast.CompositeLit).Elts {
			name, err := strconv.Unquote(element.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value)
			require.NoError(t, err)
			names = append(names, name)
		}
		return false
	})
	require.NotEmpty(t, names)
	return names
}
