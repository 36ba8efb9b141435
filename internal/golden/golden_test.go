package golden

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/suite"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct{ want, got, difference string }{
		{"a\nb\nc\nd\n", "a\nx\ny\nc\nD\n", "- 2 `b`\n+ 2 `x`\n+ 3 `y`\n- 4 `d`\n+ 5 `D`\n"},
		{"a\nb\n", "a\nb", "- 3 ``\n"},
		{"a\nb", "a\na\nb", "+ 2 `a`\n"},
		{"a \r\n", "a\n", "- 1 \"a \\r\"\n+ 1 `a`\n"},
	} {
		failure := suite.Outcome(t, suite.Rule{Verify: func(tb testing.TB) { compare(tb, "f", c.want, c.got) }})
		require.Equal(t, "f is not what came:\n"+c.difference, failure)
	}
	compare(t, "f", "a\n", "a\n")
}

func TestUpdate(t *testing.T) {
	was := *update
	defer func() { *update = was }()
	*update = true
	name := filepath.Join(t.TempDir(), "f")
	compare(t, name, "a", "b")
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "b", string(b))
	failure := suite.Outcome(t, suite.Rule{Verify: func(tb testing.TB) { compare(tb, filepath.Join(name, "f"), "a", "b") }})
	require.Contains(t, failure, "not a directory")
}

func TestStories(t *testing.T) {
	const script = "# what it is about\n\nsay a\n----\nold\nold\n\nsay b\nsay c\n----\n"
	run := func(command string) string { return strings.TrimPrefix(command, "say ") + "\n" }
	const told = "# what it is about\n\nsay a\n----\na\n\nsay b\n----\nb\nsay c\n----\nc\n"
	require.Equal(t, told, tell(script, run))
	t.Chdir(t.TempDir())
	require.NoError(t, os.MkdirAll("testdata/stories", 0o755))
	require.NoError(t, os.WriteFile("testdata/stories/one.txt", []byte("say a\n----\na\n"), 0o644))
	var began []string
	Stories(t, func(t *testing.T) func(string) string {
		require.Equal(t, 2000, time.Now().UTC().Year(), "in a bubble")
		began = append(began, t.Name())
		return run
	})
	require.Equal(t, []string{"TestStories/one"}, began)
}

func TestConversations(t *testing.T) {
	random := regexp.MustCompile(`id=(?P<thing>\w+)|key=(?P<key>\w+)`)
	var bodies []string
	serve := func(r *http.Request) (int, http.Header, string) {
		asked, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		bodies = append(bodies, string(asked))
		header := http.Header{"X-Amzn-Requestid": {"q1"}, "B": {"2"}, "A": {"1"}}
		return http.StatusAccepted, header, fmt.Sprintf("%s: id=t%d key=k1, asked %s %q", header.Get("X-Amzn-Requestid"), len(bodies), r.Method, asked)
	}
	const conversation = `What it is about.

=== request
PUT / HTTP/1.1
Host: h

the first

=== response
202 Accepted
A: 1
B: 2

<request>: id=<thing 1> key=<key 1>, asked PUT "the first"

=== request
GET / HTTP/1.1
Host: h

<thing 1> is known, <thing 2> is not

=== response
202 Accepted
A: 1
B: 2

<request>: id=<thing 2> key=<key 1>, asked GET "<thing 1> is known, <thing 2> is not"
`
	require.Equal(t, conversation, converse(t, conversation, random, serve))
	require.Equal(t, []string{"the first", "t1 is known, <thing 2> is not"}, bodies)
	serve = func(*http.Request) (int, http.Header, string) { return http.StatusOK, http.Header{}, "no id" }
	const bare = "=== request\nGET / HTTP/1.1\nHost: h\n\n=== response\n200 OK\n\nno id\n"
	require.Equal(t, bare, converse(t, bare, random, serve))
	failure := suite.Outcome(t, suite.Rule{Verify: func(tb testing.TB) { converse(tb, requestMark+"no request\n", random, serve) }})
	require.Contains(t, failure, `the request "no request\n": malformed HTTP`)
}
