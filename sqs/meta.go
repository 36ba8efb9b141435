package sqs

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/leat-go/leat/internal/uid"
)

// queueMeta is what the journal keeps of a queue besides its messages.
type queueMeta struct {
	Number                uint32
	Name, Account, Region string
	Config                Config // without a Logger
	Tags                  map[string]string
	CreatedAt, ModifiedAt time.Time
	PurgedAt              time.Time
	Tag                   uint64 // of the receipt handles
	IDs                   uid.Seeds
	Sequence              uint64
}

// taskMeta is what the journal keeps of a message move task.
type taskMeta struct {
	ID      string
	Request MoveRequest
	Started time.Time
	ToMove  int64
	Moved   int64
	Status  MoveTaskStatus
	Reason  string
}

// serviceMeta is the snapshot of a service: all that is not in messages.
type serviceMeta struct {
	Numbers uint32 // the last number that a queue got
	Now     int64  // when it was made, in nanoseconds since 1970
	Queues  []queueMeta
	Deleted map[string]time.Time // by ARN
	Tasks   []taskMeta           // of a source the newest first
}

// meta describes the queue. The caller holds admin and mu.
func (q *LocalQueue) meta() queueMeta {
	cfg := *q.config.Load()
	cfg.Logger = nil
	return queueMeta{
		Number: q.core.log.queue, Name: q.name, Account: q.account, Region: q.region, Config: cfg, Tags: maps.Clone(q.tags),
		CreatedAt: q.createdAt, ModifiedAt: q.modifiedAt, PurgedAt: q.purged,
		Tag: q.core.seeds.tag, IDs: q.core.seeds.id, Sequence: q.core.seq,
	}
}

// tell tells the journal what the queue is now. The caller holds admin and mu.
func (q *LocalQueue) tell() {
	if q.core.log != nil {
		q.core.log.data(factQueue, encode(q.meta()))
	}
}

// encode writes what can always be written.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("sqs: " + err.Error()) // numbers, texts and times of this century
	}
	return text
}

// meta describes the task.
func (t *moveTask) meta() taskMeta {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asMeta()
}

// asMeta is meta for those who hold mu.
func (t *moveTask) asMeta() taskMeta {
	return taskMeta{t.id, t.request, t.started, t.toMove, t.moved, t.status, t.reason}
}

// tell tells the journal how far the task is.
func (t *moveTask) tell() receipt {
	s := t.source.registry.store
	if s == nil {
		return receipt{}
	}
	t.mu.Lock() // so that what is told last is what is true
	defer t.mu.Unlock()
	return s.add(append([]byte{factTask}, encode(t.asMeta())...))
}
