package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// display writes the account to one writer and what happens meanwhile to another:
// complaints, and on a terminal the progress.
type display struct {
	out, log io.Writer
	terminal bool
}

const eraseLine = "\r\x1b[K"

func newDisplay(out, log io.Writer) *display {
	return &display{out: out, log: log, terminal: isTerminal(log)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (d *display) rejected(line int, why error) {
	fmt.Fprintf(d.log, "line %d rejected: %v\n", line, why)
}

func (d *display) progress(shipped, accepted, letters int) {
	if d.terminal {
		fmt.Fprintf(d.log, eraseLine+"shipped %d of %d, dead letters %d", shipped, accepted, letters)
	}
}

// clear removes the progress from the line that it is on.
func (d *display) clear() {
	if d.terminal {
		fmt.Fprint(d.log, eraseLine)
	}
}

func (d *display) mended(missing map[string]int) {
	d.clear()
	fmt.Fprintln(d.out, "dead letters, for articles that the catalogue lacked:")
	for _, article := range slices.Sorted(maps.Keys(missing)) {
		fmt.Fprintf(d.out, "  %-22s %5d\n", article, missing[article])
	}
	fmt.Fprintln(d.out, "added to the catalogue, and the orders moved back")
	fmt.Fprintln(d.out)
}

func (d *display) summary(read, rejected, accepted int, s shipped, left, lost int) {
	d.clear()
	for _, row := range []struct {
		what  string
		count int
	}{
		{"lines read", read},
		{"  rejected", rejected},
		{"  accepted", accepted},
		{"orders accepted", accepted},
		{"  shipped at once", s.atOnce},
		{"  shipped after a retry", s.afterRetry},
		{"  shipped after mending", s.afterMending},
		{"  left on a queue", left},
		{"  unaccounted for", lost},
	} {
		fmt.Fprintf(d.out, "%-24s %5d\n", row.what, row.count)
	}
}
