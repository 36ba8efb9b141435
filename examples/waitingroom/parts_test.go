package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sqs"
)

// A line of a script is the second of the story and what happens: "12 seen b". What the room
// decides for it is behind "->".
func TestRoomDecides(t *testing.T) {
	for name, script := range map[string]string{
		"in order of arrival": `
			0 arrived a -> admitted a 1
			0 arrived b -> admitted b 2
			0 arrived c
			0 arrived d
			5 left b -> admitted c 3
			6 left a -> admitted d 4`,
		"who is silent inside loses the place": `
			0 arrived a -> admitted a 1
			0 arrived b -> admitted b 2
			0 arrived c
			9 seen b
			9 seen c
			20 silent a -> expired a 1, admitted c 3`,
		"who is silent in the line loses the turn": `
			0 arrived a -> admitted a 1
			0 arrived b -> admitted b 2
			0 arrived c
			0 arrived d
			20 silent c -> expired c 3
			21 left a -> admitted d 4`,
		"who was seen in the meantime is not silent": `
			0 arrived a -> admitted a 1
			1 seen a
			20 silent a
			21 silent a -> expired a 1`,
		"who is gone says nothing": `
			0 arrived a -> admitted a 1
			1 left a
			2 left a
			3 seen a
			30 silent a
			31 left nobody`,
		"who comes back begins anew": `
			0 arrived a -> admitted a 1
			0 arrived b -> admitted b 2
			0 arrived c
			1 left a -> admitted c 3
			2 arrived a
			3 left b -> admitted a 4`,
		"who arrives twice has one ticket": `
			0 arrived a -> admitted a 1
			0 arrived a
			0 arrived b -> admitted b 2`,
		"its own decisions are no news": `
			0 arrived a -> admitted a 1
			0 admitted a
			0 arrived b -> admitted b 2
			0 expired b`,
	} {
		r := newRoom(2, 20*time.Second, nil)
		stream, err := kinesis.New("numbers", kinesis.Config{})
		require.NoError(t, err)
		for line := range strings.Lines(strings.TrimSpace(script)) {
			said, want, _ := strings.Cut(strings.TrimSpace(line), " -> ")
			words := strings.Fields(said)
			after, err := time.ParseDuration(words[0] + "s")
			require.NoError(t, err)
			e := event{Kind: kind(words[1]), Token: words[2]}
			number, err := put(t.Context(), stream, e)
			require.NoError(t, err)
			for range 2 { // once more changes nothing
				r.apply(number, time.Unix(0, 0).Add(after), e)
			}
			require.Equal(t, want, text(r.decided), "%s: %s", name, line)
			r.decided = nil
		}
	}
}

func text(decided []event) string {
	var texts []string
	for _, e := range decided {
		texts = append(texts, string(e.Kind)+" "+e.Token+" "+string(rune('0'+e.Ticket)))
	}
	return strings.Join(texts, ", ")
}

// What the room has decided is put once and in order, though the stream fails and the
// function is called again with the same records.
func TestRoomTriesAgain(t *testing.T) {
	stream := &refusing{}
	var err error
	stream.LocalStream, err = kinesis.New("tokens", kinesis.Config{})
	require.NoError(t, err)
	r := newRoom(3, 20*time.Second, stream)
	r.scheduler = &checker{queue: newQueue(t), room: r, stream: stream}
	var batch lambda.StreamEvent
	var last kinesis.SequenceNumber
	for _, token := range []string{"a", "b", "c"} {
		last, err = put(t.Context(), stream.LocalStream, event{Kind: arrived, Token: token})
		require.NoError(t, err)
	}
	for _, record := range recordsOf(t, stream.LocalStream) {
		batch.Records = append(batch.Records, kinesis.UserRecord{Record: record})
	}
	for call := range 3 {
		stream.refuse = 1
		err := r.handle(t.Context(), batch)
		if call < 2 {
			require.ErrorIs(t, err, errRefused)
			require.Equal(t, waiting, r.ask("c", last), "nobody is inside of whom the stream does not know")
			continue
		}
		require.NoError(t, err)
	}
	require.Equal(t, inside, r.ask("c", last))
	var kinds []string
	for _, record := range recordsOf(t, stream.LocalStream)[3:] {
		kinds = append(kinds, string(record.Data))
	}
	require.Equal(t, []string{
		`{"kind":"admitted","token":"a","ticket":1}`, `{"kind":"admitted","token":"b","ticket":2}`, `{"kind":"admitted","token":"c","ticket":3}`,
	}, kinds)
}

var errRefused = errors.New("refused")

// refusing is a stream that takes so many records and refuses one after that.
type refusing struct {
	*kinesis.LocalStream
	refuse int
}

func (s *refusing) Put(ctx context.Context, batch ...kinesis.Entry) ([]kinesis.Put, error) {
	if s.refuse--; s.refuse < 0 {
		return nil, errRefused
	}
	return s.LocalStream.Put(ctx, batch...)
}

// A visitor who is told before the room has read of the arrival is still waiting, not gone.
func TestAskAheadOfTheRoom(t *testing.T) {
	stream, err := kinesis.New("tokens", kinesis.Config{})
	require.NoError(t, err)
	r := newRoom(1, 20*time.Second, stream)
	first, err := put(t.Context(), stream, event{Kind: arrived, Token: "a"})
	require.NoError(t, err)
	require.Equal(t, waiting, r.ask("a", first))
	r.apply(first, time.Now(), event{Kind: arrived, Token: "a"})
	require.Equal(t, waiting, r.ask("a", first), "not published")
	second, err := put(t.Context(), stream, event{Kind: left, Token: "a"})
	require.NoError(t, err)
	r.apply(second, time.Now(), event{Kind: left, Token: "a"})
	require.Equal(t, gone, r.ask("a", first))
}

// However long ago a token was seen, it takes two checks in a row to call it silent: after
// the program was held up for a minute visitors can show that they are there.
func TestChecksInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, err := kinesis.New("tokens", kinesis.Config{})
		require.NoError(t, err)
		r := newRoom(1, 20*time.Second, stream)
		c := &checker{queue: newQueue(t), room: r, patience: 20 * time.Second, stream: stream}
		arrival, err := put(t.Context(), stream, event{Kind: arrived, Token: "a"})
		require.NoError(t, err)
		began := time.Now()
		r.apply(arrival, began, event{Kind: arrived, Token: "a"})

		for i, step := range []struct {
			after  time.Duration
			seen   bool // before that
			silent bool
		}{
			{after: 60 * time.Second},
			{after: 10 * time.Second, seen: true},
			{after: 10 * time.Second},
			{after: 10 * time.Second, silent: true},
		} {
			before := stream.Summary().Records
			if i == 0 {
				require.NoError(t, c.schedule(t.Context(), r.checks[0]))
			}
			if step.seen {
				number, err := put(t.Context(), stream, event{Kind: seen, Token: "a"})
				require.NoError(t, err)
				r.apply(number, time.Now(), event{Kind: seen, Token: "a"})
				before++
			}
			time.Sleep(step.after)
			messages, err := c.queue.Receive(t.Context(), sqs.ReceiveRequest{})
			require.NoError(t, err)
			require.Len(t, messages, 1)
			require.NoError(t, c.handle(t.Context(), messages[0]))
			require.NoError(t, c.queue.Delete(t.Context(), messages[0].ReceiptHandle))
			require.Equal(t, step.silent, stream.Summary().Records > before, "step %d", i)
		}
	})
}

func newQueue(t *testing.T) *sqs.LocalQueue {
	t.Helper()
	queue, err := sqs.New("checks", sqs.Config{Delay: 10 * time.Second})
	require.NoError(t, err)
	return queue
}

// The statistics see what a room does wrong.
func TestStatisticsCheckTheRoom(t *testing.T) {
	for name, c := range map[string]struct {
		events          []event
		disorder, again int
		late, most      int
	}{
		"right": {events: []event{{arrived, "a", 0}, {arrived, "b", 0}, {admitted, "a", 1}, {left, "a", 0}, {admitted, "b", 2}}, most: 1},
		"out of order": {events: []event{{arrived, "a", 0}, {arrived, "b", 0}, {admitted, "b", 2}, {admitted, "a", 1}},
			disorder: 1, most: 2},
		"the same ticket": {events: []event{{arrived, "a", 0}, {arrived, "b", 0}, {admitted, "b", 2}, {admitted, "a", 2}},
			disorder: 1, most: 2},
		"twice":         {events: []event{{arrived, "a", 0}, {admitted, "a", 1}, {admitted, "a", 1}}, again: 1, most: 1},
		"after leaving": {events: []event{{arrived, "a", 0}, {admitted, "a", 1}, {left, "a", 0}, {admitted, "a", 1}}, again: 1, most: 1},
		"left when removed already": {events: []event{{arrived, "a", 0}, {admitted, "a", 1}, {expired, "a", 1}, {left, "a", 0}},
			late: 1, most: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var registry cloudwatch.Registry
			gauge, err := registry.Gauge(namespace, "Any", cloudwatch.UnitCount, nil)
			require.NoError(t, err)
			stream, err := kinesis.New("tokens", kinesis.Config{})
			require.NoError(t, err)
			for _, e := range c.events {
				_, err := put(t.Context(), stream, e)
				require.NoError(t, err)
			}
			var batch lambda.StreamEvent
			for _, record := range recordsOf(t, stream) {
				batch.Records = append(batch.Records, kinesis.UserRecord{Record: record})
			}
			s := newStatistics(20, gauge, gauge)
			for range 2 { // once more changes nothing
				require.NoError(t, s.handle(t.Context(), batch))
			}
			f := s.now()
			require.Equal(t, []int{c.disorder, c.again, c.late, c.most}, []int{f.disorder, f.again, f.lateLeft, f.mostInside})
			require.Equal(t, len(c.events), f.all)
		})
	}
}

// What is no event stops the functions: it is tried again, and nothing is passed over.
func TestNoEvent(t *testing.T) {
	bad := lambda.StreamEvent{Records: []kinesis.UserRecord{{Record: kinesis.Record{Data: []byte("nonsense")}}}}
	var syntax *json.SyntaxError
	require.ErrorAs(t, newRoom(1, 0, nil).handle(t.Context(), bad), &syntax)
	require.ErrorAs(t, (&statistics{}).handle(t.Context(), bad), &syntax)
	require.ErrorAs(t, (&checker{}).handle(t.Context(), sqs.Message{Body: "nonsense"}), &syntax)
}
