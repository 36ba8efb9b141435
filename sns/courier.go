package sns

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// courier brings what is in a lane to where it goes, one item at a time. Whoever
// finds it idle with something to do becomes its driver: a publisher for a moment,
// if the way is short, else a goroutine that ends when there is no more to do.
type courier struct {
	topic  *LocalTopic
	errand errand

	mu     sync.Mutex
	lane   lane        // guarded by mu
	driven bool        // somebody drives; guarded by mu
	closed bool        // guarded by mu
	timer  *time.Timer // wakes for a retry; guarded by mu
	stats  courierStats
}

// errand is what a courier does. Only its driver calls deliver and giveUp, without
// mu.
type errand interface {
	deliver(it *item) error
	giveUp(it *item, cause error) // when no retry is left
	schedule() schedule           // of the retries
	interval() time.Duration      // at least, between attempts
}

// courierStats counts what a courier did; guarded by its mu.
type courierStats struct {
	attempts, failed, delivered, givenUp int64
	discarded                            int64 // when the subscription ended
	last                                 error // of an attempt
}

// offer adds an item. It reports whether it was taken, for which there must be room,
// and whether the caller is the driver now and must drive or dispatch.
func (c *courier) offer(it item) (taken, driver bool) {
	c.mu.Lock()
	if taken = !c.closed && c.lane.push(it); taken && !c.driven {
		c.driven, driver = true, true
	}
	c.mu.Unlock()
	return taken, driver
}

// proceed has what is in the lane delivered by a goroutine, if nobody drives.
func (c *courier) proceed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.driven && c.lane.backlog > 0 {
		c.driven = true
		c.dispatchLocked()
	}
}

// dispatch has a goroutine drive in place of the caller.
func (c *courier) dispatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dispatchLocked()
}

func (c *courier) dispatchLocked() {
	if c.closed { // and the topic may have waited for its goroutines already
		c.driven = false
		return
	}
	c.topic.running.Add(1)
	go c.run()
}

func (c *courier) run() {
	defer c.topic.running.Done()
	c.drive(c.topic.service.registry.now(), -1)
}

// wake is what the timer does.
func (c *courier) wake() {
	c.mu.Lock()
	if c.closed || c.driven {
		c.mu.Unlock()
		return
	}
	c.driven = true
	c.topic.running.Add(1)
	c.mu.Unlock()
	c.run()
}

// drive makes up to so many attempts, all that are due for -1; what is left then a
// goroutine does. The caller is the driver, and is not afterwards. now may be
// a little old, which only makes a retry late.
func (c *courier) drive(now int64, attempts int) {
	c.mu.Lock()
	for {
		it, at := c.lane.take(now)
		if it == nil {
			c.driven = false
			if at != 0 && !c.closed {
				c.arm(time.Duration(at - c.topic.service.registry.now()))
			}
			break
		}
		if stored := it.m.saved.stored(); attempts == 0 || attempts > 0 && !stored {
			c.lane.again = true // the goroutine takes it
			c.dispatchLocked()
			break
		} else if !stored {
			now = c.await(now, it)
			continue
		}
		attempts--
		it.attempts++
		c.stats.attempts += it.weight()
		if gap := c.errand.interval(); gap > 0 {
			c.lane.next = now + int64(gap)
		}
		c.mu.Unlock()
		lasting, err := c.attempt(it)
		if attempts < 0 || err != nil { // it may have taken long
			now = c.topic.service.registry.now()
		}
		c.mu.Lock()
		if err == nil {
			c.stats.delivered += it.weight()
			c.topic.ledger.settle(it, true)
			c.lane.settle()
			continue
		}
		c.failed(now, it, lasting, err)
	}
	c.mu.Unlock()
}

// await waits until the current item may be seen. It is attempted then, or leaves without,
// if its message could not be stored. The caller holds mu, which is released meanwhile.
func (c *courier) await(now int64, it *item) int64 {
	c.mu.Unlock()
	err := it.m.saved.commit.wait()
	now = max(now, c.topic.service.registry.now())
	c.mu.Lock()
	switch {
	case err != nil:
		c.lane.settle()
	case it.dropped:
		c.discard(it)
	default:
		c.lane.again = true
	}
	return now
}

// PanicError is what [SubscriptionStats] report of an endpoint that panicked. The
// delivery counts as failed and is repeated.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // the goroutine's stack at that time
}

func (e *PanicError) Error() string { return fmt.Sprintf("sns: the endpoint panicked: %v", e.Value) }

var errExited = errors.New("sns: the endpoint ended its goroutine")

// attempt makes one, and tells whether an error is one that lasts. Whatever code of a
// user's does there, the courier goes on: a panic is an error, one of the error's own
// methods included, and a goroutine that was ended leaves the rest to another.
func (c *courier) attempt(it *item) (lasting bool, err error) {
	returned := false
	defer func() {
		if v := recover(); v != nil {
			lasting, err = false, &PanicError{Value: v, Stack: debug.Stack()}
			return
		}
		if !returned { // runtime.Goexit: the test is over, say
			c.mu.Lock()
			defer c.mu.Unlock()
			c.failed(c.topic.service.registry.now(), it, false, errExited)
			c.dispatchLocked()
		}
	}()
	if err = c.errand.deliver(it); err != nil {
		_ = err.Error()
		lasting = isPermanent(err) && !c.topic.mayReopen(err)
	}
	returned = true
	return lasting, err
}

// failed has the current item tried again, or gives it up. The caller holds mu, which
// is released meanwhile.
func (c *courier) failed(now int64, it *item, lasting bool, err error) {
	c.stats.failed += it.weight()
	c.stats.last = err
	if it.dropped {
		c.discard(it)
		return
	}
	s := c.errand.schedule()
	delay, backoff, more := s.delay(it.attempts)
	if more && !lasting {
		if backoff {
			c.mu.Unlock()
			delay = c.topic.service.registry.jitter(delay)
			c.mu.Lock()
		}
		if it.dropped { // meanwhile
			c.discard(it)
		} else {
			c.topic.ledger.retry(it, now+int64(delay))
			c.lane.retry(now, now+int64(delay))
		}
		return
	}
	c.stats.givenUp += it.weight()
	c.mu.Unlock()
	c.errand.giveUp(it, err)
	c.mu.Lock()
	c.lane.settle()
}

// discard drops the current item, as its subscription has ended. The caller holds mu.
func (c *courier) discard(it *item) {
	c.stats.discarded += it.weight()
	c.lane.discard(it)
	c.lane.settle()
}

func (c *courier) arm(d time.Duration) {
	if c.timer == nil {
		c.timer = time.AfterFunc(d, c.wake)
		return
	}
	c.timer.Reset(d)
}

// close makes the courier drop what it has, but for an item that is being delivered,
// and take no more. counted tells whether these are notifications.
func (c *courier) close(counted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.clear(counted)
}

// clear drops what the courier has, as close does. The caller holds mu.
func (c *courier) clear(counted bool) {
	if dropped := c.lane.clear(); counted {
		c.stats.discarded += int64(dropped)
	}
}

// abandoned tells whether the topic was closed and will be opened again with what is left.
func (c *courier) abandoned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed && c.topic.ledger != nil && c.lane.drop == nil
}

// idle tells whether nothing is being delivered.
func (c *courier) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lane.backlog == 0
}
