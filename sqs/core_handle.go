package sqs

import (
	"encoding/binary"
	"math/bits"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/internal/uid"
)

// A receipt handle names a receive: the queue's tag, the message's sequence
// number and place, and which receive of the message it was, in hexadecimal.
// Finding a message by its handle needs no table, however many are out.
type handle struct {
	seq      uint64
	ref      uint32
	receives uint32
}

const handleChars = 2 * (8 + 8 + 4 + 4)

func (c *core) appendHandle(dst []byte, ref uint32, r *record) []byte {
	for _, v := range [...]uint32{uint32(c.seeds.tag >> 32), uint32(c.seeds.tag), uint32(r.seq >> 32), uint32(r.seq), ref, r.receives} {
		dst = binary.BigEndian.AppendUint64(dst, uid.HexDigits(v))
	}
	return dst
}

func parseHandle(text string) (tag uint64, h handle, ok bool) {
	if len(text) != handleChars {
		return 0, handle{}, false
	}
	var words [handleChars / 8]uint32
	for i := range words {
		if words[i], ok = uid.ParseHexDigits(bits.ReverseBytes64(syntax.Word(text[8*i:]))); !ok {
			return 0, handle{}, false
		}
	}
	tag = uint64(words[0])<<32 | uint64(words[1])
	return tag, handle{uint64(words[2])<<32 | uint64(words[3]), words[4], words[5]}, true
}

// find returns the message that a handle was given for, nil if it is gone. The
// handle may be of an earlier receive than the latest. ok is false for a handle
// that this queue never gave.
func (c *core) find(text string) (h handle, r *record, ok bool) {
	tag, h, ok := parseHandle(text)
	if !ok || tag != c.seeds.tag {
		return handle{}, nil, false
	}
	r = c.records.At(h.ref)
	if r == nil || r.state == 0 || r.seq != h.seq {
		return h, nil, true
	}
	return h, r, true
}

// lapsed tells whether a handle has lost its message, which on a FIFO queue it does
// when the visibility timeout ends.
func (c *core) lapsed(h handle, r *record) bool {
	return c.settings.fifo && (r.state != inFlight || r.receives != h.receives)
}

// verdict is what a handle was good for.
type verdict uint8

const (
	done        verdict = iota
	garbage             // never a handle of this queue
	expired             // FIFO: no longer the holder of its message
	unavailable         // the message is gone
	tooLong             // the visibility timeout would pass the limit
)
