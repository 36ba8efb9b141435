package journal_test

import (
	"fmt"
	"log"
	"os"
	"sync"

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

// An engine adds what it changes while it holds its lock, and waits without it.
func ExampleJournal_Add() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.OpenDir(dir, journal.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer j.Close()

	var mu sync.Mutex
	stock := map[string]int{}
	sell := func(article string) error {
		mu.Lock()
		stock[article]--
		ticket, err := j.Add(fmt.Appendf(nil, "%s %d", article, stock[article]))
		mu.Unlock()
		if err != nil {
			return err
		}
		return ticket.Wait()
	}
	fmt.Println(sell("lamp"), sell("lamp"), stock["lamp"])
	// Output: <nil> <nil> -2
}

// A record is read back by its place.
func ExampleJournal_Read() {
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.OpenDir(dir, journal.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer j.Close()

	records := [][]byte{[]byte("a name"), journal.AppendSum([]byte("a long text"), 0)}
	ticket, err := j.Add(records...)
	if err != nil {
		log.Fatal(err)
	}
	if err := ticket.Wait(); err != nil {
		log.Fatal(err)
	}
	offsets := journal.Offsets(nil, records...)
	read, err := j.Read(ticket.Place(offsets[1], len(records[1])), nil)
	if err != nil {
		log.Fatal(err)
	}
	text, ok := journal.CheckSum(read)
	fmt.Println(string(text), ok)
	// Output: a long text true
}
