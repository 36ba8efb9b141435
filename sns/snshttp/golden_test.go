package snshttp_test

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

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
)

var update = flag.Bool("update", false, "write the answers that came into testdata")

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000. What is random is
// written as <uuid 1>, <uuid 2> and so on, also in later requests, and request ids are
// <request>. Run with -update after a deliberate change, and read the difference.
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
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	defer queues.Close()
	service, err := sns.NewService(sns.ServiceConfig{Queues: queues})
	require.NoError(t, err)
	defer service.Close()
	handler := snshttp.NewHandler(service, snshttp.Config{})
	var uuids []string
	blocks := strings.Split(text, requestMark)
	var out strings.Builder
	out.WriteString(blocks[0]) // what the conversation is about
	for _, block := range blocks[1:] {
		request, _, _ := strings.Cut(block, responseMark)
		a := serve(t, handler, parseRequest(t, resolve(request, uuids)))
		fmt.Fprintf(&out, "%s%s%s%d %s\n", requestMark, request, responseMark, a.status, http.StatusText(a.status))
		body := strings.ReplaceAll(a.body, a.header.Get("X-Amzn-Requestid"), "<request>")
		a.header.Del("X-Amzn-Requestid")
		for _, name := range slices.Sorted(maps.Keys(a.header)) {
			fmt.Fprintf(&out, "%s: %s\n", name, a.header.Get(name))
		}
		body, uuids = hide(body, uuids)
		fmt.Fprintf(&out, "\n%s\n\n", body)
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

var uuidSyntax = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// hide writes aliases in the place of UUIDs, those that are known and new ones.
func hide(body string, known []string) (string, []string) {
	hidden := uuidSyntax.ReplaceAllStringFunc(body, func(id string) string {
		i := slices.Index(known, id)
		if i < 0 {
			i, known = len(known), append(known, id)
		}
		return fmt.Sprintf("<uuid %d>", i+1)
	})
	return hidden, known
}

func resolve(request string, known []string) string {
	for i, id := range known {
		request = strings.ReplaceAll(request, fmt.Sprintf("<uuid %d>", i+1), id)
	}
	return request
}
