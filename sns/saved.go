package sns

import (
	"math"

	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
)

// saved is what a durable service knows of a message as long as somebody needs it: a
// lane of a subscription, a topic's archive, or its memory of deduplication ids. Its
// fields are guarded by the ledger's mu once the message was added.
type saved struct {
	ref     uint64 // names it in the journal; in the order of publishing
	topic   uint64 // the topic's number
	seq     uint64 // in its topic; 0 of a message about a subscription
	at      int64
	key     string   // by which a FIFO topic knows it again, while it does
	content *content // nil when only the key is needed any more

	archived, remembered bool
	live                 int      // holders that are not gone
	holders              []holder // an item knows its own by the place here

	commit     *commit // of its publishing, nil if that was before the service was opened; not changed
	ticket     journal.Ticket
	bytes      int64  // of its record
	segment    uint64 // that has the latest record; 0 while it is not known
	shelf      *shelf // that it is on, nil if nobody needs it
	prev, next *saved // on that
}

// holder is a notification of a message that is not settled.
type holder struct {
	sub      uint64 // the subscription's number
	order    uint64 // its place among those of its lane; 0 stands for the message's ref
	due      int64  // of a retry
	attempts int32
	epoch    uint32 // of a replay
	stage    stage
}

// stage is how far a notification is.
type stage uint8

const (
	outgoing stage = iota // on the way to the endpoint
	burying               // on the way to the dead-letter queue
	settled
)

// stored tells whether the message may be seen. So may one that nobody keeps.
func (k *saved) stored() bool { return k == nil || k.commit.stored() }

// refused tells whether it is known that the message could not be stored.
func (k *saved) refused() bool { return k != nil && k.commit != nil && k.commit.bad.Load() }

func (k *saved) needed() bool { return k.live > 0 || k.archived || k.remembered }

// hold adds a holder, and returns its place.
func (k *saved) hold(h holder) int32 {
	if k.live == 0 {
		k.holders = k.holders[:0]
	}
	k.live++
	k.holders = append(k.holders, h)
	return int32(len(k.holders) - 1)
}

// strip lets go what an archived or remembered message does not need: the envelopes
// that were made of it, or all that it says.
func (k *saved) strip() {
	switch {
	case k.content == nil || k.live > 0:
	case k.archived:
		c := *k.content
		k.content = &c
	default:
		k.content = nil
	}
}

// remaining is the fact of a message that only its deduplication id is needed of.
func (k *saved) remaining() *rememberedFact {
	return &rememberedFact{k.ref, k.topic, k.seq, k.at, k.key}
}

// append writes the fact of the message as it is now.
func (k *saved) append(b []byte) []byte {
	if k.content == nil {
		return k.remaining().append(b)
	}
	c := k.content
	p := packer{append(b, factMessage)}
	p.uint(k.ref)
	p.uint(k.topic)
	p.uint(k.seq)
	p.int(k.at)
	p.text(k.key)
	p.bool(k.archived)
	p.text(c.text)
	p.uint(uint64(len(c.texts)))
	for protocol, text := range c.texts {
		p.text(string(protocol))
		p.text(text)
	}
	p.text(c.subject)
	p.uint(uint64(len(c.attributes)))
	for name, a := range c.attributes {
		p.text(name)
		p.text(a.DataType)
		p.text(a.Value)
	}
	p.text(c.groupID)
	p.text(c.dedupID)
	p.text(c.trace)
	p.uint(uint64(c.size))
	p.text(string(c.kind))
	if c.kind != "" {
		p.text(c.id) // any other follows from the topic and the sequence number
		p.text(c.token)
	}
	p.uint(uint64(k.live))
	last := uint64(0)
	for i := range k.holders {
		h := &k.holders[i]
		if h.stage == settled {
			continue
		}
		p.int(int64(h.sub - last))
		last = h.sub
		// What is usual is a byte.
		plain := h.order == 0 && h.due == 0 && h.attempts == 0 && h.epoch == 0
		if plain {
			p.byte(byte(h.stage)<<1 | 1)
		} else {
			p.byte(byte(h.stage) << 1)
			p.uint(h.order)
			p.int(h.due)
			p.uint(uint64(h.attempts))
			p.uint(uint64(h.epoch))
		}
	}
	return p.b
}

func decodeMessage(u *fields.Reader) *saved {
	k := &saved{ref: u.Uint(), topic: u.Uint(), seq: u.Uint(), at: u.Int(), key: u.Text(), archived: u.Bool()}
	c := &content{text: u.Text(), at: k.at}
	for n := u.Count(2); n > 0; n-- {
		if c.texts == nil {
			c.texts = make(map[Protocol]string, n)
		}
		protocol := Protocol(u.Text())
		c.texts[protocol] = u.Text()
	}
	c.subject = u.Text()
	for n := u.Count(3); n > 0; n-- {
		if c.attributes == nil {
			c.attributes = make(map[string]Attribute, n)
		}
		name := u.Text()
		c.attributes[name] = Attribute{DataType: u.Text(), Value: u.Text()}
	}
	if c.attributes != nil {
		c.queueAttributes = forQueues(c.attributes)
	}
	c.groupID, c.dedupID, c.trace = u.Text(), u.Text(), u.Text()
	c.size, c.kind = int(u.Uint()&math.MaxInt32), NotificationType(u.Text())
	if c.kind != "" {
		c.id, c.token = u.Text(), u.Text()
	}
	n := u.Count(2)
	k.holders = make([]holder, n)
	sub := uint64(0)
	for i := range k.holders {
		sub += uint64(u.Int())
		h := holder{sub: sub}
		flags := u.Byte()
		if flags > byte(burying)<<1|1 {
			u.Fail()
		}
		h.stage = stage(flags >> 1)
		if flags&1 == 0 {
			h.order, h.due, h.attempts, h.epoch = u.Uint(), u.Int(), int32(u.Uint()), u.Uint32()
		}
		k.holders[i] = h
	}
	k.live, k.content, c.saved = n, c, k
	return k
}

// shelf is a list of messages, the latest last.
type shelf struct{ first, last *saved }

func (s *shelf) push(k *saved) {
	k.shelf, k.prev, k.next = s, s.last, nil
	if s.last == nil {
		s.first = k
	} else {
		s.last.next = k
	}
	s.last = k
}

// take takes a message off its shelf, if it is on one.
func (k *saved) take() {
	s := k.shelf
	if s == nil {
		return
	}
	if k.prev == nil {
		s.first = k.next
	} else {
		k.prev.next = k.next
	}
	if k.next == nil {
		s.last = k.prev
	} else {
		k.next.prev = k.prev
	}
	k.shelf, k.prev, k.next = nil, nil, nil
}
