package firehose

// Every record belongs to the epoch in which it was accepted, and takes it along
// through all stages; a batch has that of its oldest record. A flush begins a new epoch:
// it is done when no batch has an older one. Batches of older epochs do not wait to
// be full.

// flush is somebody who waits for the epochs before one.
type flush struct {
	epoch uint64
	done  chan struct{}
}

// flush cuts everything, and returns a channel that is closed when all of it is done.
func (c *core) flush() <-chan struct{} {
	c.renew()
	f := &flush{epoch: c.epoch, done: make(chan struct{})}
	c.flushes = append(c.flushes, f)
	c.complete()
	return f.done
}

// renew cuts everything and begins a new epoch.
func (c *core) renew() {
	c.epoch++
	c.cutAll()
}

// forget lets go of a flush that nobody waits for any more.
func (c *core) forget(done <-chan struct{}) {
	for i, f := range c.flushes {
		if f.done == done {
			c.flushes = append(c.flushes[:i], c.flushes[i+1:]...)
			return
		}
	}
}

// release counts a batch out of its epoch.
func (c *core) release(epoch uint64) {
	c.live[epoch]--
	if c.live[epoch] == 0 {
		delete(c.live, epoch)
		c.complete()
	}
}

// complete ends the flushes that have nothing to wait for.
func (c *core) complete() {
	if len(c.flushes) == 0 {
		return
	}
	oldest := c.epoch + 1
	for epoch := range c.live {
		oldest = min(oldest, epoch)
	}
	for len(c.flushes) > 0 && c.flushes[0].epoch <= oldest {
		close(c.flushes[0].done)
		c.flushes = c.flushes[1:]
	}
}
