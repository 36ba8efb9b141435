package sqshttp_test

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

var update = flag.Bool("update", false, "write the answers that came into testdata")

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000. What is random is
// written as <message 1>, <receipt 1> and so on, also in later requests, and request
// ids are <request>. Run with -update after a deliberate change, and read the
// difference.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				got := converse(t, string(want))
				if *update {
					require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
					return
				}
				require.Equal(t, string(want), got)
			})
		})
	}
}

const (
	requestMark  = "=== request\n"
	responseMark = "=== response\n"
)

// converse sends the requests of a conversation and returns it with the answers
// that came.
func converse(t *testing.T, text string) string {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	handler := sqshttp.NewHandler(service, sqshttp.Config{})
	var words aliases
	blocks := strings.Split(text, requestMark)
	var out strings.Builder
	out.WriteString(blocks[0]) // what the conversation is about
	for _, block := range blocks[1:] {
		request, _, _ := strings.Cut(block, responseMark)
		a := serve(t, handler, parseRequest(t, words.resolve(request)))
		fmt.Fprintf(&out, "%s%s%s%d %s\n", requestMark, request, responseMark, a.status, http.StatusText(a.status))
		body := strings.ReplaceAll(a.body, a.header.Get("X-Amzn-Requestid"), "<request>")
		a.header.Del("X-Amzn-Requestid")
		for _, name := range slices.Sorted(maps.Keys(a.header)) {
			fmt.Fprintf(&out, "%s: %s\n", name, a.header.Get(name))
		}
		fmt.Fprintf(&out, "\n%s\n\n", words.hide(body))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// parseRequest reads a request whose lines end as those of a text file do.
func parseRequest(t *testing.T, text string) *http.Request {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	body = strings.TrimSpace(body)
	head = strings.ReplaceAll(head+"\nContent-Length: "+strconv.Itoa(len(body))+"\n\n", "\n", "\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
	require.NoError(t, err)
	return r
}

// aliases are pairs of a random word and what is written in its place.
type aliases [][2]string

var randomWord = regexp.MustCompile(`(Message|Receipt)(?:Id|Handle)(?:":"|>)([0-9A-Za-z+/=_-]{30,})`)

func (a *aliases) hide(body string) string {
	for _, match := range randomWord.FindAllStringSubmatch(body, -1) {
		kind, word := strings.ToLower(match[1]), match[2]
		count := 1
		for _, pair := range *a {
			if strings.HasPrefix(pair[1], "<"+kind) {
				count++
			}
		}
		if !slices.ContainsFunc(*a, func(pair [2]string) bool { return pair[0] == word }) {
			*a = append(*a, [2]string{word, fmt.Sprintf("<%s %d>", kind, count)})
		}
	}
	for _, pair := range *a {
		body = strings.ReplaceAll(body, pair[0], pair[1])
	}
	return body
}

func (a *aliases) resolve(request string) string {
	for _, pair := range *a {
		request = strings.ReplaceAll(request, pair[1], pair[0])
	}
	return request
}
