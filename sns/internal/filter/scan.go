package filter

import "unicode/utf8"

// value reads a value, of which n holds the key, and appends it.
func (d *document) value(depth int, n node) bool {
	i := len(d.nodes)
	d.nodes = append(d.nodes, n)
	n.start = int32(d.pos)
	var ok bool
	switch c := d.peek(); c {
	case '{':
		n.kind, ok = kindObject, d.object(depth+1)
	case '[':
		n.kind, ok = kindArray, d.array(depth+1)
	case '"':
		var s span
		s, n.plain, ok = d.quoted()
		n.kind, n.start, n.end = kindString, s.start, s.end
	case 't':
		n.kind, ok = kindTrue, d.literal("true")
	case 'f':
		n.kind, ok = kindFalse, d.literal("false")
	case 'n':
		n.kind, ok = kindNull, d.literal("null")
	default:
		n.kind, ok = kindNumber, d.number()
	}
	if n.kind != kindString {
		n.end = int32(d.pos)
	}
	n.next = int32(len(d.nodes))
	d.nodes[i] = n
	return ok
}

func (d *document) object(depth int) bool {
	d.pos++
	d.space()
	if d.peek() == '}' {
		d.pos++
		return depth <= maxNesting
	}
	for depth <= maxNesting {
		if d.peek() != '"' {
			return false
		}
		key, plain, ok := d.quoted()
		d.space()
		if !ok || d.peek() != ':' {
			return false
		}
		d.pos++
		d.space()
		if !d.value(depth, node{key: key, plainKey: plain}) {
			return false
		}
		if more, ok := d.more('}'); !more {
			return ok
		}
	}
	return false
}

func (d *document) array(depth int) bool {
	d.pos++
	d.space()
	if d.peek() == ']' {
		d.pos++
		return depth <= maxNesting
	}
	for depth <= maxNesting {
		if !d.value(depth, node{}) {
			return false
		}
		if more, ok := d.more(']'); !more {
			return ok
		}
	}
	return false
}

// more moves past a comma, after which there is more, or past the bracket, after
// which there is not.
func (d *document) more(bracket byte) (more, ok bool) {
	d.space()
	switch d.peek() {
	case ',':
		d.pos++
		d.space()
		return true, true
	case bracket:
		d.pos++
		return false, true
	}
	return false, false
}

// quoted moves past a string. It is plain if there is nothing in it to translate.
func (d *document) quoted() (s span, plain, ok bool) {
	text, i := d.text, d.pos+1
	var bits byte
	escaped := false
	for i < len(text) {
		c := text[i]
		switch {
		case c == '"':
			s = span{int32(d.pos + 1), int32(i)}
			d.pos = i + 1
			return s, !escaped && (bits < utf8.RuneSelf || utf8.ValidString(text[s.start:s.end])), true
		case c == '\\':
			n := escape(text[i+1:])
			if n == 0 {
				return s, false, false
			}
			escaped = true
			i += n
		case c < ' ':
			return s, false, false
		}
		bits |= c
		i++
	}
	return s, false, false
}

// escape returns the length of what follows a backslash, 0 if it may not.
func escape(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(s) < 5 {
			return 0
		}
		for _, c := range []byte(s[1:5]) {
			if c-'0' > 9 && c|0x20-'a' > 5 {
				return 0
			}
		}
		return 5
	}
	return 0
}

func (d *document) number() bool {
	if d.peek() == '-' {
		d.pos++
	}
	if d.peek() == '0' {
		d.pos++
	} else if !d.digits() {
		return false
	}
	if d.peek() == '.' {
		d.pos++
		if !d.digits() {
			return false
		}
	}
	if d.peek()|0x20 == 'e' {
		d.pos++
		if c := d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		return d.digits()
	}
	return true
}

// digits moves past digits, and tells whether there was one.
func (d *document) digits() bool {
	n := countDigits(d.text[d.pos:])
	d.pos += n
	return n > 0
}

func (d *document) literal(word string) bool {
	if len(d.text)-d.pos < len(word) || d.text[d.pos:d.pos+len(word)] != word {
		return false
	}
	d.pos += len(word)
	return true
}

// peek returns the next byte, 0 at the end; no JSON text has a 0.
func (d *document) peek() byte {
	if d.pos < len(d.text) {
		return d.text[d.pos]
	}
	return 0
}

func (d *document) space() {
	for d.pos < len(d.text) {
		switch d.text[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}
