package sns

import (
	"context"
	"errors"
	"reflect"

	"github.com/google/uuid"

	"github.com/leat-go/leat/sns/internal/filter"
)

const (
	defaultBacklog = 100_000
	noSubscription = "Subscription does not exist"
)

// address names an endpoint for the one subscription that a topic has of it.
type address struct {
	protocol Protocol
	text     string
	endpoint Endpoint // where there is no text, if it can be compared
}

// Subscribe implements [Topic]. A subscription that exists is returned if what sub
// sets is set so there; fields left zero are not compared. While it is pending its
// endpoint is asked again to confirm. It fails with ErrInvalidParameter or
// ErrFilterPolicyLimitExceeded. (Subscribe.)
func (t *LocalTopic) Subscribe(ctx context.Context, sub Subscription) (SubscriptionID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := t.ready("Subscribe", t.name); err != nil {
		return "", err
	}
	s, c, err := t.subscribe(sub)
	if err == nil {
		err = t.ledger.await("Subscribe", t.name, c)
	}
	if err != nil {
		return "", err
	}
	return s.id, nil
}

func (t *LocalTopic) subscribe(sub Subscription) (*LocalSubscription, *commit, error) {
	given := sub
	name := locate(&sub)
	t.admin.Lock()
	defer t.admin.Unlock()
	if err := t.open("Subscribe"); err != nil {
		return nil, nil, err
	}
	if sub.Endpoint == nil {
		if err := checkAddress(t, sub.Protocol, sub.Address); err != nil {
			return nil, nil, located("Subscribe", t.name, err)
		}
	}
	policy, err := t.prepare("Subscribe", &sub)
	if err == nil && t.ledger != nil {
		err = t.service.registry.checkStorable(&sub)
	}
	if err != nil {
		return nil, nil, located("Subscribe", t.name, err)
	}
	s, c, err := t.add(name, &given, &sub, policy)
	if err != nil {
		return nil, nil, located("Subscribe", t.name, err)
	}
	s.out.proceed()
	return s, c, nil
}

// locate fills in what names sub's endpoint.
func locate(sub *Subscription) address {
	if e, ok := sub.Endpoint.(AddressedEndpoint); ok {
		protocol, text := e.Address()
		if sub.Protocol == "" {
			sub.Protocol = protocol
		}
		if sub.Address == "" {
			sub.Address = text
		}
	}
	if sub.Endpoint != nil && sub.Protocol == "" {
		sub.Protocol = ProtocolLambda
	}
	name := address{protocol: sub.Protocol, text: sub.Address}
	if name.text == "" && sub.Endpoint != nil && reflect.ValueOf(sub.Endpoint).Comparable() {
		name.endpoint = sub.Endpoint
	}
	return name
}

// prepare checks sub, makes it the topic's own, with every default filled in, and
// compiles its policy, which is nil if there is none.
func (t *LocalTopic) prepare(op string, sub *Subscription) (*filter.Policy, error) {
	if err := checkSubscription(op, t, sub); err != nil {
		return nil, err
	}
	if err := checkGiven(t.config.Load(), sub); err != nil {
		return nil, err
	}
	if sub.FilterPolicy == "{}" {
		sub.FilterPolicy = ""
	}
	if sub.FilterPolicyScope == "" {
		sub.FilterPolicyScope = FilterPolicyScopeMessageAttributes
	}
	if sub.MaxBacklog == 0 {
		sub.MaxBacklog = defaultBacklog
	}
	sub.RedrivePolicy = copied(sub.RedrivePolicy)
	sub.ReplayPolicy = copied(sub.ReplayPolicy)
	if t.ledger != nil {
		if err := sub.ReplayPolicy.storable(); err != nil {
			return nil, err
		}
	}
	if sub.DeliveryPolicy != nil {
		sub.DeliveryPolicy = new(sub.DeliveryPolicy.clone())
	}
	return compile(op, sub)
}

// compile compiles sub's filter policy.
func compile(op string, sub *Subscription) (*filter.Policy, error) {
	if sub.FilterPolicy == "" {
		return nil, nil
	}
	scope := filter.Attributes
	if sub.FilterPolicyScope == FilterPolicyScopeMessageBody {
		scope = filter.Body
	}
	policy, err := filter.Compile(sub.FilterPolicy, scope)
	if err == nil {
		return policy, nil
	}
	text := err.Error()
	if fault, ok := errors.AsType[*filter.Error](err); ok {
		if text = fault.Text; !fault.Nested {
			text = "FilterPolicy: " + text
		}
	}
	if op == "Subscribe" {
		text = "Attributes Reason: " + text
	}
	return nil, &Error{Err: ErrInvalidParameter, Message: "Invalid parameter: " + text}
}

// add adds a subscription, or finds the one that is there. The caller holds admin, and
// waits for the commit.
func (t *LocalTopic) add(name address, given, sub *Subscription, policy *filter.Policy) (*LocalSubscription, *commit, error) {
	defer t.lockAll()()
	if t.gone != nil {
		return nil, nil, t.err("Subscribe", t.gone)
	}
	t.expire()
	if name.text != "" || name.endpoint != nil {
		if s := t.byAddress[name]; s != nil {
			has := s.config.Load()
			if !agrees(given, sub, has) {
				return nil, nil, invalid("Attributes Reason: Subscription already exists with different attributes")
			}
			if given.Endpoint != nil && has.Endpoint != nil && !isGiven(has.Endpoint) {
				attached := *has
				attached.Endpoint = given.Endpoint
				s.configure(&attached)
			}
			if s.state == pending {
				s.askToConfirm(TypeSubscriptionConfirmation, s.token)
			}
			return s, s.changed(), nil
		}
	}
	if t.config.Load().isLarge() && len(t.subscriptions) >= maxLargeSubscriptions {
		return nil, nil, tooManyForLarge()
	}
	if policy != nil && t.policed >= t.config.Load().maxFilterPolicies() {
		return nil, nil, &Error{Err: ErrFilterPolicyLimitExceeded}
	}
	t.numbered++
	s := newSubscription(t, SubscriptionID(t.arn+":"+uuid.NewString()), sub)
	if s.number, s.name = t.numbered, name; t.ledger != nil {
		s.number = t.ledger.nextNumber()
	}
	s.setPolicy(policy)
	t.subscriptions[s.id] = s
	if name.text != "" || name.endpoint != nil {
		t.byAddress[name] = s
	}
	if sub.Endpoint == nil && mustConfirm(sub.Protocol) {
		s.askToConfirm(TypeSubscriptionConfirmation, "")
	} else {
		s.activate()
	}
	return s, s.changed(), nil
}

// lockAll takes the locks under which subscriptions change, and returns the function
// that releases them. On a FIFO topic that keeps a replay and what is published
// apart.
func (t *LocalTopic) lockAll() (unlock func()) {
	t.order.Lock()
	t.mu.Lock()
	return func() {
		t.mu.Unlock()
		t.order.Unlock()
	}
}

// mustConfirm tells whether the owner of an endpoint has to agree.
func mustConfirm(p Protocol) bool {
	switch p {
	case ProtocolHTTP, ProtocolHTTPS, ProtocolEmail, ProtocolEmailJSON:
		return true
	}
	return false
}

// agrees tells whether a subscription has what another sets.
func agrees(given, sub, has *Subscription) bool {
	is := func(set bool, a, b any) bool { return !set || reflect.DeepEqual(a, b) }
	return (given.Endpoint == nil || !isGiven(has.Endpoint) || !differ(given.Endpoint, has.Endpoint)) &&
		is(given.FilterPolicy != "", sub.FilterPolicy, has.FilterPolicy) &&
		is(given.FilterPolicyScope != "", sub.FilterPolicyScope, has.FilterPolicyScope) &&
		is(given.RawMessageDelivery, true, has.RawMessageDelivery) &&
		is(given.InOrder, true, has.InOrder) &&
		is(given.MaxBacklog != 0, sub.MaxBacklog, has.MaxBacklog) &&
		is(given.RedrivePolicy != nil, sub.RedrivePolicy, has.RedrivePolicy) &&
		(given.DeadLetterQueue == nil || has.DeadLetterQueue != nil && !differ(given.DeadLetterQueue, has.DeadLetterQueue)) &&
		is(given.DeliveryPolicy != nil, sub.DeliveryPolicy, has.DeliveryPolicy) &&
		is(given.ReplayPolicy != nil, sub.ReplayPolicy, has.ReplayPolicy) &&
		is(given.SubscriptionRoleARN != "", sub.SubscriptionRoleARN, has.SubscriptionRoleARN)
}

// differ tells whether two endpoints or queues are known not to be the same.
func differ(a, b any) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a != b
}

// Subscription returns the subscription of an ARN, pending or confirmed. It fails with
// ErrNotFound.
func (t *LocalTopic) Subscription(id SubscriptionID) (*LocalSubscription, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone != nil {
		return nil, t.err("Subscription", t.gone)
	}
	s := t.subscriptions[id]
	if s == nil || s.lapsed(t.service.registry.now()) {
		return nil, &Error{Op: "Subscription", Resource: string(id), Err: ErrNotFound, Message: noSubscription}
	}
	return s, nil
}
