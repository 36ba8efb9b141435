// Waitingroom keeps a shop from being overrun. When a sale begins more visitors come than
// there are places, so those who find none wait, and are let in one by one, in the order in
// which they came.
//
// Everything that happens is an event in a stream of one shard, which gives it an order:
//
//   - Visitors arrive, show every few seconds that they are still there, and leave.
//   - A function reads the stream. It gives each visitor a ticket, numbered in the order of
//     arrival, and lets the next one in whenever a place is free. What it decides it puts
//     into the stream, too.
//   - A message on a queue with a delay of 10 s has each visitor looked at every 10 s. Who
//     has been silent for 20 s, waiting or inside, is removed, and the next one let in.
//   - A second function keeps statistics, from the stream alone, and sets the metrics.
//   - An alarm watches how many wait: if it is too many in 2 of 3 periods of 10 s it
//     publishes to a topic, which sends a mail.
//
// Run it with
//
//	go run ./examples/waitingroom [-speed n] [-visitors n] [-places n] [-seed n]
//
// With -speed 1 it takes as long as it says, a little more than a minute. By default it runs
// 30 times as fast: all durations are a thirtieth, and the times that it shows are not.
//
// The standard output shows the mails, and accounts for every visitor; it is the same each
// time. The standard error output shows the metrics every 10 s, and counts that depend on the
// moment. The exit status is 1 if something does not add up, somebody was let in out of
// order or twice, or there were more visitors inside than places.
//
// To read it begin with story.go. room.go has the function that lets visitors in, check.go
// the queue, statistics.go the second function, watch.go metrics and alarm, crowd.go the
// visitors.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	var p plan
	flags := flag.NewFlagSet("waitingroom", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&p.speed, "speed", 30, "let time run `n` times as fast, 1 to 100")
	flags.IntVar(&p.visitors, "visitors", 150, "`n` visitors come")
	flags.IntVar(&p.places, "places", 20, "the shop has `n` places")
	flags.Uint64Var(&p.seed, "seed", 1, "`n` decides what the visitors are like")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err := p.validate()
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(stderr, "waitingroom:", err)
		return 2
	}
	s, err := newStory(p, stdout, stderr)
	if err == nil {
		err = errors.Join(s.tell(ctx), s.close())
	}
	if err != nil {
		fmt.Fprintln(stderr, "waitingroom:", err)
		return 1
	}
	return 0
}
