package filter

// An Index holds policies, each under a key, and finds those that a message matches.
// Its zero value is empty and ready.
//
// Each branch of a policy is registered under one of its fields, at each value that
// the field may have, if there is a field that allows nothing but certain values. It
// is then looked at only when a message has one of them. Of several such fields it is
// the one whose values the fewest branches ask for; as that changes with the
// policies, the choice is made again for all when half as many branches came or went
// as there are.
//
// Changes exclude each other and everything else. AppendMatches may be called from
// many goroutines at a time, with a Message for each.
type Index[K comparable] struct {
	entries map[K]*entry[K]
	names   names
	values  []map[value]*bucket[K] // by the number of a name, for fields with exact values
	always  bucket[K]              // the branches that have no such field
	marks   numbers                // of entries, branches and buckets, for view.mark
	live    int                    // branches
	changes int                    // branches that came or went since the last choice
}

type entry[K comparable] struct {
	key      K
	policy   *Policy
	branches []*indexed[K]
	mark     int32
}

// An indexed is a branch of an entry.
type indexed[K comparable] struct {
	entry  *entry[K]
	branch branch
	refs   []int32    // the numbers of its fields' names
	chosen int        // the field under which it is registered, -1 for none
	places []place[K] // where: at each of that field's values, or in Index.always
	mark   int32
}

// A place is a branch's in a bucket.
type place[K comparable] struct {
	bucket *bucket[K]
	at     int
}

// A bucket holds the branches that are registered at a value.
type bucket[K comparable] struct {
	asking  int // the branches with a field that wants this value, wherever registered
	members []member[K]
	mark    int32
}

// A member is a branch, and which of its places this is.
type member[K comparable] struct {
	branch *indexed[K]
	place  int
}

// Len counts the keys.
func (x *Index[K]) Len() int { return len(x.entries) }

// Add sets the policy of a key.
func (x *Index[K]) Add(key K, p *Policy) {
	if old := x.entries[key]; old != nil {
		x.Remove(key, old.policy)
	}
	if x.entries == nil {
		x.entries = make(map[K]*entry[K])
	}
	e := &entry[K]{key: key, policy: p, mark: x.marks.take()}
	x.entries[key] = e
	for _, b := range p.branches {
		i := &indexed[K]{entry: e, branch: b, refs: x.names.addAll(p.scope, b), chosen: -1, mark: x.marks.take()}
		e.branches = append(e.branches, i)
		x.count(i, 1)
		x.register(i)
	}
	x.changed(len(e.branches))
}

// Remove takes away the policy that Add has set for a key. It does nothing if the
// key has another one, or none.
func (x *Index[K]) Remove(key K, p *Policy) {
	e := x.entries[key]
	if e == nil || e.policy != p {
		return
	}
	delete(x.entries, key)
	x.marks.give(e.mark)
	for _, i := range e.branches {
		x.unregister(i)
		x.marks.give(i.mark)
		x.count(i, -1)
		for j, number := range i.refs {
			if x.names.remove(p.scope, i.branch[j].name, number) && int(number) < len(x.values) {
				x.values[number] = nil
			}
		}
	}
	x.changed(-len(e.branches))
}

// changed notes that so many branches came, or went, and chooses again for all when
// it is time. That is at most a few times the work of the changes themselves.
func (x *Index[K]) changed(branches int) {
	x.live += branches
	x.changes += max(branches, -branches)
	if x.changes < 16 || 2*x.changes < x.live {
		return
	}
	x.changes = 0
	for _, e := range x.entries {
		for _, i := range e.branches {
			if x.choose(i) != i.chosen {
				x.unregister(i)
				x.register(i)
			}
		}
	}
}

// count adds to how many branches ask for the values that a branch asks for.
func (x *Index[K]) count(i *indexed[K], by int) {
	for j := range i.branch {
		for _, v := range i.branch[j].exact {
			b := x.bucket(i.refs[j], v)
			if b.asking += by; b.asking == 0 {
				x.marks.give(b.mark)
				delete(x.values[i.refs[j]], v)
			}
		}
	}
}

// bucket returns the bucket of a value, which it makes if need be.
func (x *Index[K]) bucket(number int32, v value) *bucket[K] {
	for int(number) >= len(x.values) {
		x.values = append(x.values, nil)
	}
	if x.values[number] == nil {
		x.values[number] = make(map[value]*bucket[K])
	}
	b := x.values[number][v]
	if b == nil {
		b = &bucket[K]{mark: x.marks.take()}
		x.values[number][v] = b
	}
	return b
}

// choose returns the field under which to register a branch: the one whose most
// wanted value is wanted least, and of equals the one with the fewest values.
func (x *Index[K]) choose(i *indexed[K]) int {
	best, fewest := -1, 0
	for j := range i.branch {
		exact := i.branch[j].exact
		if len(exact) == 0 {
			continue
		}
		asking := 0
		for _, v := range exact {
			asking = max(asking, x.values[i.refs[j]][v].asking)
		}
		if best < 0 || asking < fewest || asking == fewest && len(exact) < len(i.branch[best].exact) {
			best, fewest = j, asking
		}
	}
	return best
}

func (x *Index[K]) register(i *indexed[K]) {
	i.chosen = x.choose(i)
	if i.chosen < 0 {
		x.enter(i, &x.always)
		return
	}
	for _, v := range i.branch[i.chosen].exact {
		x.enter(i, x.values[i.refs[i.chosen]][v])
	}
}

func (x *Index[K]) enter(i *indexed[K], b *bucket[K]) {
	b.members = append(b.members, member[K]{i, len(i.places)})
	i.places = append(i.places, place[K]{b, len(b.members) - 1})
}

// unregister takes a branch out of its buckets; the last member of each gets its place.
func (x *Index[K]) unregister(i *indexed[K]) {
	for _, p := range i.places {
		end := len(p.bucket.members) - 1
		last := p.bucket.members[end]
		p.bucket.members[p.at] = last
		last.branch.places[last.place].at = p.at
		p.bucket.members[end] = member[K]{}
		p.bucket.members = p.bucket.members[:end]
	}
	i.places = i.places[:0]
}

// numbers hands out small numbers, the same ones again after they were given back.
type numbers struct {
	vacant []int32
	next   int32
}

func (n *numbers) take() int32 {
	if last := len(n.vacant) - 1; last >= 0 {
		number := n.vacant[last]
		n.vacant = n.vacant[:last]
		return number
	}
	n.next++
	return n.next - 1
}

func (n *numbers) give(number int32) { n.vacant = append(n.vacant, number) }
