package sink_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/sink"
	"github.com/leat-go/leat/sqs"
)

func newQueue(t testing.TB, fifo bool) *sqs.LocalQueue {
	name := "clicks"
	if fifo {
		name += ".fifo"
	}
	q, err := sqs.New(name, sqs.Config{FIFO: fifo})
	require.NoError(t, err)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// receive takes all messages there are.
func receive(t testing.TB, q sqs.Queue) []sqs.Message {
	var all []sqs.Message
	for {
		got, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 1000, Wait: new(time.Duration)})
		require.NoError(t, err)
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
		handles := make([]string, len(got))
		for i := range got {
			handles[i] = got[i].ReceiptHandle
		}
		require.NoError(t, q.Delete(t.Context(), handles...))
	}
}

func bodies(messages []sqs.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Body)
	}
	return all
}

func delivery(records ...string) *firehose.Delivery {
	d := &firehose.Delivery{StreamName: "clicks", ID: "b3f0d8a6-2f0c-4b0e-8d55-6d0c3a6f9a11", Attempt: 1}
	for _, r := range records {
		d.Records = append(d.Records, firehose.Record{Data: []byte(r)})
	}
	return d
}

func numbered(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("record %d\n", i))
	}
	return all
}

// spy is a queue and a topic that notes the batches it gets, and fails as it is told.
type spy struct {
	queue sqs.Queue
	sent  [][]sqs.Entry
	fails func(call int, batch []sqs.Entry) error
}

func (s *spy) Send(ctx context.Context, batch ...sqs.Entry) ([]sqs.Sent, error) {
	s.sent = append(s.sent, batch)
	var faults *sqs.BatchError
	if s.fails != nil {
		if err := s.fails(len(s.sent), batch); err != nil && !errors.As(err, &faults) {
			return nil, err
		}
	}
	var good []sqs.Entry
	for i, e := range batch {
		if faults == nil || !failed(faults, i) {
			good = append(good, e)
		}
	}
	if s.queue != nil {
		if _, err := s.queue.Send(ctx, good...); err != nil {
			return nil, err
		}
	}
	if faults != nil {
		return make([]sqs.Sent, len(batch)), faults
	}
	return make([]sqs.Sent, len(batch)), nil
}

func failed(e *sqs.BatchError, i int) bool {
	for _, f := range e.Failed {
		if f.Index == i {
			return true
		}
	}
	return false
}

func (s *spy) Receive(context.Context, sqs.ReceiveRequest) ([]sqs.Message, error) { return nil, nil }
func (s *spy) Delete(context.Context, ...string) error                            { return nil }
func (s *spy) ChangeVisibility(context.Context, time.Duration, ...string) error   { return nil }

func (s *spy) sizes() []int {
	var all []int
	for _, batch := range s.sent {
		all = append(all, len(batch))
	}
	return all
}

// publisher is a spy as a topic.
type publisher struct{ *spy }

func (p publisher) Publish(ctx context.Context, batch ...sns.Entry) ([]sns.Published, error) {
	entries := make([]sqs.Entry, len(batch))
	for i, e := range batch {
		entries[i] = sqs.Entry{Body: e.Message, Attributes: e.Attributes, GroupID: e.GroupID, DeduplicationID: e.DeduplicationID}
	}
	_, err := p.Send(ctx, entries...)
	if partly, ok := errors.AsType[*sqs.BatchError](err); ok {
		e := &sns.BatchError{}
		for _, f := range partly.Failed {
			e.Failed = append(e.Failed, sns.EntryError{Index: f.Index, Err: asTopics(f.Err)})
		}
		return make([]sns.Published, len(batch)), e
	}
	return make([]sns.Published, len(batch)), asTopics(err)
}

// asTopics is a queue's error as a topic has it.
func asTopics(err error) error {
	if errors.Is(err, sqs.ErrInvalidMessageContents) {
		return &sns.Error{Err: sns.ErrInvalidParameter}
	}
	return err
}

// marked tells whether an error is marked by firehose.Permanent.
func marked(err error) bool {
	mark := fmt.Sprintf("%T", firehose.Permanent(err))
	for ; err != nil; err = errors.Unwrap(err) {
		if fmt.Sprintf("%T", err) == mark {
			return true
		}
	}
	return false
}

func TestQueue(t *testing.T) {
	q := newQueue(t, false)
	records := numbered(37)
	require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), delivery(records...)))
	got := receive(t, q)
	require.ElementsMatch(t, records, bodies(got))
	require.Nil(t, got[0].Attributes)

	require.NoError(t, sink.Queue(q, sink.Config{Base64: true}).Deliver(t.Context(), delivery("\x00\xff")))
	require.Equal(t, []string{base64.StdEncoding.EncodeToString([]byte("\x00\xff"))}, bodies(receive(t, q)))

	require.NoError(t, sink.Queue(q, sink.Config{GroupID: func(data []byte) string { return strings.ToUpper(string(data)) }}).Deliver(t.Context(), delivery("tenant")))
	require.Equal(t, "TENANT", receive(t, q)[0].GroupID)

	d := delivery("{}\n")
	d.ErrorType = "processing-failed"
	require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), d))
	require.Equal(t, map[string]sqs.Attribute{"ErrorType": sqs.StringAttribute("processing-failed")}, receive(t, q)[0].Attributes)

	require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), delivery()))
	require.Empty(t, receive(t, q))
}

// A FIFO queue gets each message once, in order, however often the delivery comes.
func TestFIFOQueue(t *testing.T) {
	q := newQueue(t, true)
	records := numbered(25)
	for range 2 {
		require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), delivery(records...)))
	}
	got := receive(t, q)
	require.Equal(t, records, bodies(got))
	require.Equal(t, "clicks", got[0].GroupID)
	require.Equal(t, "b3f0d8a6-2f0c-4b0e-8d55-6d0c3a6f9a11-24", got[24].DeduplicationID)

	same := delivery("again", "again")
	same.ID = "another"
	byData := sink.Config{GroupID: func(data []byte) string { return "the-group-" + string(data) }}
	require.NoError(t, sink.Queue(q, byData).Deliver(t.Context(), same))
	got = receive(t, q)
	require.Equal(t, []string{"again", "again"}, bodies(got))
	require.Equal(t, "the-group-again", got[0].GroupID)
}

func TestTopic(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		name, q := "clicks", newQueue(t, fifo)
		if fifo {
			name += ".fifo"
		}
		topic, err := sns.New(name, sns.Config{FIFO: fifo})
		require.NoError(t, err)
		defer topic.Close()
		_, err = topic.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.QueueEndpoint(q), RawMessageDelivery: true})
		require.NoError(t, err)
		records := numbered(25)
		for range 2 {
			require.NoError(t, sink.Topic(topic, sink.Config{}).Deliver(t.Context(), delivery(records...)))
		}
		require.NoError(t, topic.Flush(t.Context()))
		got := bodies(receive(t, q))
		if fifo {
			require.Equal(t, records, got)
		} else {
			require.ElementsMatch(t, append(records, records...), got)
		}
	}
}

func TestBatches(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		records []string
		queue   []int
		topic   []int
	}{
		"nothing":            {nil, nil, nil},
		"ten":                {numbered(10), []int{10}, []int{10}},
		"eleven":             {numbered(11), []int{10, 1}, []int{10, 1}},
		"a topic's bytes":    {[]string{text(200_000), text(62_144), "x"}, []int{3}, []int{2, 1}},
		"a queue's bytes":    {[]string{text(1_000_000), text(48_576), "x", "y"}, []int{2, 2}, []int{1, 1 + 1 + 1}},
		"each too long":      {[]string{text(2 << 20), text(2 << 20)}, []int{1, 1}, []int{1, 1}},
		"one too long first": {[]string{text(2 << 20), "a", "b"}, []int{1, 2}, []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			q, p := &spy{}, publisher{&spy{}}
			require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), delivery(c.records...)))
			require.NoError(t, sink.Topic(p, sink.Config{}).Deliver(t.Context(), delivery(c.records...)))
			require.Equal(t, c.queue, q.sizes())
			require.Equal(t, c.topic, p.sizes())
		})
	}
	d, q := delivery(text(1<<20-30), text(1)), &spy{}
	d.ErrorType = "processing-failed" // attributes count
	require.NoError(t, sink.Queue(q, sink.Config{}).Deliver(t.Context(), d))
	require.Equal(t, []int{1, 1}, q.sizes())
}

// What a real queue and topic refuse for good is not sent again.
func TestRefusedMessages(t *testing.T) {
	q := newQueue(t, false)
	topic, err := sns.New("clicks", sns.Config{})
	require.NoError(t, err)
	defer topic.Close()
	for name, s := range map[string]firehose.Sink{"queue": sink.Queue(q, sink.Config{}), "topic": sink.Topic(topic, sink.Config{})} {
		err := s.Deliver(t.Context(), delivery("good", "", "\x00", "good too", strings.Repeat("x", 2<<20)))
		partial, ok := errors.AsType[*firehose.PartialError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, []int{1, 2, 4}, partial.Failed)
		require.True(t, marked(err))

		err = s.Deliver(t.Context(), delivery("", ""))
		_, ok = errors.AsType[*firehose.PartialError](err)
		require.False(t, ok)
		require.True(t, marked(err))
	}
	require.ElementsMatch(t, []string{"good", "good too"}, bodies(receive(t, q)))

	require.NoError(t, q.Close())
	require.NoError(t, topic.Close())
	err = sink.Queue(q, sink.Config{}).Deliver(t.Context(), delivery(numbered(30)...))
	require.ErrorIs(t, err, sqs.ErrClosed)
	require.True(t, marked(err))
	err = sink.Topic(topic, sink.Config{}).Deliver(t.Context(), delivery(numbered(30)...))
	require.ErrorIs(t, err, sns.ErrClosed)
	require.True(t, marked(err))
}

func TestFailures(t *testing.T) {
	busy := errors.New("busy")
	bad := &sqs.Error{Err: sqs.ErrInvalidMessageContents}
	entries := func(call int, faults ...sqs.EntryError) func(int, []sqs.Entry) error {
		return func(now int, _ []sqs.Entry) error {
			if now == call {
				return &sqs.BatchError{Failed: faults}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		fails     func(call int, batch []sqs.Entry) error
		standard  []int // indexes of a PartialError; nil for an error of the whole
		fifo      []int
		permanent bool
		calls     [2]int // standard, FIFO
	}{
		"a batch": {func(call int, _ []sqs.Entry) error {
			if call == 2 {
				return busy
			}
			return nil
		}, []int{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24}, nil, false, [2]int{2, 2}},
		"every batch": {func(int, []sqs.Entry) error { return busy }, nil, nil, false, [2]int{1, 1}},
		"the last batch, for good": {func(call int, _ []sqs.Entry) error {
			if call == 3 {
				return bad
			}
			return nil
		}, []int{20, 21, 22, 23, 24}, []int{20, 21, 22, 23, 24}, true, [2]int{3, 3}},
		"some messages":           {entries(2, sqs.EntryError{Index: 3, Err: busy}, sqs.EntryError{Index: 9, Err: busy}), []int{13, 19}, nil, false, [2]int{3, 2}},
		"some messages, for good": {entries(2, sqs.EntryError{Index: 3, Err: bad}), []int{13}, []int{13}, true, [2]int{3, 3}},
		"some of both":            {entries(1, sqs.EntryError{Index: 0, Err: bad}, sqs.EntryError{Index: 1, Err: busy}), []int{0, 1}, nil, false, [2]int{3, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, fifo := range []bool{false, true} {
				want := c.standard
				if fifo {
					want = c.fifo
				}
				toQueue, toTopic := &spy{fails: c.fails}, &spy{fails: c.fails}
				for s, to := range map[*spy]firehose.Sink{
					toQueue: sink.Queue(toQueue, sink.Config{FIFO: fifo}),
					toTopic: sink.Topic(publisher{toTopic}, sink.Config{FIFO: fifo}),
				} {
					err := to.Deliver(t.Context(), delivery(numbered(25)...))
					require.Error(t, err)
					require.Equal(t, c.permanent, marked(err), "%v", err)
					partial, ok := errors.AsType[*firehose.PartialError](err)
					require.Equal(t, want != nil, ok, "%v", err)
					if ok {
						require.Equal(t, want, partial.Failed)
					}
					require.Len(t, s.sent, c.calls[i])
				}
			}
		})
	}
}

// A queue that fails now and then gets everything, and a FIFO queue each message once
// and in order.
func TestStoryOfABadQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fifo := range []bool{false, true} {
			q := newQueue(t, fifo)
			s := &spy{queue: q, fails: func(call int, _ []sqs.Entry) error {
				if call%3 != 1 {
					return errors.New("busy")
				}
				return nil
			}}
			to := sink.Queue(s, sink.Config{FIFO: fifo})
			records := numbered(35)
			d := delivery(records...)
			for d != nil {
				err := to.Deliver(t.Context(), d)
				partial, ok := errors.AsType[*firehose.PartialError](err)
				switch {
				case err == nil:
					d = nil
				case ok: // as a delivery stream does it
					rest := delivery()
					rest.ID = d.ID + "+"
					for _, i := range partial.Failed {
						rest.Records = append(rest.Records, d.Records[i])
					}
					d = rest
				}
				if len(s.sent) > 20 { // it has recovered
					s.fails = nil
				}
				time.Sleep(time.Second)
			}
			require.Equal(t, records, bodies(receive(t, q)))
			require.NoError(t, q.Close())
		}
	})
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := sink.Queue(newQueue(t, false), sink.Config{}).Deliver(ctx, delivery(numbered(30)...))
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, marked(err))
}
