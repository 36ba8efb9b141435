package filter

import (
	"net/netip"
	"strings"
)

// An operator says how a condition compares.
type operator uint8

const (
	opEqual        operator = iota
	opFold                  // equals-ignore-case
	opPrefix                // prefix
	opSuffix                // suffix
	opNot                   // anything-but
	opNotPrefix             // anything-but, with a prefix
	opRange                 // numeric, other than =
	opNetwork               // cidr
	opExists                // exists: true
	opDoesNotExist          // exists: false, on which no value has a bearing
)

// A condition is one alternative of a field.
type condition struct {
	op      operator
	value   value              // opEqual
	text    string             // opFold, opPrefix, opSuffix, opNotPrefix
	not     []value            // opNot, if there are few
	notAny  map[value]struct{} // opNot, if there are many
	low     int64              // opRange: the first fixed number in it
	high    int64              // and the last
	network netip.Prefix       // opNetwork
}

// matches tells whether a leaf meets the condition.
func (c *condition) matches(v value) bool {
	switch c.op {
	case opEqual:
		return v == c.value
	case opFold:
		return v.kind == kindString && strings.EqualFold(v.text, c.text)
	case opPrefix:
		return v.kind == kindString && strings.HasPrefix(v.text, c.text)
	case opSuffix:
		return v.kind == kindString && strings.HasSuffix(v.text, c.text)
	case opNot:
		for i := range c.not {
			if v == c.not[i] {
				return false
			}
		}
		_, listed := c.notAny[v]
		return !listed && v.kind != kindMalformed
	case opNotPrefix:
		return v.kind != kindMalformed && (v.kind != kindString || !strings.HasPrefix(v.text, c.text))
	case opRange:
		return v.kind == kindNumber && c.low <= v.fixed && v.fixed <= c.high
	case opNetwork:
		if v.kind != kindString {
			return false
		}
		addr, err := netip.ParseAddr(v.text)
		return err == nil && c.network.Contains(addr)
	case opExists:
		return v.kind != kindMalformed && v.kind != kindNull && (v.kind != kindString || v.text != "")
	}
	return false
}

// A field is what a branch wants of the values that have a name.
type field struct {
	name       string
	conditions []condition // any of them
	depth      int         // of objects around it in the policy, 1 at the top
	mayLack    bool        // one of them is opDoesNotExist
	exact      []value     // if all of them are opEqual, their values, each once
}

func (f *field) matches(v value) bool {
	for i := range f.conditions {
		if f.conditions[i].matches(v) {
			return true
		}
	}
	return false
}
