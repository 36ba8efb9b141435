package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// order is one line of the input.
type order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Article  string `json:"article"`
	Quantity int    `json:"quantity"`
	Card     string `json:"card"` // its last four digits
}

func parse(line string) (o order, err error) {
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		return o, err
	}
	switch {
	case o.ID == "":
		err = errors.New("no id")
	case o.Customer == "":
		err = errors.New("no customer")
	case o.Article == "":
		err = errors.New("no article")
	case o.Quantity < 1:
		err = fmt.Errorf("quantity %d", o.Quantity)
	}
	return o, err
}

const maxLine = 1 << 20 // bytes

// lines yields the lines of r until it or ctx ends. A read that blocks, as on a
// terminal, does not hold up ctx.
func lines(ctx context.Context, r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		read := make(chan string)
		var failed error // of the reading; written before read is closed
		go func() {
			defer close(read)
			scanner := bufio.NewScanner(r)
			scanner.Buffer(nil, maxLine)
			for scanner.Scan() {
				select {
				case read <- scanner.Text():
				case <-ctx.Done():
					return
				}
			}
			failed = scanner.Err()
		}()
		for {
			select {
			case line, ok := <-read:
				if !ok && failed != nil {
					yield("", failed)
				}
				if !ok || !yield(line, nil) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}
