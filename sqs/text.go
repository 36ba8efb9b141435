package sqs

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/journal"
)

// missingText is a message whose text is in the journal, and has to be read without the
// lock.
type missingText struct {
	index int // in what is returned to the caller
	ref   uint32
	seq   uint64
	home  journal.Place
}

// errNoText is for a message that is not there any more.
var errNoText = errors.New("sqs: the message is gone")

// complete reads the texts of messages that were received. One that was purged meanwhile
// is left out. One that can not be read fails the operation, unless there are others; it
// can be received again when its visibility timeout ends.
func (q *LocalQueue) complete(op string, messages []Message, texts []missingText) ([]Message, error) {
	if len(texts) == 0 {
		return messages, nil
	}
	var fault error
	for _, missing := range slices.Backward(texts) {
		err := q.readText(&messages[missing.index], missing)
		if err == nil {
			continue
		}
		messages = slices.Delete(messages, missing.index, missing.index+1)
		if !errors.Is(err, errNoText) {
			fault = stored(op, q.name, err)
			q.log().Error("a message can not be read", slog.String("queue", q.name), slog.Any("error", err))
		}
	}
	if len(messages) > 0 {
		return messages, nil
	}
	return nil, fault
}

// readText fills in a message's text. The text may have moved since the caller has looked,
// so it looks again; then it may also be back in memory.
func (q *LocalQueue) readText(m *Message, missing missingText) error {
	for {
		t, err := q.registry.store.text(missing.home, q.core.log.queue, missing.ref, missing.seq)
		if err == nil {
			q.put(m, &t)
			return nil
		}
		if !errors.Is(err, journal.ErrGone) {
			return err
		}
		q.mu.Lock()
		q.core.settle()
		r := q.core.records.At(missing.ref)
		switch {
		case r == nil || r.state == 0 || r.seq != missing.seq || q.gone != nil:
			q.mu.Unlock()
			return errNoText
		case r.home == missing.home:
			q.mu.Unlock()
			return err
		}
		missing.home = r.home
		q.mu.Unlock()
	}
}

// put gives a message the text of a transfer.
func (q *LocalQueue) put(m *Message, t *transfer) {
	m.Body, m.Attributes = t.body, maps.Clone(t.attrs)
	if q.config.Load().FIFO {
		m.DeduplicationID = t.dedupID
	}
}

// errDamaged is for a text that is not as it was written.
var errDamaged = fmt.Errorf("the text of a message is %w", durable.ErrCorrupt)

// text reads the text of a message back.
func (s *store) text(home journal.Place, queue, ref uint32, seq uint64) (t transfer, err error) {
	record, err := s.journal.Read(home, nil)
	if err != nil {
		return t, err
	}
	if _, ok := journal.CheckSum(record); !ok {
		return t, errDamaged
	}
	kind, f, ok := parseFact(record)
	if !ok || kind != factMessage || f.queue != queue || f.ref != ref || f.seq != seq {
		return t, errDamaged
	}
	if t.attrs, t.extra, t.body, ok = f.contents(true); !ok {
		return t, errDamaged
	}
	t.dedupID = string(f.dedupID)
	return t, nil
}

// readLetters reads the texts of messages that were taken and are in the journal only.
func (q *LocalQueue) readLetters(letters []transfer) error {
	for i := range letters {
		l := &letters[i]
		if l.body != "" {
			continue
		}
		t, err := q.registry.store.text(l.home, q.core.log.queue, l.ref, l.fromSeq)
		if err != nil {
			q.log().Error("a message can not be read", slog.String("queue", q.name), slog.Any("error", err))
			return err
		}
		l.body, l.attrs, l.dedupID = t.body, t.attrs, t.dedupID
	}
	return nil
}
