package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/leat-go/leat/durable"
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
// order in the queue. Where the journal of a queue on disk fails, nothing was sent if the
// error wraps durable.ErrNoSpace, and otherwise that is not known. (SendMessage,
// SendMessageBatch.)
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
	now, err := q.change("Send")
	if err != nil {
		return nil, err
	}
	waits := q.Durable() && q.registry.store.waits
	var refs []uint32 // of what waits to become durable
	var seqs []uint64
	withdrawn, duplicates := q.core.withdrawn, false
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
		ref, seq := q.core.send(now, e, &p)
		if waits {
			refs, seqs = append(refs, ref), append(seqs, seq)
			duplicates = duplicates || ref == 0
		}
		q.text = q.core.appendNames(q.text, q.core.seeds.id.ID(seq), seq)
	}
	text := q.takeText()
	done := q.leave(now)
	if !duplicates {
		withdrawn = -1
	}
	if err := q.commit(done, refs, seqs, withdrawn); err != nil {
		return nil, err
	}
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

// errNoOriginal is for duplicates of a message that was taken back meanwhile.
var errNoOriginal = fmt.Errorf("the message that it is a duplicate of could not be stored: %w", durable.ErrNoSpace)

// commit makes messages of a queue on disk visible once they are durable. If they can not
// be they are taken back, all of them. withdrawn is how many had been when duplicates were
// found, whose originals may be among those that were since; -1 if there are no duplicates.
func (q *LocalQueue) commit(done receipt, refs []uint32, seqs []uint64, withdrawn int) error {
	if !q.Durable() {
		return nil
	}
	err := q.acknowledge("Send", done)
	if !q.registry.store.waits {
		if errors.Is(err, durable.ErrNoSpace) {
			return nil // they are sent, and are written when there is space
		}
		return err
	}
	now, gone := q.enter("Send")
	if gone != nil {
		return err // what is durable was sent before the end
	}
	switch {
	case err != nil && done.isWritten(): // after all, and others may count on it
		err = nil
	case err == nil && withdrawn >= 0 && withdrawn != q.core.withdrawn:
		err = stored("Send", q.name, errNoOriginal)
	}
	for i, ref := range refs {
		if err == nil {
			q.core.committed(ref, seqs[i])
		} else {
			q.core.withdraw(ref, seqs[i])
		}
	}
	q.leave(now)
	return err
}

func pack(e *Entry) parcel {
	p := parcel{attrs: maps.Clone(e.Attributes), dedupID: e.DeduplicationID, size: e.Size()}
	if p.dedupID == "" {
		sum := sha256.Sum256([]byte(e.Body))
		p.dedupID = hex.EncodeToString(sum[:])
	}
	return p
}
