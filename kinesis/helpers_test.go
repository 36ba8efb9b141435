package kinesis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// newStream returns a stream called orders, in a service of its own.
func newStream(t testing.TB, cfg kinesis.Config) *kinesis.LocalStream {
	t.Helper()
	_, s := streamIn(t, cfg)
	return s
}

func shardsOf(t testing.TB, s *kinesis.LocalStream) []kinesis.Shard {
	t.Helper()
	shards, err := s.Shards(t.Context())
	require.NoError(t, err)
	return shards
}

// keyed are records of one key.
func keyed(key string, data ...string) []kinesis.Entry {
	batch := make([]kinesis.Entry, len(data))
	for i, d := range data {
		batch[i] = kinesis.Entry{PartitionKey: key, Data: []byte(d)}
	}
	return batch
}

func mustPut(t testing.TB, s kinesis.Stream, batch ...kinesis.Entry) []kinesis.Put {
	t.Helper()
	put, err := s.Put(t.Context(), batch...)
	require.NoError(t, err)
	require.Len(t, put, len(batch))
	return put
}

func mustRead(t testing.TB, s kinesis.Stream, shardID string, from kinesis.Position) kinesis.Batch {
	t.Helper()
	batch, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: shardID, Position: from})
	require.NoError(t, err)
	return batch
}

// readData returns the data of the records of a shard from a position on.
func readData(t testing.TB, s kinesis.Stream, shardID string, from kinesis.Position) []string {
	t.Helper()
	return dataIn(mustRead(t, s, shardID, from))
}

func dataIn(batch kinesis.Batch) []string {
	data := []string{}
	for _, r := range batch.Records {
		data = append(data, string(r.Data))
	}
	return data
}

// begun is what a Read that goes on came to.
type begun struct {
	batch kinesis.Batch
	err   error
	took  time.Duration
}

// begin reads in the background, waiting for up to an hour.
func begin(t testing.TB, s kinesis.Stream, shardID string, from kinesis.Position) <-chan begun {
	done := make(chan begun, 1)
	start := time.Now()
	go func() {
		batch, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: shardID, Position: from, Wait: time.Hour})
		done <- begun{batch, err, time.Since(start)}
	}()
	return done
}
