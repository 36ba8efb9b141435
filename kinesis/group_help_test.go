package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

var errBoom = errors.New("boom")

// leaseFaults is a LeaseStore that fails, or hangs, when told to.
type leaseFaults struct {
	kinesis.LeaseStore

	mu     sync.Mutex
	fault  func(ctx context.Context, op string) error // nil for none
	faults int
	calls  map[string]int
}

func faulty(store kinesis.LeaseStore) *leaseFaults {
	return &leaseFaults{LeaseStore: store, calls: map[string]int{}}
}

func (l *leaseFaults) set(fault func(ctx context.Context, op string) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

// breakDown makes all calls fail until mend.
func (l *leaseFaults) breakDown() { l.set(func(context.Context, string) error { return errBoom }) }

func (l *leaseFaults) mend() { l.set(nil) }

// pause makes all calls hang until resume.
func (l *leaseFaults) pause() (resume func()) {
	over := make(chan struct{})
	l.set(func(ctx context.Context, _ string) error {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return func() {
		l.mend()
		close(over)
	}
}

func (l *leaseFaults) enter(ctx context.Context, op string) error {
	l.mu.Lock()
	l.calls[op]++
	fault := l.fault
	l.mu.Unlock()
	if fault == nil {
		return nil
	}
	err := fault(ctx, op)
	if err != nil {
		l.mu.Lock()
		l.faults++
		l.mu.Unlock()
	}
	return err
}

func (l *leaseFaults) count(op string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[op]
}

func (l *leaseFaults) List(ctx context.Context, group string) ([]kinesis.Lease, error) {
	if err := l.enter(ctx, "List"); err != nil {
		return nil, err
	}
	return l.LeaseStore.List(ctx, group)
}

func (l *leaseFaults) Create(ctx context.Context, group string, leases ...kinesis.Lease) error {
	if err := l.enter(ctx, "Create"); err != nil {
		return err
	}
	return l.LeaseStore.Create(ctx, group, leases...)
}

func (l *leaseFaults) Update(ctx context.Context, group string, updates ...kinesis.LeaseUpdate) error {
	if err := l.enter(ctx, "Update"); err != nil {
		return err
	}
	return l.LeaseStore.Update(ctx, group, updates...)
}

func (l *leaseFaults) Delete(ctx context.Context, group string, leases ...kinesis.Lease) error {
	if err := l.enter(ctx, "Delete"); err != nil {
		return err
	}
	return l.LeaseStore.Delete(ctx, group, leases...)
}

// member is a Group that runs.
type member struct {
	*kinesis.Group
	t      *testing.T
	result chan error

	mu   sync.Mutex
	errs []*kinesis.GroupError
}

func join(t *testing.T, s kinesis.Stream, h kinesis.Handler, cfg kinesis.GroupConfig) *member {
	t.Helper()
	m := &member{t: t, result: make(chan error, 1)}
	if cfg.Leases != nil && cfg.Name == "" {
		cfg.Name = "readers"
	}
	cfg.OnError = func(err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.errs = append(m.errs, err.(*kinesis.GroupError))
	}
	var err error
	m.Group, err = kinesis.NewGroup(s, h, cfg)
	require.NoError(t, err)
	go func() { m.result <- m.Run(t.Context()) }()
	return m
}

// close ends the member and returns its counters.
func (m *member) close() kinesis.GroupStats {
	m.t.Helper()
	require.NoError(m.t, m.Close())
	require.NoError(m.t, <-m.result)
	s := m.Stats()
	require.Zero(m.t, s.Leases)
	return s
}

func (m *member) shutdown() {
	m.t.Helper()
	require.NoError(m.t, m.Shutdown(m.t.Context()))
	require.NoError(m.t, <-m.result)
}

// reported returns what OnError was told of, without repetitions, and forgets it.
func (m *member) reported() (ops []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.errs {
		if op := strings.TrimSpace(e.Op + " " + shardOf(e.ShardID)); !slices.Contains(ops, op) {
			ops = append(ops, op)
		}
	}
	m.errs = nil
	return ops
}

// errorOf returns the last error that was reported of an operation.
func (m *member) errorOf(op string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range slices.Backward(m.errs) {
		if e.Op == op {
			return e
		}
	}
	return nil
}

// notes is what handlers did, by the second.
type notes struct {
	began time.Time
	mu    sync.Mutex
	lines []string
}

func newNotes() *notes { return &notes{began: time.Now()} }

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf("%v ", time.Since(n.began).Round(time.Second))+fmt.Sprintf(format, args...))
}

// read returns the lines so far, and forgets them.
func (n *notes) read() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.lines
	n.lines = nil
	return lines
}

// shardOf is the number of a shard.
func shardOf(id string) string {
	if id == "" {
		return ""
	}
	return strings.TrimLeft(id[len("shardId-"):len(id)-1], "0") + id[len(id)-1:]
}

// textsOf is the data of records.
func textsOf(records []kinesis.UserRecord) string {
	var texts []string
	for _, r := range records {
		texts = append(texts, string(r.Data))
	}
	return strings.Join(texts, " ")
}

// telling is a handler that notes what it gets.
func telling(n *notes, who string) kinesis.Handler {
	return func(_ context.Context, b *kinesis.ShardBatch) error {
		n.add("%s: %s", who, textsOf(b.Records))
		return nil
	}
}

func groupStream(t testing.TB, shards int) *kinesis.LocalStream {
	t.Helper()
	s, err := kinesis.New("clicks", kinesis.Config{ShardCount: shards, Relaxed: true})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// put puts a record for each text, under the text's first letter.
func put(t testing.TB, s kinesis.Stream, texts ...string) {
	t.Helper()
	var batch []kinesis.Entry
	for _, text := range texts {
		batch = append(batch, kinesis.Entry{PartitionKey: text[:1], Data: []byte(text)})
	}
	_, err := s.Put(t.Context(), batch...)
	require.NoError(t, err)
}

func leasesOf(t testing.TB, store kinesis.LeaseStore) []kinesis.Lease {
	t.Helper()
	leases, err := store.List(t.Context(), "readers")
	require.NoError(t, err)
	return leases
}

// streamFaults is a stream whose reads fail when told to.
type streamFaults struct {
	kinesis.Stream
	reads atomic.Int64
	lists atomic.Int64
	fault func(req kinesis.ReadRequest) error // nil for none
}

func (s *streamFaults) Shards(ctx context.Context) ([]kinesis.Shard, error) {
	s.lists.Add(1)
	return s.Stream.Shards(ctx)
}

func (s *streamFaults) Read(ctx context.Context, req kinesis.ReadRequest) (kinesis.Batch, error) {
	s.reads.Add(1)
	if s.fault != nil {
		if err := s.fault(req); err != nil {
			return kinesis.Batch{}, err
		}
	}
	return s.Stream.Read(ctx, req)
}
