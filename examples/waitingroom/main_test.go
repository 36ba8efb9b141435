package main

import (
	"bytes"
	"context"
	"os"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// In virtual time the story takes none, and at any speed it is the same.
func TestStory(t *testing.T) {
	want, err := os.ReadFile("testdata/want.txt")
	require.NoError(t, err)
	for _, args := range [][]string{nil, {"-speed", "1"}, {"-speed", "100"}} {
		synctest.Test(t, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), args, &stdout, &stderr)
			require.Equal(t, string(want), stdout.String(), stderr.String())
			require.Zero(t, status, stderr.String())
			require.Regexp(t, `\n  20 s  waiting +9\d  inside +(1[5-9]|20)  checks to come +1\d\d  events so far +\d+\n`, stderr.String())
			require.Regexp(t, `had waited 2[0-3](\.\d)?s on average\n$`, stderr.String())
		})
	}
}

// Without a rush nobody waits, and the alarm has nothing to say but that.
func TestNoRush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), []string{"-visitors", "7", "-places", "9"}, &stdout, &stderr), stderr.String())
		require.NotContains(t, stdout.String(), "ALARM")
		require.Contains(t, stdout.String(), "OK: \"too-many-waiting\"")
		require.Contains(t, stdout.String(), "removed while waiting      0\n")
	})
}

// An interruption ends in an account that adds up, whenever it comes.
func TestInterruption(t *testing.T) {
	for text, want := range map[string]string{
		"Confirmation":   `visitors who came +0\n(.*\n)*tickets +0\n`,
		"the shop opens": `visitors who came +0\n(.*\n)*tickets +0\n`,
		"for the administrator: OK": `visitors who came +[1-9]\d\n  left +\d+\n  removed .*\n  removed .*\n` +
			`  still waiting +[1-9]\d\n  still inside +20\n(.*\n)*  interrupted +[1-9]\d\n`,
		"for the administrator: ALARM": `visitors who came +150\n(.*\n)*  interrupted +\d\d\n(.*\n)*  of the alarm +2\n`,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stdout := &onText{text: text, do: cancel}
			var stderr bytes.Buffer
			require.Equal(t, 1, run(ctx, nil, stdout, &stderr))
			require.Contains(t, stderr.String(), "waitingroom: context canceled\n")
			require.NotContains(t, stderr.String(), "accounted for")
			require.Regexp(t, want, stdout.all.String())
			require.NotContains(t, stdout.all.String(), "the last visitor is gone")
		})
	}
}

func TestBadUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"flag provided but not defined":   {"-x"},
		`unexpected argument "a"`:         {"a"},
		"-speed must be 1 to 100":         {"-speed", "0"},
		"-speed must be 1 to 100\n":       {"-speed", "101"},
		"-visitors must be 1 to 100000":   {"-visitors", "0"},
		"-visitors must be 1 to 100000\n": {"-visitors", "100001"},
		"-places must be 1 to 100000":     {"-places", "-1"},
		"-places must be 1 to 100000\n":   {"-places", "100001"},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), args, &stdout, &stderr), want)
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), want)
	}
	require.Zero(t, run(t.Context(), []string{"-h"}, &bytes.Buffer{}, &bytes.Buffer{}))
}

// onText is a writer that calls a function once when a text was written to it.
type onText struct {
	all  bytes.Buffer
	text string
	do   func()
}

func (w *onText) Write(p []byte) (int, error) {
	n, err := w.all.Write(p)
	if do := w.do; do != nil && bytes.Contains(w.all.Bytes(), []byte(w.text)) {
		w.do = nil
		do()
	}
	return n, err
}
