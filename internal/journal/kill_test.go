package journal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killDir is set in a process that is there to be killed.
const killDir = "LEAT_JOURNAL_KILL_DIR"

// killTrims is set too if it is to trim.
const killTrims = "LEAT_JOURNAL_KILL_TRIMS"

// TestMain appends to a journal until it is killed, in a process that TestKill has started.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		run := appendForever
		if os.Getenv(killTrims) != "" {
			run = trimForever
		}
		if err := run(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func appendForever(dir string) error {
	from := map[string]int{}
	cfg := Config{SegmentSize: 16 << 10, Batch: func(b Batch) error {
		from[string(b.Records[0])]++
		return nil
	}}
	j, err := OpenDir(dir, cfg)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	failed := make(chan error)
	for writer := range 4 {
		go func() {
			name := fmt.Sprint(writer)
			for i := from[name]; ; i++ {
				// It waits for two at a time.
				rider, err := j.Add([]byte(name), []byte(strconv.Itoa(i)), []byte(strings.Repeat("r", i%300)))
				if err == nil && i%2 == 0 {
					continue
				}
				if err == nil {
					err = rider.Wait()
				}
				if err == nil {
					at := Offsets(nil, []byte(name), []byte(strconv.Itoa(i)))
					var got []byte
					got, err = j.Read(rider.Place(at[1], len(strconv.Itoa(i))), nil)
					if err == nil && string(got) != strconv.Itoa(i) {
						err = fmt.Errorf("%q was read for %d", got, i)
					}
				}
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(name, i)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

// killed runs a process on a journal, has told called with each line that it prints, kills
// it after some of them, and returns how many there were.
func killed(t *testing.T, dir string, after int, told func(line string), env ...string) (lines int) {
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(append(os.Environ(), killDir+"="+dir), env...)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		told(scanner.Text())
		if lines++; lines == after {
			_, err := OpenDir(dir, Config{})
			require.ErrorIs(t, err, ErrLocked, "it runs")
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	return lines
}

// TestKill kills a process that appends, some rounds, and looks for what it said it
// had committed.
func TestKill(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	acked := map[string]int{}
	total := 0
	for round := range rounds {
		total += killed(t, dir, 20+37*round%200, func(line string) {
			name, i, ok := strings.Cut(line, " ")
			n, err := strconv.Atoi(i)
			require.True(t, ok && err == nil, "the process says %q", line)
			acked[name] = max(acked[name], n+1)
		})

		found := map[string]int{}
		j, err := OpenDir(dir, Config{Batch: func(b Batch) error {
			name := string(b.Records[0])
			require.Equal(t, strconv.Itoa(found[name]), string(b.Records[1]), "in order, without gaps")
			found[name]++
			return nil
		}})
		require.NoError(t, err)
		for name, n := range acked {
			require.GreaterOrEqual(t, found[name], n)
		}
		acked = found
		require.NoError(t, j.Close())
	}
	t.Logf("%d rounds, %d commits acknowledged", rounds, total)
}

// TestTogether uses everything at once, for the race detector.
func TestTogether(t *testing.T) {
	j, err := OpenDir(t.TempDir(), Config{SegmentSize: 4096, Sync: SyncInterval, Interval: time.Millisecond})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_, err := j.Append(make([]byte, 100))
				require.NoError(t, err)
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			require.NoError(t, j.Snapshot(make([]byte, 1000)))
			require.NoError(t, j.Sync())
			segments := j.Segments()
			require.NoError(t, j.Trim(segments[len(segments)-1].Number))
			require.Zero(t, j.Report())
		}
	})
	wg.Wait()
	require.NoError(t, j.Close())
}
