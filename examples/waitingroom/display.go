package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// display writes what is the same each time to the standard output, and the rest to the
// standard error output.
type display struct {
	stdout, stderr io.Writer
	mu             sync.Mutex // held to write
}

// say writes something that happened.
func (d *display) say(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.stdout, text)
}

// complain writes an error that nobody else sees.
func (d *display) complain(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.stderr, "waitingroom:", err)
}

// metrics writes what the metrics are at a time of the story.
func (d *display) metrics(at time.Duration, metrics []part) {
	var b strings.Builder
	fmt.Fprintf(&b, "%4d s", int(at.Seconds()))
	for _, m := range metrics {
		fmt.Fprintf(&b, "  %s %5d", m.what, m.count)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintln(d.stderr, b.String())
}

// table writes the table of the statistics.
func (d *display) table(bands []band, width int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.stdout, "\n%-13s  admitted   left  removed waiting  removed inside\n", "tickets")
	for i, b := range bands {
		tickets := fmt.Sprintf("%d to %d", i*width+1, (i+1)*width)
		fmt.Fprintf(d.stdout, "%-13s  %8d  %5d  %15d  %14d\n", tickets, b.admitted, b.left, b.expiredWaiting, b.expiredInside)
	}
}

// account writes what became of everybody.
func (d *display) account(account []block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range account {
		b.write(d.stdout)
	}
}

// figures writes what depends on the moment.
func (d *display) figures(p plan, f figures, moment []block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range moment {
		b.write(d.stderr)
	}
	if f.admitted > 0 {
		mean := p.told(f.waited) / time.Duration(f.admitted)
		fmt.Fprintf(d.stderr, "\nwho was admitted had waited %v on average\n", mean.Round(100*time.Millisecond))
	}
}

func (b block) write(w io.Writer) {
	fmt.Fprintf(w, "\n%-23s%7d\n", b.what, b.total)
	for _, p := range b.parts {
		fmt.Fprintf(w, "  %-21s%7d\n", p.what, p.count)
	}
}
