package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
)

// TestPersist: what was there when the program ended is there when it begins again.
func TestPersist(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for _, policy := range []string{"each", "interval", "never"} {
		e := begin(t, "-persist", dir, "-sync", policy)
		for _, call := range [][2]string{
			{"CreateQueue", `{"QueueName":"jobs"}`},
			{"SendMessage", `{"QueueUrl":"jobs","MessageBody":"wash the car, ` + policy + `"}`},
		} {
			status, body := e.json(t, call[0], call[1])
			require.Equal(t, http.StatusOK, status, body)
		}

		var stdout, stderr bytes.Buffer
		require.Equal(t, 1, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-persist", dir}, &stdout, &stderr))
		require.Contains(t, stderr.String(), "endpoint: another program has "+dir+" open; end that one")
		require.Empty(t, stdout.String())
		require.Empty(t, e.stop(t), "it says nothing as nothing was found")
	}
	e := begin(t, "-persist", dir)
	status, body := e.json(t, "ReceiveMessage", `{"QueueUrl":"jobs","MaxNumberOfMessages":10}`)
	require.Equal(t, http.StatusOK, status, body)
	for policy := range policies {
		require.Contains(t, body, "wash the car, "+policy)
	}
	e.stop(t)
}

// TestSalvage: a damaged directory is refused, and opened when people insist.
func TestSalvage(t *testing.T) {
	dir := t.TempDir()
	e := begin(t, "-persist", dir)
	for _, call := range [][2]string{
		{"CreateQueue", `{"QueueName":"jobs"}`}, {"CreateQueue", `{"QueueName":"chores"}`}, {"CreateQueue", `{"QueueName":"orders"}`},
	} {
		status, body := e.json(t, call[0], call[1])
		require.Equal(t, http.StatusOK, status, body)
	}
	e.stop(t)
	segments, err := filepath.Glob(filepath.Join(dir, "sqs", "segment-*"))
	require.NoError(t, err)
	content, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	at := bytes.Index(content, []byte("jobs"))
	require.Positive(t, at)
	content[at]++
	require.NoError(t, os.WriteFile(segments[0], content, 0o600))

	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-persist", dir}, &stdout, &stderr))
	require.Contains(t, stderr.String(), filepath.Base(segments[0]))
	require.Contains(t, stderr.String(), "opened by -salvage")

	e = begin(t, "-persist", dir, "-salvage")
	status, body := e.json(t, "ListQueues", `{}`)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, "orders")
	require.Contains(t, e.stop(t), "endpoint: dropped from "+dir+": sqs/"+filepath.Base(segments[0]))
}

// TestProgress: people are told how far it is when there is much to read.
func TestProgress(t *testing.T) {
	var out strings.Builder
	p := &progress{w: &out, dir: "data"}
	p.tell(durable.Progress{Bytes: 1 << 20, Total: 2 << 20})
	require.Empty(t, out.String())
	for mib := range int64(100) {
		p.tell(durable.Progress{Bytes: (mib + 1) << 20, Total: 100 << 20})
	}
	require.True(t, strings.HasPrefix(out.String(), "endpoint: opening data: 1 of 100 MiB\n"), out.String())
	require.True(t, strings.HasSuffix(out.String(), "endpoint: opening data: 100 of 100 MiB\n"), out.String())
	require.Less(t, strings.Count(out.String(), "\n"), 50)
}
