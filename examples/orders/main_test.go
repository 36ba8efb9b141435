package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const good = `{"id":"A-1","customer":"Ann","article":"kettle","quantity":1,"card":"0000"}` + "\n"

func TestSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want, err := os.ReadFile("testdata/want.txt")
		require.NoError(t, err)
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), nil, nil, &stdout, &stderr)
		require.Equal(t, string(want), stdout.String())
		require.Zero(t, status, stderr.String())
		require.NotContains(t, stderr.String(), "\r", "progress is for terminals")
		requireAddsUp(t, stdout.String())
	})
}

func TestStandardInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		input := good + "not an order\n" + good +
			`{"id":"A-2","customer":"Bob","article":"moon","quantity":1,"card":"0007"}`
		status := run(t.Context(), []string{"-"}, strings.NewReader(input), &stdout, &stderr)
		require.Zero(t, status)
		counts := requireAddsUp(t, stdout.String())
		require.Equal(t, 4, counts["lines read"])
		require.Equal(t, 2, counts["rejected"])
		require.Equal(t, 1, counts["shipped at once"])
		require.Equal(t, 1, counts["shipped after mending"])
		require.Contains(t, stderr.String(), "line 2 rejected: invalid character")
		require.Contains(t, stderr.String(), "line 3 rejected: order A-1 was there before")
	})
}

func TestNoOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), []string{"-"}, strings.NewReader(""), &stdout, &stderr))
		require.Zero(t, requireAddsUp(t, stdout.String())["lines read"])
	})
}

// An interruption ends in the same summary: what is not shipped is still queued.
func TestInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(ctx, nil, nil, &stdout, &stderr))
		counts := requireAddsUp(t, stdout.String())
		require.Positive(t, counts["shipped at once"])
		require.Positive(t, counts["left on a queue"])
		require.Zero(t, counts["unaccounted for"])
	})
}

func TestInterruptionWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typed, keyboard := io.Pipe()
		defer typed.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			_, _ = io.WriteString(keyboard, good)
			time.Sleep(time.Second)
			cancel()
		}()
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(ctx, []string{"-"}, typed, &stdout, &stderr))
		counts := requireAddsUp(t, stdout.String())
		require.Equal(t, 1, counts["lines read"])
		require.Equal(t, 1, counts["accepted"])
		require.Zero(t, counts["unaccounted for"])
	})
}

// Losing orders is what the program must notice above all.
func TestLostOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		s, err := newStory(&stdout, &stderr)
		require.NoError(t, err)
		err = s.tell(t.Context(), io.MultiReader(strings.NewReader(sample), atEOF(s.orders.Purge)))
		require.ErrorContains(t, err, "nothing happened for 10s")
		require.ErrorContains(t, err, "orders are unaccounted for")
		require.Positive(t, requireAddsUp(t, stdout.String())["unaccounted for"])
	})
}

func TestBadUsage(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.jsonl")
	for name, args := range map[string][]string{
		"two files":    {"a", "b"},
		"unknown flag": {"-x"},
		"no such file": {missing},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, 2, run(t.Context(), args, nil, &stdout, &stderr))
			require.Empty(t, stdout.String())
			require.Contains(t, stderr.String(), "orders: ")
		})
	}
}

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		`{"customer":"Ann","article":"kettle","quantity":1}`:            "no id",
		`{"id":"A","article":"kettle","quantity":1}`:                    "no customer",
		`{"id":"A","customer":"Ann","quantity":1}`:                      "no article",
		`{"id":"A","customer":"Ann","article":"kettle"}`:                "quantity 0",
		`{"id":"A","customer":"Ann","article":"k","quantity":-1}`:       "quantity -1",
		`{"id":"A","customer":"Ann","article":"k","quantity":"two"}`:    "cannot unmarshal string",
		`{"id":"A","customer":"Ann","article":"kettle","quantity":1} x`: "invalid character",
		``: "unexpected end of JSON input",
	} {
		_, err := parse(line)
		require.ErrorContains(t, err, want, line)
	}
}

// atEOF is an empty reader that calls a function when it is read.
type atEOF func() error

func (f atEOF) Read([]byte) (int, error) {
	if err := f(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// requireAddsUp reads the counts of a summary and checks its two sums.
func requireAddsUp(t *testing.T, summary string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^ *(.+?) {2,}(-?\d+)$`).FindAllStringSubmatch(summary, -1) {
		count, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		counts[row[1]] = count
	}
	require.Equal(t, counts["lines read"], counts["rejected"]+counts["accepted"])
	require.Equal(t, counts["orders accepted"], counts["accepted"])
	require.Equal(t, counts["accepted"], counts["shipped at once"]+counts["shipped after a retry"]+
		counts["shipped after mending"]+counts["left on a queue"]+counts["unaccounted for"])
	return counts
}
