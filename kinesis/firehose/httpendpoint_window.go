package firehose

import (
	"context"
	"sync"
	"time"
)

// requestWindow remembers requests by their ids: those under way, and for some time
// those that were taken, in two generations of which the older is dropped whole. The
// zero value is empty.
type requestWindow struct {
	mu                sync.Mutex
	underWay          map[string]chan struct{} // closed when it was handled; guarded by mu
	current, previous map[string]time.Time     // when it was taken; guarded by mu
	turned            time.Time                // when current began; guarded by mu
}

// once calls handle for the first request of an id, and for further ones only if that
// failed, or was taken longer ago than length. It waits for one that is under way.
func (w *requestWindow) once(ctx context.Context, id string, length time.Duration, handle func() error) error {
	for {
		earlier, taken := w.enter(id, length)
		switch {
		case taken:
			return nil
		case earlier == nil:
			return w.settle(id, length, handle)
		}
		select {
		case <-earlier:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enter tells whether the request was taken, and returns what is closed when the one
// under way was handled. If it is neither, it is under way now.
func (w *requestWindow) enter(id string, length time.Duration) (earlier chan struct{}, taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.turn(length)
	at, ok := w.current[id]
	if !ok {
		at, ok = w.previous[id]
	}
	if ok && now.Sub(at) < length {
		return nil, true
	}
	if earlier = w.underWay[id]; earlier == nil {
		if w.underWay == nil {
			w.underWay = map[string]chan struct{}{}
		}
		w.underWay[id] = make(chan struct{})
	}
	return earlier, false
}

// turn forgets what is old enough. The caller holds mu.
func (w *requestWindow) turn(length time.Duration) (now time.Time) {
	now = time.Now()
	switch age := now.Sub(w.turned); {
	case age >= 2*length:
		w.previous, w.current, w.turned = nil, map[string]time.Time{}, now
	case age >= length:
		w.previous, w.current, w.turned = w.current, map[string]time.Time{}, now
	}
	return now
}

// settle handles a request and remembers it if that went well. Whatever handle does,
// others do not wait for ever.
func (w *requestWindow) settle(id string, length time.Duration, handle func() error) error {
	taken := false
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if taken {
			now := w.turn(length)
			w.current[id] = now
		}
		close(w.underWay[id])
		delete(w.underWay, id)
	}()
	err := handle()
	taken = err == nil
	return err
}
