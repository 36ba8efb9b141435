package journal_test

import (
	"fmt"
	"log"
	"os"

	"github.com/leat-go/leat/internal/journal"
)

func Example() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	j, err := journal.OpenDir(dir, journal.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, batch := range [][][]byte{{[]byte("one")}, {[]byte("two"), []byte("three")}} {
		if _, err := j.Append(batch...); err != nil {
			log.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		log.Fatal(err)
	}

	j, err = journal.OpenDir(dir, journal.Config{Batch: func(b journal.Batch) error {
		fmt.Printf("commit %d: %s\n", b.Seq, b.Records)
		return nil
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(j.Close())
	// Output:
	// commit 1: [one]
	// commit 2: [two three]
	// <nil>
}
