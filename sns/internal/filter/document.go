package filter

import (
	"encoding/json"
	"math"
)

const (
	maxNesting = 10_000 // as deep as encoding/json goes
	maxKept    = 4096   // nodes, or leaves, that a Message keeps room for
)

// A document is the structure of a JSON text: its values in the order of the text,
// each before those in it. Strings and numbers stay in the text until one is asked
// for. It accepts what encoding/json accepts, and can be used again.
type document struct {
	text  string
	nodes []node
	pos   int
}

// A node is a value of a document.
type node struct {
	start, end int32 // a string without its quotes, a number, or a literal
	next       int32 // the node after this one and all in it
	key        span  // of an object's member
	kind       kind
	plain      bool // a string that means what it says
	plainKey   bool
}

type span struct{ start, end int32 }

// parse reads a text and tells whether it is one JSON value.
func (d *document) parse(text string) bool {
	d.text, d.nodes, d.pos = text, d.nodes[:0], 0
	if len(text) > math.MaxInt32 {
		return false
	}
	d.space()
	ok := d.value(0, node{})
	d.space()
	return ok && d.pos == len(text)
}

// forget lets go of the text, and of what an unusually large one has needed.
func (d *document) forget() {
	d.text = ""
	if cap(d.nodes) > maxKept {
		d.nodes = nil
	}
}

// isObject tells whether the text that was parsed was an object.
func (d *document) isObject() bool { return d.nodes[0].kind == kindObject }

// string returns the string that node i is.
func (d *document) string(i int32) string {
	n := &d.nodes[i]
	return d.unquote(span{n.start, n.end}, n.plain)
}

// keyOf returns the key of the member that node i is.
func (d *document) keyOf(i int32) string {
	n := &d.nodes[i]
	return d.unquote(n.key, n.plainKey)
}

// raw returns the text of a number or a literal.
func (d *document) raw(i int32) string { return d.text[d.nodes[i].start:d.nodes[i].end] }

// scalar returns the leaf that node i is.
func (d *document) scalar(i int32) value {
	switch k := d.nodes[i].kind; k {
	case kindString:
		return value{kind: k, text: d.string(i)}
	case kindNumber:
		v, _ := parseNumber(d.raw(i))
		return v
	default:
		return value{kind: k}
	}
}

// unquote returns what a string means. Escapes are rare enough to be left to
// encoding/json, and so are bytes that are not UTF-8.
func (d *document) unquote(s span, plain bool) string {
	if plain {
		return d.text[s.start:s.end]
	}
	var meaning string
	_ = json.Unmarshal([]byte(d.text[s.start-1:s.end+1]), &meaning) // it was checked by parse
	return meaning
}
