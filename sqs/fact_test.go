package sqs

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/uid"
)

func TestFactRoundTrip(t *testing.T) {
	want := fact{
		queue: 1 << 31, ref: 77, seq: 1 << 60, state: delayed, flags: flagID | flagMoved | flagRecent, id: uid.ID{High: 1 << 63, Low: 3},
		sentAt: 1 << 61, firstAt: 5, lastAt: 6, due: 7, receives: 8, arrived: 9, fromQueue: 10, fromRef: 11, fromSeq: 12,
	}
	x := extra{senderID: "sender", traceHeader: "", deadLetterSource: "source"}
	attrs := map[string]Attribute{"a": {DataType: "String", Value: "\x00ü"}, "b": {DataType: "Binary", Value: "v"}}
	record := appendMessage([]byte("before"), &want, &transfer{groupID: "group", dedupID: "dedup", attrs: attrs, extra: x, body: "body"})[len("before"):]
	_, ok := journal.CheckSum(record)
	require.True(t, ok)
	kind, got, ok := parseFact(record)
	require.True(t, ok)
	require.Equal(t, byte(factMessage), kind)
	require.Equal(t, "group", string(got.groupID))
	require.Equal(t, "dedup", string(got.dedupID))
	gotAttrs, gotExtra, body, ok := got.contents(true)
	require.True(t, ok)
	require.Equal(t, attrs, gotAttrs)
	require.Equal(t, x, gotExtra)
	require.Equal(t, "body", body)
	none, gotExtra, body, ok := got.contents(false)
	require.True(t, ok)
	require.Nil(t, none)
	require.Equal(t, x, gotExtra)
	require.Empty(t, body)
	got.groupID, got.dedupID, got.rest = nil, nil, nil
	require.Equal(t, want, got)
	for n := range record {
		if _, f, ok := parseFact(record[:n]); ok { // only the sum and some of the body are missing
			require.Equal(t, want.seq, f.seq)
		}
	}
}

// FuzzFact looks for records that can not be looked at.
func FuzzFact(f *testing.F) {
	m := fact{queue: 1, ref: 2, seq: 3, state: ready}
	f.Add(appendMessage(nil, &m, &transfer{attrs: map[string]Attribute{"n": {DataType: "String", Value: "v"}}, body: "b"}))
	f.Add(appendChanged(nil, 1, 2, &record{seq: 3, state: inFlight}))
	f.Add([]byte{factGone, 1, 2, 3})
	f.Add([]byte{factPurged, 1, 2})
	f.Add([]byte{factRecent, 1, 2, 3, 'k'})
	f.Add(append([]byte{factQueue}, encode(queueMeta{Number: 1, Name: "q"})...))
	f.Add(append([]byte{factTask}, encode(taskMeta{ID: "t"})...))
	f.Fuzz(func(t *testing.T, record []byte) {
		require.NotEmpty(t, describe(record))
		if _, f, ok := parseFact(record); ok && f.ref > 1<<20 {
			t.Skip("the memory that it would take is not what is looked for")
		}
		rs := newRestoring(&store{budget: 1 << 20})
		rs.queue(queueMeta{Number: 1, Name: "q"})
		for range 2 { // a record that comes again says nothing new
			_ = rs.record(record, journal.Place{Segment: 1, Offset: 1, Size: uint32(len(record))})
		}
		for _, q := range rs.queues {
			q.core.rebuild(0)
			q.core.advance(1)
		}
	})
}
