package leat_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestCodeInPages compiles what the pages show, with go vet.
func TestCodeInPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles every program and snippet of the pages, which takes seconds")
	}
	root, err := os.Getwd()
	require.NoError(t, err)
	pages, err := fs.Glob(os.DirFS("."), "docs/*.md")
	require.NoError(t, err)
	scratch, known, count := t.TempDir(), importable(t, os.DirFS(".")), 0
	write := func(name, text string) {
		name = filepath.Join(scratch, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	for _, name := range append(pages, "README.md") {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		for i, source := range sourcesIn(t, known, filepath.Join(root, name), string(page)) {
			dir := fmt.Sprintf("%s_%d", strings.TrimSuffix(path.Base(name), ".md"), i)
			if strings.Contains(source, "\"testing\"\n") {
				write(filepath.Join(dir, "page_test.go"), source)
			} else {
				write(filepath.Join(dir, "page.go"), source)
			}
			count++
		}
	}
	require.Greater(t, count, 10, "the pages have code")
	// All of it is a module of its own, with the requirements of this one.
	goMod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	goSum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	write("go.mod", strings.Replace(string(goMod), "module "+module, "module pages", 1)+
		fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, strconv.Quote(root)))
	write("go.sum", string(goSum))
	vet := exec.Command("go", "vet", "-mod=mod", "./...")
	vet.Dir = scratch
	vet.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
	out, err := vet.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

var (
	codeBlock  = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	givenBlock = regexp.MustCompile(`(?ms)^<!-- given\n(.*?)^-->$`)
	clause     = regexp.MustCompile(`(?m)^package \w+$`)
)

// sourcesIn returns the Go files in a page: its programs, which have a package clause, and
// its snippets, completed. A snippet is of declarations or of statements; it may use what
// the page declares in comments that begin with "given", which readers do not see, and
// imports what it names. Without such comments a page's snippets are left alone, and so are
// programs that import other modules, which this one does not have.
func sourcesIn(t *testing.T, packages map[string]string, file, page string) (sources []string) {
	given, hasGiven := "", false
	for _, block := range givenBlock.FindAllStringSubmatch(page, -1) {
		given, hasGiven = given+block[1], true
	}
	for _, at := range codeBlock.FindAllStringSubmatchIndex(page, -1) {
		code := page[at[2]:at[3]]
		line := fmt.Sprintf("//line %s:%d\n", file, 1+strings.Count(page[:at[2]], "\n"))
		switch {
		case clause.MatchString(code):
			if !isForeign(t, code) {
				sources = append(sources, line+code)
			}
		case hasGiven:
			sources = append(sources, complete(t, packages, given, line, code))
		}
	}
	return sources
}

// isForeign tells whether a program imports a module other than this one.
func isForeign(t *testing.T, program string) bool {
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", program, parser.ImportsOnly)
	require.NoError(t, err)
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		first, _, _ := strings.Cut(imported, "/")
		return strings.Contains(first, ".") && !strings.HasPrefix(imported, module)
	})
}

// complete makes a file of a snippet.
func complete(t *testing.T, packages map[string]string, given, line, code string) string {
	body := line + code
	if file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+code, 0); err != nil || len(file.Decls) == 0 {
		body = "func _() error {\n" + body + used(t, code) + "\nreturn nil\n}\n"
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+given+body, 0)
	require.NoError(t, err, "%s", code)
	imports := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok && packages[x.Name] != "" {
				imports[packages[x.Name]] = true
			}
		}
		return true
	})
	var source strings.Builder
	source.WriteString("package p\n\n")
	for imported := range imports {
		fmt.Fprintf(&source, "import %q\n", imported)
	}
	return source.String() + given + body
}

// used returns statements that use the variables which statements declare, for a snippet
// may end before it does.
func used(t *testing.T, statements string) (uses string) {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+statements+"\n}", 0)
	require.NoError(t, err, "%s", statements)
	for _, statement := range file.Decls[0].(*ast.FuncDecl).Body.List {
		assign, ok := statement.(*ast.AssignStmt)
		if !ok || assign.Tok != token.DEFINE {
			continue
		}
		for _, left := range assign.Lhs {
			if name := left.(*ast.Ident).Name; name != "_" {
				uses += "\n_ = " + name
			}
		}
	}
	return uses
}

// standard are packages of the standard library that snippets use.
var standard = []string{
	"bytes", "context", "crypto/tls", "encoding/json", "errors", "fmt", "io", "log", "log/slog", "math/rand/v2", "net", "net/http",
	"net/http/httptest", "net/netip", "os", "path/filepath", "slices", "strings", "sync", "testing", "testing/synctest", "time",
}

// importable returns the packages that snippets may use, by their names.
func importable(t *testing.T, tree fs.FS) map[string]string {
	packages := map[string]string{"rand": "math/rand/v2"}
	for _, p := range standard {
		if path.Base(p) != "v2" {
			packages[path.Base(p)] = p
		}
	}
	_, dirs := checkTree(t, tree)
	for _, dir := range dirs {
		if !strings.Contains("/"+dir+"/", "/internal/") && area(dir) != "examples" {
			packages[path.Base(dir)] = path.Join(module, dir)
		}
	}
	packages["leat"] = module
	return packages
}

func TestSourcesInAPage(t *testing.T) {
	tree := fstest.MapFS{"go.mod": {Data: []byte("module x\n")}, "sqs/a.go": {Data: []byte("package sqs\n")}}
	page := strings.Join([]string{
		"# A", "<!-- given", "var q sqs.Queue", "-->",
		"```go", "package main", "```",
		"```go", "package main", `import _ "github.com/aws/aws-sdk-go-v2"`, "```",
		"```go", "m, err := q.Receive(context.Background(), sqs.ReceiveRequest{})", "```",
		"```go", "func f() {}", "```",
		"```text", "not Go", "```", "",
	}, "\n")
	known := importable(t, tree)
	sources := sourcesIn(t, known, "/a.md", page)
	require.Len(t, sources, 3, "the program of another module is left alone")
	require.Equal(t, "//line /a.md:6\npackage main\n", sources[0])
	require.Contains(t, sources[1], "import \"context\"\n")
	require.Contains(t, sources[1], "import \""+module+"/sqs\"\n")
	require.Contains(t, sources[1], "//line /a.md:13\nm, err := q")
	require.Contains(t, sources[1], "_ = m\n_ = err\nreturn nil")
	require.Contains(t, sources[2], "\nvar q sqs.Queue\n//line /a.md:16\nfunc f() {}\n")
	require.Len(t, sourcesIn(t, known, "/a.md", givenBlock.ReplaceAllString(page, "")), 1, "without a given there are no snippets to complete")
}
