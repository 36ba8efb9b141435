package sqs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// drive runs commands on a queue and its dead-letter queue, on the engine's and on
// the model's, and fails when they differ. Every choice is read from data, so a
// failure repeats, and fuzzing can look for one. It runs in a synctest bubble.
type drive struct {
	t           *testing.T
	data        []byte // the choices not yet made
	service     *sqs.Service
	disk        *driveDisk // nil for a service in memory
	fifo        bool
	tenants     bool // a standard queue whose messages name groups
	main        *lane
	dead        *lane    // its dead-letter queue
	maxReceives int      // before messages go there; 0 for never
	foreign     []string // handles of queues that are gone
	bodies      int      // made so far
	trace       []string
	driveCounts
}

// lane is one queue of the engine and its model.
type lane struct {
	name  string
	queue *sqs.LocalQueue // nil while it is deleted
	model *model
	given []givenHandle
}

type givenHandle struct {
	message *modelMessage
	text    string
}

// driveCounts says what a drive did; a drive that did nothing proves nothing.
type driveCounts struct {
	commands, sent, duplicates, received, waited, retried, deleted, changed, refused, timeouts, retired, buried, yielded, reopened int
}

func (c *driveCounts) add(o driveCounts) {
	c.commands += o.commands
	c.sent += o.sent
	c.duplicates += o.duplicates
	c.received += o.received
	c.waited += o.waited
	c.retried += o.retried
	c.deleted += o.deleted
	c.changed += o.changed
	c.refused += o.refused
	c.timeouts += o.timeouts
	c.retired += o.retired
	c.buried += o.buried
	c.yielded += o.yielded
	c.reopened += o.reopened
}

func (c driveCounts) String() string {
	return fmt.Sprintf("%d commands: %d messages sent, %d duplicates, %d received (%d after waiting, %d by attempt id again), %d deleted, %d visibility changes, "+
		"%d entries refused, %d visibility timeouts, %d retention ends, %d dead letters, %d times a noisy group yielded",
		c.commands, c.sent, c.duplicates, c.received, c.waited, c.retried, c.deleted, c.changed, c.refused, c.timeouts, c.retired, c.buried, c.yielded)
}

// runDrive spends data on a queue whose settings are the first choices.
func runDrive(t *testing.T, fifo bool, data []byte) driveCounts {
	return (&drive{t: t, data: data, fifo: fifo, service: newService(t, sqs.ServiceConfig{Relaxed: true})}).run()
}

func (d *drive) run() driveCounts {
	t := d.t
	defer func() {
		if t.Failed() {
			t.Logf("what led there, the last %d commands of %d:\n%s", min(len(d.trace), 60), len(d.trace), strings.Join(d.trace[max(0, len(d.trace)-60):], "\n"))
		}
	}()
	d.open()
	for len(d.data) > 0 {
		d.step()
	}
	d.compare(d.main)
	d.compare(d.dead)
	for _, l := range []*lane{d.main, d.dead} {
		d.tally(l)
	}
	return d.driveCounts
}

// pick makes a choice of n; 0 when there are no choices left.
func (d *drive) pick(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	c := int(d.data[0]) % n
	d.data = d.data[1:]
	return c
}

func (d *drive) log(format string, args ...any) {
	d.trace = append(d.trace, fmt.Sprintf("%s  ", time.Now().UTC().Format("01-02 15:04:05.999999999"))+fmt.Sprintf(format, args...))
}

var (
	driveDelays      = []time.Duration{0, 0, 10 * time.Second, time.Minute}
	driveTimeouts    = []time.Duration{30 * time.Second, 0, 5 * time.Second, 2 * time.Minute, 12 * time.Hour}
	driveRetentions  = []time.Duration{4 * 24 * time.Hour, 40 * time.Second, 10 * time.Minute, 14 * 24 * time.Hour}
	driveSteps       = []time.Duration{0, time.Second, 5 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, time.Hour, 12 * time.Hour}
	driveLimits      = []int{120_000, 4, 9}
	driveGroups      = []string{"a", "b", "c", "d"}
	driveFIFOSuffix  = map[bool]string{true: ".fifo"}
	driveMaxReceives = []int{0, 1, 2, 3}
)

func (d *drive) open() {
	suffix := driveFIFOSuffix[d.fifo]
	cfg := sqs.Config{
		FIFO:                   d.fifo,
		Delay:                  driveDelays[d.pick(len(driveDelays))],
		VisibilityTimeout:      new(driveTimeouts[d.pick(len(driveTimeouts))]),
		MessageRetentionPeriod: driveRetentions[d.pick(len(driveRetentions))],
		MaxInFlight:            driveLimits[d.pick(len(driveLimits))],
	}
	if d.fifo {
		cfg.ContentBasedDeduplication = d.pick(2) == 1
		if d.pick(2) == 1 {
			cfg.DeduplicationScope = sqs.DeduplicationScopeMessageGroup
		}
	} else if d.tenants = d.pick(3) == 2; d.tenants {
		cfg.MaxInFlight = driveLimits[0] // or nobody ever is noisy
	}
	d.dead = d.create("dead"+suffix, sqs.Config{FIFO: d.fifo})
	d.main = d.create("main"+suffix, cfg)
	d.setRedrive(driveMaxReceives[d.pick(len(driveMaxReceives))])
}

func (d *drive) create(name string, cfg sqs.Config) *lane {
	d.log("create %s %+v", name, cfg)
	q, err := d.service.CreateQueue(name, cfg)
	require.NoError(d.t, err)
	cfg = q.Config()
	return &lane{name: name, queue: q, model: &model{
		fifo: cfg.FIFO, contentDedup: cfg.ContentBasedDeduplication, dedupPerGroup: cfg.DeduplicationScope == sqs.DeduplicationScopeMessageGroup,
		delay: cfg.Delay, visibility: *cfg.VisibilityTimeout, retention: cfg.MessageRetentionPeriod, limit: cfg.MaxInFlight, arn: q.ARN(),
		lastSent: make(map[string]time.Time),
		served:   make(map[string]bool),
	}}
}

func (d *drive) step() {
	d.commands++
	l := d.main
	if d.dead.queue != nil && d.pick(8) == 7 {
		l = d.dead
	}
	switch d.pick(20) {
	case 0, 1, 2, 3, 4:
		d.send(l)
	case 5, 6, 7, 8:
		d.receive(l)
	case 9, 10, 11:
		d.delete(l)
	case 12, 13:
		d.change(l)
	case 14, 15, 16:
		d.sleep(l)
		return // what has become due meanwhile is for the next command to notice
	case 17, 18:
		d.setAttribute(l)
	case 19:
		if d.disk != nil && !d.tenants && d.pick(2) == 1 { // who is noisy is not remembered
			d.reopen()
		} else {
			d.rare(l)
		}
	}
	if d.pick(2) == 0 {
		d.compare(l)
	}
}

func (d *drive) sleep(l *lane) {
	step := time.Duration(0)
	switch c := d.pick(len(driveSteps) + 3); c {
	case len(driveSteps), len(driveSteps) + 1: // to the next thing that happens, or just before it
		m, at, _ := l.model.nextEvent()
		if m == nil {
			return
		}
		step = time.Until(at) - time.Duration(len(driveSteps)+1-c)
	case len(driveSteps) + 2:
		step = l.model.retention - time.Second
	default:
		step = driveSteps[c]
	}
	step = max(step, 0)
	d.log("sleep %v", step)
	time.Sleep(step)
}

func (d *drive) setAttribute(l *lane) {
	m := l.model
	m.advance(time.Now())
	seconds := func(v time.Duration) string { return fmt.Sprint(int(v.Seconds())) }
	name, value := "", ""
	switch c := d.pick(4); {
	case c == 0 && l == d.main:
		m.setDelay(driveDelays[d.pick(len(driveDelays))])
		name, value = "DelaySeconds", seconds(m.delay)
	case c == 1:
		m.visibility = driveTimeouts[d.pick(len(driveTimeouts))]
		name, value = "VisibilityTimeout", seconds(m.visibility)
	case c == 2 && l == d.main:
		d.setRedrive(driveMaxReceives[d.pick(len(driveMaxReceives))])
		return
	default:
		m.retention = driveRetentions[d.pick(len(driveRetentions))]
		name, value = "MessageRetentionPeriod", seconds(m.retention)
	}
	d.log("%s: set %s to %s", l.name, name, value)
	require.NoError(d.t, l.queue.SetAttributes(map[string]string{name: value}))
	m.advance(time.Now())
}

func (d *drive) setRedrive(maxReceives int) {
	if d.dead.queue == nil || d.tenants {
		return // which messages a receive finds exhausted depends on the order
	}
	d.maxReceives = maxReceives
	policy := ""
	if maxReceives > 0 {
		policy = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, d.dead.queue.ARN(), maxReceives)
	}
	d.log("%s: set RedrivePolicy to %q", d.main.name, policy)
	require.NoError(d.t, d.main.queue.SetAttributes(map[string]string{"RedrivePolicy": policy}))
	d.linkDead()
}

// linkDead tells the model where its dead letters go now.
func (d *drive) linkDead() {
	d.main.model.dead, d.main.model.maxReceives = nil, d.maxReceives
	if d.maxReceives > 0 && d.dead.queue != nil {
		d.main.model.dead = d.dead.model
	}
}

// rare purges a queue, or deletes the dead-letter queue, or creates it again.
func (d *drive) rare(l *lane) {
	switch c := d.pick(6); {
	case c == 0:
		d.log("%s: purge", l.name)
		require.NoError(d.t, l.queue.Purge())
		l.model.advance(time.Now())
		l.model.purge()
	case c == 1 && d.dead.queue != nil:
		d.log("delete %s", d.dead.name)
		require.NoError(d.t, d.service.DeleteQueue(d.dead.name))
		for _, g := range d.dead.given {
			d.foreign = append(d.foreign, g.text)
		}
		d.dead.queue = nil
		d.linkDead()
	case d.dead.queue == nil:
		d.tally(d.dead)
		d.dead = d.create(d.dead.name, sqs.Config{FIFO: d.fifo})
		d.linkDead()
	}
}

// compare holds everything that can be seen of a queue against the model.
func (d *drive) compare(l *lane) {
	if l.queue == nil {
		return
	}
	m, now := l.model, time.Now()
	m.advance(now)
	seen := l.queue.Metrics()
	require.Equal(d.t, m.count(sqs.StateVisible), seen.ApproximateNumberOfMessagesVisible, "%s: visible", l.name)
	require.Equal(d.t, m.count(sqs.StateInFlight), seen.ApproximateNumberOfMessagesNotVisible, "%s: in flight", l.name)
	require.Equal(d.t, m.count(sqs.StateDelayed), seen.ApproximateNumberOfMessagesDelayed, "%s: delayed", l.name)

	var oldest time.Duration
	groups := make(map[string]bool)
	byID := make(map[string]*modelMessage)
	for _, x := range m.messages {
		oldest = max(oldest, now.Sub(x.sent))
		byID[x.id] = x
		if m.fifo && x.state == sqs.StateInFlight {
			groups[x.group] = true
		}
	}
	require.Equal(d.t, oldest, seen.ApproximateAgeOfOldestMessage, "%s: age of the oldest", l.name)
	require.Equal(d.t, len(groups), seen.ApproximateNumberOfGroupsWithInflightMessages, "%s: groups in flight", l.name)

	peeked := l.queue.Peek(len(m.messages) + 1)
	require.Len(d.t, peeked, len(m.messages), "%s: messages", l.name)
	require.True(d.t, slices.IsSortedFunc(peeked, func(a, b sqs.PeekedMessage) int { return a.SentAt.Compare(b.SentAt) }), "%s: the oldest first", l.name)
	for _, p := range peeked {
		x := byID[p.ID]
		require.NotNil(d.t, x, "%s: %s should be gone", l.name, p.ID)
		delete(byID, p.ID)
		require.Equal(d.t, x.state, p.State, "%s: %s", l.name, p.ID)
		if x.state != sqs.StateVisible {
			require.True(d.t, x.due.Equal(p.VisibleAt), "%s: %s is visible at %v instead of %v", l.name, p.ID, p.VisibleAt, x.due)
		}
		d.compareMessage(l, x, p.Message)
	}
}

// compareMessage holds a message against the model's.
func (d *drive) compareMessage(l *lane, want *modelMessage, got sqs.Message) {
	if want.sequence == "" && l.model.fifo { // new in the dead-letter queue
		want.sequence = got.SequenceNumber
	}
	require.Equal(d.t, want.id, got.ID)
	type facts struct {
		Body, GroupID, DeduplicationID, SequenceNumber, DeadLetterSource string
		ReceiveCount                                                     int
	}
	require.Equal(d.t, facts{want.body, want.group, want.dedup, want.sequence, want.source, want.receives},
		facts{got.Body, got.GroupID, got.DeduplicationID, got.SequenceNumber, got.DeadLetterSource, got.ReceiveCount}, "%s: %s", l.name, got.ID)
	require.True(d.t, want.sent.Equal(got.SentAt), "%s: %s was sent at %v, not %v", l.name, got.ID, want.sent, got.SentAt)
	require.True(d.t, want.first.Equal(got.FirstReceivedAt), "%s: %s was first received at %v, not %v", l.name, got.ID, want.first, got.FirstReceivedAt)
}

func (d *drive) tally(l *lane) {
	d.duplicates += l.model.duplicates
	d.timeouts += l.model.timeouts
	d.retired += l.model.retired
	d.buried += l.model.buried
	d.yielded += l.model.yielded
}
