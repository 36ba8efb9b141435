package sns

// ring is a queue of items. Its zero value is empty.
type ring struct {
	items   []item // a power of two of them
	head, n int
	most    int // that n has been since the ring was last empty
}

// An empty ring keeps its memory if it is small, or was put to use lately and is not
// large.
const (
	smallRing = 64 // items
	largeRing = 1024
)

func (r *ring) push(it item) {
	if r.n == len(r.items) {
		bigger := make([]item, max(4, 2*len(r.items)))
		copied := copy(bigger, r.items[r.head:])
		copy(bigger[copied:], r.items[:r.head])
		r.items, r.head = bigger, 0
	}
	r.items[(r.head+r.n)&(len(r.items)-1)] = it
	r.n++
	r.most = max(r.most, r.n)
}

// each visits the items, the oldest first.
func (r *ring) each(visit func(*item)) {
	for i := range r.n {
		visit(&r.items[(r.head+i)&(len(r.items)-1)])
	}
}

// pop takes the oldest item of a ring that has one.
func (r *ring) pop() item {
	it := r.items[r.head]
	r.items[r.head] = item{}
	r.head = (r.head + 1) & (len(r.items) - 1)
	r.n--
	if r.n == 0 {
		if size := len(r.items); size > largeRing || size > smallRing && r.most < size/4 {
			r.items = nil
		}
		r.head, r.most = 0, 0
	}
	return it
}
