package kinesis_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
)

// openDir opens a service in a directory of the operating system.
func openDir(t testing.TB, dir string, options durable.Options) *kinesis.Service {
	t.Helper()
	s, err := kinesis.Open(dir, kinesis.ServiceConfig{Durable: options})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// fill makes streams with some records and a lease.
func fill(t testing.TB, s *kinesis.Service, streams int) {
	for i := range streams {
		stream, err := s.CreateStream(fmt.Sprint("stream", i), kinesis.Config{ShardCount: 2, Tags: map[string]string{"i": fmt.Sprint(i)}})
		require.NoError(t, err)
		for k := range 20 {
			mustPut(t, stream, keyed(fmt.Sprint("key", k), fmt.Sprint("data", i, k), strings.Repeat("x", 100))...)
		}
	}
	require.NoError(t, s.Leases().Create(t.Context(), "group", kinesis.Lease{ShardID: "shard", Counter: 7}))
}

func contents(t testing.TB, s *kinesis.Service) map[string]map[string][]string {
	page, err := s.ListStreams(kinesis.ListRequest{})
	require.NoError(t, err)
	all := map[string]map[string][]string{}
	for _, stream := range page.Streams {
		all[stream.Name()] = contentOf(t, stream)
	}
	return all
}

func TestDurableDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openDir(t, dir, durable.Options{SegmentSize: 3000})
	fill(t, s, 5)
	require.NoError(t, s.DeleteStream("stream3", false))
	require.NoDirExists(t, filepath.Join(dir, "stream-4"))
	want := contents(t, s)

	_, err := kinesis.Open(dir, kinesis.ServiceConfig{})
	require.ErrorIs(t, err, durable.ErrLocked)
	require.ErrorIs(t, err, kinesis.ErrInternalFailure)
	require.ErrorIs(t, kinesis.Print(&bytes.Buffer{}, dir), durable.ErrLocked)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())

	var told []durable.Progress
	s = openDir(t, dir, durable.Options{Progress: func(p durable.Progress) { told = append(told, p) }})
	require.Equal(t, want, contents(t, s))
	last := told[len(told)-1]
	require.Positive(t, last.Total)
	require.Equal(t, last.Total, last.Bytes)
	for i := range told {
		require.Equal(t, last.Total, told[i].Total)
		require.True(t, i == 0 || told[i-1].Bytes <= told[i].Bytes)
	}
	// A directory that no stream has any more goes.
	require.NoError(t, s.Close())
	require.NoError(t, os.CopyFS(filepath.Join(dir, "stream-77"), os.DirFS(filepath.Join(dir, "stream-1"))))
	s = openDir(t, dir, durable.Options{})
	require.Equal(t, want, contents(t, s))
	require.NoDirExists(t, filepath.Join(dir, "stream-77"))
	created, err := s.CreateStream("new", kinesis.Config{})
	require.NoError(t, err)
	mustPut(t, created, keyed("k", "x")...)
	require.DirExists(t, filepath.Join(dir, "stream-78"), "numbers are not used again")
	require.NoError(t, s.Close())

	// Streams whose service is missing are not taken for what was deleted.
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for _, name := range names {
		if info, _ := os.Stat(name); !info.IsDir() {
			require.NoError(t, os.Remove(name))
		}
	}
	_, err = kinesis.Open(dir, kinesis.ServiceConfig{})
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.DirExists(t, filepath.Join(dir, "stream-1"))
}

func TestDurableOpenRefuses(t *testing.T) {
	_, err := kinesis.Open(t.TempDir(), kinesis.ServiceConfig{Account: "x"})
	require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
	_, err = kinesis.Open(t.TempDir(), kinesis.ServiceConfig{Durable: durable.Options{SegmentSize: 1}})
	require.ErrorIs(t, err, durable.ErrInvalid)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = kinesis.Open(file, kinesis.ServiceConfig{})
	require.ErrorIs(t, err, kinesis.ErrInternalFailure)
	memory, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	require.ErrorIs(t, memory.Backup(t.Context(), t.TempDir()), kinesis.ErrInvalidArgument)
	require.Zero(t, memory.Recovery())
}

// A backup is a service as it was at a moment during it.
func TestDurableBackup(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	s := openDir(t, dir, durable.Options{SegmentSize: 3000})
	fill(t, s, 4)
	want := contents(t, s)
	require.NoError(t, s.Backup(t.Context(), to))
	require.ErrorIs(t, s.Backup(t.Context(), to), kinesis.ErrInvalidArgument, "there is something")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Backup(cancelled, t.TempDir()), context.Canceled)
	mustPut(t, mustStream(t, s, "stream0"), keyed("later", "x")...)
	c := openDir(t, to, durable.Options{})
	require.Equal(t, want, contents(t, c))
	leases, err := c.Leases().List(t.Context(), "group")
	require.NoError(t, err)
	require.Equal(t, []kinesis.Lease{{ShardID: "shard", Counter: 7}}, leases)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Backup(t.Context(), t.TempDir()), kinesis.ErrClosed)
}

// Backups that are made while all goes on, streams being created and deleted among it,
// can be opened and have what was there before.
func TestDurableBackupWhileUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := kinesis.NewMemFiles(1)
		s := mustOpen(t, files, durable.Options{SegmentSize: 2000})
		stream, err := s.CreateStream("stays", kinesis.Config{RetentionBytes: 20_000})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := stream.Put(context.Background(), keyed("k", fmt.Sprint(i))...); err != nil {
					done <- err
					return
				}
				time.Sleep(time.Millisecond)
			}
			done <- nil
		}()
		go func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := fmt.Sprint("comes and goes ", i%3)[:14]
				name = strings.ReplaceAll(name, " ", "-")
				if _, err := s.CreateStream(name, kinesis.Config{}); err != nil {
					done <- err
					return
				}
				if err := s.DeleteStream(name, false); err != nil {
					done <- err
					return
				}
				time.Sleep(time.Millisecond)
			}
			done <- nil
		}()
		for i := range 40 {
			time.Sleep(20*time.Millisecond + time.Duration(i)*time.Microsecond)
			before := readData(t, stream, "shardId-000000000000", kinesis.Position{})
			copied := kinesis.NewMemFiles(uint64(i))
			require.NoError(t, kinesis.BackupTo(s, copied))
			c := mustOpen(t, copied, durable.Options{})
			require.Zero(t, c.Recovery())
			after := readData(t, mustStream(t, c, "stays"), "shardId-000000000000", kinesis.Position{})
			require.GreaterOrEqual(t, len(after), len(before))
			require.Equal(t, before, after[:len(before)])
			require.NoError(t, c.Close())
		}
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		require.Len(t, files.Directories(), 1, "what was deleted goes when the backup is over")
		require.NoError(t, s.Close())
	})
}

func TestPrint(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir, durable.Options{SegmentSize: 3000})
	fill(t, s, 2)
	stream := mustStream(t, s, "stream0")
	require.NoError(t, stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 40}))
	_, err := stream.RegisterConsumer("fan", nil)
	require.NoError(t, err)
	require.NoError(t, s.DeleteStream("stream1", true))
	require.NoError(t, s.Close())
	var text strings.Builder
	require.NoError(t, kinesis.Print(&text, dir))
	for _, want := range []string{
		"stream 1 is arn:aws:kinesis:us-east-1:000000000000:stream/stream0", "stream 2 is gone", "lease group shard: owner \"\", counter 7",
		"settings of arn:aws:kinesis:us-east-1:000000000000:stream/stream0", "record shardId-000000000001 1, arrived 20", "7 bytes \"data0 0\"",
		"shards, of 4 that there ever were: shardId-000000000000", "consumer fan",
	} {
		require.Contains(t, text.String(), want)
	}
	require.Error(t, kinesis.Print(&text, filepath.Join(dir, "nowhere")))
}

// Bytes that change on the disk are found, and Salvage opens what is left.
func TestDurableDamage(t *testing.T) {
	const segment = "segment-0000000000000002"
	for _, damaged := range []string{"stream-1", ""} {
		dir := t.TempDir()
		s := openDir(t, dir, durable.Options{SegmentSize: 1500})
		stream, err := s.CreateStream("orders", kinesis.Config{})
		require.NoError(t, err)
		for i := range 40 {
			mustPut(t, stream, keyed("k", fmt.Sprint(i), strings.Repeat("x", 100))...)
			require.NoError(t, s.Leases().Create(t.Context(), "group", kinesis.Lease{ShardID: fmt.Sprint(i)}))
		}
		require.NoError(t, s.Close())
		file := filepath.Join(dir, damaged, segment)
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		b[len(b)/2] ^= 1
		require.NoError(t, os.WriteFile(file, b, 0o600))

		_, err = kinesis.Open(dir, kinesis.ServiceConfig{})
		require.ErrorIs(t, err, durable.ErrCorrupt)
		var text strings.Builder
		require.NoError(t, kinesis.Print(&text, dir))
		require.Contains(t, text.String(), "damaged: "+segment)

		s = openDir(t, dir, durable.Options{Salvage: true, SegmentSize: 1500})
		require.Len(t, s.Recovery().Dropped, 1)
		require.Equal(t, filepath.Join(damaged, segment), s.Recovery().Dropped[0].File)
		stream = mustStream(t, s, "orders")
		left := readAll(t, stream, "shardId-000000000000")
		if damaged == "" {
			require.Len(t, left, 80)
		} else {
			require.Less(t, len(left), 80)
			require.Greater(t, len(left), 60)
			require.Equal(t, "0", left[0])
			require.Equal(t, "39", left[len(left)-2])
			backlog, err := stream.Backlog("shardId-000000000000", kinesis.Position{})
			require.NoError(t, err)
			require.EqualValues(t, 80, backlog.Records, "what was lost keeps its numbers")
		}
		mustPut(t, stream, keyed("k", "later")...)
		require.NoError(t, s.Close())
		s = openDir(t, dir, durable.Options{Salvage: true})
		require.Empty(t, s.Recovery().Dropped)
		require.Equal(t, append(left, "later"), readAll(t, mustStream(t, s, "orders"), "shardId-000000000000"))
		require.NoError(t, s.Close())
	}
}

// readAll reads a shard bit by bit.
func readAll(t testing.TB, stream *kinesis.LocalStream, shard string) (data []string) {
	next := kinesis.Position{}
	for {
		b, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: shard, Position: next, Limit: 7})
		require.NoError(t, err)
		if len(b.Records) == 0 {
			return data
		}
		data = append(data, dataIn(b)...)
		next = b.Next
	}
}

// What a newer version has written is refused by name.
func TestDurableVersion(t *testing.T) {
	dir := t.TempDir()
	s := openDir(t, dir, durable.Options{})
	_, err := s.CreateStream("orders", kinesis.Config{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	kinesis.AppendFact(t, filepath.Join(dir, "stream-1"), []byte{99, 1, 2, 3})
	_, err = kinesis.Open(dir, kinesis.ServiceConfig{})
	require.ErrorContains(t, err, "written by a newer version of leat")
	require.ErrorIs(t, err, durable.ErrVersion)
}
