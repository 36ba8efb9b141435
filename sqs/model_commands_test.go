package sqs_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func (d *drive) send(l *lane) {
	batch := make([]sqs.Entry, 1+d.pick(5))
	if d.tenants && d.pick(4) == 0 {
		batch = make([]sqs.Entry, 40) // of one tenant, most of them
	}
	group := driveGroups[d.pick(len(driveGroups))]
	for i := range batch {
		batch[i] = d.entry(group, len(batch) > 5)
	}
	d.log("%s: send %s", l.name, formatEntries(batch))
	now := time.Now()
	sent, err := l.queue.Send(d.t.Context(), batch...)
	require.Len(d.t, sent, len(batch))
	want := make([]error, len(batch))
	for i, e := range batch {
		m, duplicate, fault := l.model.send(now, e)
		if want[i] = fault; fault != nil {
			require.Zero(d.t, sent[i], "%s: entry %d failed", l.name, i)
			continue
		}
		if !duplicate {
			d.newID(l, m, sent[i])
			d.sent++
		}
		require.Equal(d.t, sqs.Sent{MessageID: m.id, SequenceNumber: m.sequence}, sent[i], "%s: entry %d", l.name, i)
	}
	d.compareErrors(l, want, err)
}

// entry chooses a message: some are bad ones, and on a FIFO queue some duplicates.
func (d *drive) entry(group string, sameGroup bool) sqs.Entry {
	d.bodies++
	n := d.bodies
	var e sqs.Entry
	switch c := d.pick(8); {
	case d.fifo:
		e.GroupID = driveGroups[c%len(driveGroups)]
		if c >= len(driveGroups) {
			n = max(1, n-d.pick(8))
		}
		if d.pick(4) > 0 {
			e.DeduplicationID = fmt.Sprint(n)
		}
	case d.tenants && c > 0 && sameGroup:
		e.GroupID = group
	case d.tenants && c > 0:
		e.GroupID = driveGroups[c%len(driveGroups)]
	}
	e.Body = fmt.Sprint("m", n)
	switch c := d.pick(24); {
	case c == 0:
		e.Delay = new(time.Duration(0))
	case c == 1:
		e.Delay = new(15*time.Minute + time.Second)
	case c == 2:
		e.Body = "\x00"
	case c == 3 && d.fifo:
		e.GroupID = ""
	case c == 4 && d.fifo, c >= 4 && c < 8 && !d.fifo:
		e.Delay = new(20 * time.Second)
	case c == 8:
		e.Body = ""
	}
	return e
}

// newID teaches the model what the engine called a new message.
func (d *drive) newID(l *lane, m *modelMessage, sent sqs.Sent) {
	require.NotEmpty(d.t, sent.MessageID)
	for _, x := range l.model.messages {
		require.NotEqual(d.t, sent.MessageID, x.id, "%s: a message id twice", l.name)
		if l.model.fifo && x != m {
			require.Less(d.t, x.sequence, sent.SequenceNumber, "%s: sequence numbers grow", l.name)
		}
	}
	m.id, m.sequence = sent.MessageID, sent.SequenceNumber
	if l.model.fifo {
		require.Len(d.t, sent.SequenceNumber, 20)
	}
}

func (d *drive) receive(l *lane) {
	m := l.model
	req := sqs.ReceiveRequest{MaxMessages: []int{1, 2, 3, 10, 0, 40}[d.pick(6)]}
	timeout := m.visibility
	if d.pick(3) == 0 {
		timeout = driveTimeouts[d.pick(len(driveTimeouts))]
		req.VisibilityTimeout = &timeout
	}
	if d.fifo && d.pick(4) == 0 {
		req.AttemptID = []string{"x", "y"}[d.pick(2)]
	}
	deadline := time.Now()
	if d.pick(4) == 0 {
		wait := d.clearOfEvents(m, []time.Duration{time.Second, 20 * time.Second, time.Minute}[d.pick(3)])
		req.Wait = &wait
		deadline = deadline.Add(wait)
	}
	d.log("%s: receive max %d, timeout %v, until %s, attempt %q", l.name, req.MaxMessages, timeout, deadline.Format("05.999999999"), req.AttemptID)
	began := time.Now()
	got, err := l.queue.Receive(d.t.Context(), req)
	if time.Now().After(began) && len(got) > 0 {
		d.waited++
	}
	if req.AttemptID != "" {
		if again := m.retry(began, req.AttemptID, timeout); again != nil {
			d.retried++
			require.True(d.t, time.Now().Equal(began), "%s: what was received already needs no waiting", l.name)
			d.compareReceived(l, again, got, err, false)
			return
		}
	}
	var want []*modelMessage
	if d.tenants && len(got) > 0 {
		var unfair string
		want, unfair = m.judge(time.Now(), idsOf(got), max(req.MaxMessages, 1), timeout)
		require.Empty(d.t, unfair, l.name)
	} else {
		var fault error
		var at time.Time
		want, at, fault = m.receiveBy(began, deadline, max(req.MaxMessages, 1), timeout)
		if fault != nil {
			require.ErrorIs(d.t, err, fault, l.name)
			require.Empty(d.t, got)
			return
		}
		require.True(d.t, time.Now().Equal(at), "%s: received at %v instead of %v", l.name, time.Now(), at)
	}
	d.compareReceived(l, want, got, err, true)
	if req.AttemptID != "" {
		m.remember(time.Now(), req.AttemptID, want)
	}
}

// clearOfEvents lengthens a wait that would end in the very moment in which something
// happens: then either may come first.
func (d *drive) clearOfEvents(m *model, wait time.Duration) time.Duration {
	end := time.Now().Add(wait)
	for slices.ContainsFunc(m.messages, func(x *modelMessage) bool { return x.due.Equal(end) || x.sent.Add(m.retention).Equal(end) }) {
		end = end.Add(1)
	}
	return time.Until(end)
}

// receiveBy receives as soon as there is something, at the latest at the deadline,
// and returns when that was.
func (q *model) receiveBy(now, deadline time.Time, limit int, timeout time.Duration) ([]*modelMessage, time.Time, error) {
	for {
		taken, err := q.receive(now, limit, timeout)
		if len(taken) > 0 || err != nil {
			return taken, now, err
		}
		m, next, _ := q.nextEvent()
		if m == nil || next.After(deadline) {
			return nil, deadline, nil
		}
		now = next
	}
}

func (d *drive) compareReceived(l *lane, want []*modelMessage, got []sqs.Message, err error, fresh bool) {
	require.NoError(d.t, err, l.name)
	var bodies []string
	for _, m := range want {
		bodies = append(bodies, m.body)
	}
	require.Equal(d.t, bodies, textsOf(got), "%s: which messages, in which order", l.name)
	for i, m := range want {
		d.compareMessage(l, m, got[i])
		if !fresh {
			require.Equal(d.t, m.handle, got[i].ReceiptHandle, "%s: %s: the same handle again", l.name, m.id)
			continue
		}
		for _, g := range l.given[max(0, len(l.given)-100):] {
			require.NotEqual(d.t, g.text, got[i].ReceiptHandle, "%s: %s: every receive gives another handle", l.name, m.id)
		}
		m.handle = got[i].ReceiptHandle
		l.given = append(l.given, givenHandle{m, m.handle})
		d.received++
	}
}

func (d *drive) delete(l *lane) {
	handles, texts := d.handles(l)
	d.log("%s: delete %s", l.name, formatHandles(handles))
	now := time.Now()
	err := l.queue.Delete(d.t.Context(), texts...)
	want := make([]error, len(handles))
	for i, h := range handles {
		if want[i] = sqs.ErrReceiptHandleInvalid; h.message == nil {
			continue
		}
		was := h.message.gone
		want[i] = l.model.delete(now, h.message, h.text)
		if !was && h.message.gone {
			d.deleted++
		}
	}
	d.compareErrors(l, want, err)
}

func (d *drive) change(l *lane) {
	handles, texts := d.handles(l)
	timeout := []time.Duration{0, time.Second, time.Minute, 12*time.Hour - 2*time.Minute, 12 * time.Hour, 12*time.Hour + time.Second}[d.pick(6)]
	d.log("%s: change visibility to %v of %s", l.name, timeout, formatHandles(handles))
	now := time.Now()
	err := l.queue.ChangeVisibility(d.t.Context(), timeout, texts...)
	if timeout > 12*time.Hour {
		require.ErrorIs(d.t, err, sqs.ErrInvalidParameterValue)
		return
	}
	want := make([]error, len(handles))
	for i, h := range handles {
		if want[i] = sqs.ErrReceiptHandleInvalid; h.message == nil {
			continue
		}
		if want[i] = l.model.change(now, h.message, h.text, timeout); want[i] == nil {
			d.changed++
		}
	}
	d.compareErrors(l, want, err)
}

// handles chooses receipt handles: mostly late ones, some old, garbage, or another
// queue's. Those that this queue never gave have no message.
func (d *drive) handles(l *lane) (chosen []givenHandle, texts []string) {
	for range 1 + d.pick(3) {
		h := givenHandle{text: "garbage"}
		late, any := d.pick(8), d.pick(200)
		switch {
		case late == 7 && any == 1 && len(d.foreign) > 0:
			h.text = d.foreign[d.pick(len(d.foreign))]
		case late == 7 && any%4 == 0:
		case late == 7 && len(l.given) > 0:
			h = l.given[any%len(l.given)]
		case len(l.given) > late:
			h = l.given[len(l.given)-1-late]
		}
		chosen = append(chosen, h)
		texts = append(texts, h.text)
	}
	return chosen, texts
}

// compareErrors holds an operation's error against the sentinel of each entry.
func (d *drive) compareErrors(l *lane, want []error, err error) {
	got := make([]error, len(want))
	if batch, ok := errors.AsType[*sqs.BatchError](err); ok {
		require.NotEmpty(d.t, batch.Failed)
		for _, f := range batch.Failed {
			require.Nil(d.t, got[f.Index], "%s: an index twice", l.name)
			got[f.Index] = f.Err
		}
	} else {
		require.NoError(d.t, err, "%s: what is wrong with an entry is a BatchError", l.name)
	}
	for i := range want {
		if want[i] != nil {
			d.refused++
		}
		require.ErrorIs(d.t, got[i], want[i], "%s: entry %d", l.name, i)
	}
}

func idsOf(messages []sqs.Message) []string {
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func formatEntries(batch []sqs.Entry) string {
	text := ""
	for _, e := range batch {
		text += fmt.Sprintf("{%q group %q dedup %q", e.Body, e.GroupID, e.DeduplicationID)
		if e.Delay != nil {
			text += fmt.Sprintf(" delay %v", *e.Delay)
		}
		text += "}"
	}
	return text
}

func formatHandles(handles []givenHandle) string {
	text := ""
	for _, h := range handles {
		switch {
		case h.message == nil:
			text += "{garbage}"
		case h.message.handle == h.text:
			text += "{latest of " + h.message.body + "}"
		default:
			text += "{old one of " + h.message.body + "}"
		}
	}
	return text
}
