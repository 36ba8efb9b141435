package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// The story has no sockets, so it takes no time here. A directory is no matter of time.
func TestStory(t *testing.T) {
	want, err := os.ReadFile("testdata/want.txt")
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), nil, nil, &stdout, &stderr)
		require.Equal(t, string(want), stdout.String(), stderr.String())
		require.Zero(t, status, stderr.String())
		require.Contains(t, stderr.String(), "requests counted\nminute", "there is a live table")
	})
}

// An archive that is kept grows by what each run adds, and only that is accounted for.
func TestKeptArchive(t *testing.T) {
	dir := t.TempDir()
	const input = `192.0.2.7 - - [14/Mar/2026:09:26:02 +0100] "GET /a HTTP/1.1" 200 6394
nonsense
192.0.2.8 - - [14/Mar/2026:09:26:03 +0100] "GET /b HTTP/1.1" 200 6394
`
	for run := range 2 {
		synctest.Test(t, func(t *testing.T) { keep(t, dir, input) })
		objects := objectsIn(t, dir)
		require.Len(t, objects, run+1)
		require.Regexp(t, `^clicks/2000/01/01/00/archive-1-2000-01-01-00-00-\d\d-[0-9a-f-]{36}\.log\.gz$`, objects[run])
	}
}

func keep(t *testing.T, dir, input string) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"-dir", dir, "-"}, strings.NewReader(input), &stdout, &stderr), stderr.String())
	require.Contains(t, stdout.String(), "in the archive           2\n")
	require.Contains(t, stdout.String(), "malformed                1\n")
}

func objectsIn(t *testing.T, dir string) (names []string) {
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, err = filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	require.NoError(t, err)
	return names
}

// An interruption ends in an account that adds up: what was put is counted and archived.
func TestInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stdout := &onText{text: "a third worker joins", do: cancel}
		var stderr bytes.Buffer
		require.Equal(t, 1, run(ctx, nil, nil, stdout, &stderr))
		require.Contains(t, stderr.String(), "clickstream: context canceled")
		require.NotContains(t, stderr.String(), "accounted for")
		require.Contains(t, stdout.all.String(), "lines in the stream")
	})
}

func TestCheck(t *testing.T) {
	right := block{"apples", 3, []part{{"red", 1}, {"green", 2}}}
	lost := block{"pears", 3, []part{{"eaten", 2}}}
	require.NoError(t, check([]block{right}))
	require.EqualError(t, check([]block{lost, right}), "pears: 3, but 2 are accounted for")
}

func TestBadUsage(t *testing.T) {
	for _, args := range [][]string{{"-x"}, {"a", "b"}, {"-rate", "0"}, {"no such file"}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), args, nil, &stdout, &stderr))
		require.Empty(t, stdout.String())
		require.NotEmpty(t, stderr.String())
	}
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
