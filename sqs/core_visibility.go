package sqs

// maxTimeInFlight bounds one receive of a message, extensions included.
const maxTimeInFlight = int64(maxVisibility)

// changeVisibility restarts a message's visibility timeout. On a standard queue a
// handle works as long as the message is there: after the timeout has run out, and
// after the message was received again.
func (c *core) changeVisibility(now int64, text string, timeout int64) verdict {
	h, r, ok := c.find(text)
	switch {
	case !ok:
		return garbage
	case r == nil:
		return unavailable
	case c.lapsed(h, r):
		return expired
	case timeout > 0 && now+timeout-r.lastAt > maxTimeInFlight:
		return tooLong
	case timeout > 0:
		c.hide(h.ref, r, inFlight, now+timeout)
		c.log.changed(h.ref, r)
	case r.state == inFlight:
		c.show(h.ref, r)
		c.log.changed(h.ref, r)
	}
	return done
}
