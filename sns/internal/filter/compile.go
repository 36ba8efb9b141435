package filter

import (
	"fmt"
	"slices"
)

// Limits of a policy. ("Filter policy constraints" in the SNS Developer Guide.)
const (
	maxSize       = 256 << 10
	maxKeys       = 5
	maxComplexity = 150

	// maxFields bounds the fields of a branch. Nested keys cannot be more, as each
	// doubles the complexity at least; only a branch of an $or at the top could
	// have more, for whose keys no limit is known.
	maxFields = 16
)

// Compile compiles a policy. The empty object is one that every message matches. The
// error is an [*Error].
func Compile(policy string, scope Scope) (*Policy, error) {
	if len(policy) > maxSize {
		return nil, &Error{Text: "Filter policy is too large"}
	}
	c := compiler{scope: scope}
	if !c.doc.parse(policy) {
		return nil, &Error{Text: "failed to parse JSON."}
	}
	if !c.doc.isObject() {
		return nil, &Error{Text: "Filter is not an object"}
	}
	branches := []branch{nil}
	if c.doc.nodes[0].next > 1 {
		branches = c.object(0, "", 1, branches)
	}
	switch {
	case c.err != nil:
		return nil, c.err
	case c.nested:
		return nil, &Error{Text: "Filter policy scope MessageAttributes does not support nested filter policy", Nested: true}
	case c.members(0) > maxKeys:
		return nil, &Error{Text: "Filter policy can not have more than 5 keys"}
	case tooComplex(branches):
		return nil, errTooComplex
	}
	return &Policy{scope: scope, branches: branches}, nil
}

var errTooComplex = &Error{Text: "Filter policy is too complex"}

// tooComplex tells whether the products of the numbers of values, each times its
// depth, add up to more than AWS allows.
func tooComplex(branches []branch) bool {
	sum := 0
	for _, b := range branches {
		product := 1
		for _, f := range b {
			product = min(product*len(f.conditions)*f.depth, maxComplexity+1)
		}
		sum += product
		if sum > maxComplexity || len(b) > maxFields {
			return true
		}
	}
	return false
}

// A compiler walks over a policy's document. After its first error it does not go on.
type compiler struct {
	doc    document
	scope  Scope
	err    *Error
	nested bool
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &Error{Text: fmt.Sprintf(format, args...)}
	}
}

func (c *compiler) members(object int32) int {
	n := 0
	for i := object + 1; i < c.doc.nodes[object].next; i = c.doc.nodes[i].next {
		n++
	}
	return n
}

// object adds to each branch what an object of the policy asks for, and returns the
// branches. The object is at a depth, and below the name prefix.
func (c *compiler) object(object int32, prefix string, depth int, branches []branch) []branch {
	if depth > maxComplexity {
		c.fail("%s", errTooComplex.Text) // whatever else may be in there
		return branches
	}
	nodes := c.doc.nodes
	if nodes[object].next == object+1 {
		c.fail("Empty objects are not allowed")
	}
	for i := object + 1; i < nodes[object].next && c.err == nil; i = nodes[i].next {
		key := c.doc.keyOf(i)
		switch {
		case key == "$or" && c.isOr(i):
			branches = c.or(i, prefix, depth, branches)
		case nodes[i].kind == kindObject:
			c.nested = c.nested || c.scope == Attributes
			branches = c.object(i, prefix+key+".", depth+1, branches)
		case nodes[i].kind == kindArray:
			f := c.field(i)
			f.name, f.depth = prefix+key, depth
			for j := range branches {
				branches[j] = branches[j].with(f)
			}
		default:
			c.fail(`"%s" must be an object or an array`, key)
		}
	}
	return branches
}

// or forks the branches, once for each object in an array.
func (c *compiler) or(array int32, prefix string, depth int, branches []branch) []branch {
	var forked []branch
	for i := array + 1; i < c.doc.nodes[array].next && c.err == nil; i = c.doc.nodes[i].next {
		fork := make([]branch, len(branches))
		for j, b := range branches {
			fork[j] = slices.Clone(b)
		}
		forked = append(forked, c.object(i, prefix, depth, fork)...)
		if len(forked) > maxComplexity {
			c.fail("%s", errTooComplex.Text)
		}
	}
	return forked
}

// isOr tells whether $or is the operator: it has two or more objects, none of which
// has a reserved key. Otherwise it is a key like any other. ("OR operator" in the
// SNS Developer Guide.)
func (c *compiler) isOr(array int32) bool {
	nodes := c.doc.nodes
	if nodes[array].kind != kindArray || c.members(array) < 2 {
		return false
	}
	for i := array + 1; i < nodes[array].next; i = nodes[i].next {
		if nodes[i].kind != kindObject {
			return false
		}
		for j := i + 1; j < nodes[i].next; j = nodes[j].next {
			if slices.Contains(reserved, c.doc.keyOf(j)) {
				return false
			}
		}
	}
	return true
}

var reserved = []string{
	"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
	"=", "<", "<=", ">", ">=",
}

// with returns the branch with a field, which replaces one of the same name.
func (b branch) with(f field) branch {
	for i := range b {
		if b[i].name == f.name {
			b[i] = f
			return b
		}
	}
	if len(b) > maxFields {
		return b // it will be refused
	}
	return append(b, f)
}
