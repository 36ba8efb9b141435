// Orders is a shop in one program. Its order service reads orders and publishes them
// to a topic. Three departments have subscribed, each with a queue of its own:
//
//   - Processing gets every order and ships it, with several workers. Some attempts
//     fail and are repeated; orders that fail again and again become dead letters.
//   - Analytics gets every order too, in SNS's envelope, and finds the best sellers.
//   - Fraud gets only what the filter policy of its subscription lets through.
//
// An alarm watches the dead letters and publishes to a second topic. Its subscriber
// is the administrator's mailbox, on a mail server that the program runs itself: the
// administrator confirms the subscription by the link in the first mail, is told of
// the dead letters by another, mends what was wrong, and has the orders moved back.
//
//	go run ./examples/orders [file | -]
//
// An order is a line of JSON, as in orders.jsonl, which is taken if there is no
// file; - is the standard input. At the end the program accounts for every line that
// it read, in every department. The exit status is 1 if that does not add up, or an
// order is not shipped.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

//go:embed orders.jsonl
var sample string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	input, err := open(args, stdin)
	if err != nil {
		fmt.Fprintln(stderr, "orders:", err)
		return 2
	}
	defer input.Close()
	s, err := newStory(ctx, stdout, stderr)
	if err == nil {
		err = s.tell(ctx, input)
	}
	if err != nil {
		fmt.Fprintln(stderr, "orders:", err)
		return 1
	}
	return 0
}

func open(args []string, stdin io.Reader) (io.ReadCloser, error) {
	switch {
	case len(args) == 0:
		return io.NopCloser(strings.NewReader(sample)), nil
	case len(args) > 1 || strings.HasPrefix(args[0], "-") && args[0] != "-":
		return nil, errors.New("usage: orders [file | -]")
	case args[0] == "-":
		return io.NopCloser(stdin), nil
	default:
		return os.Open(args[0])
	}
}
