package sqs

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
)

// restoringQueue is a queue that is being read. Its core has records, but does not know
// yet in which order they are.
type restoringQueue struct {
	meta queueMeta
	core *core
}

// snapshot takes the last snapshot over.
func (rs *restoring) snapshot(data []byte) error {
	var meta serviceMeta
	if err := json.Unmarshal(data, &meta); err != nil {
		return err
	}
	rs.store.numbers.Store(meta.Numbers)
	rs.now = meta.Now
	for _, m := range meta.Queues {
		rs.queue(m)
	}
	for name, at := range meta.Deleted {
		rs.deleted[name] = at
	}
	rs.tasks = meta.Tasks
	return nil
}

// batch takes over what one batch of the journal says.
func (rs *restoring) batch(b journal.Batch) error {
	for i, record := range b.Records {
		if err := rs.record(record, b.Place(i)); err != nil {
			return err
		}
	}
	return nil
}

func (rs *restoring) record(record []byte, place journal.Place) error {
	if len(record) == 0 {
		return errFact
	}
	switch kind := record[0]; kind {
	case factQueue:
		var m queueMeta
		if err := json.Unmarshal(record[1:], &m); err != nil {
			return err
		}
		rs.queue(m)
	case factTask:
		var m taskMeta
		if err := json.Unmarshal(record[1:], &m); err != nil {
			return err
		}
		rs.task(m)
	case factNoQueue, factPurged, factRecent:
		return rs.about(kind, record[1:], place)
	case factMessage, factChanged, factGone:
		_, f, ok := parseFact(record)
		if !ok || f.ref > maxRef {
			return errFact
		}
		if from := rs.queues[f.fromQueue]; f.flags&flagMoved != 0 && from != nil {
			from.drop(f.fromRef, f.fromSeq) // also if the queue that it went to is deleted
		}
		q := rs.queues[f.queue]
		if q == nil {
			return nil
		}
		switch kind {
		case factMessage:
			return rs.message(q, &f, place)
		case factChanged:
			if r := q.find(f.ref, f.seq); r != nil {
				r.state, r.firstAt, r.lastAt, r.due, r.receives = f.state, f.firstAt, f.lastAt, f.due, f.receives
				rs.met(f.lastAt)
			}
		case factGone:
			q.drop(f.ref, f.seq)
		}
	default:
		return unknownFact(kind)
	}
	return nil
}

// maxRef is more than a queue can have messages in memory.
const maxRef = 1 << 30

func (rs *restoring) met(at int64) { rs.now = max(rs.now, at) }

func (rs *restoring) queue(m queueMeta) {
	if rs.store.numbers.Load() < m.Number {
		rs.store.numbers.Store(m.Number)
	}
	rs.met(m.ModifiedAt.UnixNano())
	m.Config = m.Config.withDefaults() // of what an older version did not have
	q := rs.queues[m.Number]
	if q == nil {
		q = &restoringQueue{core: newCore(m.Config.settings(), seeds{m.Tag, m.IDs})}
		q.core.log = newFeed(rs.store, m.Number)
		rs.queues[m.Number] = q
	}
	q.meta = m
	q.core.settings = m.Config.settings()
	q.core.seq = max(q.core.seq, m.Sequence)
}

func (rs *restoring) task(m taskMeta) {
	i := slices.IndexFunc(rs.tasks, func(t taskMeta) bool { return t.ID == m.ID })
	if i < 0 {
		rs.tasks = append([]taskMeta{m}, rs.tasks...)
		return
	}
	rs.tasks[i] = m
}

// about takes over what is not about a message.
func (rs *restoring) about(kind byte, rest []byte, place journal.Place) error {
	p := fields.Reader{Rest: rest}
	number := p.Uint32()
	q := rs.queues[number]
	var seq uint64
	if kind == factRecent {
		seq = p.Uint()
	}
	at := int64(p.Uint())
	if p.Bad {
		return errFact
	}
	rs.met(at)
	if q == nil {
		return nil
	}
	switch kind {
	case factNoQueue:
		q.core.clear()
		q.core.log.recent.clear()
		delete(rs.queues, number)
		rs.deleted[arn{q.meta.Region, q.meta.Account, q.meta.Name}.String()] = time.Unix(0, at)
	case factPurged:
		q.core.clear()
		q.core.log.recent.clear()
		q.meta.PurgedAt = time.Unix(0, at)
	case factRecent:
		rs.recent(q, string(p.Rest), seq, at, place)
	}
	return nil
}

func (rs *restoring) recent(q *restoringQueue, key string, seq uint64, at int64, place journal.Place) {
	q.core.recent.Restore(rs.now, at, key, seq)
	if seq == takenBack {
		q.core.log.recent.takeBackUntil(at, key)
		return
	}
	q.core.log.recent.add(at, key, seq)
	q.core.log.recent.placed(place.Segment)
}

// find returns the record of a message that is there.
func (q *restoringQueue) find(ref uint32, seq uint64) *record {
	if r := q.core.records.At(ref); r != nil && r.state != 0 && r.seq == seq {
		return r
	}
	return nil
}

func (q *restoringQueue) drop(ref uint32, seq uint64) {
	if r := q.find(ref, seq); r != nil {
		q.core.log.release(r)
		*r = record{}
	}
}

// message takes a message over, as it is now.
func (rs *restoring) message(q *restoringQueue, f *fact, place journal.Place) error {
	rs.met(max(f.sentAt, f.lastAt))
	c := q.core
	r := c.records.Reach(f.ref)
	c.log.release(r)
	*r = record{
		group: c.plain, id: f.id, seq: f.seq, sentAt: f.sentAt, firstAt: f.firstAt, lastAt: f.lastAt, due: f.due,
		receives: f.receives, arrived: f.arrived, state: f.state,
	}
	if f.flags&flagID == 0 {
		r.id = c.seeds.id.ID(f.seq)
	}
	if len(f.groupID) > 0 {
		g := c.groups[string(f.groupID)]
		if g == nil {
			g = &group{id: string(f.groupID), index: -1}
			c.groups[g.id] = g
		}
		r.group = g
	}
	c.seq = max(c.seq, f.seq)
	s := rs.store
	attrs, x, body, ok := f.contents(s.resident.Load() < s.budget)
	if !ok {
		return errFact
	}
	if x != (extra{}) {
		r.extra = new(x)
	}
	if body != "" {
		r.body, r.attrs, r.dedupID = body, attrs, string(f.dedupID)
		c.log.adopt(r)
	}
	s.place(r, place)
	if f.flags&flagRecent != 0 {
		key := string(f.dedupID)
		if f.flags&flagByGroup != 0 {
			key = string(f.groupID) + " " + key
		}
		rs.recent(q, key, f.seq, f.sentAt, place)
	}
	return nil
}
