package sns

import (
	"fmt"
	"maps"
	"slices"

	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
)

// restorer reads a journal: what is left when every fact has taken effect.
type restorer struct {
	meta      map[metaKey][]byte
	sequences map[uint64]uint64
	messages  map[uint64]*saved           // by ref
	cleared   map[uint64]uint64           // by subscription: what was in its lane before is dropped
	crowds    map[*saved]map[crowdKey]int // places of the holders of messages that have many
	order     uint64
	number    uint64
	latest    int64 // the newest time
}

type crowdKey struct {
	sub   uint64
	epoch uint32
}

func newRestorer() *restorer {
	return &restorer{
		meta:      map[metaKey][]byte{},
		sequences: map[uint64]uint64{},
		messages:  map[uint64]*saved{},
		cleared:   map[uint64]uint64{},
		crowds:    map[*saved]map[crowdKey]int{},
	}
}

// snapshot is for journal.Config.
func (r *restorer) snapshot(data []byte) error {
	return eachFact(data, func(record []byte) error { return r.apply(record, 0) })
}

// eachFact visits the facts of a snapshot.
func eachFact(data []byte, visit func(record []byte) error) error {
	if len(data) == 0 || data[0] != snapshotVersion {
		return fmt.Errorf("sns: a snapshot of an unknown version: %w", journal.ErrVersion)
	}
	for u := (fields.Reader{Rest: data[1:]}); len(u.Rest) > 0; {
		record := u.Bytes()
		if u.Bad {
			return errMalformed
		}
		if err := visit(record); err != nil {
			return err
		}
	}
	return nil
}

// batch is for journal.Config.
func (r *restorer) batch(b journal.Batch) error {
	for _, record := range b.Records {
		if err := r.apply(record, b.Segment); err != nil {
			return err
		}
	}
	return nil
}

// apply lets a fact take effect.
func (r *restorer) apply(record []byte, segment uint64) error {
	fact, err := decodeFact(record)
	if err != nil {
		return err
	}
	switch f := fact.(type) {
	case *topicFact:
		r.number, r.latest = max(r.number, f.number), max(r.latest, f.createdAt)
		r.meta[metaKey{kind: factTopic, number: f.number}] = slices.Clone(record)
	case *subscriptionFact:
		r.number, r.latest = max(r.number, f.number), max(r.latest, f.createdAt)
		r.meta[metaKey{kind: factSubscription, number: f.number}] = slices.Clone(record)
	case *adminFact:
		if f.gone {
			delete(r.meta, f.key)
		} else {
			r.meta[f.key] = slices.Clone(record)
		}
	case *saved:
		f.bytes, f.segment = int64(len(record))+batchOverhead, segment
		r.message(f)
	case *rememberedFact:
		k := &saved{ref: f.ref, topic: f.topic, seq: f.seq, at: f.at, key: f.key}
		k.bytes, k.segment = int64(len(record))+batchOverhead, segment
		r.message(k)
	case *itemFact:
		r.item(f)
	case *replayFact:
		r.replay(f)
	case *numbersFact:
		r.numbers(f)
	}
	return nil
}

func (r *restorer) message(k *saved) {
	if old := r.messages[k.ref]; old != nil {
		delete(r.crowds, old)
	}
	r.messages[k.ref] = k
	r.sequences[k.topic] = max(r.sequences[k.topic], k.seq)
	r.order, r.latest = max(r.order, k.ref), max(r.latest, k.at)
	for i := range k.holders {
		r.order = max(r.order, k.holders[i].order)
	}
}

// crowded is how many holders a message has when they are better not searched one by one.
const crowded = 16

func (r *restorer) holder(k *saved, sub uint64, epoch uint32) *holder {
	if len(k.holders) < crowded {
		i := slices.IndexFunc(k.holders, func(h holder) bool { return h.sub == sub && h.epoch == epoch })
		if i < 0 {
			return nil
		}
		return &k.holders[i]
	}
	crowd := r.crowds[k]
	if len(crowd) != len(k.holders) { // of a replay, say, there came more
		crowd = make(map[crowdKey]int, len(k.holders))
		for i := range k.holders {
			crowd[crowdKey{k.holders[i].sub, k.holders[i].epoch}] = i
		}
		r.crowds[k] = crowd
	}
	if i, ok := crowd[crowdKey{sub, epoch}]; ok {
		return &k.holders[i]
	}
	return nil
}

func (r *restorer) item(f *itemFact) {
	k := r.messages[f.ref]
	if k == nil {
		return
	}
	h := r.holder(k, f.sub, f.epoch)
	if h == nil || h.stage == settled {
		return
	}
	switch f.kind {
	case factSettled:
		h.stage = settled
		if k.live--; k.live == 0 {
			k.holders = nil
			delete(r.crowds, k)
			if !k.archived && k.key == "" {
				delete(r.messages, f.ref)
			}
		}
	case factRetried:
		h.attempts, h.due = f.attempts, f.due
	case factCondemned:
		h.stage, h.attempts, h.due, h.order = burying, 0, 0, f.order
		r.order = max(r.order, f.order)
	}
}

func (r *restorer) replay(f *replayFact) {
	for i, ref := range f.refs {
		if k := r.messages[ref]; k != nil && k.content != nil {
			k.hold(holder{sub: f.sub, epoch: f.epoch, order: f.order + uint64(i)})
		}
	}
	r.order = max(r.order, f.order+uint64(len(f.refs)))
}

func (r *restorer) numbers(f *numbersFact) {
	switch f.kind {
	case factTopicGone:
		r.number = max(r.number, f.a)
		delete(r.meta, metaKey{kind: factTopic, number: f.a})
	case factSubscriptionGone:
		r.number = max(r.number, f.a)
		delete(r.meta, metaKey{kind: factSubscription, number: f.a})
	case factMessageGone:
		r.order = max(r.order, f.a)
		delete(r.messages, f.a)
	case factCleared:
		r.order = max(r.order, f.b)
		r.cleared[f.a] = max(r.cleared[f.a], f.b)
	case factCounters:
		r.order, r.number, r.latest = max(r.order, f.a), max(r.number, f.b), max(r.latest, f.at)
	case factSequence:
		r.sequences[f.a] = max(r.sequences[f.a], f.b)
	}
}

// ledger returns the ledger of what was read, without its messages.
func (r *restorer) ledger(j *journal.Journal, segmentSize int64) *ledger {
	l := &ledger{
		journal: j, segmentSize: segmentSize,
		number: r.number, meta: r.meta, sequences: r.sequences, placed: map[uint64]*shelf{},
	}
	l.order.Store(r.order)
	return l
}

// inOrder returns the messages in the order of publishing.
func (r *restorer) inOrder() []*saved {
	all := make([]*saved, 0, len(r.messages))
	for _, ref := range slices.Sorted(maps.Keys(r.messages)) {
		all = append(all, r.messages[ref])
	}
	return all
}
