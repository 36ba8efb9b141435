package filter

import "sync"

// A Scope is what a policy looks at.
type Scope uint8

// The scopes of policies.
const (
	Attributes Scope = iota
	Body
)

// An Error says why a policy was refused.
type Error struct {
	// Text is AWS's, as far as it is known, without what goes before it and
	// without the place in the policy that AWS writes on a second line.
	Text string
	// Nested is true if the policy has nested keys and the scope is Attributes. AWS
	// then leaves out "FilterPolicy: " before the text.
	Nested bool
}

func (e *Error) Error() string { return e.Text }

// A Policy is a compiled policy. It does not change, and is safe for concurrent use.
type Policy struct {
	scope    Scope
	branches []branch // any of them

	once  sync.Once
	names *names    // for Match, made by once
	refs  [][]int32 // for each branch the numbers of its fields in names
}

// A branch is met if all its fields are. One without fields is always met.
type branch []field

// Match tells whether a message matches the policy.
func (p *Policy) Match(m *Message) bool {
	p.once.Do(p.prepare)
	v := m.look(p.names)
	defer v.reset()
	for i := range p.branches {
		if v.meets(p.scope, p.branches[i], p.refs[i]) {
			return true
		}
	}
	return false
}

// prepare names the fields. An Index has names of its own, so that a policy which is
// only ever used there needs none.
func (p *Policy) prepare() {
	p.names = new(names)
	for _, b := range p.branches {
		p.refs = append(p.refs, p.names.addAll(p.scope, b))
	}
}
