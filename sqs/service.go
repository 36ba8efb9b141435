package sqs

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/syntax"
)

// ServiceConfig says where a service's queues live.
type ServiceConfig struct {
	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string
	// Relaxed is Config.Relaxed for every queue of the service.
	Relaxed bool
	// Logger is Config.Logger for every queue that has none; nil means silence.
	Logger *slog.Logger
	// Durable is how [Open] keeps the service on disk. NewService does not look at it.
	Durable durable.Options
}

// Service is a set of named queues that know each other, as one account sees it
// in one region; As gives the view of another account or region on the same set.
// All methods may be called concurrently. It needs no Close, which only makes
// every queue fail at once.
type Service struct {
	registry        *registry
	account, region string
}

// NewService returns a service without queues. It fails with
// ErrInvalidParameterValue if cfg has a malformed account or region.
func NewService(cfg ServiceConfig) (*Service, error) {
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	start := time.Now()
	all := &Service{registry: &registry{
		start:   start,
		startNS: start.UnixNano(),
		relaxed: cfg.Relaxed,
		logger:  cfg.Logger,
		queues:  map[arn]*LocalQueue{},
		deleted: map[arn]time.Time{},
		tasks:   map[string][]*moveTask{},
	}}
	return all.As(cfg.Account, cfg.Region)
}

// As returns the view that an account (12 digits) has of the service in a
// region. It fails with ErrInvalidParameterValue if either is malformed.
func (s *Service) As(account, region string) (*Service, error) {
	switch {
	case account == s.account && region == s.region:
		return s, nil
	case !syntax.IsAccount(account):
		return nil, located("As", "", invalid("Account %q is not 12 digits.", account))
	case !syntax.IsRegion(region):
		return nil, located("As", "", invalid("Region %q is not the name of a region.", region))
	}
	return &Service{registry: s.registry, account: account, region: region}, nil
}

// Account returns the account whose view this is.
func (s *Service) Account() string { return s.account }

// Region returns the region whose view this is.
func (s *Service) Region() string { return s.region }

// Durable tells whether the service is on disk, of [Open].
func (s *Service) Durable() bool { return s.registry.store != nil }

// Queue returns the queue of a name. It fails with ErrQueueDoesNotExist.
func (s *Service) Queue(name string) (*LocalQueue, error) {
	if err := s.registry.open("Queue"); err != nil {
		return nil, err
	}
	if q := s.registry.get(arn{s.region, s.account, name}); q != nil {
		return q, nil
	}
	return nil, &Error{Op: "Queue", Queue: name, Err: ErrQueueDoesNotExist}
}

// QueueByARN returns the queue that an ARN names, of whatever account and region.
// It fails with ErrQueueDoesNotExist.
func (s *Service) QueueByARN(name string) (*LocalQueue, error) {
	if err := s.registry.open("QueueByARN"); err != nil {
		return nil, err
	}
	if q := s.registry.find(name); q != nil {
		return q, nil
	}
	return nil, &Error{Op: "QueueByARN", Queue: name, Err: ErrQueueDoesNotExist}
}

// CreateQueue creates a queue. Its name is 1 to 80 of [A-Za-z0-9_-], and a FIFO
// queue's ends in ".fifo" besides. If the queue exists it is returned, unless cfg
// sets an attribute that differs there; fields left zero are not compared. It
// fails with ErrQueueNameExists, ErrQueueDeletedRecently,
// ErrInvalidParameterValue, ErrInvalidAttributeName or ErrInvalidAttributeValue,
// joined where cfg has several faults. (CreateQueue.)
func (s *Service) CreateQueue(name string, cfg Config) (*LocalQueue, error) {
	return s.create(name, cfg, cfg.given(), nil)
}

// CreateQueueWithAttributes is CreateQueue in AWS's terms: attributes by AWS's
// names, with string values, as the API's CreateQueue takes them. An existing
// queue's tags stay as they are.
func (s *Service) CreateQueueWithAttributes(name string, attributes, tags map[string]string) (*LocalQueue, error) {
	cfg, err := applyAttributes(Config{}, attributes)
	if err == nil && !cfg.FIFO {
		err = refuseFIFO(attributes)
	}
	if err == nil {
		err = checkTags(tags)
	}
	if err != nil {
		return nil, located("CreateQueue", name, err)
	}
	return s.create(name, cfg, slices.Collect(maps.Keys(attributes)), tags)
}

func (s *Service) create(name string, cfg Config, given []string, tags map[string]string) (*LocalQueue, error) {
	r := s.registry
	if err := r.ready("CreateQueue", name); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	cfg.Relaxed = cfg.Relaxed || r.relaxed
	if cfg.Logger == nil {
		cfg.Logger = r.logger
	}
	a := arn{s.region, s.account, name}
	err := checkName(name, cfg.FIFO)
	if err == nil {
		err = cfg.validate()
	}
	if err == nil {
		err = r.checkRedrive(a.String(), &cfg)
	}
	if err != nil {
		return nil, located("CreateQueue", name, err)
	}
	q := &LocalQueue{
		registry: r, name: name, account: s.account, region: s.region,
		createdAt: time.Unix(0, r.now()), tags: map[string]string{},
	}
	q.modifiedAt = q.createdAt
	q.config.Store(&cfg)
	maps.Copy(q.tags, tags)
	q.core = newCore(cfg.settings(), drawSeeds())
	q, made, err := r.add(a, q, given)
	if err == nil {
		err = q.acknowledge("CreateQueue", made)
	}
	if err != nil {
		return nil, located("CreateQueue", name, err)
	}
	return q, nil
}

// add adds a queue, or returns the one that there is if it is as was asked for.
func (r *registry) add(a arn, q *LocalQueue, given []string) (_ *LocalQueue, made receipt, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	cfg := q.config.Load()
	old := r.queues[a]
	deleted, wasDeleted := r.deleted[a]
	switch {
	case r.closed:
		err = &Error{Err: ErrClosed}
	case old != nil && !old.closed.Load():
		if differs := differing(given, cfg, old.config.Load()); differs != "" {
			err = &Error{Err: ErrQueueNameExists, Message: "A queue already exists with the same name and a different value for attribute " + differs}
		}
		q = old
	case old != nil && r.store != nil: // it is on the disk
		err = &Error{Err: ErrClosed, Message: "The queue was closed. It is there again when the service is opened again."}
	case wasDeleted && q.createdAt.Sub(deleted) < purgeInterval && !cfg.Relaxed:
		err = &Error{Err: ErrQueueDeletedRecently}
	default:
		r.queues[a] = q
		if r.store != nil {
			q.core.log = newFeed(r.store, r.store.numbers.Add(1))
			q.tell()
			made = q.core.log.flush()
		}
	}
	return q, made, err
}

func checkName(name string, fifo bool) error {
	switch {
	case fifo && !fifoNameSyntax.MatchString(name):
		return invalid("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !fifo && !nameSyntax.MatchString(name):
		return invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// DeleteQueue deletes a queue and its messages; whoever waits there gets
// ErrQueueDoesNotExist. For 60 seconds no other queue can be created under the
// name, unless that one is Relaxed. It fails with ErrQueueDoesNotExist.
// (DeleteQueue.)
func (s *Service) DeleteQueue(name string) error {
	q, err := s.Queue(name)
	if err != nil {
		return located("DeleteQueue", name, err)
	}
	if err := s.registry.store.ready(); err != nil {
		return q.refused("DeleteQueue", err)
	}
	if !q.end(ErrQueueDoesNotExist) {
		return &Error{Op: "DeleteQueue", Queue: name, Err: ErrQueueDoesNotExist}
	}
	r := s.registry
	r.forget(q)
	r.mu.Lock()
	r.rest(arn{s.region, s.account, name}, time.Unix(0, r.now()))
	r.mu.Unlock()
	q.mu.Lock()
	done := q.ending
	q.mu.Unlock()
	return q.acknowledge("DeleteQueue", done)
}

// Close closes every queue of every account and region, and stops the message
// move tasks. It may be called again. A service on disk writes what it has not written
// yet, and gives the directory up; the message move tasks go on when it is opened again. Its Close
// fails if that can not be written.
func (s *Service) Close() error {
	r := s.registry
	r.mu.Lock()
	r.closed = true
	queues := slices.Collect(maps.Values(r.queues))
	tasks := slices.Concat(slices.Collect(maps.Values(r.tasks))...)
	r.mu.Unlock()
	for _, t := range tasks {
		t.stop()
	}
	for _, q := range queues {
		q.end(ErrClosed)
	}
	return r.store.close()
}
