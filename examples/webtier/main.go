// Webtier is what a site puts nginx or HAProxy in front of its servers for, in one program
// without either: a load balancer with rules, health checks, draining, sticky sessions and
// retries.
//
// It starts three api servers and three web servers at ports of their own, as if they were
// other programs, and a balancer in front of them. Visitors send requests to the balancer all
// the time. Meanwhile a web server crashes in the middle of a request and comes back, and an
// api server is taken out of service; another one is slow. No visitor notices any of that.
//
//	go run ./examples/webtier [-wait]
//
// The standard output says what happened, and accounts for every request; it is the same each
// time. The standard error output has the addresses, what the health checks saw, and what each
// server served. The exit status is 1 if a visitor did get an error, or the account does not
// add up.
//
// With -wait it goes on until Ctrl-C, for a look at the status page in a browser.
//
// To read it begin with tier.go, which is all that a program of your own needs. fleet.go has
// the servers, visitors.go the visitors, story.go what happens to them.
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
	flags := flag.NewFlagSet("webtier", flag.ContinueOnError)
	flags.SetOutput(stderr)
	wait := flags.Bool("wait", false, "go on until Ctrl-C, for a look at the status page")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "webtier: unexpected argument", flags.Arg(0))
		flags.Usage()
		return 2
	}
	s, err := newStory(stdout, stderr)
	if err == nil {
		err = s.tell(ctx, *wait)
	}
	if err = errors.Join(err, s.close()); err != nil {
		fmt.Fprintln(stderr, "webtier:", err)
		return 1
	}
	return 0
}
