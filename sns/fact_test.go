package sns

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/uid"
)

// someFacts is one of each kind, with nothing left zero.
func someFacts() []interface{ append([]byte) []byte } {
	content := &content{
		text: "text", texts: map[Protocol]string{ProtocolSQS: "queue"}, subject: "subject",
		attributes: map[string]Attribute{"a": {DataType: "String", Value: "b"}},
		groupID:    "group", dedupID: "dedup", trace: "trace", size: 9, at: 4,
	}
	message := &saved{
		ref: 1, topic: 2, seq: 3, at: 4, key: "key", archived: true, content: content, live: 3,
		holders: []holder{{sub: 9}, {sub: 3, order: 1, due: -1, attempts: 2, epoch: 3}, {stage: settled}, {sub: 5, stage: burying}},
	}
	asked := &saved{ref: 1, topic: 2, at: 4, live: 1, holders: []holder{{sub: 1}}}
	asking := *content
	asking.kind, asking.id, asking.token = TypeSubscriptionConfirmation, "id", "token"
	asked.content = &asking
	facts := []interface{ append([]byte) []byte }{
		&topicFact{1, "r", "a", "n", 2, uid.Seeds{3, 1 << 63}, 4, []byte("{}"), map[string]string{"k": "v"}},
		&subscriptionFact{1, 2, "id", 3, deactivated, true, true, "t", 4, 5, "arn", []byte("{}")},
		message, asked, message.remaining(),
		&itemFact{kind: factSettled, ref: 1, sub: 2, epoch: 3},
		&itemFact{kind: factRetried, ref: 1, sub: 2, epoch: 3, attempts: 4, due: 5},
		&itemFact{kind: factCondemned, ref: 1, sub: 2, epoch: 3, order: 6},
		&replayFact{1, 2, 3, []uint64{4, 5, 900}},
		&numbersFact{kind: factTopicGone, a: 1}, &numbersFact{kind: factSubscriptionGone, a: 1}, &numbersFact{kind: factMessageGone, a: 1},
		&numbersFact{kind: factCleared, a: 1, b: 2}, &numbersFact{kind: factSequence, a: 1, b: 2}, &numbersFact{kind: factCounters, a: 1, b: 2, at: 3},
	}
	for _, kind := range []byte{factApplication, factDevice, factAccount} {
		facts = append(facts, &adminFact{key: metaKey{kind: kind, name: "n"}, json: []byte("{}")})
	}
	return facts
}

func TestFactsAreReadAsTheyWereWritten(t *testing.T) {
	kinds := map[byte]bool{}
	for _, fact := range someFacts() {
		record := fact.append(nil)
		kinds[record[0]] = true
		got, err := decodeFact(record)
		require.NoError(t, err)
		if want, ok := fact.(*saved); ok {
			want.content.queueAttributes = want.content.attributes
			k := got.(*saved)
			require.Same(t, k, k.content.saved)
			k.content.saved = nil
			want.holders = append([]holder(nil), want.holders...)
			want.holders = deleteSettled(want.holders)
		}
		require.Equal(t, fact, got)
		require.NotContains(t, []string{"", "?"}, describe(got))
		for n := range record { // a record cut short is none
			_, err := decodeFact(record[:n])
			require.Error(t, err, "%T, %d bytes", fact, n)
		}
		_, err = decodeFact(append(record, 0))
		require.ErrorIs(t, err, errMalformed)
	}
	for _, kind := range []byte{factApplication, factDevice, factAccount} {
		got, err := decodeFact(metaKey{kind: kind, name: "n"}.gone())
		require.NoError(t, err)
		require.Equal(t, &adminFact{key: metaKey{kind: kind, name: "n"}, gone: true}, got)
		kinds[kind+1] = true
	}
	for _, kind := range []byte{factTopic, factSubscription} {
		got, err := decodeFact(metaKey{kind: kind, number: 7}.gone())
		require.NoError(t, err)
		require.Equal(t, &numbersFact{kind: kind + 1, a: 7}, got)
	}
	require.Len(t, kinds, factAccountGone, "all kinds are there")
	_, err := decodeFact([]byte{factAccountGone + 1})
	require.ErrorContains(t, err, fmt.Sprintf("a record of kind %d, written by a newer version", factAccountGone+1))
	require.ErrorIs(t, err, durable.ErrVersion)
}

// What a newer version has written is refused by name.
func TestOpenRefusesUnknownFacts(t *testing.T) {
	disk := faultfs.NewMem(1)
	j, err := journal.Open(disk, journal.Config{Kind: journalKind, Batch: func(journal.Batch) error { return nil }})
	require.NoError(t, err)
	_, err = j.Append([]byte{factAccountGone + 1, 1, 2})
	require.NoError(t, err)
	require.NoError(t, j.Close())
	_, err = openFS(disk, ServiceConfig{})
	require.ErrorIs(t, err, durable.ErrVersion)
	require.ErrorContains(t, err, "written by a newer version of leat")
}

func deleteSettled(holders []holder) (rest []holder) {
	for _, h := range holders {
		if h.stage != settled {
			rest = append(rest, h)
		}
	}
	return rest
}

// FuzzFact looks for records that make reading panic, or that come to be another fact when
// they are written again.
func FuzzFact(f *testing.F) {
	for _, fact := range someFacts() {
		f.Add(fact.append(nil))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		fact, err := decodeFact(record)
		if err != nil {
			return
		}
		describe(fact)
		r := newRestorer()
		require.NoError(t, r.apply(record, 1))
		w, ok := fact.(interface{ append([]byte) []byte })
		if a, admin := fact.(*adminFact); !ok || admin && a.gone {
			return
		}
		again := w.append(nil)
		got, err := decodeFact(again)
		require.NoError(t, err)
		if k, ok := fact.(*saved); ok && len(k.content.texts)+len(k.content.attributes) > 1 {
			return // in no order
		}
		require.True(t, bytes.Equal(again, got.(interface{ append([]byte) []byte }).append(nil)))
	})
}
