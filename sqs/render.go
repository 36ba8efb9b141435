package sqs

import (
	"encoding/binary"
	"maps"
	"strconv"
	"strings"
	"time"
)

const (
	idChars       = 36
	sequenceChars = 20
	// sequenceBase makes every sequence number 20 digits long.
	sequenceBase = 10_000_000_000_000_000_000
)

// messages renders the picked messages. All their short strings share one
// allocation. The caller holds mu.
func (q *LocalQueue) messages() []Message {
	c := q.core
	if len(c.picked) == 0 {
		return nil
	}
	out := make([]Message, len(c.picked))
	perMessage := idChars + handleChars
	if c.settings.fifo {
		perMessage += sequenceChars
	}
	var text strings.Builder
	text.Grow(len(out) * perMessage)
	for i, ref := range c.picked {
		r := c.records.At(ref)
		q.render(&out[i], r, &text)
		var raw [handleChars]byte
		out[i].ReceiptHandle = write(&text, c.appendHandle(raw[:0], ref, r))
	}
	return out
}

// render fills in a message, but for its receipt handle.
func (q *LocalQueue) render(m *Message, r *record, text *strings.Builder) {
	m.ID = writeID(text, r.id)
	m.Body = r.body
	if r.attrs != nil {
		m.Attributes = maps.Clone(r.attrs)
	}
	m.SentAt = time.Unix(0, r.sentAt)
	if r.firstAt != 0 {
		m.FirstReceivedAt = time.Unix(0, r.firstAt)
	}
	m.ReceiveCount = int(r.receives)
	m.SenderID = q.account
	m.GroupID = r.group.id
	if q.core.settings.fifo {
		m.DeduplicationID = r.dedupID
		m.SequenceNumber = writeSequence(text, r.seq)
	}
	if x := r.extra; x != nil {
		if x.senderID != "" {
			m.SenderID = x.senderID
		}
		m.TraceHeader, m.DeadLetterSource = x.traceHeader, x.deadLetterSource
	}
}

// write appends to text and returns what it appended. The string stays valid
// when more follows: a builder never changes what it has written.
func write(text *strings.Builder, b []byte) string {
	start := text.Len()
	text.Write(b)
	return text.String()[start:]
}

func writeID(text *strings.Builder, id [16]byte) string {
	var digits [32]byte
	for i := range 4 {
		binary.BigEndian.PutUint64(digits[8*i:], hexDigits(binary.BigEndian.Uint32(id[4*i:])))
	}
	var b [idChars]byte
	copy(b[0:], digits[:8])
	copy(b[9:], digits[8:12])
	copy(b[14:], digits[12:16])
	copy(b[19:], digits[16:20])
	copy(b[24:], digits[20:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return write(text, b[:])
}

func writeSequence(text *strings.Builder, seq uint64) string {
	var b [sequenceChars]byte
	return write(text, strconv.AppendUint(b[:0], sequenceBase+seq, 10))
}
