package sqs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func newService(t testing.TB, cfg sqs.ServiceConfig) *sqs.Service {
	t.Helper()
	s, err := sqs.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func create(t testing.TB, s *sqs.Service, name string, cfg sqs.Config) *sqs.LocalQueue {
	t.Helper()
	q, err := s.CreateQueue(name, cfg)
	require.NoError(t, err)
	return q
}

func send(t testing.TB, q sqs.Queue, entries ...sqs.Entry) []sqs.Sent {
	t.Helper()
	sent, err := q.Send(t.Context(), entries...)
	require.NoError(t, err)
	return sent
}

func bodies(texts ...string) []sqs.Entry {
	var entries []sqs.Entry
	for _, text := range texts {
		entries = append(entries, sqs.Entry{Body: text})
	}
	return entries
}

func receive(t testing.TB, q sqs.Queue, req sqs.ReceiveRequest) []sqs.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), req)
	require.NoError(t, err)
	return messages
}

func textsOf(messages []sqs.Message) []string {
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.Body)
	}
	return texts
}

// requireError checks an error as a caller would: by its sentinel, and by AWS's
// text.
func requireError(t testing.TB, err, sentinel error, text string) {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	var e *sqs.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.ErrorMessage(), text)
	require.NotEmpty(t, e.Op)
}

func ms(n int) *time.Duration { return new(time.Duration(n) * time.Millisecond) }
