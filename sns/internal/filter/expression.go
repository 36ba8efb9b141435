package filter

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// field compiles the array of a field's alternatives.
func (c *compiler) field(array int32) field {
	var f field
	onlyExact := true
	nodes := c.doc.nodes
	for i := array + 1; i < nodes[array].next && c.err == nil; i = nodes[i].next {
		var cond condition
		switch nodes[i].kind {
		case kindObject:
			cond = c.expression(i)
		case kindArray:
			c.fail("Match value must be String, number, true, false, or null")
		default:
			cond.value = c.doc.scalar(i)
		}
		f.conditions = append(f.conditions, cond)
		f.mayLack = f.mayLack || cond.op == opDoesNotExist
		onlyExact = onlyExact && cond.op == opEqual
		if len(f.exact) <= maxComplexity && !slices.Contains(f.exact, cond.value) {
			f.exact = append(f.exact, cond.value)
		}
	}
	if len(f.conditions) == 0 {
		c.fail("Empty arrays are not allowed")
	}
	if !onlyExact {
		f.exact = nil
	}
	return f
}

const errOneKey = "Only one key allowed in match expression"

// expression compiles an object with an operator. The order of the checks, which
// decides on the error, is AWS's.
func (c *compiler) expression(object int32) condition {
	operand, nodes := object+1, c.doc.nodes
	if operand == nodes[object].next {
		c.fail("Match expression name not found")
		return condition{}
	}
	alone := nodes[operand].next == nodes[object].next
	more := errOneKey
	var cond condition
	switch name := c.doc.keyOf(operand); name {
	case "equals-ignore-case":
		cond = c.textual(opFold, name, operand)
	case "prefix":
		cond = c.textual(opPrefix, name, operand)
	case "suffix":
		cond = c.textual(opSuffix, name, operand)
	case "cidr":
		cond = c.textual(opNetwork, "prefix", operand)
		if c.err == nil {
			cond.network = c.network(cond.text)
		}
	case "exists":
		switch nodes[operand].kind {
		case kindTrue:
			cond.op = opExists
		case kindFalse:
			cond.op = opDoesNotExist
		default:
			c.fail("exists match pattern must be either true or false.")
		}
	case "numeric":
		cond = c.numeric(operand)
		more = "Too many elements in numeric expression"
	case "anything-but":
		cond = c.anythingBut(operand)
		if nodes[operand].kind != kindObject {
			more = "Too many elements in numeric expression" // so it says
		}
	default:
		c.fail("Unrecognized match type %s", name)
	}
	if !alone {
		c.fail("%s", more)
	}
	return cond
}

func (c *compiler) textual(op operator, name string, operand int32) condition {
	if c.doc.nodes[operand].kind != kindString {
		c.fail("%s match pattern must be a string", name)
		return condition{}
	}
	return condition{op: op, text: c.doc.string(operand)}
}

func (c *compiler) network(text string) netip.Prefix {
	address, mask, _ := strings.Cut(text, "/")
	bits, err := strconv.ParseInt(mask, 10, 32)
	switch {
	case strings.Count(text, "/") != 1 || mask == "":
		c.fail("Malformed CIDR, one '/' required")
	case err != nil:
		c.fail("Malformed CIDR, mask bits must be an integer")
	case bits < 0:
		c.fail("Malformed CIDR, mask bits must not be negative")
	}
	addr, err := netip.ParseAddr(address)
	switch {
	case err != nil || addr.Zone() != "":
		c.fail("Nonstandard IP address: %s", address)
	case addr.Is4() && bits > 31:
		c.fail("IPv4 mask bits must be < 32")
	case bits > 127:
		c.fail("IPv6 mask bits must be < 128")
	}
	return netip.PrefixFrom(addr, int(bits)).Masked()
}

func (c *compiler) anythingBut(operand int32) condition {
	nodes := c.doc.nodes
	cond := condition{op: opNot}
	switch nodes[operand].kind {
	case kindString, kindNumber:
		cond.not = []value{c.doc.scalar(operand)}
	case kindArray:
		for i := operand + 1; i < nodes[operand].next; i = nodes[i].next {
			if k := nodes[i].kind; k != kindString && k != kindNumber {
				c.fail("Inside anything but list, start|null|boolean is not supported.")
				return cond
			}
			cond.not = append(cond.not, c.doc.scalar(i))
			if nodes[i].kind != nodes[operand+1].kind {
				c.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
			}
		}
		if len(cond.not) == 0 {
			c.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
		}
		cond.seal()
	case kindObject:
		return c.anythingButPrefix(operand)
	default:
		c.fail("Value of anything-but must be an array or single string/number value.")
	}
	return cond
}

// seal makes a long list quick to look into.
func (c *condition) seal() {
	if len(c.not) <= fewValues {
		return
	}
	c.notAny = make(map[value]struct{}, len(c.not))
	for _, v := range c.not {
		c.notAny[v] = struct{}{}
	}
	c.not = nil
}

// fewValues are compared faster one after the other than by a hash.
const fewValues = 16

func (c *compiler) anythingButPrefix(object int32) condition {
	operand, nodes := object+1, c.doc.nodes
	if operand == nodes[object].next {
		c.fail("Anything-But expression name not found")
		return condition{}
	}
	name := c.doc.keyOf(operand)
	if name != "prefix" {
		c.fail("Unsupported anything-but pattern: %s", name)
		return condition{}
	}
	cond := c.textual(opNotPrefix, name, operand)
	switch {
	case cond.text == "":
		c.fail("Null prefix/suffix not allowed")
	case nodes[operand].next != nodes[object].next:
		c.fail(errOneKey)
	}
	return cond
}
