// Journal shows people what leat has on the disk: in a directory of leat.Config.Dir, as that of
// endpoint's -persist, or in one of sqs.Open, sns.Open or kinesis.Open. Nothing may have it
// open; make a backup of one that is used with the Backup method, and look at that.
//
//	go run ./examples/journal print directory            every fact, in the order in which they were written
//	go run ./examples/journal verify directory           reads everything, and says what is damaged
//	go run ./examples/journal backup directory another   copies it, and verifies the copy
//
// print and verify change nothing. The exit status is 1 if something is damaged or can not be
// done, and 2 if the command makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/leat-go/leat/durable"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage: journal print directory
       journal verify directory
       journal backup directory another
`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	var err error
	switch {
	case len(args) == 2 && args[0] == "print":
		err = show(args[1], stdout)
	case len(args) == 2 && args[0] == "verify":
		err = verify(ctx, args[1], stdout, stderr)
	case len(args) == 3 && args[0] == "backup":
		err = backup(ctx, args[1], args[2], stdout, stderr)
	default:
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, durable.ErrLocked):
		fmt.Fprintln(stderr, "journal: a program has it open; end that one, or make a backup with its Backup method and look at that")
	case !errors.Is(err, errDamaged):
		fmt.Fprintln(stderr, "journal:", err)
	}
	return 1
}

// errDamaged ends the program when all was said.
var errDamaged = errors.New("something is damaged")

// verify reads everything, and says what it found.
func verify(ctx context.Context, dir string, stdout, stderr io.Writer) error {
	bytes, last := int64(0), time.Now()
	report, err := durable.Verify(ctx, dir, func(p durable.Progress) {
		bytes = p.Bytes
		if now := time.Now(); now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(stderr, "%d of %d MiB\n", p.Bytes>>20, p.Total>>20)
		}
	})
	for _, d := range report.Dropped {
		fmt.Fprintf(stdout, "%s: damaged: %d bytes from %d on: %s\n", d.File, d.Bytes, d.Offset, d.Reason)
	}
	if report.Torn > 0 {
		fmt.Fprintf(stdout, "%d bytes were being written when it ended; they are no damage, and are cut off when it is opened\n", report.Torn)
	}
	switch {
	case err == nil:
		fmt.Fprintf(stdout, "good: %d bytes\n", bytes)
		return nil
	case errors.Is(err, durable.ErrCorrupt) && len(report.Dropped) > 0:
		fmt.Fprintf(stdout, "damaged: %d places\n", len(report.Dropped))
		return errDamaged
	}
	return err
}
