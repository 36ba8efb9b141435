package sqs

// window remembers values for the five minutes that SQS remembers deduplication
// ids and receive attempts. It keeps two generations and drops the older one
// whole, so that forgetting costs nothing; a value stays in memory until the
// queue is first used ten minutes later.
type window[V any] struct {
	current, previous map[string]dated[V]
	turned            int64 // when current began
}

type dated[V any] struct {
	at    int64
	value V
}

const windowLength = int64(5 * 60 * 1e9)

// get returns the value of key if it was put less than five minutes before now.
func (w *window[V]) get(now int64, key string) (v V, ok bool) {
	d, ok := w.current[key]
	if !ok {
		d, ok = w.previous[key]
	}
	if !ok || now-d.at >= windowLength {
		return v, false
	}
	return d.value, true
}

func (w *window[V]) put(now int64, key string, v V) {
	w.turn(now)
	if w.current == nil {
		w.current, w.turned = map[string]dated[V]{}, now
	}
	w.current[key] = dated[V]{now, v}
}

// turn forgets what is old enough.
func (w *window[V]) turn(now int64) {
	for range 2 {
		if w.current == nil && w.previous == nil || now-w.turned < windowLength {
			return
		}
		w.previous, w.current, w.turned = w.current, nil, w.turned+windowLength
	}
}
