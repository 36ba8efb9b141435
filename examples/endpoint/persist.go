package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/durable"
)

// policies are the values of -sync.
var policies = map[string]durable.Policy{"each": durable.SyncEach, "interval": durable.SyncInterval, "never": durable.SyncNever}

// persistence is what the flags say about the directory.
type persistence struct {
	dir, sync string
	salvage   bool
}

// check returns what is wrong with the flags.
func (p *persistence) check() error {
	switch _, known := policies[p.sync]; {
	case p.sync != "" && !known:
		return fmt.Errorf("-sync is each, interval or never, not %q", p.sync)
	case p.dir == "" && p.sync != "":
		return errors.New("-sync is about the directory of -persist, and there is none")
	case p.dir == "" && p.salvage:
		return errors.New("-salvage is about the directory of -persist, and there is none")
	}
	return nil
}

// open opens the cloud, and tells people about the directory.
func (p *persistence) open(cfg leat.Config, stderr io.Writer) (*leat.Cloud, error) {
	if p.dir != "" {
		cfg.Dir = p.dir
		cfg.Durable = durable.Options{Sync: policies[p.sync], Salvage: p.salvage, Progress: (&progress{w: stderr, dir: p.dir}).tell}
	}
	cloud, err := leat.New(cfg)
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("another program has %s open; end that one, or take another directory", p.dir)
	case errors.Is(err, durable.ErrCorrupt) && !p.salvage:
		return nil, fmt.Errorf("%s is damaged: %w\nNothing was changed. It is best to go back to a backup. What is left is opened by -salvage, which drops\nwhat is damaged for good: copy the directory before", p.dir, err)
	case err != nil:
		return nil, err
	}
	found := cloud.Recovery()
	if found.Torn > 0 {
		fmt.Fprintf(stderr, "endpoint: %s was not closed the last time; %d bytes that had not been written as a whole were cut off\n", p.dir, found.Torn)
	}
	for _, d := range found.Dropped {
		fmt.Fprintf(stderr, "endpoint: dropped from %s: %s, %d bytes from %d on: %s\n", p.dir, d.File, d.Bytes, d.Offset, d.Reason)
	}
	return cloud, nil
}

const (
	large    = 64 << 20 // bytes of a directory that takes a while to open
	betweens = 500 * time.Millisecond
)

// progress says how far opening a large directory is.
type progress struct {
	w    io.Writer
	dir  string
	last time.Time
}

func (p *progress) tell(now durable.Progress) {
	if now.Total < large || now.Bytes < now.Total && time.Since(p.last) < betweens {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "endpoint: opening %s: %d of %d MiB\n", p.dir, now.Bytes>>20, now.Total>>20)
}
