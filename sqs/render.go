package sqs

import (
	"maps"
	"time"

	"github.com/leat-go/leat/internal/uid"
)

// messages renders the picked messages, and returns what of them has to be read from the
// journal. The texts that are made for them, ids and handles, are written one after the
// other and share one allocation. The caller holds mu.
func (q *LocalQueue) messages() ([]Message, []missingText) {
	c := q.core
	if len(c.picked) == 0 {
		return nil, nil
	}
	var texts []missingText
	q.text = q.text[:0]
	for _, ref := range c.picked {
		r := c.records.At(ref)
		q.text = c.appendHandle(c.appendNames(q.text, r.id, r.seq), ref, r)
	}
	out, text := make([]Message, len(c.picked)), q.takeText()
	for i, ref := range c.picked {
		r := c.records.At(ref)
		q.render(&out[i], r, &text)
		out[i].ReceiptHandle = text.next(handleChars)
		if r.isEvicted() {
			texts = append(texts, missingText{i, ref, r.seq, r.home})
		}
	}
	return out, texts
}

// render fills in a message, but for its receipt handle. text begins with what
// appendNames wrote.
func (q *LocalQueue) render(m *Message, r *record, text *reader) {
	m.ID = text.next(uid.Chars)
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
		m.SequenceNumber = text.next(uid.SequenceChars)
	}
	if x := r.extra; x != nil {
		if x.senderID != "" {
			m.SenderID = x.senderID
		}
		m.TraceHeader, m.DeadLetterSource = x.traceHeader, x.deadLetterSource
	}
}

// takeText returns what was written to q.text. The caller holds mu.
func (q *LocalQueue) takeText() reader {
	text := reader{string(q.text)}
	if cap(q.text) > maxScratch {
		q.text = nil
	}
	return text
}

// maxScratch is the most memory that a queue keeps to write texts in.
const maxScratch = 16 << 10

// reader takes a text apart.
type reader struct{ rest string }

func (r *reader) next(n int) (s string) {
	s, r.rest = r.rest[:n], r.rest[n:]
	return s
}

// appendNames writes a message's id and, on a FIFO queue, its sequence number.
func (c *core) appendNames(dst []byte, id uid.ID, seq uint64) []byte {
	dst = id.Append(dst)
	if c.settings.fifo {
		dst = uid.AppendSequence(dst, seq)
	}
	return dst
}
