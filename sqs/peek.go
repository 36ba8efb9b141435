package sqs

import (
	"log/slog"
	"time"
)

// PeekedMessage is a message as Peek shows it. It has no receipt handle.
type PeekedMessage struct {
	Message
	State MessageState
	// VisibleAt is when the message becomes visible by itself; zero if it is.
	VisibleAt time.Time
}

// MessageState is where a message stands.
type MessageState string

const (
	StateVisible  MessageState = "visible"
	StateInFlight MessageState = "in flight"
	StateDelayed  MessageState = "delayed"
)

// Peek looks at up to limit messages, the oldest first, without receiving them:
// nothing changes, and messages in flight or delayed are among them. It is for
// tests and people; AWS has no such operation. A closed queue has no messages.
func (q *LocalQueue) Peek(limit int) []PeekedMessage {
	now, err := q.enter("Peek")
	if err != nil {
		return nil
	}
	c := q.core
	var out []PeekedMessage
	var texts []missingText
	for e := range c.aging.Ascending() {
		if len(out) >= limit {
			break
		}
		if !c.isAging(e) {
			continue
		}
		r := c.records.At(e.Ref)
		if r.isEvicted() {
			texts = append(texts, missingText{len(out), e.Ref, r.seq, r.home})
		}
		text := reader{string(c.appendNames(nil, r.id, r.seq))}
		var m PeekedMessage
		q.render(&m.Message, r, &text)
		switch r.state {
		case ready:
			m.State = StateVisible
		case inFlight:
			m.State, m.VisibleAt = StateInFlight, time.Unix(0, r.due)
		case committing:
			m.State, m.VisibleAt = StateDelayed, time.Unix(0, r.due)
		case delayed:
			m.State, m.VisibleAt = StateDelayed, time.Unix(0, r.due)
			if r.due == 0 {
				m.VisibleAt = time.Unix(0, r.sentAt+c.settings.delay)
			}
		}
		out = append(out, m)
	}
	q.leave(now)
	for _, missing := range texts {
		if err := q.readText(&out[missing.index].Message, missing); err != nil {
			q.log().Error("a message can not be read", slog.String("queue", q.name), slog.Any("error", err))
		}
	}
	return out
}
