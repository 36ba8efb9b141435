package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
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
			`{"id":"A-2","customer":"Bob","article":"moon","quantity":12,"card":"0007"}`
		status := run(t.Context(), []string{"-"}, strings.NewReader(input), &stdout, &stderr)
		require.Zero(t, status)
		counts := requireAddsUp(t, stdout.String())
		require.Equal(t, 4, counts["lines read"])
		require.Equal(t, 2, counts["rejected"])
		require.Equal(t, 1, counts["shipped at once"])
		require.Equal(t, 1, counts["shipped after mending"])
		require.Equal(t, 2, counts["counted"])
		require.Equal(t, 1, counts["a dozen or more"])
		require.Equal(t, 3, counts["mails delivered"])
		require.Contains(t, stderr.String(), "line 2 rejected: invalid character")
		require.Contains(t, stderr.String(), "line 3 rejected: order A-1 was there before")
	})
}

// Without dead letters the administrator is left alone.
func TestNothingToMend(t *testing.T) {
	for _, input := range []string{"", good} {
		synctest.Test(t, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Zero(t, run(t.Context(), []string{"-"}, strings.NewReader(input), &stdout, &stderr))
			counts := requireAddsUp(t, stdout.String())
			require.Equal(t, strings.Count(input, "\n"), counts["lines read"])
			require.Equal(t, 1, counts["mails delivered"])
		})
	}
}

// What the topic refuses is a line like any other that is no order.
func TestRefusedByTheTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		long := strings.Replace(good, "Ann", strings.Repeat("n", 1<<18), 1)
		odd := strings.Replace(good, "A-1", "A-\\ufffe", 1)
		require.Zero(t, run(t.Context(), []string{"-"}, strings.NewReader(long+odd+strings.Replace(good, "A-1", "A-2", 1)), &stdout, &stderr))
		counts := requireAddsUp(t, stdout.String())
		require.Equal(t, 2, counts["rejected"])
		require.Equal(t, 1, counts["shipped at once"])
		require.Contains(t, stderr.String(), "line 1 rejected: sns: Publish")
		require.Contains(t, stderr.String(), "Message too long")
		require.Contains(t, stderr.String(), "line 2 rejected: sns: Publish")
	})
}

// An interruption ends in the same account: what is not done is still queued.
func TestInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(ctx, nil, nil, &stdout, &stderr))
		counts := requireAddsUp(t, stdout.String())
		require.Positive(t, counts["shipped at once"])
		require.Positive(t, counts["left in processing"])
		require.NotContains(t, stderr.String(), "accounted for")
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
		require.Equal(t, 1, counts["published"])
		require.NotContains(t, stderr.String(), "accounted for")
	})
}

// Losing orders is what the program must notice above all.
func TestLostOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		s, err := newStory(t.Context(), &stdout, &stderr)
		require.NoError(t, err)
		err = s.tell(t.Context(), io.MultiReader(strings.NewReader(sample), atEOF(s.processing.queue.Purge)))
		require.ErrorContains(t, err, "nothing happened for 10s")
		require.ErrorContains(t, err, "orders for processing: 300, but")
		require.NotContains(t, err.Error(), "orders for analytics")
	})
}

// A filter that lets other orders through than it should is noticed too.
func TestWrongFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		s, err := newStory(t.Context(), &stdout, &stderr)
		require.NoError(t, err)
		require.NoError(t, s.fraud.subscription.SetAttribute("FilterPolicy", `{"quantity":[{"numeric":[">=",12]}]}`))
		err = s.tell(t.Context(), strings.NewReader(sample))
		require.ErrorContains(t, err, "suspicious orders: 24, but 18 are accounted for")
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

// atEOF is an empty reader that calls a function when it is read.
type atEOF func() error

func (f atEOF) Read([]byte) (int, error) {
	if err := f(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}
