package sns

import (
	"fmt"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/uid"
)

// A durable service logs facts: what a thing is now, or that it is gone. Their order is
// that of the changes, and a fact takes the place of an earlier one about the same
// thing, so that reading all of them gives the state again. A fact about what is not
// known is of no account: its subject is gone. The first byte of a record is its kind.
const (
	factTopic            = 1 + iota
	factTopicGone        // with its subscriptions and messages
	factSubscription     // with all of its settings, but for what waits for it
	factSubscriptionGone // with what waits for it
	factMessage          // with all that wait for it
	factMessageGone      // it could not be committed
	factSettled          // a notification is delivered or given up
	factRetried          // is to be delivered again
	factCondemned        // is on the way to the dead-letter queue from now on
	factCleared          // what waits for the endpoint of a subscription is dropped
	factReplay           // archived messages that a subscription is to get again
	factRemembered       // a deduplication id whose message is not needed any more
	factCounters         // numbers that must not be given again
	factSequence         // likewise, of one topic
	factApplication
	factApplicationGone
	factDevice
	factDeviceGone
	factAccount // what else an account has
	factAccountGone
)

// metaKey is what a fact is about that snapshots keep: a topic, a subscription, or
// something that an account has.
type metaKey struct {
	kind   byte // factTopic, factSubscription, factApplication, factDevice or factAccount
	number uint64
	name   string
}

// gone returns the fact that it is gone.
func (k metaKey) gone() []byte {
	p := packer{}
	p.byte(k.kind + 1)
	if k.numbered() {
		p.uint(k.number)
	} else {
		p.text(k.name)
	}
	return p.b
}

func (k metaKey) numbered() bool { return k.kind == factTopic || k.kind == factSubscription }

type topicFact struct {
	number                uint64
	region, account, name string
	createdAt             int64
	seeds                 uid.Seeds
	since                 int64 // when its archive began
	config                []byte
	tags                  map[string]string
}

func (f *topicFact) append(b []byte) []byte {
	p := packer{append(b, factTopic)}
	p.uint(f.number)
	p.text(f.region)
	p.text(f.account)
	p.text(f.name)
	p.int(f.createdAt)
	p.uint(f.seeds[0])
	p.uint(f.seeds[1])
	p.int(f.since)
	p.text(string(f.config))
	p.texts(f.tags)
	return p.b
}

type subscriptionFact struct {
	number, topic        uint64
	id                   string
	createdAt            int64
	state                state
	authenticated, given bool
	token                string
	tokenEnds            int64
	epoch                uint32 // of the latest replay
	deadLetters          string // ARN of the queue that was given as such
	config               []byte
}

func (f *subscriptionFact) append(b []byte) []byte {
	p := packer{append(b, factSubscription)}
	p.uint(f.number)
	p.uint(f.topic)
	p.text(f.id)
	p.int(f.createdAt)
	p.byte(byte(f.state))
	p.bool(f.authenticated)
	p.bool(f.given)
	p.text(f.token)
	p.int(f.tokenEnds)
	p.uint(uint64(f.epoch))
	p.text(f.deadLetters)
	p.text(string(f.config))
	return p.b
}

// itemFact is about one notification.
type itemFact struct {
	kind     byte // factSettled, factRetried or factCondemned
	ref, sub uint64
	epoch    uint32
	attempts int32  // of factRetried
	due      int64  // of factRetried
	order    uint64 // of factCondemned
}

func (f *itemFact) append(b []byte) []byte {
	p := packer{append(b, f.kind)}
	p.uint(f.ref)
	p.uint(f.sub)
	p.uint(uint64(f.epoch))
	switch f.kind {
	case factRetried:
		p.uint(uint64(f.attempts))
		p.int(f.due)
	case factCondemned:
		p.uint(f.order)
	}
	return p.b
}

type replayFact struct {
	sub   uint64
	epoch uint32
	order uint64 // of the first; those of the others follow
	refs  []uint64
}

func (f *replayFact) append(b []byte) []byte {
	p := packer{append(b, factReplay)}
	p.uint(f.sub)
	p.uint(uint64(f.epoch))
	p.uint(f.order)
	p.uint(uint64(len(f.refs)))
	last := uint64(0)
	for _, ref := range f.refs {
		p.uint(ref - last) // they grow
		last = ref
	}
	return p.b
}

type rememberedFact struct {
	ref, topic, seq uint64
	at              int64
	key             string
}

func (f *rememberedFact) append(b []byte) []byte {
	p := packer{append(b, factRemembered)}
	p.uint(f.ref)
	p.uint(f.topic)
	p.uint(f.seq)
	p.int(f.at)
	p.text(f.key)
	return p.b
}

// numbersFact is a fact that consists of numbers alone.
type numbersFact struct {
	kind byte
	a, b uint64
	at   int64 // of factCounters
}

// factCleared: a is the subscription, and what came into its lane before b is dropped.
// factMessageGone: a is the message. factTopicGone, factSubscriptionGone: a is its number.
// factCounters: a is the latest order, b the latest number, at the latest time. factSequence:
// a is the topic, b the sequence number of its latest message.
func (f *numbersFact) append(b []byte) []byte {
	p := packer{append(b, f.kind)}
	p.uint(f.a)
	switch f.kind {
	case factCleared, factSequence:
		p.uint(f.b)
	case factCounters:
		p.uint(f.b)
		p.int(f.at)
	}
	return p.b
}

// adminFact is about something that an account has besides topics.
type adminFact struct {
	key  metaKey
	gone bool
	json []byte
}

func (f *adminFact) append(b []byte) []byte {
	p := packer{append(b, f.key.kind)}
	p.text(f.key.name)
	p.text(string(f.json))
	return p.b
}

// decodeFact reads a record. What it returns shares no memory with the record, but for
// the JSON of settings. It is a pointer to one of the types above, or a *saved.
func decodeFact(record []byte) (any, error) {
	if len(record) == 0 {
		return nil, errMalformed
	}
	u := fields.Reader{Rest: record[1:]}
	var fact any
	switch kind := record[0]; kind {
	case factTopic:
		f := &topicFact{number: u.Uint(), region: u.Text(), account: u.Text(), name: u.Text(), createdAt: u.Int()}
		f.seeds = uid.Seeds{u.Uint(), u.Uint()}
		f.since, f.config, f.tags = u.Int(), u.Bytes(), u.Texts()
		fact = f
	case factSubscription:
		f := &subscriptionFact{number: u.Uint(), topic: u.Uint(), id: u.Text(), createdAt: u.Int(), state: state(u.Byte())}
		f.authenticated, f.given = u.Bool(), u.Bool()
		f.token, f.tokenEnds, f.epoch = u.Text(), u.Int(), u.Uint32()
		f.deadLetters, f.config = u.Text(), u.Bytes()
		fact = f
	case factMessage:
		fact = decodeMessage(&u)
	case factSettled, factRetried, factCondemned:
		f := &itemFact{kind: kind, ref: u.Uint(), sub: u.Uint(), epoch: u.Uint32()}
		switch kind {
		case factRetried:
			f.attempts, f.due = int32(u.Uint()), u.Int()
		case factCondemned:
			f.order = u.Uint()
		}
		fact = f
	case factReplay:
		f := &replayFact{sub: u.Uint(), epoch: u.Uint32(), order: u.Uint()}
		f.refs = make([]uint64, u.Count(1))
		last := uint64(0)
		for i := range f.refs {
			last += u.Uint()
			f.refs[i] = last
		}
		fact = f
	case factRemembered:
		fact = &rememberedFact{ref: u.Uint(), topic: u.Uint(), seq: u.Uint(), at: u.Int(), key: u.Text()}
	case factTopicGone, factSubscriptionGone, factMessageGone:
		fact = &numbersFact{kind: kind, a: u.Uint()}
	case factCleared, factSequence:
		fact = &numbersFact{kind: kind, a: u.Uint(), b: u.Uint()}
	case factCounters:
		fact = &numbersFact{kind: kind, a: u.Uint(), b: u.Uint(), at: u.Int()}
	case factApplication, factDevice, factAccount:
		fact = &adminFact{key: metaKey{kind: kind, name: u.Text()}, json: u.Bytes()}
	case factApplicationGone, factDeviceGone, factAccountGone:
		fact = &adminFact{key: metaKey{kind: kind - 1, name: u.Text()}, gone: true}
	default:
		return nil, fmt.Errorf("sns: a record of kind %d, written by a newer version of leat: %w", kind, durable.ErrVersion)
	}
	if !u.Done() {
		return nil, errMalformed
	}
	return fact, nil
}
