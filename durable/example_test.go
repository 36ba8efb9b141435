package durable_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/leat-go/leat/durable"
)

// The options of a service that may lose the last second, and says how far it is
// while it opens.
func ExampleOptions() {
	options := durable.Options{
		Sync:     durable.SyncInterval,
		Interval: time.Second,
		Progress: func(p durable.Progress) { log.Printf("opening: %d of %d bytes", p.Bytes, p.Total) },
	}
	fmt.Println(options.Sync == durable.SyncInterval, options.Interval)
	// Output: true 1s
}

// A check of a directory, before a backup is trusted for example.
func ExampleVerify() {
	parent, err := os.MkdirTemp("", "durable")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)

	report, err := durable.Verify(context.Background(), filepath.Join(parent, "backup"), nil)
	switch {
	case errors.Is(err, durable.ErrCorrupt):
		for _, d := range report.Dropped {
			fmt.Printf("%s: %d bytes at %d: %s\n", d.File, d.Bytes, d.Offset, d.Reason)
		}
	case errors.Is(err, fs.ErrNotExist):
		fmt.Println("there is nothing")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println("it is good")
	}
	// Output: there is nothing
}
