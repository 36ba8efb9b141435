package main

import (
	"bufio"
	"context"
	"io"
	"iter"
)

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
