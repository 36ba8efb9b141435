package sqs

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/window"
)

// The journal is a log to which facts are added at the end. What is live in its oldest
// segment is copied forward, and the segment is given up, whenever the log is longer than
// twice what is live and some slack. So it stays bounded, each byte is copied about once,
// and one old message does not keep what is behind it.

// consider starts to clean if there is enough to win.
func (s *store) consider(r *registry) {
	if s == nil || !s.isLong() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cleaning || s.closed || s.failed.Load() != nil {
		return
	}
	s.cleaning = true
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.cleanAll(r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cleaning = false
	}()
}

func (s *store) isLong() bool { return s.journal.Size() > 2*s.live.Load()+s.slack }

func (s *store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// cleanAll cleans until the journal is short enough. What keeps it from that may have
// passed when it is considered again.
func (s *store) cleanAll(r *registry) {
	for s.isLong() && !s.isClosed() {
		segments := s.journal.Segments()
		if len(segments) < 2 {
			return
		}
		done, err := s.clean(r, uint32(segments[0].Number))
		if err != nil && r.logger != nil {
			r.logger.Warn("the journal can not be cleaned now", slog.Any("error", err))
		}
		if err != nil || !done {
			return
		}
	}
}

// clean copies forward what is live in the oldest segment, and gives that up. It reports
// false if something is on its way between two queues, and it has to be tried later.
func (s *store) clean(r *registry, segment uint32) (bool, error) {
	queues := r.all()
	returned := make([]int, len(queues))
	for i, q := range queues {
		var ok bool
		var err error
		if returned[i], ok, err = q.vacate(segment); !ok || err != nil {
			return false, err
		}
	}
	for i, q := range queues {
		if !q.isVacated(returned[i]) {
			return false, nil
		}
	}
	if err := s.journal.Snapshot(encode(r.meta())); err != nil {
		return false, s.fail(err)
	}
	if s.moved.Swap(false) { // else nothing that is needed was in the segment
		if err := s.journal.Sync(); err != nil {
			s.moved.Store(true)
			return false, s.fail(err)
		}
	}
	if err := s.journal.Trim(uint64(segment) + 1); err != nil {
		return false, s.fail(err)
	}
	return true, nil
}

const (
	cleanChunks = 16        // chunks of a slab that are looked at while the lock is held
	cleanBytes  = 256 << 10 // copied before it is given up for a moment
)

// vacate copies forward what of the queue is live in a segment or before it, and waits
// until that is durable. The lock is held for a moment at a time. It returns how many
// messages had come back before, and false if some are on their way to another queue.
func (q *LocalQueue) vacate(segment uint32) (returned int, ok bool, err error) {
	s := q.registry.store
	for from, more := 0, true; more; {
		q.mu.Lock()
		c := q.core
		c.settle()
		if c.departing > 0 {
			q.mu.Unlock()
			return 0, false, nil
		}
		if from == 0 {
			returned = c.returned
		}
		var away []missingText // messages that are better read from the journal first
		for range cleanChunks {
			if more = from < c.records.Chunks(); !more || len(c.log.buf) > cleanBytes {
				break
			}
			for ref, r := range c.records.Chunk(from) {
				switch {
				case r.state == 0 || r.home.Segment == 0 || r.home.Segment > segment:
				case r.isEvicted() || len(c.log.buf) > cleanBytes:
					away = append(away, missingText{ref: ref, seq: r.seq, home: r.home})
				default:
					t := c.transfer(ref, r)
					t.from = nil
					c.log.message(c, ref, r, &t, false)
				}
			}
			from++
		}
		done := c.log.flush()
		q.mu.Unlock()
		if err := done.settled(); err != nil {
			return 0, false, err
		}
		if err := q.copyAway(s, away); err != nil {
			return 0, false, err
		}
	}
	return returned, true, q.copyRecent(segment)
}

// copyAway copies messages forward whose text is not in memory.
func (q *LocalQueue) copyAway(s *store, away []missingText) error {
	for len(away) > 0 {
		var texts []transfer
		n, size := 0, 0
		for ; n < len(away) && size < cleanBytes; n++ {
			t, err := s.text(away[n].home, q.core.log.queue, away[n].ref, away[n].seq)
			if err != nil {
				return err
			}
			texts = append(texts, t)
			size += int(away[n].home.Size)
		}
		q.mu.Lock()
		c := q.core
		for i, m := range away[:n] {
			r := c.records.At(m.ref)
			if r == nil || r.state == 0 || r.seq != m.seq || r.home != m.home {
				continue
			}
			t := c.transfer(m.ref, r)
			t.body, t.attrs, t.dedupID = texts[i].body, texts[i].attrs, texts[i].dedupID
			c.log.message(c, m.ref, r, &t, false)
		}
		done := c.log.flush()
		q.mu.Unlock()
		if err := done.settled(); err != nil {
			return err
		}
		away = away[n:]
	}
	return nil
}

// copyRecent copies forward the deduplication ids that are still remembered.
func (q *LocalQueue) copyRecent(segment uint32) error {
	if !q.config.Load().FIFO {
		return nil
	}
	segments := q.registry.store.journal.Segments()
	last := uint32(segments[len(segments)-1].Number)
	for next := 0; ; { // those before it are done; others may be dropped while the lock is not held
		q.mu.Lock()
		l, now := &q.core.log.recent, q.registry.now()
		if next == 0 {
			l.forget(now)
		}
		from := max(next-l.past, 0)
		end := min(from+4096, l.homed)
		for ; from < end; from++ {
			e := &l.ids[from]
			if e.segment <= segment && e.key != "" && now-e.at < window.Length {
				q.core.log.remembered(e)
				e.segment = last // or a later one
			}
		}
		next = l.past + from
		more := from < l.homed
		done := q.core.log.flush()
		q.mu.Unlock()
		if err := done.settled(); err != nil || !more {
			return err
		}
	}
}

// isVacated tells whether no message has left or come back since the queue was vacated,
// that would not know where it was copied to.
func (q *LocalQueue) isVacated(returned int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.core.settle()
	return q.core.departing == 0 && q.core.returned == returned
}

// all returns every queue that is not deleted, closed ones too.
func (r *registry) all() []*LocalQueue {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Collect(maps.Values(r.queues))
}

// meta describes the service as it is.
func (r *registry) meta() serviceMeta {
	m := serviceMeta{Numbers: r.store.numbers.Load(), Now: r.now(), Deleted: map[string]time.Time{}}
	for _, q := range r.all() {
		q.admin.Lock()
		q.mu.Lock()
		if q.gone != ErrQueueDoesNotExist {
			m.Queues = append(m.Queues, q.meta())
		}
		q.mu.Unlock()
		q.admin.Unlock()
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for a, at := range r.deleted {
		m.Deleted[a.String()] = at
	}
	for _, tasks := range r.tasks {
		for _, t := range tasks {
			m.Tasks = append(m.Tasks, t.meta())
		}
	}
	return m
}
