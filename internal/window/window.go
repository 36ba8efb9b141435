// Package window remembers values for five minutes.
package window

// Window remembers values for the five minutes that SQS and SNS remember
// deduplication ids, and SQS receive attempts. It keeps two generations and drops
// the older one whole, so that forgetting costs nothing; a value stays in memory
// until a Put ten minutes later. The zero value is empty and ready. It is not safe
// for concurrent use.
type Window[V any] struct {
	current, previous map[string]dated[V]
	turned            int64 // when current began
}

type dated[V any] struct {
	at    int64
	value V
}

// Length is how long a value is remembered, in nanoseconds.
const Length = int64(5 * 60 * 1e9)

// Get returns the value of key if it was put less than five minutes before now.
func (w *Window[V]) Get(now int64, key string) (v V, ok bool) {
	d, ok := w.current[key]
	if !ok {
		d, ok = w.previous[key]
	}
	if !ok || now-d.at >= Length {
		return v, false
	}
	return d.value, true
}

// Put remembers v under key from now on; now is in nanoseconds, and never less than
// before.
func (w *Window[V]) Put(now int64, key string, v V) {
	w.Turn(now)
	if w.current == nil {
		w.current, w.turned = map[string]dated[V]{}, now
	}
	w.current[key] = dated[V]{now, v}
}

// Restore is Put for what was put at a time before now, and is remembered as long as it
// would have been. now is never less than before; an older value takes no newer one's
// place.
func (w *Window[V]) Restore(now, at int64, key string, v V) {
	if old, ok := w.current[key]; now-at >= Length || ok && old.at > at {
		return
	}
	w.Put(now, key, v)
	w.current[key] = dated[V]{at, v}
}

// Turn forgets what is old enough; Put does so, too.
func (w *Window[V]) Turn(now int64) {
	for range 2 {
		if w.current == nil && w.previous == nil || now-w.turned < Length {
			return
		}
		w.previous, w.current, w.turned = w.current, nil, w.turned+Length
	}
}
