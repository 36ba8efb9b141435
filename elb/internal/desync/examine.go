package desync

import (
	"net/http"
	"time"
)

// examineHead looks at bytes that begin with a head, or with what may come before one.
func (c *Conn) examineHead(data []byte) (used int, verbatim bool) {
	if n := emptyLines(data); n > 0 && c.scanner.line == 0 { // RFC 9112, 2.2
		c.scanner = scanner{}
		c.count(int64(n))
		return n, false
	}
	if c.first {
		if n := min(len(data), len(preface)); string(data[:n]) == preface[:n] {
			if n < len(preface) {
				return 0, false
			}
			c.first = false
			c.endTiming()
			c.state = stateRaw
			c.count(int64(len(data)))
			return len(data), true
		}
	}
	end, status := c.scanner.scan(data)
	if status != 0 {
		c.refuse(data, nil, Verdict{Status: status})
		return len(data), false
	}
	if end == 0 {
		return 0, false
	}
	c.scanner = scanner{}
	c.first = false
	c.endTiming()
	if !c.judge(data[:end]) {
		if c.state == stateEnd {
			end = len(data)
		}
		return end, false
	}
	if c.state == stateLength || c.state == stateChunks {
		n := c.follow(data[end:])
		c.count(int64(n))
		end += n
	}
	return end, true
}

// emptyLines returns the length of the empty lines that data begins with.
func emptyLines(data []byte) (n int) {
	for {
		switch {
		case n < len(data) && data[n] == '\n':
			n++
		case n+1 < len(data) && data[n] == '\r' && data[n+1] == '\n':
			n += 2
		default:
			return n
		}
	}
}

func (c *Conn) endTiming() {
	if c.timing {
		c.limitTime(time.Time{})
	}
}

// judge decides about the request with this head. It returns whether the head passes as it
// is; else what passes in its place is in out.
func (c *Conn) judge(raw []byte) (verbatim bool) {
	h := &c.head
	h.parse(raw)
	a := assess(h)
	v := Verdict{Class: a.class, Reason: a.reason, Status: a.status(h, c.mode), HeadBytes: len(raw)}
	if c.last && v.Status == 0 {
		v.Status = http.StatusBadRequest
	}
	defer c.forget()
	if v.Status != 0 {
		c.refuse(raw, h, v)
		return false
	}
	v.Close = a.closes(h, c.mode)
	v.Held = a.upgrades
	if a.relined(h) {
		v.describe(raw, h)
	}
	verbatim = !(a.mended || a.targetBad || a.minor < 0 || a.spaces || !a.plain || v.Close)
	if !verbatim {
		c.scratch = a.appendHead(c.scratch[:0], h, v.Close)
		c.out = c.scratch
	}
	c.push(v)
	c.last = c.last || v.Close
	c.hold = v.Held
	switch {
	case a.chunked:
		c.state, c.chunks = stateChunks, chunks{}
	case a.length > 0:
		c.state, c.remain = stateLength, a.length
	default:
		c.endMessage()
	}
	return verbatim
}

// forget lets go of what an unusual head has needed.
func (c *Conn) forget() {
	clear(c.head.Fields)
	if cap(c.head.Fields) > 64 {
		c.head.Fields = nil
	}
	c.head = Head{Fields: c.head.Fields[:0]}
	if cap(c.scratch) > keepSize {
		c.scratch = nil // out has it still
	}
}
