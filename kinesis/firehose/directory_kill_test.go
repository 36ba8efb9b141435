package firehose

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDirectoryAfterKill kills a process while it delivers: what was delivered is there,
// what was not is not there by half, and the next to open the directory tidies up.
func TestDirectoryAfterKill(t *testing.T) {
	const variable = "LEAT_TEST_DIRECTORY"
	if dir := os.Getenv(variable); dir != "" {
		deliverForEver(dir)
	}
	dir := t.TempDir()
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestDirectoryAfterKill$")
		child.Env = append(os.Environ(), fmt.Sprint(variable, "=", dir))
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		var delivered []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			delivered = append(delivered, lines.Text())
			if len(delivered) == 20+7*round {
				require.NoError(t, child.Process.Kill())
			}
		}
		_ = child.Wait()
		require.GreaterOrEqual(t, len(delivered), 20)

		openDirectory(t, dir)
		found := files(t, dir)
		for _, key := range delivered {
			require.Contains(t, found, key)
		}
		for key, content := range found {
			require.False(t, strings.HasPrefix(key, temporaryPrefix), key)
			require.True(t, content == killedContent(key), "%s has %d bytes", key, len(content))
		}
	}
}

func killedContent(key string) string { return strings.Repeat(key, 20_000) }

// deliverForEver delivers objects, and prints the keys of those that are delivered.
func deliverForEver(dir string) {
	d, err := NewDirectory(dir, DirectoryConfig{})
	if err != nil {
		panic(err)
	}
	var running sync.WaitGroup
	for worker := range 4 {
		running.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d/%d/%d", os.Getpid(), worker, i)
				if err := d.Deliver(context.Background(), objectOf(key, killedContent(key))); err != nil {
					panic(err)
				}
				if _, err := fmt.Fprintln(os.Stdout, key); err != nil {
					os.Exit(1) // nobody reads any more
				}
			}
		})
	}
	running.Wait()
}
