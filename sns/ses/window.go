package ses

import (
	"slices"
	"time"
)

// window remembers when the mails of the last 24 hours were sent, and so bounds both
// those of any second and those of any day. Memory is 8 bytes for each of them.
type window struct {
	perSecond, perDay int
	times             []time.Duration // since some beginning; the first gone are those before old
	old               int
}

// count returns how many were sent in the 24 hours before now.
func (w *window) count(now time.Duration) int {
	for w.old < len(w.times) && w.times[w.old] <= now-24*time.Hour {
		w.old++
	}
	if w.old > len(w.times)/2 {
		w.times, w.old = slices.Delete(w.times, 0, w.old), 0
	}
	return len(w.times) - w.old
}

// add counts one more. If the second has no room for it, it returns how long to wait
// until one has; if the day has none, it reports false.
func (w *window) add(now time.Duration) (wait time.Duration, ok bool) {
	n := w.count(now)
	if n >= w.perDay {
		return 0, false
	}
	if n >= w.perSecond {
		if next := w.times[len(w.times)-w.perSecond] + time.Second; next > now {
			return next - now, true
		}
	}
	w.times = append(w.times, now)
	return 0, true
}
