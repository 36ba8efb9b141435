package golden

import (
	"bufio"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	requestMark  = "=== request\n"
	responseMark = "=== response\n"
)

// Server answers a request.
type Server func(r *http.Request) (status int, header http.Header, body string)

// Conversations replays the conversations testdata/*.http, byte for byte. Each runs
// with a server of its own, which begin makes, at midnight UTC of January 1st, 2000.
//
// What is random is written as <kind 1>, <kind 2> and so on, also in later requests:
// whatever a group of the expression matches in the body of an answer, where the name
// of the group is the kind. The id of a request, the header X-Amzn-Requestid, is
// <request> in the body and not among the headers.
func Conversations(t *testing.T, random *regexp.Regexp, begin func(t *testing.T) Server) {
	t.Helper()
	files(t, "testdata/*.http", func(t *testing.T, text string) string {
		return converse(t, text, random, begin(t))
	})
}

// converse sends the requests of a conversation and returns it with the answers that
// came.
func converse(tb testing.TB, text string, random *regexp.Regexp, serve Server) string {
	tb.Helper()
	words := aliases{random: random, count: make(map[string]int)}
	blocks := strings.Split(text, requestMark)
	var out strings.Builder
	out.WriteString(blocks[0]) // what the conversation is about
	for _, block := range blocks[1:] {
		request, _, _ := strings.Cut(block, responseMark)
		status, header, body := serve(parseRequest(tb, words.resolve(request)))
		fmt.Fprintf(&out, "%s%s%s%d %s\n", requestMark, request, responseMark, status, http.StatusText(status))
		if id := header.Get("X-Amzn-Requestid"); id != "" {
			body = strings.ReplaceAll(body, id, "<request>")
			header.Del("X-Amzn-Requestid")
		}
		for _, name := range slices.Sorted(maps.Keys(header)) {
			fmt.Fprintf(&out, "%s: %s\n", name, header.Get(name))
		}
		fmt.Fprintf(&out, "\n%s\n\n", words.hide(body))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// parseRequest reads a request whose lines end as those of a text file do.
func parseRequest(tb testing.TB, text string) *http.Request {
	tb.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	body = strings.TrimSpace(body)
	head = strings.ReplaceAll(head+"\nContent-Length: "+strconv.Itoa(len(body))+"\n\n", "\n", "\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + body)))
	if err != nil {
		tb.Fatalf("the request %q: %v", text, err)
	}
	return r
}

// aliases are written in the place of random words.
type aliases struct {
	random *regexp.Regexp
	pairs  []pair
	count  map[string]int // of words, by kind
}

type pair struct{ word, alias string }

func (a *aliases) hide(body string) string {
	for _, match := range a.random.FindAllStringSubmatch(body, -1) {
		for i, kind := range a.random.SubexpNames() {
			word := match[i]
			if kind == "" || word == "" || slices.ContainsFunc(a.pairs, func(p pair) bool { return p.word == word }) {
				continue
			}
			a.count[kind]++
			a.pairs = append(a.pairs, pair{word, fmt.Sprintf("<%s %d>", kind, a.count[kind])})
		}
	}
	for _, p := range a.pairs {
		body = strings.ReplaceAll(body, p.word, p.alias)
	}
	return body
}

func (a *aliases) resolve(request string) string {
	for _, p := range a.pairs {
		request = strings.ReplaceAll(request, p.alias, p.word)
	}
	return request
}
