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

func (d *display) mail(m letter) {
	d.clear()
	fmt.Fprintln(d.out, "mail for the administrator:", m.subject)
}

func (d *display) mended(missing map[string]int) {
	fmt.Fprintln(d.out, "dead letters, for articles that the catalogue lacked:")
	for _, article := range slices.Sorted(maps.Keys(missing)) {
		d.row("  "+article, missing[article])
	}
	fmt.Fprintln(d.out, "added to the catalogue, and the orders moved back")
}

func (d *display) best(sellers []part) {
	d.clear()
	if len(sellers) == 0 {
		return
	}
	fmt.Fprintln(d.out, "\nmost pieces sold:")
	for _, p := range sellers {
		d.row("  "+p.what, p.count)
	}
}

func (d *display) account(blocks []block) {
	for _, b := range blocks {
		fmt.Fprintln(d.out)
		d.row(b.what, b.total)
		for _, p := range b.parts {
			d.row("  "+p.what, p.count)
		}
	}
}

func (d *display) row(what string, count int) { fmt.Fprintf(d.out, "%-24s %5d\n", what, count) }
