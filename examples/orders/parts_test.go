package main

import (
	"net/smtp"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		`{"customer":"Ann","article":"kettle","quantity":1}`:            "no id",
		`{"id":"A","article":"kettle","quantity":1}`:                    "no customer",
		`{"id":"A","customer":"Ann","quantity":1}`:                      "no article",
		`{"id":"A","customer":"Ann","article":"kettle"}`:                "quantity 0",
		`{"id":"A","customer":"Ann","article":"k","quantity":-1}`:       "quantity -1",
		`{"id":"A","customer":"Ann","article":"k","quantity":10001}`:    "quantity 10001",
		`{"id":"A","customer":"Ann","article":"k","quantity":"two"}`:    "cannot unmarshal string",
		`{"id":"A","customer":"Ann","article":"kettle","quantity":1} x`: "invalid character",
		``: "unexpected end of JSON input",
	} {
		_, err := parse(line)
		require.ErrorContains(t, err, want, line)
	}
}

func TestCheck(t *testing.T) {
	right := block{"apples", 3, []part{{"red", 1}, {"green", 2}}}
	lost := block{"pears", 3, []part{{"eaten", 2}}}
	madeUp := block{"plums", 1, []part{{"blue", 1}, {"yellow", 1}}}
	require.NoError(t, check([]block{right}))
	require.EqualError(t, check([]block{lost, right, madeUp}),
		"pears: 3, but 2 are accounted for\nplums: 1, but 2 are accounted for")
}

// What another client than ours may do to the mail server.
func TestMailServer(t *testing.T) {
	server := newMailServer("admin@shop.example")
	conn, err := server.dial(t.Context(), "tcp", "mail.shop.example:25")
	require.NoError(t, err)
	c, err := smtp.NewClient(conn, "mail.shop.example")
	require.NoError(t, err)
	send := func(mail string) error {
		require.NoError(t, c.Mail("ann@shop.example"))
		require.NoError(t, c.Rcpt("Admin@shop.example"))
		w, err := c.Data()
		require.NoError(t, err)
		_, err = w.Write([]byte(mail))
		require.NoError(t, err)
		return w.Close()
	}
	require.ErrorContains(t, c.Rcpt("bob@shop.example"), "550")
	require.ErrorContains(t, c.Verify("admin@shop.example"), "502")
	require.ErrorContains(t, send("no header\n"), "554")
	for range mailboxSize {
		require.NoError(t, send("Subject: =?utf-8?q?caf=C3=A9?=\n\n.a dot=20\n"))
	}
	require.ErrorContains(t, send("Subject: one too many\n\n"), "452")
	require.Equal(t, letter{"café", ".a dot \n"}, <-server.mailbox)
	require.EqualValues(t, mailboxSize, server.taken.Load())
	require.NoError(t, c.Quit())
	server.wait()
}

// requireAddsUp reads what was printed, and checks every block of the account: a row,
// and below it indented rows that are its parts.
func requireAddsUp(t *testing.T, printed string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	row := regexp.MustCompile(`^( *)(.+?) {2,}(-?\d+)$`)
	for paragraph := range strings.SplitSeq(printed, "\n\n") {
		total, sum := 0, 0
		for i, line := range strings.Split(strings.TrimSpace(paragraph), "\n") {
			cells := row.FindStringSubmatch(line)
			if cells == nil {
				total, sum = 0, 0
				break // not of the account
			}
			count, err := strconv.Atoi(cells[3])
			require.NoError(t, err)
			counts[cells[2]] = count
			if i == 0 {
				total = count
			} else {
				require.NotEmpty(t, cells[1], line)
				sum += count
			}
		}
		require.Equal(t, total, sum, paragraph)
	}
	require.Contains(t, counts, "lines read")
	return counts
}
