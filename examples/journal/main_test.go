package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

const messages = 1200 // more than are looked at to find out whose they are

// filled makes a directory of a Cloud, in the first moments of the year 2000.
func filled(t *testing.T) (dir string) {
	dir = filepath.Join(t.TempDir(), "data")
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c, err := leat.New(leat.Config{Dir: dir})
		require.NoError(t, err)
		queue, err := c.SQS().CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		_, err = queue.Send(ctx, slices.Repeat([]sqs.Entry{{Body: "wash the car"}}, messages)...)
		require.NoError(t, err)
		topic, err := c.SNS().CreateTopic("chores", sns.Config{})
		require.NoError(t, err)
		_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolSQS, Address: queue.ARN()})
		require.NoError(t, err)
		stream, err := c.Kinesis().CreateStream("clicks", kinesis.Config{})
		require.NoError(t, err)
		_, err = stream.Put(ctx, kinesis.Entry{PartitionKey: "ann", Data: []byte("home")})
		require.NoError(t, err)
		require.NoError(t, c.Close())
	})
	return dir
}

// call runs the program.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

func TestPrint(t *testing.T) {
	dir := filled(t)
	facts := map[string][]string{
		"sqs":     {`jobs`, `sent 2000-01-01T00:00:00.000000000Z`, `body "wash the car"`},
		"sns":     {`topic 1: `, `chores`, `subscription 2 of topic 1`},
		"kinesis": {`clicks`, `key "ann", 4 bytes "home"`},
	}
	status, all, stderr := call(t, "print", dir)
	require.Zero(t, status, stderr)
	for service, wanted := range facts {
		for _, fact := range wanted {
			require.Contains(t, all, fact)
		}
		require.Contains(t, "\n"+all, "\n"+service+"\n  ")

		// That of one service has the same lines, whatever its name is.
		other := filepath.Join(t.TempDir(), "other")
		require.NoError(t, os.Rename(filepath.Join(dir, service), other))
		status, one, stderr := call(t, "print", other)
		require.Zero(t, status, stderr)
		require.NotEmpty(t, one)
		require.NotContains(t, one, "makes no sense")
		for line := range strings.Lines(one) {
			require.Contains(t, all, "  "+line)
		}
		require.NoError(t, os.Rename(other, filepath.Join(dir, service)))
	}
}

func TestVerify(t *testing.T) {
	dir := filled(t)
	status, stdout, stderr := call(t, "verify", dir)
	require.Zero(t, status, stderr)
	require.Regexp(t, `^good: \d+ bytes\n$`, stdout)

	segments, err := filepath.Glob(filepath.Join(dir, "kinesis", "stream-*", "segment-*"))
	require.NoError(t, err)
	require.NotEmpty(t, segments)
	content, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	content[70]++
	require.NoError(t, os.WriteFile(segments[0], content, 0o600))
	name, err := filepath.Rel(dir, segments[0])
	require.NoError(t, err)
	status, stdout, stderr = call(t, "verify", dir)
	require.Equal(t, 1, status)
	require.Regexp(t, `^`+filepath.ToSlash(name)+`: damaged: \d+ bytes from \d+ on: .*\ndamaged: 1 places\n$`, stdout)
	require.Empty(t, stderr)

	status, _, stderr = call(t, "backup", dir, filepath.Join(t.TempDir(), "copy"))
	require.Equal(t, 1, status, "what is damaged is no backup")
	require.Contains(t, stderr, filepath.Base(name))
}

func TestBackup(t *testing.T) {
	dir, to := filled(t), filepath.Join(t.TempDir(), "copy")
	_, before, _ := call(t, "print", dir)
	status, stdout, stderr := call(t, "backup", dir, to)
	require.Zero(t, status, stderr)
	require.Regexp(t, `^good: \d+ bytes\n$`, stdout)
	_, after, _ := call(t, "print", to)
	require.Equal(t, before, after)
	status, _, stderr = call(t, "backup", dir, to)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "has to be empty")

	synctest.Test(t, func(t *testing.T) { // where it is 2000 still
		c, err := leat.New(leat.Config{Dir: to})
		require.NoError(t, err)
		queue, err := c.SQS().Queue("jobs")
		require.NoError(t, err)
		require.Len(t, queue.Peek(2*messages), messages)
		for _, command := range [][]string{{"print", to}, {"verify", to}, {"backup", to, t.TempDir()}} {
			status, _, stderr := call(t, command...)
			require.Equal(t, 1, status)
			require.Contains(t, stderr, "a program has it open")
		}
		require.NoError(t, c.Close())
	})
}

func TestRefusals(t *testing.T) {
	empty := t.TempDir()
	for _, args := range [][]string{{"print", empty}, {"verify", empty}, {"backup", empty, t.TempDir()}, {"verify", filepath.Join(empty, "missing")}} {
		status, stdout, stderr := call(t, args...)
		require.Equal(t, 1, status, args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "journal: ")
	}
	require.Empty(t, must(os.ReadDir(empty)))
	for _, args := range [][]string{nil, {"print"}, {"backup", empty}, {"remove", empty}} {
		status, _, stderr := call(t, args...)
		require.Equal(t, 2, status)
		require.Equal(t, usage, stderr)
	}
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}
