package filter

// root is the element that stands for what is in no array of objects.
const root = 0

// A view holds the leaves of a message that some policies ask for.
type view struct {
	leaves   []leaf
	first    []int32   // by the number of a name: its first leaf, plus one
	elements []element // the elements of arrays that are not leaves; the first is root
	arrays   int32     // how many arrays have elements
	noBody   bool      // the body is not a JSON object

	anyAttribute bool // there is an attribute, asked for or not

	marks   []uint32 // what mark has been told, by its argument
	current uint32   // the mark that counts

	met    []uint16  // scratch of consistent: what each element meets
	nested []options // and the arrays that are not yet combined
}

// A leaf is a value that has a name.
type leaf struct {
	value   value
	name    int32
	next    int32 // the next leaf with the name, plus one
	element int32 // the innermost it is in
}

// An element is an object or array in an array. Elements come in the order of the
// text, so that those around it have lower numbers.
type element struct {
	array  int32
	around int32 // the element that its array is in
}

func (v *view) start(names int) {
	if len(v.first) < names {
		v.first = make([]int32, names)
	}
	if v.current++; v.current == 0 {
		clear(v.marks) // once in four billion times
		v.current = 1
	}
	v.elements = append(v.elements[:0], element{array: -1, around: -1})
	v.noBody, v.anyAttribute = false, false
	v.arrays = 0
}

// reset forgets the leaves.
func (v *view) reset() {
	for i := range v.leaves {
		v.first[v.leaves[i].name] = 0
	}
	clear(v.leaves)
	v.leaves = v.leaves[:0]
	if cap(v.leaves) > maxKept {
		v.leaves, v.elements, v.met, v.nested = nil, nil, nil, nil
	}
}

// mark tells whether it was called with i before since start.
func (v *view) mark(i int32) (before bool) {
	if int(i) >= len(v.marks) {
		v.marks = append(v.marks, make([]uint32, int(i)+1-len(v.marks))...)
	}
	before = v.marks[i] == v.current
	v.marks[i] = v.current
	return before
}

// marked tells the same, and is no call.
func (v *view) marked(i int32) bool { return int(i) < len(v.marks) && v.marks[i] == v.current }

func (v *view) add(n *name, val value, elem int32) {
	v.leaves = append(v.leaves, leaf{value: val, name: n.number, next: v.first[n.number], element: elem})
	v.first[n.number] = int32(len(v.leaves))
}

// object adds the leaves in an object that n leads to.
func (v *view) object(d *document, object int32, n *name, elem int32) {
	end := d.nodes[object].next
	for i := object + 1; i < end; i = d.nodes[i].next {
		if next := n.find(d.keyOf(i)); next != nil {
			v.values(d, i, next, elem)
		}
	}
}

// values adds the leaves in a value that has the name n.
func (v *view) values(d *document, i int32, n *name, elem int32) {
	switch d.nodes[i].kind {
	case kindObject:
		if len(n.below) > 0 {
			v.object(d, i, n, elem)
		}
	case kindArray:
		v.array(d, i, n, elem)
	default:
		if n.number >= 0 {
			v.add(n, d.scalar(i), elem)
		}
	}
}

func (v *view) array(d *document, array int32, n *name, elem int32) {
	number := v.arrays
	v.arrays++
	end := d.nodes[array].next
	for i := array + 1; i < end; i = d.nodes[i].next {
		if k := d.nodes[i].kind; k != kindObject && k != kindArray {
			v.values(d, i, n, elem)
			continue
		}
		inner, leaves := int32(len(v.elements)), len(v.leaves)
		v.elements = append(v.elements, element{array: number, around: elem})
		v.values(d, i, n, inner)
		if len(v.leaves) == leaves {
			v.elements = v.elements[:inner]
		}
	}
}
