package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"time"

	"github.com/leat-go/leat/internal/uid"
)

// parcel is what the core gets besides the entry itself.
type parcel struct {
	attrs   map[string]Attribute // the core's own
	dedupID string
	delay   time.Duration // on a standard queue
	size    int
}

// Send implements [Queue]. An entry fails with ErrInvalidParameterValue,
// ErrMissingParameter or ErrInvalidMessageContents. A duplicate on a FIFO queue
// succeeds and returns what the original returned. The order of the batch is the
// order in the queue. (SendMessage, SendMessageBatch.)
func (q *LocalQueue) Send(ctx context.Context, batch ...Entry) ([]Sent, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cfg := q.config.Load()
	var failed failures
	var packed []parcel // made only if an entry needs what is better done before locking
	for i := range batch {
		e := &batch[i]
		if err := check(cfg, e); err != nil {
			failed.Add(i, located("Send", q.name, err))
		} else if len(e.Attributes) > 0 || cfg.FIFO && e.DeduplicationID == "" {
			if packed == nil {
				packed = make([]parcel, len(batch))
			}
			packed[i] = pack(e)
		}
	}
	now, err := q.enter("Send")
	if err != nil {
		return nil, err
	}
	sent := make([]Sent, len(batch))
	q.text = q.text[:0]
	bad := failed
	for i := range batch {
		if bad.Skip(i) {
			continue
		}
		e := &batch[i]
		p := parcel{dedupID: e.DeduplicationID, size: len(e.Body)}
		if packed != nil && packed[i].size > 0 {
			p = packed[i]
		}
		p.delay = cfg.Delay
		if e.Delay != nil {
			p.delay = *e.Delay
		}
		seq := q.core.send(now, e, &p)
		q.text = q.core.appendNames(q.text, q.core.seeds.id.ID(seq), seq)
	}
	text := q.takeText()
	q.leave(now)
	bad = failed
	for i := range sent {
		if bad.Skip(i) {
			continue
		}
		sent[i].MessageID = text.next(uid.Chars)
		if cfg.FIFO {
			sent[i].SequenceNumber = text.next(uid.SequenceChars)
		}
	}
	return sent, batchError(failed)
}

func pack(e *Entry) parcel {
	p := parcel{attrs: maps.Clone(e.Attributes), dedupID: e.DeduplicationID, size: e.Size()}
	if p.dedupID == "" {
		sum := sha256.Sum256([]byte(e.Body))
		p.dedupID = hex.EncodeToString(sum[:])
	}
	return p
}
