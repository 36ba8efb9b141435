package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// display writes what happens to the standard output, and the live table to the standard
// error output.
type display struct {
	stdout, stderr io.Writer
	terminal       bool // stderr is one

	mu    sync.Mutex
	drawn int // lines of the live table on the terminal; guarded by mu
}

const (
	liveRows  = 6  // of the live table
	finalRows = 15 // of that at the end
)

func newDisplay(stdout, stderr io.Writer) *display {
	d := &display{stdout: stdout, stderr: stderr}
	if f, ok := stderr.(*os.File); ok {
		info, err := f.Stat()
		d.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return d
}

// say writes something that happened. The live table goes on below it.
func (d *display) say(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	fmt.Fprintln(d.stdout, text)
}

// erase removes the live table from the terminal. The caller holds mu.
func (d *display) erase() {
	if d.drawn > 0 {
		fmt.Fprintf(d.stderr, "\x1b[%dA\x1b[J", d.drawn)
		d.drawn = 0
	}
}

// every draws the live table now and then, until stop is called.
func (d *display) every(interval time.Duration, t *tally) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				d.live(t)
			case <-end:
				d.mu.Lock()
				defer d.mu.Unlock()
				d.erase()
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// live draws the last minutes of the table: over what it drew before on a terminal, else
// below it.
func (d *display) live(t *tally) {
	rows, total := t.rows()
	rows = rows[max(0, len(rows)-liveRows):]
	text := fmt.Sprintf("%d requests counted\n%s", total, render(rows))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	io.WriteString(d.stderr, text)
	if d.terminal {
		d.drawn = strings.Count(text, "\n")
	}
}

// table writes the busiest minutes, in order.
func (d *display) table(t *tally) {
	rows, _ := t.rows()
	if len(rows) > finalRows {
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.requests, a.requests) })
		rows = rows[:finalRows]
		slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.minute, b.minute) })
	}
	fmt.Fprintf(d.stdout, "\n%s", render(rows))
}

func render(rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "minute            requests  pages  most wanted\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s  %8d  %5d  %s %d\n", r.minute, r.requests, r.pages, clean(r.best), r.bestN)
	}
	return b.String()
}

// clean replaces what a terminal might understand: a log has what strangers sent.
func clean(page string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, page)
}

func (d *display) account(account []block) {
	for _, b := range account {
		fmt.Fprintf(d.stdout, "\n%-22s%6d\n", b.what, b.total)
		for _, p := range b.parts {
			fmt.Fprintf(d.stdout, "  %-20s%6d\n", p.what, p.count)
		}
	}
}

// objects writes how many objects there are, which depends on when lines came.
func (d *display) objects(n int) { fmt.Fprintf(d.stderr, "%d objects in the archive\n", n) }
