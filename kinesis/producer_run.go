package kinesis

import (
	"context"
	"errors"
	"time"
)

// schedule sends what is due and sets the timer for what will be. The caller holds mu.
func (p *Producer) schedule(now time.Duration) {
	for p.running < p.cfg.Concurrency && p.backlog.due(now) {
		if p.mustLearn(now) {
			break
		}
		p.running++
		go p.send(p.backlog.take(now))
	}
	if p.closed && p.running == 0 && p.stats.Buffered == 0 {
		p.end()
		return
	}
	// While there is no place for another request, or the shards are being asked for, the
	// end of that will do.
	at, ok := p.backlog.next()
	if !ok || p.running >= p.cfg.Concurrency || p.learning != nil {
		return
	}
	p.wake(at, now)
}

// wake sets the timer, unless it fires before, in which case it will be set then. The
// caller holds mu.
func (p *Producer) wake(at, now time.Duration) {
	if p.wakeAt != 0 && p.wakeAt <= at {
		return
	}
	p.wakeAt = max(at, 1)
	if p.timer == nil {
		p.timer = time.AfterFunc(at-now, p.woken)
	} else {
		p.timer.Reset(at - now)
	}
}

func (p *Producer) woken() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeAt = 0
	p.schedule(time.Since(p.start))
}

// send puts a shipment into the stream and brings it to its end, in a goroutine of its
// own.
func (p *Producer) send(s *shipment) {
	var puts []Put
	err := errPutGoexit
	// Deferred because the stream of a test may end the goroutine.
	defer p.tell(s)
	defer p.account(s)
	if len(s.crates) > 0 {
		defer func() { p.judge(s, puts, err) }()
		ctx, cancel := context.WithTimeout(p.requests, p.cfg.RequestTimeout)
		defer cancel()
		puts, err = p.stream.Put(ctx, s.entries()...)
	}
}

var errPutGoexit = errors.New("kinesis: the stream's Put ended its goroutine")

// account counts what is settled and makes room for as much, before anybody is told.
func (p *Producer) account(s *shipment) {
	var weight int64
	p.mu.Lock()
	if len(s.crates) > 0 {
		p.stats.Requests++
	}
	now := time.Since(p.start)
	for i := range s.crates {
		c := &s.crates[i]
		for part := c.parcels.first; part != nil; part = part.next {
			part.attempts++
			if part.fate == toBeRetried && now+s.delay(part) >= part.added+p.cfg.TTL {
				part.fate = expired
			}
			weight += p.count(part)
			if part.fate == accepted && c.parcels.n > 1 {
				p.stats.Aggregated++
			}
		}
		if c.err == nil {
			p.stats.StreamRecords++
		}
	}
	for c := s.lapsed.first; c != nil; c = c.next {
		weight += p.count(c)
	}
	p.stats.Buffered = int(p.stats.Added - p.stats.Accepted - p.stats.Failed)
	p.stats.BufferedBytes -= weight
	p.mu.Unlock()
	p.room.Release(weight)
}

// count returns the weight of a parcel that is settled. The caller holds mu.
func (p *Producer) count(c *parcel) int64 {
	switch c.fate {
	case misrouted:
		p.stats.Misrouted++
		fallthrough
	case toBeRetried, suspected:
		p.stats.Retried++
		return 0
	case accepted:
		p.stats.Accepted++
		return weightOf(&c.Entry)
	case expired:
		p.stats.Expired++
	case cancelled:
		p.abandoned++
	}
	p.stats.Failed++
	return weightOf(&c.Entry)
}

// tell calls back for everything that is settled, then concludes the shipment.
func (p *Producer) tell(s *shipment) {
	concluded := false
	defer func() {
		if !concluded { // a callback ended the goroutine, as a test's FailNow does
			go p.tell(s)
		}
	}()
	for len(s.reports) > 0 {
		e := s.reports[0]
		s.reports = s.reports[1:]
		p.report(e)
	}
	for c, put := s.untold(); c != nil; c, put = s.untold() {
		p.callBack(c, put)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	concluded = true
	now := time.Since(p.start)
	p.backlog.conclude(s, now)
	s.release()
	p.running--
	p.schedule(now)
}
