package main

import (
	"errors"
	"fmt"
)

// block is a count, and the parts that must add up to it. They are counted in different
// places: a line that is lost or made up in between shows.
type block struct {
	what  string
	total int
	parts []part
}

type part struct {
	what  string
	count int
}

// account says where every line went.
func (s *story) account(archived int) []block {
	put := int(s.stream.Summary().Records)
	return []block{
		{"lines read", s.server.lines, []part{
			{"malformed", s.server.malformed},
			{"put into the stream", s.server.put},
		}},
		{"lines in the stream", put, []part{{"counted by the group", s.workers.tally.count()}}},
		{"lines in the stream", put, []part{{"in the archive", archived}}},
	}
}

// check returns an error for each block that does not add up.
func check(account []block) error {
	var errs []error
	for _, b := range account {
		sum := 0
		for _, p := range b.parts {
			sum += p.count
		}
		if sum != b.total {
			errs = append(errs, fmt.Errorf("%s: %d, but %d are accounted for", b.what, b.total, sum))
		}
	}
	return errors.Join(errs...)
}
