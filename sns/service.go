package sns

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/internal/uid"
)

// Service is a set of named topics, as one account sees it in one region; As gives
// the view of another account or region on the same set. It is also what SNS is
// besides topics: phone numbers, platform applications, and the key that signs
// envelopes. All methods may be called concurrently. It needs no Close if its
// topics are idle.
type Service struct {
	registry        *registry
	account, region string
}

// noTopic is what AWS says of a topic that there is not.
const noTopic = "Topic does not exist"

// NewService returns a service without topics. It fails with ErrInvalidParameter if
// cfg has a malformed account or region.
func NewService(cfg ServiceConfig) (*Service, error) {
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	start := time.Now()
	all := &Service{registry: &registry{
		config:  cfg,
		start:   start,
		startNS: start.UnixNano(),
		key:     cfg.SigningKey,
		topics:  map[arn]*LocalTopic{},
	}}
	return all.As(cfg.Account, cfg.Region)
}

// As returns the view that an account (12 digits) has of the service in a
// region. It fails with ErrInvalidParameter if either is malformed.
func (s *Service) As(account, region string) (*Service, error) {
	switch {
	case account == s.account && region == s.region:
		return s, nil
	case !syntax.IsAccount(account):
		return nil, located("As", "", invalid("account %q is not 12 digits", account))
	case !syntax.IsRegion(region):
		return nil, located("As", "", invalid("region %q is not the name of a region", region))
	}
	return &Service{registry: s.registry, account: account, region: region}, nil
}

// Account returns the account whose view this is.
func (s *Service) Account() string { return s.account }

// Region returns the region whose view this is.
func (s *Service) Region() string { return s.region }

// Outbox returns what keeps the mails, text messages and push notifications that
// ServiceConfig has no other way for.
func (s *Service) Outbox() *Outbox { return &s.registry.outbox }

// SigningKey returns the key that signs envelopes: ServiceConfig's, or one that is
// made when it is first needed.
func (s *Service) SigningKey() (*SigningKey, error) { return s.registry.signingKey() }

// Topic returns the topic of a name. It fails with ErrNotFound.
func (s *Service) Topic(name string) (*LocalTopic, error) {
	return s.topic("Topic", arn{s.region, s.account, name})
}

// TopicByARN returns the topic that an ARN names, of whatever account and region. It
// fails with ErrNotFound, or with ErrInvalidParameter if it is not the ARN of a
// topic.
func (s *Service) TopicByARN(name string) (*LocalTopic, error) {
	a, ok := parseARN(name)
	if !ok {
		return nil, located("TopicByARN", name, invalid("TopicArn"))
	}
	return s.topic("TopicByARN", a)
}

func (s *Service) topic(op string, a arn) (*LocalTopic, error) {
	if err := s.registry.open(op); err != nil {
		return nil, err
	}
	if t := s.registry.get(a); t != nil {
		return t, nil
	}
	return nil, &Error{Op: op, Resource: a.name, Err: ErrNotFound, Message: noTopic}
}

// CreateTopic creates a topic. Its name is 1 to 256 of [A-Za-z0-9_-], and a FIFO
// topic's ends in ".fifo", which counts. If the topic exists it is returned,
// as it is. It fails with ErrInvalidParameter. (CreateTopic.)
func (s *Service) CreateTopic(name string, cfg Config) (*LocalTopic, error) {
	return s.create(name, cfg, nil, nil)
}

// CreateTopicWithAttributes is CreateTopic in AWS's terms: attributes by AWS's names,
// with string values. A topic that exists is returned only if it has these
// attributes and tags; otherwise it fails with ErrInvalidParameter.
func (s *Service) CreateTopicWithAttributes(name string, attributes, tags map[string]string) (*LocalTopic, error) {
	cfg, err := applyTopicAttributes("CreateTopic", Config{}, attributes)
	if err == nil {
		err = checkTags(tags)
	}
	if err != nil {
		return nil, located("CreateTopic", name, err)
	}
	return s.create(name, cfg, attributes, tags)
}

func (s *Service) create(name string, cfg Config, attributes, tags map[string]string) (*LocalTopic, error) {
	r := s.registry
	if cfg.Logger == nil {
		cfg.Logger = r.config.Logger
	}
	var err error
	if !cfg.FIFO && !nameSyntax.MatchString(name) || cfg.FIFO && !fifoNameSyntax.MatchString(name) {
		err = invalid("Topic Name")
	} else {
		err = checkConfig("CreateTopic", &cfg)
	}
	if err != nil {
		return nil, located("CreateTopic", name, err)
	}
	if err := r.ledger.ready("CreateTopic", name); err != nil {
		return nil, err
	}
	cfg = cfg.clone()
	t := newTopic(s, name, &cfg, tags)
	if t.ledger != nil {
		t.number = t.ledger.nextNumber()
	}
	old, c, err := r.add(t)
	if err != nil {
		return nil, err
	}
	if old == nil {
		if err := r.ledger.await("CreateTopic", name, c); err != nil {
			return nil, err
		}
		return t, nil
	}
	if err := old.isAsAsked(attributes, tags); err != nil {
		return nil, located("CreateTopic", name, err)
	}
	if err := r.ledger.barrier("CreateTopic", name); err != nil {
		return nil, err
	}
	return old, nil
}

// newTopic makes a topic that nobody knows yet.
func newTopic(s *Service, name string, cfg *Config, tags map[string]string) *LocalTopic {
	r := s.registry
	t := &LocalTopic{
		service: s, name: name, account: s.account, region: s.region, ledger: r.ledger,
		createdAt: time.Unix(0, r.now()), seeds: uid.Draw(),
		tags:          map[string]string{},
		subscriptions: map[SubscriptionID]*LocalSubscription{},
		byAddress:     map[address]*LocalSubscription{},
		byToken:       map[string]*LocalSubscription{},
	}
	t.arn = arn{s.region, s.account, name}.String()
	maps.Copy(t.tags, tags)
	t.config.Store(cfg)
	t.fifo.ledger = r.ledger
	t.fifo.byGroup = cfg.FIFOThroughputScope == FIFOThroughputScopeMessageGroup
	t.fifo.setArchive(r.now(), cfg.retention())
	return t
}

// isAsAsked returns how the topic differs from what CreateTopic asked for.
func (t *LocalTopic) isAsAsked(attributes, tags map[string]string) error {
	if len(attributes) > 0 && differing(attributes, t.config.Load()) {
		return invalid("Attributes Reason: Topic already exists with different attributes")
	}
	has := t.Tags()
	for key, value := range tags {
		if got, ok := has[key]; !ok || got != value {
			return invalid("Tags Reason: Topic already exists with different tags")
		}
	}
	return nil
}

// DeleteTopic deletes a topic and its subscriptions; what waits to be delivered is
// dropped. To delete one that is gone is no error. It fails with
// ErrInvalidParameter if it is not the ARN of a topic. (DeleteTopic.)
func (s *Service) DeleteTopic(topicARN string) error {
	t, err := s.TopicByARN(topicARN)
	if err != nil {
		if e := err.(*Error); e.Err == ErrNotFound {
			return s.registry.ledger.barrier("DeleteTopic", topicARN)
		}
		return located("DeleteTopic", topicARN, err)
	}
	l := s.registry.ledger
	if err := l.ready("DeleteTopic", topicARN); err != nil {
		return err
	}
	c := s.registry.remove(t, t.deleted)
	t.end(ErrNotFound)
	return l.await("DeleteTopic", topicARN, c)
}

// Subscription returns the subscription of an ARN. It fails with ErrNotFound, or
// with ErrInvalidParameter if it is not the ARN of a subscription.
func (s *Service) Subscription(id SubscriptionID) (*LocalSubscription, error) {
	t, err := s.topicOf("Subscription", id)
	if err != nil {
		return nil, err
	}
	return t.Subscription(id)
}

// Unsubscribe ends the subscription of an ARN, as the topic's Unsubscribe does. It
// fails with ErrInvalidParameter if it is not the ARN of a subscription; to
// end one that is gone is no error. (Unsubscribe.)
func (s *Service) Unsubscribe(ctx context.Context, id SubscriptionID) error {
	t, err := s.topicOf("Unsubscribe", id)
	if err != nil {
		if e, ok := err.(*Error); ok && e.Err == ErrNotFound {
			return s.registry.ledger.barrier("Unsubscribe", string(id))
		}
		return err
	}
	return t.Unsubscribe(ctx, id)
}

func (s *Service) topicOf(op string, id SubscriptionID) (*LocalTopic, error) {
	a, ok := parseARN(id.topicOf())
	if !ok {
		return nil, located(op, string(id), invalid("SubscriptionArn Reason: An ARN must have at least 7 elements"))
	}
	t, err := s.topic(op, a)
	if e, ok := err.(*Error); ok && e.Err == ErrNotFound {
		e.Message = noSubscription
	}
	return t, err
}

// ConfirmSubscription confirms the subscription that a token was sent for. It fails
// with ErrNotFound or ErrInvalidParameter. (ConfirmSubscription.)
func (s *Service) ConfirmSubscription(topicARN, token string, authenticateOnUnsubscribe bool) (SubscriptionID, error) {
	t, err := s.TopicByARN(topicARN)
	if err != nil {
		return "", located("ConfirmSubscription", topicARN, err)
	}
	return t.Confirm(token, authenticateOnUnsubscribe)
}

// Flush waits until everything that the topics of every account and region have
// accepted is delivered, dead-lettered or given up. When ctx ends first it returns
// ctx's error.
func (s *Service) Flush(ctx context.Context) error {
	for _, t := range s.registry.sorted(func(*LocalTopic) bool { return true }) {
		if err := t.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Shutdown shuts every topic down, as LocalTopic.Shutdown does, and closes the service.
func (s *Service) Shutdown(ctx context.Context) error {
	topics := s.close()
	for _, t := range topics {
		t.refuse(ErrClosed)
	}
	var group errgroup.Group
	for _, t := range topics {
		group.Go(func() error { return t.Shutdown(ctx) })
	}
	err := group.Wait()
	return errors.Join(err, s.registry.closeStore())
}

// Close closes every topic of every account and region, and the directory of a service of
// [Open], to which it writes what was not written yet; only that can fail, as the doc of
// Open says. It may be called again.
func (s *Service) Close() error {
	for _, t := range s.close() {
		t.Close()
	}
	return s.registry.closeStore()
}

// close makes the service fail, and returns the topics it has.
func (s *Service) close() []*LocalTopic {
	r := s.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return slices.Collect(maps.Values(r.topics))
}

// topics lists the topics of the account and region, by ARN.
func (s *Service) topics() []*LocalTopic {
	return s.registry.sorted(func(t *LocalTopic) bool { return t.account == s.account && t.region == s.region })
}
