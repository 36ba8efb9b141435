package filter

// AppendMatches appends the keys of the policies that a message matches to dst, each
// once, in no particular order.
func (x *Index[K]) AppendMatches(dst []K, m *Message) []K {
	v := m.look(&x.names)
	defer v.reset()
	for i := range v.leaves {
		l := &v.leaves[i]
		if int(l.name) >= len(x.values) {
			continue
		}
		b := x.values[l.name][l.value]
		if b == nil || len(b.members) == 0 {
			continue
		}
		// The only leaf of a name is the only one that leads to the bucket, and to
		// any bucket where the same branch may be.
		only := l.next == 0 && v.first[l.name] == int32(i)+1
		if !only && v.mark(b.mark) {
			continue
		}
		dst = b.appendMatches(dst, v, only)
	}
	return x.always.appendMatches(dst, v, true)
}

// appendMatches appends the keys of the members that are met. Of those that another
// bucket may have as well, it remembers which branches it has looked at, and which keys
// it has appended.
func (b *bucket[K]) appendMatches(dst []K, v *view, only bool) []K {
	for _, member := range b.members {
		i := member.branch
		e := i.entry
		if only && len(e.branches) == 1 {
			if v.meets(e.policy.scope, i.branch, i.refs) {
				dst = append(dst, e.key)
			}
			continue
		}
		if !v.marked(e.mark) && !v.mark(i.mark) && v.meets(e.policy.scope, i.branch, i.refs) {
			v.mark(e.mark)
			dst = append(dst, e.key)
		}
	}
	return dst
}
