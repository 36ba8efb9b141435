package sns_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

var errBoom = errors.New("boom")

// signingKey is made once: that takes a while, and one is as good as another.
var signingKey = sync.OnceValue(func() *sns.SigningKey {
	key, err := sns.NewSigningKey()
	if err != nil {
		panic(err)
	}
	return key
})

// newService returns a service whose retries come exactly on time, with queues of
// its own unless cfg has some.
func newService(t testing.TB, cfg sns.ServiceConfig) *sns.Service {
	t.Helper()
	cfg.Jitter = sns.NoJitter
	if cfg.Queues == nil {
		queues, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		t.Cleanup(func() { queues.Close() })
		cfg.Queues = queues
	}
	s, err := sns.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func createTopic(t testing.TB, s *sns.Service, name string, cfg sns.Config) *sns.LocalTopic {
	t.Helper()
	topic, err := s.CreateTopic(name, cfg)
	require.NoError(t, err)
	return topic
}

// newTopic returns a topic in a service of its own, whose queues it returns too.
func newTopic(t testing.TB, cfg sns.Config) (*sns.LocalTopic, *sqs.Service) {
	t.Helper()
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { queues.Close() })
	return createTopic(t, newService(t, sns.ServiceConfig{Queues: queues}), "topic"+fifoSuffix[cfg.FIFO], cfg), queues
}

var fifoSuffix = map[bool]string{true: ".fifo"}

func createQueue(t testing.TB, s *sqs.Service, name string) *sqs.LocalQueue {
	t.Helper()
	q, err := s.CreateQueue(name, sqs.Config{FIFO: strings.HasSuffix(name, ".fifo"), MessageRetentionPeriod: 14 * 24 * time.Hour})
	require.NoError(t, err)
	return q
}

func subscribe(t testing.TB, topic *sns.LocalTopic, sub sns.Subscription) *sns.LocalSubscription {
	t.Helper()
	id, err := topic.Subscribe(t.Context(), sub)
	require.NoError(t, err)
	s, err := topic.Subscription(id)
	require.NoError(t, err)
	return s
}

func publish(t testing.TB, topic sns.Publisher, batch ...sns.Entry) []sns.Published {
	t.Helper()
	published, err := topic.Publish(t.Context(), batch...)
	require.NoError(t, err)
	return published
}

func texts(messages ...string) []sns.Entry {
	var batch []sns.Entry
	for _, m := range messages {
		batch = append(batch, sns.Entry{Message: m})
	}
	return batch
}

// attempt is one call of a recorder.
type attempt struct {
	at time.Time
	n  sns.Notification
}

// recorder is an endpoint that keeps every attempt, and answers each as react says.
type recorder struct {
	react func(n sns.Notification) error // nil: success

	mu  sync.Mutex
	all []attempt // guarded by mu
}

func (r *recorder) Deliver(_ context.Context, n sns.Notification) error {
	r.mu.Lock()
	r.all = append(r.all, attempt{time.Now(), n})
	r.mu.Unlock()
	if r.react == nil {
		return nil
	}
	return r.react(n)
}

func (r *recorder) attempts() []attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]attempt(nil), r.all...)
}

// texts returns the messages of all attempts.
func (r *recorder) texts() []string {
	var all []string
	for _, a := range r.attempts() {
		all = append(all, a.n.Message)
	}
	return all
}

func refusing(sns.Notification) error { return errBoom }

// web is the network as a service sees it: requests by their URL.
type web struct {
	answer func(r *http.Request, body string) int // the status

	mu       sync.Mutex
	requests []webRequest // guarded by mu
}

type webRequest struct {
	at        time.Time
	kind, url string // kind is the type of the message
	header    http.Header
	body      string
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	kind := r.Header.Get("X-Amz-Sns-Message-Type")
	w.mu.Lock()
	w.requests = append(w.requests, webRequest{time.Now(), kind, r.URL.String(), r.Header.Clone(), string(b)})
	w.mu.Unlock()
	status := http.StatusOK
	if w.answer != nil {
		status = w.answer(r, string(b))
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// notifications returns the requests that carry one, to any URL.
func (w *web) notifications() []webRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	var some []webRequest
	for _, r := range w.requests {
		if r.kind == string(sns.TypeNotification) {
			some = append(some, r)
		}
	}
	return some
}

// confirmed subscribes an HTTP endpoint and confirms it.
func confirmed(t testing.TB, topic *sns.LocalTopic, sub sns.Subscription) *sns.LocalSubscription {
	t.Helper()
	s := subscribe(t, topic, sub)
	require.True(t, s.Pending())
	synctest.Wait()
	_, err := topic.Confirm(s.Token(), false)
	require.NoError(t, err)
	require.False(t, s.Pending())
	return s
}

// bodies receives and deletes everything in a queue.
func bodies(t testing.TB, q sqs.Queue) []string {
	t.Helper()
	var all []string
	for _, m := range drain(t, q) {
		all = append(all, m.Body)
	}
	return all
}

func drain(t testing.TB, q sqs.Queue) []sqs.Message {
	t.Helper()
	var all []sqs.Message
	for {
		messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10})
		require.NoError(t, err)
		if len(messages) == 0 {
			return all
		}
		for _, m := range messages {
			require.NoError(t, q.Delete(t.Context(), m.ReceiptHandle))
		}
		all = append(all, messages...)
	}
}

// brokenQueue fails so many sends.
type brokenQueue struct {
	sqs.Queue
	failures int
	at       []time.Time // of all sends
}

func (q *brokenQueue) Send(ctx context.Context, batch ...sqs.Entry) ([]sqs.Sent, error) {
	q.at = append(q.at, time.Now())
	if len(q.at) <= q.failures {
		return nil, errBoom
	}
	return q.Queue.Send(ctx, batch...)
}
