package sqs_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/leat-go/leat/sqs"
)

// model is a queue that is too simple to be wrong: a slice, and a scan of it for
// every question. What it says is written from the rules of SQS; model_drive_test.go
// holds the engine against it. It learns ids, sequence numbers and handles from the engine.
type model struct {
	fifo                  bool
	contentDedup          bool // FIFO: the body stands in for a missing deduplication id
	dedupPerGroup         bool // FIFO: ids are unique in a group, not in the queue
	delay                 time.Duration
	visibility, retention time.Duration
	limit                 int // of messages in flight
	maxReceives           int
	dead                  *model // where messages go after maxReceives; nil if nowhere
	arn                   string

	messages []*modelMessage      // in the order of arrival
	sends    []modelSend          // what deduplication remembers
	attempts []modelAttempt       // what attempt ids stand for
	places   int                  // the last place in line that was given out
	turns    map[string]int       // FIFO: the place in line of each group that has something to give
	lastSent map[string]time.Time // by group
	served   map[string]bool      // groups that received something since the backlog was last drained
	backlog  int                  // visible messages

	timeouts, retired, buried, duplicates, yielded int // how often it happened
}

type modelMessage struct {
	arrival            int // place in the order of arrival
	id, body           string
	group, dedup       string
	sequence           string
	source             string // ARN of the queue it was dead-lettered from
	sent, first, taken time.Time
	receives           int
	handle             string // of the latest receive

	state sqs.MessageState
	due   time.Time // when it becomes visible, unless it is
	place int       // in line, if it is visible and the queue is no FIFO queue
	gone  bool
}

type modelSend struct {
	group, id string
	at        time.Time
	message   *modelMessage
}

type modelAttempt struct {
	id       string
	at       time.Time
	messages []*modelMessage
	handles  []string
	due      []time.Time // when the messages would be visible again
}

const (
	modelWindow   = 5 * time.Minute // of deduplication and attempt ids
	modelMaxTaken = 12 * time.Hour  // that one receive may last
)

// advance lets everything happen that is due by now, in the order of time. At one
// time retention periods end before timeouts and delays, and what arrived first comes
// first.
func (q *model) advance(now time.Time) {
	for {
		m, at, retired := q.nextEvent()
		switch {
		case m == nil || at.After(now):
			return
		case retired:
			q.remove(m)
			q.retired++
		default:
			if m.state == sqs.StateInFlight {
				q.timeouts++
			}
			q.show(m)
		}
	}
}

// nextEvent returns the message that something happens to next, and when: its
// retention period ends (retired), or it becomes visible.
func (q *model) nextEvent() (next *modelMessage, at time.Time, retired bool) {
	for _, m := range q.messages {
		if t := m.sent.Add(q.retention); next == nil || t.Before(at) {
			next, at, retired = m, t, true
		}
	}
	for _, m := range q.messages {
		if m.state != sqs.StateVisible && m.due.Before(at) {
			next, at, retired = m, m.due, false
		}
	}
	return next, at, retired
}

func (q *model) show(m *modelMessage) {
	m.state = sqs.StateVisible
	q.places++
	m.place = q.places
	q.settle()
}

func (q *model) hide(m *modelMessage, state sqs.MessageState, due time.Time) {
	if state == sqs.StateInFlight && m.state != state {
		q.served[m.group] = true
	}
	m.state, m.due = state, due
	q.settle()
}

func (q *model) remove(m *modelMessage) {
	m.gone = true
	q.messages = slices.DeleteFunc(q.messages, func(x *modelMessage) bool { return x == m })
	q.settle()
}

// settle gives every group that has something to give now, and had not before, a
// place at the end of the line.
func (q *model) settle() {
	if !q.fifo {
		before := q.backlog
		if q.backlog = q.count(sqs.StateVisible); q.backlog == 0 && before > 0 {
			clear(q.served)
		}
		return
	}
	available := make(map[string]int)
	for _, m := range q.messages {
		if len(q.receivable(m.group)) == 0 || available[m.group] != 0 {
			continue
		}
		if available[m.group] = q.turns[m.group]; available[m.group] == 0 {
			q.places++
			available[m.group] = q.places
		}
	}
	q.turns = available
}

// receivable returns the messages of a group before the first that is not visible.
func (q *model) receivable(group string) []*modelMessage {
	var prefix []*modelMessage
	for _, m := range q.messages {
		if m.group != group {
			continue
		}
		if m.state != sqs.StateVisible {
			break
		}
		prefix = append(prefix, m)
	}
	return prefix
}

// line returns the messages that can be received, in the order of delivery.
func (q *model) line() []*modelMessage {
	var line []*modelMessage
	if q.fifo {
		groups := make([]string, 0, len(q.turns))
		for group := range q.turns {
			groups = append(groups, group)
		}
		slices.SortFunc(groups, func(a, b string) int { return cmp.Compare(q.turns[a], q.turns[b]) })
		for _, group := range groups {
			line = append(line, q.receivable(group)...)
		}
		return line
	}
	for _, m := range q.messages {
		if m.state == sqs.StateVisible {
			line = append(line, m)
		}
	}
	slices.SortFunc(line, func(a, b *modelMessage) int { return cmp.Compare(a.place, b.place) })
	return line
}

// send returns the error that an entry deserves; or the message that it became, or
// duplicates.
func (q *model) send(now time.Time, e sqs.Entry) (m *modelMessage, duplicate bool, err error) {
	q.advance(now)
	delay := q.delay
	switch {
	case e.Body == "":
		return nil, false, sqs.ErrMissingParameter
	case e.Body == "\x00":
		return nil, false, sqs.ErrInvalidMessageContents
	case q.fifo && e.GroupID == "":
		return nil, false, sqs.ErrMissingParameter
	case e.Delay != nil && (*e.Delay < 0 || *e.Delay > 15*time.Minute || q.fifo && *e.Delay > 0):
		return nil, false, sqs.ErrInvalidParameterValue
	case e.Delay != nil && !q.fifo:
		delay = *e.Delay
	}
	dedup := ""
	if q.fifo {
		dedup = e.DeduplicationID
		if dedup == "" && !q.contentDedup {
			return nil, false, sqs.ErrInvalidParameterValue
		}
		if dedup == "" {
			sum := sha256.Sum256([]byte(e.Body))
			dedup = hex.EncodeToString(sum[:])
		}
		for _, s := range q.sends {
			if s.id == dedup && (!q.dedupPerGroup || s.group == e.GroupID) && now.Before(s.at.Add(modelWindow)) {
				q.duplicates++
				return s.message, true, nil
			}
		}
	}
	m = &modelMessage{body: e.Body, group: e.GroupID, dedup: dedup, sent: now}
	q.accept(m)
	q.lastSent[m.group] = now
	if q.fifo {
		q.sends = append(q.sends, modelSend{m.group, dedup, now, m})
	}
	if delay > 0 {
		q.hide(m, sqs.StateDelayed, now.Add(delay))
	}
	return m, false, nil
}

func (q *model) accept(m *modelMessage) {
	q.places++
	m.arrival = q.places
	q.messages = append(q.messages, m)
	q.show(m)
}

// receive takes messages as of now, without waiting.
func (q *model) receive(now time.Time, limit int, timeout time.Duration) ([]*modelMessage, error) {
	q.advance(now)
	if !q.fifo && q.count(sqs.StateInFlight) >= q.limit {
		return nil, sqs.ErrOverLimit
	}
	var taken []*modelMessage
	for _, m := range q.line() {
		if len(taken) == limit || q.count(sqs.StateInFlight) >= q.limit {
			break
		}
		if q.dead != nil && m.receives >= q.maxReceives {
			q.bury(now, m)
			continue
		}
		q.take(now, m, timeout)
		taken = append(taken, m)
	}
	q.advance(now) // with a timeout of zero they are visible again
	return taken, nil
}

func (q *model) take(now time.Time, m *modelMessage, timeout time.Duration) {
	m.receives++
	m.taken = now
	if m.first.IsZero() {
		m.first = now
	}
	q.hide(m, sqs.StateInFlight, now.Add(timeout))
}

// bury moves a message to the dead-letter queue.
func (q *model) bury(now time.Time, m *modelMessage) {
	q.remove(m)
	q.buried++
	letter := &modelMessage{id: m.id, body: m.body, group: m.group, dedup: m.dedup, source: q.arn, sent: m.sent, first: m.first, receives: m.receives}
	if q.fifo {
		letter.dedup, letter.sent = m.id, now
	}
	q.dead.advance(now)
	q.dead.accept(letter)
	q.dead.advance(now) // it may have been too old for that queue
}

// retry returns what an attempt id stands for, hidden anew, if every message is still
// as that attempt left it.
func (q *model) retry(now time.Time, id string, timeout time.Duration) []*modelMessage {
	q.advance(now)
	for _, a := range q.attempts {
		if a.id != id || !now.Before(a.at.Add(modelWindow)) {
			continue
		}
		for i, m := range a.messages {
			if m.gone || m.handle != a.handles[i] || m.state != sqs.StateInFlight || !m.due.Equal(a.due[i]) {
				return nil
			}
		}
		for i, m := range a.messages {
			a.due[i] = now.Add(timeout)
			q.hide(m, sqs.StateInFlight, a.due[i])
		}
		q.advance(now)
		return a.messages
	}
	return nil
}

// remember lets an attempt id stand for what was received under it.
func (q *model) remember(now time.Time, id string, messages []*modelMessage) {
	q.attempts = slices.DeleteFunc(q.attempts, func(a modelAttempt) bool { return a.id == id })
	if len(messages) == 0 {
		return
	}
	a := modelAttempt{id: id, at: now, messages: messages}
	for _, m := range messages {
		a.handles = append(a.handles, m.handle)
		a.due = append(a.due, m.due)
	}
	q.attempts = append(q.attempts, a)
}

func (q *model) delete(now time.Time, m *modelMessage, handle string) error {
	q.advance(now)
	switch latest := m.handle == handle; {
	case m.gone:
		return nil
	case q.fifo && (!latest || m.state != sqs.StateInFlight):
		return sqs.ErrInvalidParameterValue
	case latest:
		q.remove(m)
	}
	return nil
}

// change hides a message anew. A timeout of zero shows it, if it does not show yet.
func (q *model) change(now time.Time, m *modelMessage, handle string, timeout time.Duration) error {
	q.advance(now)
	switch {
	case m.gone, q.fifo && m.handle != handle,
		q.fifo && m.state != sqs.StateInFlight,
		timeout > 0 && now.Add(timeout).After(m.taken.Add(modelMaxTaken)):
		return sqs.ErrInvalidParameterValue
	}
	switch {
	case timeout > 0:
		q.hide(m, sqs.StateInFlight, now.Add(timeout))
	case m.state == sqs.StateInFlight:
		q.show(m)
	}
	return nil
}

func (q *model) purge() {
	for _, m := range slices.Clone(q.messages) {
		q.remove(m)
	}
	q.sends, q.attempts = nil, nil
}

// setDelay applies to what is delayed already on a FIFO queue only.
func (q *model) setDelay(delay time.Duration) {
	q.delay = delay
	for _, m := range q.messages {
		if q.fifo && m.state == sqs.StateDelayed {
			m.due = m.sent.Add(delay)
		}
	}
}

func (q *model) count(state sqs.MessageState) int {
	n := 0
	for _, m := range q.messages {
		if m.state == state {
			n++
		}
	}
	return n
}
