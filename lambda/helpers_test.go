package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sqs"
)

var errBoom = errors.New("boom")

// running is an event source that runs, and what was reported of it.
type running struct {
	*lambda.EventSource
	t      *testing.T
	result chan error
}

func start(t *testing.T, source *lambda.EventSource, err error) *running {
	t.Helper()
	require.NoError(t, err)
	r := &running{source, t, make(chan error, 1)}
	go func() { r.result <- r.Run(t.Context()) }()
	return r
}

// close ends the event source.
func (r *running) close() lambda.EventSourceMetrics {
	r.t.Helper()
	require.NoError(r.t, r.Close())
	require.NoError(r.t, <-r.result)
	return r.Metrics()
}

// journal is what happened, in order, with the time since its making.
type journal struct {
	began time.Time
	mu    sync.Mutex
	lines []string
}

func newJournal() *journal { return &journal{began: time.Now()} }

func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%v ", time.Since(j.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// errors notes what OnError is told.
func (j *journal) errors(err error) { j.note("error: %v", err) }

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func newQueue(t *testing.T, name string, cfg sqs.Config) *sqs.LocalQueue {
	t.Helper()
	q, err := sqs.New(name, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { q.Close() })
	return q
}

func send(t *testing.T, q sqs.Queue, bodies ...string) []sqs.Sent {
	t.Helper()
	entries := make([]sqs.Entry, len(bodies))
	for i, body := range bodies {
		entries[i].Body = body
	}
	sent, err := q.Send(t.Context(), entries...)
	require.NoError(t, err)
	return sent
}

func bodiesOf(messages []sqs.Message) string {
	var words []string
	for _, m := range messages {
		words = append(words, m.Body)
	}
	return strings.Join(words, " ")
}

func waiting(q *sqs.LocalQueue) int {
	m := q.Metrics()
	return m.ApproximateNumberOfMessagesVisible + m.ApproximateNumberOfMessagesNotVisible
}

func newStream(t *testing.T, shards int) *kinesis.LocalStream {
	t.Helper()
	s, err := kinesis.New("clicks", kinesis.Config{ShardCount: shards})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// put puts a record for each word, "key=data" or just the data.
func put(t *testing.T, s kinesis.Stream, words ...string) []kinesis.Put {
	t.Helper()
	var entries []kinesis.Entry
	for _, word := range words {
		key, data, found := strings.Cut(word, "=")
		if !found {
			key, data = "k", word
		}
		entries = append(entries, kinesis.Entry{PartitionKey: key, Data: []byte(data)})
	}
	result, err := s.Put(t.Context(), entries...)
	require.NoError(t, err)
	return result
}

func dataOf(records []kinesis.UserRecord) string {
	var words []string
	for _, r := range records {
		words = append(words, string(r.Data))
	}
	return strings.Join(words, " ")
}

// broken is a handler of streams that fails for batches with any of the words, and notes
// what it sees.
func broken(j *journal, words ...string) func(context.Context, lambda.StreamEvent) error {
	return func(_ context.Context, e lambda.StreamEvent) error {
		j.note("%s", dataOf(e.Records))
		for _, r := range e.Records {
			if slices.Contains(words, string(r.Data)) {
				return errBoom
			}
		}
		return nil
	}
}
