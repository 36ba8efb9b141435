package sqs

// delete removes the message that a handle was given for. On a standard queue
// the handle of an earlier receive has no effect, as AWS puts it: "the request
// succeeds, but the message will not be deleted" (DeleteMessage).
func (c *core) delete(text string) verdict {
	h, r, ok := c.find(text)
	switch {
	case !ok:
		return garbage
	case r == nil:
		return done
	case c.lapsed(h, r):
		return expired
	case r.receives != h.receives:
		return done
	}
	c.remove(h.ref, r)
	c.counters.deleted++
	return done
}
