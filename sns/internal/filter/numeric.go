package filter

import "math"

// numeric compiles ["=", n], ["<", n] and the like, and [">", n, "<", n].
func (c *compiler) numeric(array int32) condition {
	cond := condition{op: opRange, low: math.MinInt64, high: math.MaxInt64}
	nodes := c.doc.nodes
	if nodes[array].kind != kindArray {
		c.fail("Value of numeric must be an array.")
		return cond
	}
	terms := numericTerms{c, array + 1, nodes[array].next}
	if terms.kind() != kindString {
		c.fail("Invalid member in numeric match: %s", terms.text())
		return cond
	}
	name := terms.take()
	switch name {
	case "=":
		cond = condition{op: opEqual, value: value{kind: kindNumber, fixed: terms.number("equals")}}
	case "<":
		cond.high = terms.number(name) - 1
	case "<=":
		cond.high = terms.number(name)
	case ">":
		cond.low = terms.number(name) + 1
		c.numericTop(&cond, terms, cond.low-1)
		return cond
	case ">=":
		cond.low = terms.number(name)
		c.numericTop(&cond, terms, cond.low)
		return cond
	default:
		c.fail("Unrecognized numeric range operator: %s", name)
	}
	if !terms.end() {
		c.fail("Too many elements in numeric expression")
	}
	return cond
}

// numericTop compiles the second half of a range, if there is one.
func (c *compiler) numericTop(cond *condition, terms numericTerms, bottom int64) {
	if c.err != nil || terms.end() {
		return
	}
	if terms.kind() != kindString {
		c.fail("Bad value in numeric range: %s", terms.text())
		return
	}
	name := terms.take()
	if name != "<" && name != "<=" {
		c.fail("Bad numeric range operator: %s", name)
	}
	top := terms.number(name)
	cond.high = top
	if name == "<" {
		cond.high--
	}
	switch {
	case !terms.end():
		c.fail("Too many terms in numeric range expression")
	case bottom >= top:
		c.fail("Bottom must be less than top")
	}
}

// numericTerms are the elements of a numeric expression that have not been read.
type numericTerms struct {
	c        *compiler
	at, stop int32
}

func (t *numericTerms) end() bool { return t.at >= t.stop }

func (t *numericTerms) kind() kind {
	if t.end() {
		return kindMalformed
	}
	return t.c.doc.nodes[t.at].kind
}

// text is how AWS writes the next element in an error: a bracket by itself.
func (t *numericTerms) text() string {
	switch k := t.kind(); k {
	case kindMalformed:
		return "]"
	case kindArray:
		return "["
	case kindObject:
		return "{"
	}
	return t.c.doc.raw(t.at)
}

func (t *numericTerms) take() string {
	s := t.c.doc.string(t.at)
	t.at = t.c.doc.nodes[t.at].next
	return s
}

// number reads the number that follows an operator.
func (t *numericTerms) number(of string) int64 {
	if t.kind() != kindNumber {
		t.c.fail("Value of %s must be numeric", of)
		return 0
	}
	v := t.c.doc.scalar(t.at)
	if v.kind == kindFar {
		t.c.fail("Value must be between -1.0E9 and 1.0E9, inclusive")
	}
	t.at = t.c.doc.nodes[t.at].next
	return v.fixed
}
