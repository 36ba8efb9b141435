// Orders takes a shop's orders through a queue: it reads them, sends them, and lets
// several workers ship them. Some attempts fail and are repeated. Orders that fail
// again and again become dead letters; it looks at those, mends what was wrong and
// moves them back. At the end it accounts for every line that it read.
//
//	go run ./examples/orders [file | -]
//
// An order is a line of JSON, as in orders.jsonl, which is taken if there is no
// file; - is the standard input. The exit status is 1 if an order is not shipped.
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
	s, err := newStory(stdout, stderr)
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
