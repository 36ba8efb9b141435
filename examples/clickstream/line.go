package main

import (
	"strings"
	"time"
)

// line is what the program needs of a line of an access log.
type line struct {
	visitor string // the host
	minute  string // as the server's clock showed it: 2026-03-14 09:26
	page    string // the path without a query
}

// parseLine reads a line in common log format, which combined log format begins with:
//
//	host ident user [14/Mar/2026:09:26:02 +0100] "GET /page HTTP/1.1" 200 6394
func parseLine(text string) (l line, ok bool) {
	before, rest, ok := strings.Cut(text, " [")
	host, user, _ := strings.Cut(before, " ")
	if !ok || host == "" || !strings.Contains(user, " ") {
		return line{}, false
	}
	stamp, rest, ok := strings.Cut(rest, `] "`)
	if !ok {
		return line{}, false
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", stamp)
	if err != nil {
		return line{}, false
	}
	request := strings.Fields(rest)
	if len(request) < 3 || !strings.HasPrefix(request[1], "/") || !strings.HasPrefix(request[2], "HTTP/") {
		return line{}, false
	}
	page, _, _ := strings.Cut(request[1], "?")
	return line{visitor: host, minute: at.Format("2006-01-02 15:04"), page: page}, true
}
