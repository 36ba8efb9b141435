// Clickstream watches a web site while it is being visited. It replays the access log of
// a web server into a stream, keyed by visitor, as a web server would feed it. From the
// stream two consumers read, each at its own pace:
//
//   - A group of workers counts the requests for each page in each minute, and shows a
//     live table. The records of a visitor come in order, to one worker at a time.
//   - A delivery stream archives the lines: compressed objects in a directory, under
//     prefixes of the date and hour at which the lines arrived.
//
// Meanwhile the stream of 4 shards is resharded to 8 and, once a third worker has joined,
// to 5. Nobody misses a line.
//
//	go run ./examples/clickstream [-rate n] [-dir directory] [file | -]
//
// Any file in common or combined log format works; - is the standard input, and the
// sample access.log is taken if there is no file. The standard output says what happened,
// and accounts for every line; it is the same each time. The live table is on the standard
// error output. The objects are removed at the end, unless -dir says where to keep them. The
// exit status is 1 if what was put, counted and archived is not the same.
//
// To read it begin with story.go. workers.go has the group, archive.go the delivery stream.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

//go:embed access.log
var sample string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	flags := flag.NewFlagSet("clickstream", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rate := flags.Int("rate", 1500, "replay `n` lines a second")
	dir := flags.String("dir", "", "keep the archive in a `directory`")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 1 || *rate < 1:
		fmt.Fprintln(stderr, "clickstream: usage: clickstream [-rate n] [-dir directory] [file | -], with n of 1 or more")
		return 2
	}
	input, err := open(flags.Arg(0), stdin)
	if err != nil {
		fmt.Fprintln(stderr, "clickstream:", err)
		return 2
	}
	defer input.Close()
	s, err := newStory(*rate, *dir, stdout, stderr)
	if err == nil {
		err = errors.Join(s.tell(ctx, input), s.close())
	}
	if err != nil {
		fmt.Fprintln(stderr, "clickstream:", err)
		return 1
	}
	return 0
}

func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	switch name {
	case "":
		return io.NopCloser(strings.NewReader(sample)), nil
	case "-":
		return io.NopCloser(stdin), nil
	default:
		return os.Open(name)
	}
}
