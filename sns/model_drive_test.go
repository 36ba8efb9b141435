package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// drive runs commands on a topic, on the engine's and on the model's, and fails when they
// differ. Every choice is read from data, so a failure repeats, and fuzzing can look for
// one. It runs in a synctest bubble.
type drive struct {
	t        *testing.T
	data     []byte // the choices not yet made
	queues   *sqs.Service
	service  *sns.Service
	topic    *sns.LocalTopic
	model    *model
	disk     *faultfs.Mem // of a durable service, which is opened again now and then; else nil
	fifo     bool
	groups   int // of messages; one where calls take time, as only within a group there is an order
	lanes    []*driveLane
	stations sync.Map                 // of *driveStation, by URL
	made     int                      // lanes so far
	byID     map[string]*modelMessage // what was published
	latest   string                   // sequence number
	texts    int                      // made so far
	trace    []string
	driveCounts
}

// driveLane is one subscription of the engine and its model.
type driveLane struct {
	*modelSub
	sub     sns.Subscription // as it was subscribed
	id      sns.SubscriptionID
	station *driveStation   // nil for a queue
	queue   *sqs.LocalQueue // nil for a station
	grave   *sqs.LocalQueue // its dead-letter queue
	buried  int             // of its letters, compared
	seen    int             // of its calls, compared
	tokens  []string
}

// driveStation is an endpoint.
type driveStation struct {
	temper driveTemper
	cost   time.Duration
	mu     sync.Mutex
	calls  []attempt // guarded by mu
}

func (e *driveStation) Deliver(ctx context.Context, n sns.Notification) error {
	e.mu.Lock()
	e.calls = append(e.calls, attempt{time.Now(), n})
	e.mu.Unlock()
	if e.cost > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(e.cost):
		}
	}
	if n.Type != sns.TypeNotification {
		return nil
	}
	switch e.temper.answer(driveMessage(n.Message).M, n.Attempt, time.Now()) {
	case driveFailed:
		if n.Attempt%2 == 0 {
			panic("an endpoint that panics has failed")
		}
		return errBoom
	case driveRefused:
		return fmt.Errorf("no: %w", sns.Permanent(errBoom))
	}
	return nil
}

// driveCounts says what a drive did; a drive that did nothing proves nothing.
type driveCounts struct {
	commands, published, duplicates, refused, filtered, delivered, retried, dead, dropped, overflowed, throttled, held, replayed,
	subscribed, unsubscribed, confirmed, restored, expired, changed, flushed, unflushed, opened int
}

func (c *driveCounts) all() []*int {
	return []*int{&c.commands, &c.published, &c.duplicates, &c.refused, &c.filtered, &c.delivered, &c.retried, &c.dead, &c.dropped, &c.overflowed, &c.throttled, &c.held, &c.replayed,
		&c.subscribed, &c.unsubscribed, &c.confirmed, &c.restored, &c.expired, &c.changed, &c.flushed, &c.unflushed, &c.opened}
}

func (c *driveCounts) add(o driveCounts) {
	for i, n := range o.all() {
		*c.all()[i] += *n
	}
}

func (c driveCounts) String() string {
	return fmt.Sprintf("%d commands: %d messages published, %d duplicates, %d refused; %d notifications filtered out, %d delivered, %d retries (%d at once but throttled), %d waits behind one, %d replayed, "+
		"%d dead letters, %d dropped, %d overflows; %d subscriptions, %d ended, %d confirmed, %d restored, %d expired, %d changed; %d flushes, %d in vain; opened %d times",
		c.commands, c.published, c.duplicates, c.refused, c.filtered, c.delivered, c.retried, c.throttled, c.held, c.replayed, c.dead, c.dropped, c.overflowed,
		c.subscribed, c.unsubscribed, c.confirmed, c.restored, c.expired, c.changed, c.flushed, c.unflushed, c.opened)
}

// runDrive spends data on a topic whose settings are the first choices.
func runDrive(t *testing.T, fifo bool, disk *faultfs.Mem, data []byte) driveCounts {
	d := &drive{t: t, data: data, disk: disk, fifo: fifo, byID: map[string]*modelMessage{}}
	defer func() {
		if t.Failed() {
			t.Logf("what led there, the last %d commands of %d:\n%s", min(len(d.trace), 60), len(d.trace), strings.Join(d.trace[max(0, len(d.trace)-60):], "\n"))
		}
	}()
	d.open()
	for len(d.data) > 0 {
		d.step()
	}
	d.compare()
	for _, l := range d.lanes {
		d.tally(l)
	}
	require.NoError(t, d.topic.Close())
	require.NoError(t, d.service.Close())
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

func (d *drive) open() {
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(d.t, err)
	d.queues = queues
	if d.disk == nil {
		d.service = newService(d.t, sns.ServiceConfig{Queues: queues, Resolve: d.resolve})
	} else {
		d.openDisk()
	}
	cfg := sns.Config{FIFO: d.fifo}
	d.groups = 1
	if d.fifo {
		cfg.ContentBasedDeduplication = d.pick(2) == 1
		if d.pick(2) == 1 {
			cfg.FIFOThroughputScope = sns.FIFOThroughputScopeMessageGroup
		}
		d.groups += 3 * d.pick(2)
		if d.pick(3) > 0 {
			cfg.ArchivePolicy = &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}
		}
	}
	d.topic = createTopic(d.t, d.service, "topic"+fifoSuffix[d.fifo], cfg)
	d.model = &model{fifo: d.fifo, contentDedup: cfg.ContentBasedDeduplication, dedupPerGroup: cfg.FIFOThroughputScope != ""}
	if cfg.ArchivePolicy != nil {
		d.model.keep = cfg.ArchivePolicy.MessageRetentionPeriod
	}
	d.log("topic %+v, %d groups", cfg, d.groups)
	d.subscribe()
	d.subscribe()
}

// resolve finds the stations behind URLs. It is called by goroutines that deliver.
func (d *drive) resolve(protocol sns.Protocol, address string) (sns.Endpoint, error) {
	if station, ok := d.stations.Load(address); ok && protocol != sns.ProtocolSQS {
		return station.(*driveStation), nil
	}
	return nil, nil
}

func (d *drive) step() {
	d.commands++
	switch c := d.pick(24); {
	case c < 8:
		d.publish()
	case c < 14:
		d.sleep()
		return // what became due meanwhile is for the next command to notice
	case c < 16:
		d.subscribe()
	case c < 17:
		d.unsubscribe()
	case c < 20:
		d.confirm()
	case c < 22:
		d.change()
	default:
		d.flush()
	}
	if d.pick(2) == 0 {
		d.compare()
	}
	if d.disk != nil && d.pick(6) == 0 {
		d.reopen()
	}
}

// advance brings the model up to now, when the engine has done what is due.
func (d *drive) advance() {
	synctest.Wait()
	d.model.advance(time.Now())
}

func (t *model) advance(now time.Time) {
	for _, s := range t.subs {
		s.advance(now)
		s.expire(now)
	}
}

// nextEvent returns when the next call begins or ends anywhere.
func (t *model) nextEvent() (next time.Time, ok bool) {
	for _, s := range t.subs {
		if at, any := s.nextEvent(); any && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}

// compare holds everything that can be seen against the model.
func (d *drive) compare() {
	d.advance()
	var alive []sns.SubscriptionID
	for _, l := range d.lanes {
		if l.state == modelPending || l.state == modelConfirmed {
			alive = append(alive, l.id)
		}
		d.compareLane(l)
	}
	var got []sns.SubscriptionID
	for _, s := range d.topic.Subscriptions() {
		got = append(got, s.ID())
	}
	slices.Sort(alive)
	slices.Sort(got)
	require.Equal(d.t, alive, got, "the subscriptions there are")
	metrics := d.topic.Metrics()
	require.Equal(d.t, d.model.published, metrics.NumberOfMessagesPublished, "messages published")
	require.Equal(d.t, d.model.filtered, metrics.NumberOfNotificationsFilteredOut, "notifications filtered out")
}

// driveSight is a call as it is compared.
type driveSight struct {
	at      string
	kind    sns.NotificationType
	group   string
	number  int
	attempt int
	raw     bool
	again   bool
}

func (d *drive) compareLane(l *driveLane) {
	if l.station != nil {
		d.compareCalls(l)
	} else {
		d.compareQueue(l)
	}
	d.compareLetters(l)
	if l.state != modelPending && l.state != modelConfirmed {
		return
	}
	s, err := d.topic.Subscription(l.id)
	require.NoError(d.t, err, l.name)
	require.Equal(d.t, l.state == modelPending, s.Pending(), "%s: pending", l.name)
	if l.queue != nil {
		require.Zero(d.t, s.Stats().Backlog, "%s: backlog", l.name)
		return
	}
	want := sns.SubscriptionStats{
		Backlog: len(l.items), Delivered: l.delivered, Attempts: l.attempts, FailedAttempts: l.failed,
		DeadLettered: l.dead, Dropped: l.dropped, Overflowed: l.overflowed,
	}
	for _, it := range l.items {
		if it.retry {
			want.Retrying++
		}
	}
	got := s.Stats()
	got.LastError = nil
	require.Equal(d.t, want, got, "%s: stats", l.name)
}

func (d *drive) compareCalls(l *driveLane) {
	l.station.mu.Lock()
	calls := slices.Clone(l.station.calls[l.seen:])
	l.station.mu.Unlock()
	var want, got []driveSight
	sight := func(at time.Time, m *modelMessage, attempt int, raw, again bool) driveSight {
		return driveSight{at.UTC().Format("01-02 15:04:05.999999999"), m.kind, m.entry.GroupID, m.number, attempt, raw, again}
	}
	for _, c := range l.calls[l.seen:] {
		want = append(want, sight(c.at, c.m, c.attempt, c.raw, c.again))
	}
	for _, c := range calls {
		m := &modelMessage{kind: c.n.Type}
		if c.n.Type == sns.TypeNotification {
			m = d.byID[c.n.MessageID]
			require.NotNil(d.t, m, "%s: nobody published %+v", l.name, c.n)
			d.compareNotification(l, m, c.n)
		} else {
			require.NotEmpty(d.t, c.n.Token, "%s: %s", l.name, c.n.Type)
			if !slices.Contains(l.tokens, c.n.Token) {
				l.tokens = append(l.tokens, c.n.Token)
			}
		}
		got = append(got, sight(c.at, m, c.n.Attempt, c.n.Raw, c.n.Replayed))
	}
	if d.fifo && d.groups > 1 && !l.inOrder { // between groups there is no order
		byGroup := func(a, b driveSight) int { return strings.Compare(a.group, b.group) }
		slices.SortStableFunc(want, byGroup)
		slices.SortStableFunc(got, byGroup)
	}
	require.Equal(d.t, want, got, "%s: the attempts at its endpoint", l.name)
	l.seen = len(l.calls)
}

// compareNotification checks everything that a subscriber sees of a message.
func (d *drive) compareNotification(l *driveLane, m *modelMessage, got sns.Notification) {
	want := sns.Notification{
		Type: sns.TypeNotification, MessageID: m.published.MessageID, TopicARN: d.topic.ARN(), SubscriptionARN: string(l.id), Subject: m.entry.Subject,
		Message: driveTextFor(m.entry, l.sub.Protocol), Attributes: m.entry.Attributes, GroupID: m.entry.GroupID,
		SequenceNumber: m.published.SequenceNumber,
	}
	if d.fifo {
		want.DeduplicationID = m.dedup
	}
	require.True(d.t, m.at.Equal(got.Timestamp), "%s: m%d was published at %v, not %v", l.name, m.number, m.at, got.Timestamp)
	seen := sns.Notification{
		Type: got.Type, MessageID: got.MessageID, TopicARN: got.TopicARN, SubscriptionARN: got.SubscriptionARN, Subject: got.Subject,
		Message: got.Message, Attributes: got.Attributes, GroupID: got.GroupID, DeduplicationID: got.DeduplicationID, SequenceNumber: got.SequenceNumber,
		Token: got.Token, ContentType: got.ContentType,
	}
	require.Equal(d.t, want, seen, "%s: m%d", l.name, m.number)
}

// compareQueue reads what came into a subscribed queue. A queue takes everything at once.
func (d *drive) compareQueue(l *driveLane) {
	var want, got []string
	fifo := l.queue.Config().FIFO
	for _, c := range l.calls[l.seen:] {
		group := c.m.entry.GroupID
		if !fifo { // which a standard queue does not get from a FIFO topic
			group = ""
		}
		want = append(want, fmt.Sprintf("%s%d at %v raw %v", group, c.m.number, c.at.UTC(), c.raw))
	}
	for _, m := range drain(d.t, l.queue) {
		number, raw := d.number(m)
		got = append(got, fmt.Sprintf("%s%d at %v raw %v", m.GroupID, number, m.SentAt.UTC(), raw))
	}
	if fifo { // groups take turns, and of one group a queue gives up to ten at a time
		slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
		slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
	}
	require.Equal(d.t, want, got, "%s: what its queue got", l.name)
	l.seen = len(l.calls)
}

// number reads the number of a message that a queue holds, raw or in an envelope.
func (d *drive) number(m sqs.Message) (number int, raw bool) {
	var e struct{ Type, MessageID, Message string }
	require.NoError(d.t, json.Unmarshal([]byte(m.Body), &e))
	if e.Type == "" {
		return driveMessage(m.Body).M, true
	}
	require.Equal(d.t, d.byID[e.MessageID].number, driveMessage(e.Message).M)
	return driveMessage(e.Message).M, false
}

func (d *drive) compareLetters(l *driveLane) {
	var want, got []string
	for _, letter := range l.letters[l.buried:] {
		want = append(want, fmt.Sprintf("m%d at %v", letter.m.number, letter.at.UTC()))
	}
	for _, m := range drain(d.t, l.grave) {
		number, _ := d.number(m)
		got = append(got, fmt.Sprintf("m%d at %v", number, m.SentAt.UTC()))
	}
	slices.Sort(want) // of several at one time the order is nobody's business
	slices.Sort(got)
	require.Equal(d.t, want, got, "%s: its dead letters", l.name)
	l.buried = len(l.letters)
}

func (d *drive) tally(l *driveLane) {
	d.delivered += int(l.delivered)
	d.retried += int(l.retried)
	d.throttled += int(l.throttled)
	d.held += int(l.held)
	d.dead += int(l.dead)
	d.dropped += int(l.dropped)
	d.overflowed += int(l.overflowed)
	d.filtered += int(d.model.filtered)
	d.model.filtered = 0
}
