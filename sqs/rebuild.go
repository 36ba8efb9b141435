package sqs

import (
	"cmp"
	"slices"
	"time"
)

// rebuild puts the records that were read into their order. Those that can be received by
// now stand in the order in which they were sent, also on a standard queue, whatever their
// order was before.
func (c *core) rebuild(now int64) {
	var refs []uint32
	for ref, r := range c.records.All() {
		switch {
		case r.state == 0:
		case r.sentAt+c.settings.retention <= now:
			c.log.gone(ref, r)
			c.log.release(r)
			*r = record{}
		default:
			refs = append(refs, ref)
		}
	}
	c.records.Settle(func(r *record) bool { return r.state != 0 })
	at := c.records.At
	slices.SortFunc(refs, func(a, b uint32) int { return cmp.Compare(at(a).seq, at(b).seq) })
	for _, ref := range refs {
		r := at(ref)
		is, due := r.state, r.due
		r.state, r.due = 0, 0
		c.join(ref, r, r.group.id, r.sentAt, r.seq)
		r.group.lastSent = max(r.group.lastSent, r.sentAt)
		if c.settings.fifo && (is == delayed || is == committing && due != r.sentAt) {
			due = r.sentAt + c.settings.delay
		}
		switch {
		case is == ready || due <= now:
			c.setState(ref, r, ready)
		case is == inFlight:
			c.hide(ref, r, inFlight, due)
		default:
			c.begin(ref, r, due)
		}
	}
	for id, g := range c.groups {
		if g.members == 0 {
			delete(c.groups, id)
		}
	}
}

// finish makes the service that was read.
func (rs *restoring) finish(r *registry) {
	for _, q := range rs.queues {
		q.core.rebuild(r.now())
		m := &q.meta
		m.Config.Logger = r.logger
		queue := &LocalQueue{
			registry: r, name: m.Name, account: m.Account, region: m.Region,
			createdAt: m.CreatedAt, modifiedAt: m.ModifiedAt, purged: m.PurgedAt, tags: m.Tags, core: q.core,
		}
		if queue.tags == nil {
			queue.tags = map[string]string{}
		}
		queue.config.Store(&m.Config)
		r.queues[arn{m.Region, m.Account, m.Name}] = queue
	}
	now := time.Unix(0, r.now())
	for name, at := range rs.deleted {
		if a, ok := parseARN(name); ok && now.Sub(at) < purgeInterval {
			r.rest(a, at)
		}
	}
	var running []*moveTask
	for _, m := range rs.tasks {
		source := r.find(m.Request.SourceARN)
		if source == nil || len(r.tasks[m.Request.SourceARN]) >= rememberedTasks {
			continue
		}
		t := &moveTask{
			id: m.ID, handle: taskHandleOf(m.ID, m.Request.SourceARN), source: source, request: m.Request,
			started: m.Started, toMove: m.ToMove, moved: m.Moved, status: m.Status, reason: m.Reason,
		}
		r.tasks[m.Request.SourceARN] = append(r.tasks[m.Request.SourceARN], t)
		switch m.Status {
		case MoveRunning:
			running = append(running, t)
		case MoveCancelling:
			t.status = MoveCancelled
		}
	}
	for _, t := range running { // last, as they use all that is here
		t.mu.Lock()
		t.timer = time.AfterFunc(0, t.step)
		t.mu.Unlock()
	}
}
