package kinesis_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// putScript is a stream that answers Put as it is told, one shard wide.
type putScript struct {
	began  time.Time
	answer func(ctx context.Context, call int, batch []kinesis.Entry) error // nil accepts all
	shards func() ([]kinesis.Shard, error)                                  // nil: one shard

	mu       sync.Mutex
	calls    []putCall
	running  int
	most     int      // calls at once
	accepted []string // data, in order
}

type putCall struct {
	at    time.Duration
	batch []kinesis.Entry
}

func newPutScript(answer func(ctx context.Context, call int, batch []kinesis.Entry) error) *putScript {
	return &putScript{began: time.Now(), answer: answer}
}

func (s *putScript) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	s.mu.Lock()
	call := len(s.calls)
	own := slices.Clone(batch)
	for i := range own {
		own[i].Data = slices.Clone(own[i].Data)
	}
	s.calls = append(s.calls, putCall{time.Since(s.began), own})
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	var err error
	if s.answer != nil {
		err = s.answer(ctx, call, own)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	refused := map[int]bool{}
	if failed, ok := errors.AsType[*kinesis.BatchError](err); ok {
		for _, f := range failed.Failed {
			refused[f.Index] = true
		}
	} else if err != nil {
		return nil, err
	}
	results := make([]kinesis.Put, len(own))
	for i := range own {
		if !refused[i] {
			results[i].ShardID = "shardId-000000000000"
			s.accepted = append(s.accepted, string(own[i].Data))
		}
	}
	return results, err
}

func (s *putScript) Shards(context.Context) ([]kinesis.Shard, error) {
	if s.shards != nil {
		return s.shards()
	}
	return []kinesis.Shard{{ID: "shardId-000000000000", HashKeyRange: kinesis.HashKeyRange{End: kinesis.MaxHashKey}}}, nil
}

func (s *putScript) Read(context.Context, kinesis.ReadRequest) (kinesis.Batch, error) {
	return kinesis.Batch{}, errors.ErrUnsupported
}

// log returns the calls so far: when, and the data of each entry.
func (s *putScript) log() (at []time.Duration, data [][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		var texts []string
		for _, e := range c.batch {
			texts = append(texts, string(e.Data))
		}
		at, data = append(at, c.at), append(data, texts)
	}
	return at, data
}

// taken returns the data that was accepted, in order.
func (s *putScript) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

// refuseEntries fails the entries whose data is named, with the errors given.
func refuseEntries(batch []kinesis.Entry, errs map[string]error) error {
	var failed []kinesis.EntryError
	for i, e := range batch {
		if err := errs[string(e.Data)]; err != nil {
			failed = append(failed, kinesis.EntryError{Index: i, Err: &kinesis.Error{Op: "Put", Err: err}})
		}
	}
	if failed == nil {
		return nil
	}
	return &kinesis.BatchError{Failed: failed}
}

// putOutcomes collects what callbacks are told.
type putOutcomes struct {
	began time.Time
	mu    sync.Mutex
	of    map[string]error // by data
	at    map[string]time.Duration
	order []string
	twice []string
}

func newPutOutcomes() *putOutcomes {
	return &putOutcomes{began: time.Now(), of: map[string]error{}, at: map[string]time.Duration{}}
}

func (o *putOutcomes) done(data string) func(kinesis.Put, error) {
	return func(_ kinesis.Put, err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if _, known := o.at[data]; known {
			o.twice = append(o.twice, data)
		}
		o.of[data], o.at[data] = err, time.Since(o.began)
		o.order = append(o.order, data)
	}
}

// told returns the data of the records that were told of, in order.
func (o *putOutcomes) told() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.order)
}

func (o *putOutcomes) err(data string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[data]
}

func (o *putOutcomes) when(data string) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at[data]
}

// add adds a record for each text, all of one key.
func (o *putOutcomes) add(t testing.TB, p *kinesis.Producer, key string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.NoError(t, p.Add(t.Context(), kinesis.Entry{PartitionKey: key, Data: []byte(text)}, o.done(text)))
	}
}

func newProducer(t testing.TB, s kinesis.Stream, cfg kinesis.ProducerConfig) *kinesis.Producer {
	t.Helper()
	p, err := kinesis.NewProducer(s, cfg)
	require.NoError(t, err)
	return p
}

// elapse lets a bubble's time pass, and everything happen that happens by then.
func elapse(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// requireBalanced checks that the counters account for every record of a producer that
// has nothing left.
func requireBalanced(t testing.TB, p *kinesis.Producer) kinesis.ProducerStats {
	t.Helper()
	s := p.Stats()
	require.Zero(t, s.Buffered)
	require.Zero(t, s.BufferedBytes)
	require.Equal(t, s.Added, s.Accepted+s.Failed)
	return s
}
