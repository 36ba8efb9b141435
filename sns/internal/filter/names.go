package filter

import "strings"

// names numbers the names that policies ask for, so that what is known of each is
// found by an index. A number that is not needed any more is given to another name.
// The zero value has no names.
type names struct {
	attributes map[string]*name
	body       *name // the root: names of leaves step by step, cut at the dots
	bodies     int   // how many names are in use below it
	all        []*name
	vacant     []int32
}

// A name is one that is asked for, or one that leads to it.
type name struct {
	number int32 // -1 if it is not asked for
	users  int
	below  map[string]*name
}

func newName() *name { return &name{number: -1} }

// addAll adds the names of a branch and returns their numbers.
func (n *names) addAll(scope Scope, b branch) []int32 {
	numbers := make([]int32, len(b))
	for i := range b {
		numbers[i] = n.add(scope, b[i].name)
	}
	return numbers
}

// add returns the number of a name, which has one user more.
func (n *names) add(scope Scope, path string) int32 {
	var leaf *name
	if scope == Attributes {
		if leaf = n.attributes[path]; leaf == nil {
			if n.attributes == nil {
				n.attributes = make(map[string]*name)
			}
			leaf = newName()
			n.attributes[path] = leaf
		}
	} else {
		if n.body == nil {
			n.body = newName()
		}
		leaf = n.body
		for step := range strings.SplitSeq(path, ".") {
			next := leaf.below[step]
			if next == nil {
				if leaf.below == nil {
					leaf.below = make(map[string]*name)
				}
				next = newName()
				leaf.below[step] = next
			}
			leaf = next
		}
	}
	if leaf.users++; leaf.users > 1 {
		return leaf.number
	}
	if scope == Body {
		n.bodies++
	}
	if last := len(n.vacant) - 1; last >= 0 {
		leaf.number = n.vacant[last]
		n.vacant = n.vacant[:last]
		n.all[leaf.number] = leaf
	} else {
		leaf.number = int32(len(n.all))
		n.all = append(n.all, leaf)
	}
	return leaf.number
}

// remove takes a user of a name away, and tells whether it was the last.
func (n *names) remove(scope Scope, path string, number int32) (last bool) {
	leaf := n.all[number]
	if leaf.users--; leaf.users > 0 {
		return false
	}
	leaf.number, n.all[number] = -1, nil
	n.vacant = append(n.vacant, number)
	if scope == Attributes {
		delete(n.attributes, path)
	} else {
		n.bodies--
		n.body.prune(path)
	}
	return true
}

// prune removes the steps of a path that lead nowhere any more.
func (n *name) prune(path string) {
	step, rest, more := strings.Cut(path, ".")
	next := n.below[step]
	if more {
		next.prune(rest)
	}
	if next.number < 0 && len(next.below) == 0 {
		delete(n.below, step)
	}
}

// find goes down by a key of a message, which may be several steps, or nil if that
// leads nowhere.
func (n *name) find(key string) *name {
	for {
		step, rest, more := strings.Cut(key, ".")
		if n = n.below[step]; n == nil || !more {
			return n
		}
		key = rest
	}
}
