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
		out[i].ReceiptHandle = c.writeHandle(&text, ref, r)
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

func writeID(text *strings.Builder, id messageID) string {
	w0, w1 := hexDigits(uint32(id.high>>32)), hexDigits(uint32(id.high))
	w2, w3 := hexDigits(uint32(id.low>>32)), hexDigits(uint32(id.low))
	big := binary.BigEndian
	var b [idChars]byte
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	big.PutUint64(b[0:], w0)
	big.PutUint32(b[9:], uint32(w1>>32))
	big.PutUint32(b[14:], uint32(w1))
	big.PutUint32(b[19:], uint32(w2>>32))
	big.PutUint32(b[24:], uint32(w2))
	big.PutUint64(b[28:], w3)
	return write(text, b[:])
}

func writeSequence(text *strings.Builder, seq uint64) string {
	var b [sequenceChars]byte
	return write(text, strconv.AppendUint(b[:0], sequenceBase+seq, 10))
}
