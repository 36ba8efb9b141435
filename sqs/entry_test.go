package sqs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func attributes(n int) map[string]sqs.Attribute {
	m := map[string]sqs.Attribute{}
	for i := range n {
		m[fmt.Sprintf("a%d", i)] = sqs.StringAttribute("v")
	}
	return m
}

func with(name string, a sqs.Attribute) sqs.Entry {
	return sqs.Entry{Body: "b", Attributes: map[string]sqs.Attribute{name: a}}
}

func TestEntryLimits(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	standard := create(t, s, "standard", sqs.Config{MaximumMessageSize: 1024})
	fifo := create(t, s, "q.fifo", sqs.Config{FIFO: true, MaximumMessageSize: 1024})
	type row struct {
		name     string
		q        *sqs.LocalQueue
		entry    sqs.Entry
		sentinel error // nil: accepted
		text     string
	}
	ok := sqs.StringAttribute("v")
	inGroup := func(e sqs.Entry) sqs.Entry {
		e.GroupID, e.Body = "g", "b"
		if e.DeduplicationID == "" {
			e.DeduplicationID = "d"
		}
		return e
	}
	rows := []row{
		{"empty body", standard, sqs.Entry{}, sqs.ErrMissingParameter, "The request must contain the parameter MessageBody."},
		{"body at the limit", standard, sqs.Entry{Body: strings.Repeat("x", 1024)}, nil, ""},
		{"body over it", standard, sqs.Entry{Body: strings.Repeat("x", 1025)}, sqs.ErrInvalidParameterValue, "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."},
		{"attributes count", standard, sqs.Entry{Body: strings.Repeat("x", 1024-len("nameStringvalue")), Attributes: map[string]sqs.Attribute{"name": sqs.StringAttribute("value")}}, nil, ""},
		{"attributes count over", standard, sqs.Entry{Body: strings.Repeat("x", 1025-len("nameStringvalue")), Attributes: map[string]sqs.Attribute{"name": sqs.StringAttribute("value")}}, sqs.ErrInvalidParameterValue, "shorter than"},
		{"system attributes do not count", standard, sqs.Entry{Body: strings.Repeat("x", 1024), TraceHeader: "Root=1"}, nil, ""},
		{"tab, newline, return", standard, sqs.Entry{Body: "\t\n\r"}, nil, ""},
		{"control character", standard, sqs.Entry{Body: "a\x01"}, sqs.ErrInvalidMessageContents, "Invalid characters found"},
		{"control character after much text", standard, sqs.Entry{Body: strings.Repeat("x", 100) + "\x1f"}, sqs.ErrInvalidMessageContents, ""},
		{"broken UTF-8", standard, sqs.Entry{Body: "\xff"}, sqs.ErrInvalidMessageContents, ""},
		{"U+FFFD itself", standard, sqs.Entry{Body: "\uFFFD"}, nil, ""},
		{"U+FFFE", standard, sqs.Entry{Body: "\uFFFE"}, sqs.ErrInvalidMessageContents, ""},
		{"beyond the basic plane", standard, sqs.Entry{Body: "😀 " + strings.Repeat("é", 40)}, nil, ""},
		{"delete character", standard, sqs.Entry{Body: strings.Repeat("\x7f", 40)}, nil, ""},

		{"ten attributes", standard, sqs.Entry{Body: "b", Attributes: attributes(10)}, nil, ""},
		{"eleven", standard, sqs.Entry{Body: "b", Attributes: attributes(11)}, sqs.ErrInvalidParameterValue, "Number of message attributes [11] exceeds the allowed maximum [10]."},
		{"empty name", standard, with("", ok), sqs.ErrMissingParameter, ""},
		{"long name", standard, with(strings.Repeat("n", 256), ok), nil, ""},
		{"too long name", standard, with(strings.Repeat("n", 257), ok), sqs.ErrInvalidParameterValue, "names must be shorter"},
		{"name with a space", standard, with("a b", ok), sqs.ErrInvalidParameterValue, "can only contain"},
		{"reserved name", standard, with("aWs.x", ok), sqs.ErrInvalidParameterValue, "beginning with 'AWS.'"},
		{"reserved name", standard, with("AMAZON.x", ok), sqs.ErrInvalidParameterValue, "beginning with 'AWS.'"},
		{"a prefix that is not reserved", standard, with("awsome", ok), nil, ""},
		{"leading dot", standard, with(".a", ok), sqs.ErrInvalidParameterValue, "start or end with '.'"},
		{"trailing dot", standard, with("a.", ok), sqs.ErrInvalidParameterValue, "start or end with '.'"},
		{"double dot", standard, with("a..b", ok), sqs.ErrInvalidParameterValue, "successive '.'"},
		{"no type", standard, with("a", sqs.Attribute{Value: "v"}), sqs.ErrInvalidParameterValue, "non-empty message attribute type"},
		{"unknown type", standard, with("a", sqs.Attribute{DataType: "Float", Value: "1"}), sqs.ErrInvalidParameterValue, "supported type prefixes"},
		{"lower-case type", standard, with("a", sqs.Attribute{DataType: "string", Value: "1"}), sqs.ErrInvalidParameterValue, "supported type prefixes"},
		{"custom type", standard, with("a", sqs.Attribute{DataType: "Number.float", Value: "1.5"}), nil, ""},
		{"long type", standard, with("a", sqs.Attribute{DataType: "String." + strings.Repeat("l", 250), Value: "1"}), sqs.ErrInvalidParameterValue, "types must be shorter"},
		{"empty value", standard, with("X", sqs.StringAttribute("")), sqs.ErrInvalidParameterValue, "Message (user) attribute 'X' must contain a non-empty value of type 'String'."},
		{"control character in a value", standard, with("X", sqs.StringAttribute("\x02")), sqs.ErrInvalidParameterValue, "Invalid characters"},
		{"binary value", standard, with("X", sqs.BinaryAttribute([]byte{0, 0xff})), nil, ""},
		{"numbers", standard, with("X", sqs.NumberAttribute("-1.5E-10")), nil, ""},
		{"not a number", standard, with("X", sqs.NumberAttribute("ten")), sqs.ErrInvalidParameterValue, "Can't cast the value of message (user) attribute 'X' to a number."},
		{"infinity is no number", standard, with("X", sqs.NumberAttribute("inf")), sqs.ErrInvalidParameterValue, "to a number"},

		{"longest delay", standard, sqs.Entry{Body: "b", Delay: new(900 * time.Second)}, nil, ""},
		{"too long delay", standard, sqs.Entry{Body: "b", Delay: new(901 * time.Second)}, sqs.ErrInvalidParameterValue, "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."},
		{"negative delay", standard, sqs.Entry{Body: "b", Delay: new(-time.Second)}, sqs.ErrInvalidParameterValue, "Value -1 for parameter DelaySeconds"},
		{"delay on FIFO", fifo, inGroup(sqs.Entry{Delay: new(2 * time.Second)}), sqs.ErrInvalidParameterValue, "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."},
		{"zero delay on FIFO", fifo, inGroup(sqs.Entry{Delay: new(time.Duration(0))}), nil, ""},

		{"group on standard", standard, sqs.Entry{Body: "b", GroupID: "tenant"}, nil, ""},
		{"bad group on standard", standard, sqs.Entry{Body: "b", GroupID: "a tenant"}, sqs.ErrInvalidParameterValue, "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."},
		{"deduplication on standard", standard, sqs.Entry{Body: "b", DeduplicationID: "d"}, sqs.ErrInvalidParameterValue, "not valid for this queue type"},
		{"no group on FIFO", fifo, sqs.Entry{Body: "b", DeduplicationID: "d"}, sqs.ErrMissingParameter, "The request must contain the parameter MessageGroupId."},
		{"no deduplication id", fifo, sqs.Entry{Body: "b", GroupID: "g"}, sqs.ErrInvalidParameterValue, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
		{"long ids", fifo, inGroup(sqs.Entry{DeduplicationID: strings.Repeat("~", 128)}), nil, ""},
		{"too long ids", fifo, inGroup(sqs.Entry{DeduplicationID: strings.Repeat("!", 129)}), sqs.ErrInvalidParameterValue, "MessageDeduplicationId can only include"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			before := r.q.Metrics().NumberOfMessagesSent
			sent, err := r.q.Send(t.Context(), r.entry)
			if r.sentinel == nil {
				require.NoError(t, err)
				require.NotEmpty(t, sent[0].MessageID)
				return
			}
			var batch *sqs.BatchError
			require.ErrorAs(t, err, &batch)
			requireError(t, err, r.sentinel, r.text)
			require.Equal(t, before, r.q.Metrics().NumberOfMessagesSent, "a refused entry changes nothing")
		})
	}
}

func TestSendKeepsTheGoodEntriesOfABatch(t *testing.T) {
	q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
	attrs := map[string]sqs.Attribute{"k": sqs.NumberAttribute("1")}
	sent, err := q.Send(t.Context(), sqs.Entry{}, sqs.Entry{Body: "one", Attributes: attrs}, sqs.Entry{Body: "\x00"}, sqs.Entry{Body: "two"})
	var batch *sqs.BatchError
	require.ErrorAs(t, err, &batch)
	require.Len(t, batch.Failed, 2)
	require.Equal(t, []int{0, 2}, []int{batch.Failed[0].Index, batch.Failed[1].Index})
	require.Len(t, sent, 4)
	require.Zero(t, sent[0])
	require.Zero(t, sent[2])
	attrs["k"] = sqs.NumberAttribute("2") // the queue has its own copy
	got := receive(t, q, sqs.ReceiveRequest{MaxMessages: 10})
	require.Equal(t, []string{"one", "two"}, textsOf(got))
	require.Equal(t, []string{sent[1].MessageID, sent[3].MessageID}, []string{got[0].ID, got[1].ID})
	require.Equal(t, map[string]sqs.Attribute{"k": sqs.NumberAttribute("1")}, got[0].Attributes)
	require.Nil(t, got[1].Attributes)
}
