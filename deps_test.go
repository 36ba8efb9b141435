package leat_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const module = "github.com/leat-go/leat"

// linkable are the modules that a build which is no test may link, besides the
// standard library.
var linkable = []string{"github.com/google/uuid", "golang.org/x/sync"}

// testOnly are the modules that go.mod may require besides: testify and what it
// brings with it.
var testOnly = []string{"github.com/stretchr/testify", "go.yaml.in/yaml/v3"}

// mayImport says for each top-level directory which others its packages may
// import. They may always import each other.
var mayImport = map[string][]string{
	".":          {"internal", "durable", "sqs", "kinesis", "elb", "sns", "lambda", "cloudwatch", "console"},
	"durable":    {"internal"},
	"sqs":        {"internal", "durable"},
	"kinesis":    {"internal", "durable"},
	"elb":        {"internal"},
	"sns":        {"internal", "durable", "sqs", "kinesis"},
	"lambda":     {"internal", "sqs", "kinesis", "sns"},
	"cloudwatch": {"internal", "sqs", "kinesis", "elb", "sns", "lambda"},
	"console":    {"internal", "sqs", "kinesis", "elb", "sns", "cloudwatch"},
	"internal":   {},
	"examples":   {"internal", ".", "durable", "sqs", "kinesis", "elb", "sns", "lambda", "cloudwatch", "console"},
}

func TestDependencies(t *testing.T) {
	problems, packages := checkTree(t, os.DirFS("."))
	require.Empty(t, problems)
	require.Contains(t, packages, "sqs", "the check saw the tree")
}

func TestDependencyCheckCanFail(t *testing.T) {
	const goMod = "module github.com/leat-go/leat\n\nrequire golang.org/x/sync v0.1.0\n"
	for name, c := range map[string]struct {
		file, imports string
		goMod         string
		want          string // no problem if empty
	}{
		"std":                                 {file: "sqs/a.go", imports: "net/http"},
		"allowed module":                      {file: "sqs/a.go", imports: "golang.org/x/sync/errgroup"},
		"a package of the same area":          {file: "sqs/sqstest/a.go", imports: module + "/sqs"},
		"testify in a test":                   {file: "sqs/a_test.go", imports: "github.com/stretchr/testify/require"},
		"sns delivers to sqs":                 {file: "sns/a.go", imports: module + "/sqs"},
		"sns delivers to delivery streams":    {file: "sns/a.go", imports: module + "/kinesis/firehose"},
		"sns delivers to kinesis":             {file: "sns/a.go", imports: module + "/kinesis"},
		"the root imports a front end":        {file: "a.go", imports: module + "/sqs/sqshttp"},
		"an example imports the root":         {file: "examples/x/main.go", imports: module},
		"an example imports a front end":      {file: "examples/x/main.go", imports: module + "/sqs/sqshttp"},
		"a front end imports its engine":      {file: "sqs/sqshttp/a.go", imports: module + "/sqs"},
		"sqs imports internal":                {file: "sqs/a.go", imports: module + "/internal/slab"},
		"nested modules are their own affair": {file: "internal/nested/a.go", imports: "github.com/aws/aws-sdk-go-v2"},
		"testdata is not built":               {file: "sqs/testdata/a.go", imports: "github.com/aws/aws-sdk-go-v2"},

		"foreign module":                  {file: "sqs/a.go", imports: "github.com/aws/aws-sdk-go-v2", want: "sqs/a.go imports github.com/aws/aws-sdk-go-v2"},
		"foreign module on one system":    {file: "sqs/a_windows.go", imports: "golang.org/x/sys/windows", want: "sqs/a_windows.go imports golang.org/x/sys/windows"},
		"a name that begins like ours":    {file: "sqs/a.go", imports: "golang.org/x/syncretic", want: "sqs/a.go imports golang.org/x/syncretic"},
		"testify outside tests":           {file: "sqs/sqstest/a.go", imports: "github.com/stretchr/testify/require", want: "sqs/sqstest/a.go imports github.com/stretchr/testify/require"},
		"cgo":                             {file: "sqs/a.go", imports: "C", want: "sqs/a.go imports C"},
		"sqs imports sns":                 {file: "sqs/a.go", imports: module + "/sns", want: "sqs/a.go imports " + module + "/sns"},
		"elb imports sqs":                 {file: "elb/a.go", imports: module + "/sqs", want: "elb/a.go imports"},
		"kinesis imports sqs":             {file: "kinesis/firehose/a.go", imports: module + "/sqs", want: "kinesis/firehose/a.go imports"},
		"sns imports elb":                 {file: "sns/a.go", imports: module + "/elb", want: "sns/a.go imports"},
		"internal imports an engine":      {file: "internal/journal/a.go", imports: module + "/sqs", want: "internal/journal/a.go imports"},
		"the root imports an example":     {file: "a.go", imports: module + "/examples/x", want: "a.go imports"},
		"an engine imports the root":      {file: "sqs/a.go", imports: module, want: "sqs/a.go imports"},
		"an engine imports its wire":      {file: "sqs/a.go", imports: module + "/sqs/sqshttp", want: "sqs/a.go imports"},
		"a suite imports a wire":          {file: "sqs/sqstest/a.go", imports: module + "/sqs/sqshttp", want: "sqs/sqstest/a.go imports"},
		"sns imports the wire of sqs":     {file: "sns/snshttp/a.go", imports: module + "/sqs/sqshttp", want: "sns/snshttp/a.go imports"},
		"an engine imports a wire beside": {file: "kinesis/a.go", imports: module + "/kinesis/firehose/firehosehttp", want: "kinesis/a.go imports"},
		"an engine imports an example":    {file: "sqs/a.go", imports: module + "/examples/x", want: "sqs/a.go imports"},
		"a directory without a rule":      {file: "pkg/a.go", imports: module + "/sqs", want: "pkg/a.go imports"},
		"requirement that nobody allows":  {file: "sqs/a.go", imports: "fmt", goMod: goMod + "require (\n\tgolang.org/x/sys v0.1.0 // indirect\n)\n", want: "go.mod requires golang.org/x/sys"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.goMod == "" {
				c.goMod = goMod
			}
			problems, _ := checkTree(t, fstest.MapFS{
				"go.mod":                 {Data: []byte(c.goMod)},
				"internal/nested/go.mod": {Data: []byte("module github.com/leat-go/leat/internal/nested\n")},
				c.file:                   {Data: fmt.Appendf(nil, "package p\n\nimport _ %q\n", c.imports)},
			})
			if c.want == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], c.want)
		})
	}
}

// checkTree reads the imports of every package of the module at the root of a
// tree, whatever system it is for, and returns what breaks the rules. It reads
// the sources itself: what go test knows a test to have opened decides whether an
// earlier result still holds. Requirements are checked too, as they bound what
// the allowed modules may bring with them.
func checkTree(t *testing.T, tree fs.FS) (problems, packages []string) {
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && !inModule(tree, name):
			return fs.SkipDir
		case name == "go.mod":
			return checkRequirements(tree, &problems)
		case entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		packages = append(packages, dir)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !allowed(dir, imported) {
				problems = append(problems, fmt.Sprintf("%s imports %s, against docs/design.md", name, imported))
			}
		}
		return nil
	})
	require.NoError(t, err)
	return problems, packages
}

// inModule reports whether the go command sees a directory as part of the module.
func inModule(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return false
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err != nil
}

func checkRequirements(tree fs.FS, problems *[]string) error {
	goMod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(goMod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		required := len(fields) > 1 && strings.HasPrefix(fields[1], "v")
		if !required || slices.Contains(linkable, fields[0]) || slices.Contains(testOnly, fields[0]) {
			continue
		}
		*problems = append(*problems, fmt.Sprintf("go.mod requires %s, against docs/design.md", fields[0]))
	}
	return nil
}

// allowed reports whether the package in a directory may import another.
func allowed(dir, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case imported == "C":
		return false
	case imported != module && !strings.HasPrefix(imported, module+"/"):
		return !strings.Contains(first, ".") || slices.ContainsFunc(linkable, func(m string) bool {
			return imported == m || strings.HasPrefix(imported, m+"/")
		})
	}
	target := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
	from, to := area(dir), area(target)
	if isFrontEnd(target) && from != "examples" && from != "." {
		return false
	}
	rule, known := mayImport[from]
	return known && (from == to || slices.Contains(rule, to))
}

func area(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	if first == "" {
		return "." // the root
	}
	return first
}

// isFrontEnd reports whether a directory holds the wire protocol of an engine, as
// sqs/sqshttp does that of sqs.
func isFrontEnd(dir string) bool { return path.Base(dir) == path.Base(path.Dir(dir))+"http" }
