package journal

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// trimForever appends numbers, from several goroutines and in order, and trims all the time.
func trimForever(dir string) error {
	next := 0
	j, err := OpenDir(dir, Config{SegmentSize: 16 << 10, Batch: func(b Batch) (err error) {
		next, err = strconv.Atoi(string(b.Records[0]))
		next++
		return err
	}})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for range 4 {
		go func() {
			for {
				mu.Lock()
				n := next
				next++
				ticket, err := j.Add([]byte(strconv.Itoa(n)), []byte(strings.Repeat("r", n%300)))
				mu.Unlock()
				if err == nil {
					err = ticket.Wait()
				}
				mu.Lock()
				if segments := j.Segments(); err == nil && len(segments) > 3 {
					err = j.Trim(segments[1].Number)
				}
				if err == nil {
					fmt.Println(n)
				}
				mu.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// TestKillReuse is TestKill of a process that trims, and so uses files again. What it has not
// trimmed must be there, without gaps, up to what it said it had committed.
func TestKillReuse(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	acked, total, tails := -1, 0, 0
	for round := range rounds {
		total += killed(t, dir, 300+137*round%400, func(line string) {
			n, err := strconv.Atoi(line)
			require.NoError(t, err, "the process says %q", line)
			acked = max(acked, n)
		}, killTrims+"=1")

		before := sizeOfFiles(t, dir)
		last := -1
		j, err := OpenDir(dir, Config{Batch: func(b Batch) error {
			n, err := strconv.Atoi(string(b.Records[0]))
			require.NoError(t, err)
			require.True(t, last < 0 || n == last+1, "%d comes after %d", n, last)
			last = n
			return nil
		}})
		require.NoError(t, err)
		require.Empty(t, j.Report().Dropped)
		// The kill may end a write between two pages. All four may have been in it.
		require.LessOrEqual(t, j.Report().Torn, int64(4*(frameHeader+310)))
		require.GreaterOrEqual(t, last, acked)
		acked = last
		if j.Size() < before {
			tails++
		}
		require.NoError(t, j.Close())
	}
	require.Positive(t, tails)
	t.Logf("%d rounds, %d commits acknowledged, %d times with what a file held before", rounds, total, tails)
}

// sizeOfFiles is the length of all segments as they lie on the disk.
func sizeOfFiles(t *testing.T, dir string) (size int64) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "segment-") {
			info, err := entry.Info()
			require.NoError(t, err)
			size += info.Size()
		}
	}
	return size
}
