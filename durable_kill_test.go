package leat_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/durable"
)

// TestKill kills a process that uses a Cloud with everything in it, round after round on the
// same directory, and looks for all that it had acknowledged. It makes 40 rounds, or as many as
// take 12 seconds; LEAT_KILL_ROUNDS says how many it makes otherwise.
func TestKill(t *testing.T) {
	rounds, limit := 40, 12*time.Second
	if testing.Short() {
		rounds = 8
	}
	if text := os.Getenv("LEAT_KILL_ROUNDS"); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err)
		limit = time.Hour
	}
	var m *memory
	total, checks, copies, early, round, began := 0, 0, 0, 0, 0, time.Now()
	dir := ""
	for ; round < rounds && time.Since(began) < limit; round++ {
		if round%100 == 0 {
			dir, m = filepath.Join(t.TempDir(), "data"), newMemory()
		}
		v := &victim{
			Dir: dir, Round: round, SegmentSize: []int64{8 << 10, 64 << 10, 1 << 20}[rand.IntN(3)],
			Sync: durable.Policy(rand.IntN(2)), MemoryBudget: []int64{0, -1, 16 << 10}[rand.IntN(3)],
		}
		m.copied = false
		said, opened := kill(t, v, m)
		total += said
		if !opened {
			early++
		}
		if t.Failed() || round%5 == 1 && round != rounds-1 {
			continue // and see what is left after two of them
		}
		if m.copied {
			copies++
			m.backup().check(t, v, v.copyOf())
		}
		checks++
		m.check(t, v, v.Dir)
		if t.Failed() {
			t.Fatalf("round %d: %+v", round, *m)
		}
	}
	t.Logf("%d rounds (%d killed before it was open), %d checks and %d of backups, %d lines: %s", round, early, checks, copies, total, m.counts())
}

// TestKillDuringAReset: afterwards the directory opens, and can be used.
func TestKillDuringAReset(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	dir, said := t.TempDir(), 0
	for round := range rounds {
		v := &victim{Dir: dir, Round: round, Sync: durable.SyncInterval, SegmentSize: 8 << 10, Resets: true}
		n, _ := kill(t, v, nil)
		said += n
		c, err := leat.New(v.config())
		require.NoError(t, err)
		require.Empty(t, c.Recovery().Dropped)
		v.cloud, v.out = c, io.Discard
		require.NoError(t, v.create(), "what there is can be used")
		require.NoError(t, c.Close())
	}
	t.Logf("%d rounds, %d lines", rounds, said)
}

// kill starts a victim, takes down what it says, and kills it.
func kill(t *testing.T, v *victim, m *memory) (said int, opened bool) {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), killEnv+"="+string(text), "GORACE=halt_on_error=1")
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	stdout, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	defer child.Process.Kill()
	var killed atomic.Bool
	moment := func(limit int) *time.Timer {
		return time.AfterFunc(time.Duration(rand.IntN(limit))*time.Millisecond, func() {
			killed.Store(true)
			_ = child.Process.Kill()
		})
	}
	onceOpening := rand.IntN(6) == 0 && v.Round%100 > 0 && !v.Resets
	onceCopied := v.Round%4 == 2 && !onceOpening && !v.Resets
	for lines := bufio.NewReader(stdout); ; said++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		words := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch words[0] {
		case "opening":
			if onceOpening {
				defer moment(40).Stop()
			}
		case "ready":
			opened = true
			_, err := leat.New(leat.Config{Dir: v.Dir})
			require.ErrorIs(t, err, durable.ErrLocked, "it runs")
			if !onceOpening && !onceCopied {
				defer moment(300).Stop()
			}
		case "error":
			t.Fatalf("round %d: the process says %q", v.Round, words)
		default:
			if !v.Resets {
				m.note(t, words)
			}
			if words[0] == "copied" && onceCopied {
				defer moment(50).Stop()
			}
		}
	}
	require.Error(t, child.Wait())
	require.True(t, killed.Load(), "it ended by itself: %v", child.ProcessState)
	return said, opened
}

func (m *memory) counts() string {
	return fmt.Sprintf("%d messages and records tried, %d acknowledged, %d deletions, %d checkpoints", m.total["try"], m.total["sent"]+m.total["put"], m.total["deleted"], m.total["checkpoint"])
}
