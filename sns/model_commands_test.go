package sns_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

func (d *drive) publish() {
	batch := make([]sns.Entry, 1+d.pick(5))
	for i := range batch {
		batch[i] = d.entry()
	}
	d.advance()
	d.log("publish %s", formatEntries(batch))
	now := time.Now()
	published, err := d.topic.Publish(d.t.Context(), batch...)
	require.Len(d.t, published, len(batch))
	want := make([]error, len(batch))
	for i, e := range batch {
		m, duplicate, fault := d.model.publish(now, e)
		if want[i] = fault; fault != nil {
			require.Zero(d.t, published[i], "entry %d failed", i)
			continue
		}
		if duplicate {
			d.duplicates++
		} else {
			d.learn(m, published[i])
			d.published++
		}
		require.Equal(d.t, m.published, published[i], "entry %d", i)
	}
	d.compareErrors(want, err)
	require.True(d.t, time.Now().Equal(now), "Publish waits for nothing")
}

// learn teaches the model what the engine called a new message.
func (d *drive) learn(m *modelMessage, p sns.Published) {
	require.NotEmpty(d.t, p.MessageID)
	require.NotContains(d.t, d.byID, p.MessageID, "a message id twice")
	if d.fifo {
		require.Len(d.t, p.SequenceNumber, 20)
		require.Less(d.t, d.latest, p.SequenceNumber, "sequence numbers grow")
		d.latest = p.SequenceNumber
	}
	m.published = p
	d.byID[p.MessageID] = m
}

// entry chooses a message: some are bad ones, and on a FIFO topic some duplicates.
func (d *drive) entry() sns.Entry {
	d.texts++
	n := d.texts
	e := sns.Entry{}
	if d.fifo {
		e.GroupID = string(rune('a' + d.pick(d.groups)))
		c := d.pick(8)
		if c >= 6 { // what was published before, or so
			n = max(1, n-1-d.pick(20))
		}
		if c%2 == 1 || c > 0 && !d.model.contentDedup {
			e.DeduplicationID = fmt.Sprint(n)
		}
	}
	colors := []string{"", "red", "green", "blue"}
	x := driveText{M: n, Color: colors[n%4]}
	if n%3 > 0 {
		x.N = new(n % 10)
	}
	e.Message = x.String()
	attributes := make(map[string]sns.Attribute)
	if color := colors[d.pick(4)]; color != "" {
		attributes["color"] = sns.Attribute{DataType: "String", Value: color}
	}
	if v := d.pick(12); v < 10 {
		attributes["n"] = sns.Attribute{DataType: "Number", Value: fmt.Sprint(v)}
	}
	if len(attributes) > 0 {
		e.Attributes = attributes
	}
	switch c := d.pick(24); {
	case c == 0:
		e.Message = ""
	case c == 1 && d.fifo:
		e.GroupID = ""
	case c == 1:
		e.DeduplicationID = "1"
	case c == 2:
		e.Subject = strings.Repeat("s", 100)
	case c < 6:
		e.Subject = "subject"
	case c < 10:
		x.For = "lambda"
		e.MessageStructure, e.Message = "json", fmt.Sprintf(`{"default":%q,"lambda":%q}`, e.Message, x)
	}
	return e
}

// compareErrors holds an operation's error against the sentinel of each entry.
func (d *drive) compareErrors(want []error, err error) {
	got := make([]error, len(want))
	if batch, ok := errors.AsType[*sns.BatchError](err); ok {
		require.NotEmpty(d.t, batch.Failed)
		for _, f := range batch.Failed {
			require.Nil(d.t, got[f.Index], "an index twice")
			got[f.Index] = f.Err
		}
	} else {
		require.NoError(d.t, err, "what is wrong with an entry is a BatchError")
	}
	for i := range want {
		if want[i] != nil {
			d.refused++
		}
		require.ErrorIs(d.t, got[i], want[i], "entry %d", i)
	}
}

var driveSteps = []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, time.Hour, 12 * time.Hour, 48 * time.Hour}

func (d *drive) sleep() {
	d.advance()
	step := time.Duration(0)
	switch c := d.pick(len(driveSteps) + 4); {
	case c >= len(driveSteps)+2: // to the next thing that happens, or just before it
		at, ok := d.model.nextEvent()
		if !ok {
			return
		}
		step = time.Until(at) - time.Duration(c-len(driveSteps)-2)
	case c >= len(driveSteps):
		step = 2 * time.Second
	default:
		step = driveSteps[c]
	}
	if step = max(step, 0); step > time.Hour {
		d.compare() // or the queues would keep what is in them for too long
	}
	d.log("sleep %v", step)
	time.Sleep(step)
	d.advance()
}

// subscribe makes a new subscription, or one that is there once more.
func (d *drive) subscribe() {
	d.advance()
	if d.pick(4) == 0 && len(d.lanes) > 0 {
		d.subscribeAgain(d.lanes[d.pick(len(d.lanes))])
		return
	}
	if d.alive() >= 6 {
		return
	}
	d.made++
	l := &driveLane{modelSub: &modelSub{name: fmt.Sprint("s", d.made), fifo: d.fifo, maxBacklog: 100_000, scope: sns.FilterPolicyScopeMessageAttributes}}
	l.filter = driveFilters[d.pick(len(driveFilters))]
	if d.pick(3) == 0 {
		l.scope = sns.FilterPolicyScopeMessageBody
	}
	l.sub = sns.Subscription{FilterPolicy: l.filter.policy, FilterPolicyScope: l.scope}
	switch c := d.pick(8); {
	case c < 2:
		d.makeQueue(l)
	case c < 5 && !d.fifo: // a FIFO topic delivers to queues, and here to functions
		d.makeStation(l)
		l.sub.Protocol, l.sub.Address = sns.ProtocolHTTP, "http://example.com/"+l.name
		d.stations.Store(l.sub.Address, l.station)
		if l.policy.policy == nil {
			l.policy = driveWeb
		}
	default:
		d.makeStation(l)
		l.sub.Protocol, l.sub.Endpoint = sns.ProtocolLambda, l.station
		if d.disk != nil {
			l.sub.Address = "function-" + l.name
			d.stations.Store(l.sub.Address, l.station)
		}
	}
	l.grave = d.queue("dead-"+l.name, d.fifo)
	if l.redrive = d.pick(2) == 0; l.redrive {
		l.sub.RedrivePolicy = &sns.RedrivePolicy{DeadLetterTargetARN: l.grave.ARN()}
	}
	var from, to time.Time
	if d.model.keep > 0 && l.station != nil && d.pick(2) == 0 {
		from = time.Now().Add(-[]time.Duration{time.Minute, time.Hour, 13 * time.Hour, 100 * time.Hour}[d.pick(4)])
		l.sub.ReplayPolicy = &sns.ReplayPolicy{StartingPoint: from}
		if to = time.Now(); d.pick(3) == 0 {
			to = time.Now().Add(-30 * time.Second)
			l.sub.ReplayPolicy.EndingPoint, l.past = to, true
		}
	}
	d.log("subscribe %s: %s, filter %q of %s, raw %v, redrive %v, policy %s, in order %v, backlog %d, temper %d, cost %v, replay from %v to %v", l.name, l.sub.Protocol,
		l.filter.policy, l.scope, l.raw, l.redrive, l.policy.json, l.inOrder, l.maxBacklog, l.temper, l.cost, from, to)
	id, err := d.topic.Subscribe(d.t.Context(), l.sub)
	require.NoError(d.t, err)
	l.id = id
	d.lanes = append(d.lanes, l)
	d.model.subs = append(d.model.subs, l.modelSub)
	d.subscribed++
	if l.state = modelConfirmed; l.sub.Protocol == sns.ProtocolHTTP {
		l.state = modelPending
		l.ask(time.Now(), sns.TypeSubscriptionConfirmation)
	}
	if !from.IsZero() {
		d.model.replay(time.Now(), l.modelSub, from, to)
		d.replayed += len(l.items)
	}
}

func (d *drive) alive() (n int) {
	for _, l := range d.lanes {
		if l.state != modelGone {
			n++
		}
	}
	return n
}

func (d *drive) queue(name string, fifo bool) *sqs.LocalQueue {
	cfg := sqs.Config{FIFO: fifo, MessageRetentionPeriod: 14 * 24 * time.Hour}
	if fifo && d.model.dedupPerGroup {
		cfg.DeduplicationScope = sqs.DeduplicationScopeMessageGroup
	}
	q, err := d.queues.CreateQueue(name+fifoSuffix[fifo], cfg)
	require.NoError(d.t, err)
	return q
}

func (d *drive) makeQueue(l *driveLane) {
	l.queue = d.queue("queue-"+l.name, d.fifo && d.pick(3) > 0)
	l.policy, l.raw = driveManaged, d.pick(2) == 0
	l.sub.RawMessageDelivery = l.raw
	if l.sub.Protocol, l.sub.Address = sns.ProtocolSQS, l.queue.ARN(); d.pick(2) == 0 {
		l.sub.Endpoint = sns.QueueEndpoint(l.queue)
	}
}

func (d *drive) makeStation(l *driveLane) {
	l.temper = driveTemper(d.pick(5))
	l.inOrder = d.pick(4) == 0
	l.policy = driveManaged
	if c := d.pick(6); c < len(drivePolicies) || l.temper == driveBroken {
		l.policy = drivePolicies[c%len(drivePolicies)]
	}
	if d.groups == 1 || l.inOrder {
		l.cost = []time.Duration{0, 0, 300 * time.Millisecond, 3 * time.Second}[d.pick(4)]
	} else if l.policy.perSecond > 0 {
		l.policy = drivePolicies[0] // with several groups a throttle would make an order between them
	}
	if l.cost > 0 { // else it would be a race between the publisher and the endpoint
		l.maxBacklog = []int{100_000, 1, 4}[d.pick(3)]
		l.sub.MaxBacklog = l.maxBacklog
	}
	l.sub.InOrder, l.sub.DeliveryPolicy = l.inOrder, l.policy.policy
	l.station = &driveStation{temper: l.temper, cost: l.cost}
}

// subscribeAgain repeats a subscription that is there: as it is, or with another filter.
func (d *drive) subscribeAgain(l *driveLane) {
	if l.state != modelPending && l.state != modelConfirmed {
		return
	}
	sub := sns.Subscription{Protocol: l.sub.Protocol, Address: l.sub.Address, Endpoint: l.sub.Endpoint}
	if d.pick(3) == 0 {
		sub.FilterPolicy = `{"color":["mauve"]}`
		d.log("%s: subscribe again with another policy", l.name)
		_, err := d.topic.Subscribe(d.t.Context(), sub)
		require.ErrorIs(d.t, err, sns.ErrInvalidParameter)
		return
	}
	d.log("%s: subscribe again", l.name)
	id, err := d.topic.Subscribe(d.t.Context(), sub)
	require.NoError(d.t, err)
	require.Equal(d.t, l.id, id, l.name)
	if l.state == modelPending {
		l.ask(time.Now(), sns.TypeSubscriptionConfirmation)
	}
}

func (d *drive) unsubscribe() {
	d.advance()
	l := d.lanes[len(d.lanes)-1-d.pick(min(8, len(d.lanes)))]
	d.log("%s: unsubscribe", l.name)
	require.NoError(d.t, d.topic.Unsubscribe(d.t.Context(), l.id))
	if l.state == modelPending || l.state == modelConfirmed {
		l.modelSub.unsubscribe(time.Now(), l.sub.Protocol == sns.ProtocolHTTP)
		d.unsubscribed++
	}
}

// confirm answers with a token that an endpoint was sent: the latest, or an old one.
func (d *drive) confirm() {
	d.compare() // which collects tokens
	l := d.lanes[d.pick(len(d.lanes))]
	for i := range d.lanes { // rather one that is waiting for it
		if o := d.lanes[len(d.lanes)-1-i]; (o.state == modelPending || o.state == modelDeactivated) && d.pick(3) > 0 {
			l = o
			break
		}
	}
	token := "0123456789abcdef"
	old := d.pick(4) == 3
	if n := len(l.tokens); n > 0 && !old {
		token = l.tokens[n-1]
	} else if n > 1 {
		token = l.tokens[n-2]
	}
	if l.current != nil && l.current.m.kind != sns.TypeNotification || slices.ContainsFunc(l.items, func(it *modelItem) bool { return it.m.kind != sns.TypeNotification && it.attempts == 0 }) {
		return // a newer one is on its way
	}
	d.log("%s: confirm, with an old token: %v", l.name, old)
	id, err := d.topic.Confirm(token, false)
	if len(l.tokens) == 0 || old || l.state == modelGone {
		if l.state == modelGone && len(l.tokens) > 0 && !old {
			d.expired++
		}
		require.ErrorIs(d.t, err, sns.ErrInvalidParameter, l.name)
		return
	}
	switch l.state {
	case modelPending:
		d.confirmed++
	case modelDeactivated:
		d.restored++
	case modelConfirmed:
		if err != nil { // long ago
			require.ErrorIs(d.t, err, sns.ErrInvalidParameter, l.name)
			require.False(d.t, time.Now().Before(l.tokenEnds), "%s: a token that is young enough", l.name)
			return
		}
	}
	require.NoError(d.t, err, l.name)
	require.Equal(d.t, l.id, id, l.name)
	l.state = modelConfirmed
}

// change sets an attribute.
func (d *drive) change() {
	d.advance()
	l := d.lanes[len(d.lanes)-1-d.pick(min(8, len(d.lanes)))]
	if l.state != modelPending && l.state != modelConfirmed {
		return
	}
	name, value := "", ""
	var apply func()
	switch d.pick(5) {
	case 0:
		f := driveFilters[d.pick(len(driveFilters))]
		name, value = "FilterPolicy", f.policy
		if value == "" {
			value = "{}"
		}
		apply = func() { l.filter = f }
	case 1:
		scope := []sns.FilterPolicyScope{sns.FilterPolicyScopeMessageAttributes, sns.FilterPolicyScopeMessageBody}[d.pick(2)]
		name, value = "FilterPolicyScope", string(scope)
		apply = func() { l.scope = scope }
	case 2:
		if l.queue == nil && l.sub.Protocol != sns.ProtocolHTTP {
			return
		}
		raw := d.pick(2) == 0
		name, value = "RawMessageDelivery", fmt.Sprint(raw)
		apply = func() { l.raw = raw }
	case 3:
		redrive := d.pick(2) == 0
		if name = "RedrivePolicy"; redrive {
			value = fmt.Sprintf(`{"deadLetterTargetArn":%q}`, l.grave.ARN())
		}
		apply = func() { l.redrive = redrive }
	case 4:
		p := drivePolicies[d.pick(len(drivePolicies))]
		if l.queue != nil || p.perSecond > 0 && d.groups > 1 && !l.inOrder {
			return
		}
		name, value = "DeliveryPolicy", p.json
		apply = func() { l.policy = p }
	}
	d.log("%s: set %s to %s", l.name, name, value)
	s, err := d.topic.Subscription(l.id)
	require.NoError(d.t, err)
	require.NoError(d.t, s.SetAttribute(name, value), "%s of %s", name, l.sub.Protocol)
	apply()
	d.changed++
}

// flush waits for everything, or for as long as it likes.
func (d *drive) flush() {
	d.advance()
	began := time.Now()
	patience := []time.Duration{time.Second, time.Minute, time.Hour, 3 * time.Hour}[d.pick(4)] + time.Nanosecond
	deadline := began.Add(patience)
	// Nothing comes meanwhile, so everything is settled when all lines are empty.
	end := began
	for d.model.backlog() > 0 {
		at, _ := d.model.nextEvent()
		if at.After(deadline) {
			end = deadline
			break
		}
		d.model.advance(at)
		end = at
	}
	d.log("flush for at most %v, until %v", patience, end.UTC())
	ctx, cancel := context.WithDeadline(d.t.Context(), deadline)
	defer cancel()
	err := d.topic.Flush(ctx)
	require.Equal(d.t, end.UTC(), time.Now().UTC(), "when Flush returns")
	switch {
	case d.model.backlog() > 0:
		require.ErrorIs(d.t, err, context.DeadlineExceeded)
		d.unflushed++
	case err != nil: // both at once
		require.ErrorIs(d.t, err, context.DeadlineExceeded)
		require.True(d.t, end.Equal(deadline), "Flush ends before everything is settled")
	default:
		d.flushed++
	}
	synctest.Wait()
}

func (t *model) backlog() (n int) {
	for _, s := range t.subs {
		n += len(s.items)
	}
	return n
}

func formatEntries(batch []sns.Entry) string {
	text := ""
	for _, e := range batch {
		text += fmt.Sprintf("{%s, subject %d, color %s, n %s, group %s, dedup %s}", e.Message, len(e.Subject), e.Attributes["color"].Value, e.Attributes["n"].Value, e.GroupID, e.DeduplicationID)
	}
	return text
}
