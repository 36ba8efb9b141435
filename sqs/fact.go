package sqs

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/internal/uid"
)

// What a durable service writes into its journal are facts: what is now, not what was
// asked for. A fact that comes again takes the place of the one before, and one about
// something unknown says nothing. Each is a record of the journal, and begins with its
// kind. Numbers are varints, texts have their length before them.
const (
	factQueue   = 1 + iota // a queue as it is: JSON of queueMeta
	factNoQueue            // a queue is deleted: number, time
	factMessage            // a message as it is, with its body and a sum
	factChanged            // what receiving changes of a message
	factGone               // a message is not there any more
	factPurged             // nor any other that the queue had: number, time
	factTask               // a message move task as it is: JSON of taskMeta
	factRecent             // a deduplication id that is remembered: queue, sequence number, time, key
)

// fact is a fact about a message.
type fact struct {
	queue    uint32 // the queue's number
	ref      uint32
	seq      uint64
	state    state
	flags    byte
	id       uid.ID
	sentAt   int64
	firstAt  int64
	lastAt   int64
	due      int64
	receives uint32
	arrived  uint32

	fromQueue, fromRef uint32 // where it was until now, if it was moved
	fromSeq            uint64

	groupID, dedupID []byte
	rest             []byte // the attributes, what is in extra, and the body
}

// The flags of factMessage.
const (
	flagRecent  = 1 << iota // its deduplication id counts from sentAt on
	flagByGroup             // in its group only
	flagID                  // its id is not the one that follows from its sequence number
	flagMoved
)

// appendMessage appends the fact of a message; f has all but the texts, which t has.
func appendMessage(b []byte, f *fact, t *transfer) []byte {
	from := len(b)
	b = append(b, factMessage, f.flags, byte(f.state))
	b = fields.AppendUints(b, uint64(f.queue), uint64(f.ref), f.seq, uint64(f.sentAt), uint64(f.firstAt), uint64(f.lastAt), uint64(f.due), uint64(f.receives), uint64(f.arrived))
	if f.flags&flagID != 0 {
		b = binary.BigEndian.AppendUint64(b, f.id.High)
		b = binary.BigEndian.AppendUint64(b, f.id.Low)
	}
	if f.flags&flagMoved != 0 {
		b = fields.AppendUints(b, uint64(f.fromQueue), uint64(f.fromRef), f.fromSeq)
	}
	b = fields.AppendText(b, t.groupID)
	b = fields.AppendText(b, t.dedupID)
	b = binary.AppendUvarint(b, uint64(len(t.attrs)))
	for name, a := range t.attrs {
		b = fields.AppendText(fields.AppendText(fields.AppendText(b, name), a.DataType), a.Value)
	}
	b = fields.AppendText(fields.AppendText(fields.AppendText(b, t.extra.senderID), t.extra.traceHeader), t.extra.deadLetterSource)
	b = append(b, t.body...)
	return journal.AppendSum(b, from)
}

// appendChanged appends what receiving changes of a message.
func appendChanged(b []byte, queue, ref uint32, r *record) []byte {
	b = append(b, factChanged, byte(r.state))
	return fields.AppendUints(b, uint64(queue), uint64(ref), r.seq, uint64(r.firstAt), uint64(r.lastAt), uint64(r.due), uint64(r.receives))
}

// errFact says that a record of the journal makes no sense, although it is as it was
// written.
var errFact = errors.New("sqs: a record of the journal makes no sense")

// unknownFact is the error for a kind that this version does not know.
func unknownFact(kind byte) error {
	return fmt.Errorf("sqs: a record of the journal has kind %d, which a newer version of leat has written: %w", kind, durable.ErrVersion)
}

// parseFact reads a fact about a message, of any of the kinds; its slices are those of
// the record.
func parseFact(record []byte) (kind byte, f fact, ok bool) {
	p := fields.Reader{Rest: record}
	switch kind = p.Byte(); kind {
	case factMessage:
		if len(p.Rest) < journal.SumSize {
			return kind, f, false
		}
		p.Rest = p.Rest[:len(p.Rest)-journal.SumSize]
		f.flags, f.state = p.Byte(), state(p.Byte())
		f.queue, f.ref, f.seq, f.sentAt = p.Uint32(), p.Uint32(), p.Uint(), int64(p.Uint())
		f.firstAt, f.lastAt, f.due = int64(p.Uint()), int64(p.Uint()), int64(p.Uint())
		f.receives, f.arrived = p.Uint32(), p.Uint32()
		if f.flags&flagID != 0 {
			if id := p.Fixed(16); id != nil {
				f.id = uid.ID{High: binary.BigEndian.Uint64(id), Low: binary.BigEndian.Uint64(id[8:])}
			}
		}
		if f.flags&flagMoved != 0 {
			f.fromQueue, f.fromRef, f.fromSeq = p.Uint32(), p.Uint32(), p.Uint()
		}
		f.groupID, f.dedupID = p.Bytes(), p.Bytes()
		f.rest = p.Rest
	case factChanged:
		f.state = state(p.Byte())
		f.queue, f.ref, f.seq = p.Uint32(), p.Uint32(), p.Uint()
		f.firstAt, f.lastAt, f.due, f.receives = int64(p.Uint()), int64(p.Uint()), int64(p.Uint()), p.Uint32()
	case factGone:
		f.queue, f.ref, f.seq = p.Uint32(), p.Uint32(), p.Uint()
	}
	known := f.state >= ready && f.state <= committing || kind == factGone
	return kind, f, !p.Bad && known && f.ref != 0
}

// contents takes the rest of a factMessage apart, without attributes and body if these
// are not wanted.
func (f *fact) contents(all bool) (attrs map[string]Attribute, x extra, body string, ok bool) {
	p := fields.Reader{Rest: f.rest}
	n := p.Count(3)
	if all && n > 0 {
		attrs = make(map[string]Attribute, n)
	}
	for range n {
		name, dataType, value := p.Bytes(), p.Bytes(), p.Bytes()
		if all {
			attrs[string(name)] = Attribute{DataType: string(dataType), Value: string(value)}
		}
	}
	x = extra{senderID: p.Text(), traceHeader: p.Text(), deadLetterSource: p.Text()}
	if all {
		body = string(p.Rest)
	}
	return attrs, x, body, !p.Bad && len(p.Rest) > 0
}
