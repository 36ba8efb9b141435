package firehose

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/syntax"
)

// ServiceConfig says where a service's delivery streams live.
type ServiceConfig struct {
	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string
	// Limit is the most delivery streams that an account may have in a region; zero means
	// AWS's 5,000.
	Limit int
	// TransitionTime is Config.TransitionTime for every delivery stream that has none.
	TransitionTime time.Duration
	// Relaxed is Config.Relaxed for every delivery stream of the service.
	Relaxed bool
	// Logger is Config.Logger for every delivery stream that has none; nil means silence.
	Logger *slog.Logger
}

// Service is a set of named delivery streams, as one account sees it in one region; As
// gives the view of another account or region on the same set. All methods may be
// called concurrently.
type Service struct {
	registry        *registry
	account, region string
}

// NewService returns a service without delivery streams. It fails with
// ErrInvalidArgument if cfg has a malformed account or region, or a negative number.
func NewService(cfg ServiceConfig) (*Service, error) {
	orElse(&cfg.Account, "000000000000")
	orElse(&cfg.Region, "us-east-1")
	orElse(&cfg.Limit, 5000)
	if cfg.Limit < 0 || cfg.TransitionTime < 0 {
		return nil, located("NewService", "", invalid("Limit and TransitionTime must not be negative."))
	}
	start := time.Now()
	all := &Service{registry: &registry{start: start, startNS: start.UnixNano(), config: cfg, streams: map[arn]*DeliveryStream{}}}
	return all.As(cfg.Account, cfg.Region)
}

// As returns the view that an account (12 digits) has of the service in a
// region. It fails with ErrInvalidArgument if either is malformed.
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

// DeliveryStream returns the delivery stream of a name. It fails with
// ErrResourceNotFound.
func (s *Service) DeliveryStream(name string) (*DeliveryStream, error) {
	return s.registry.get("DeliveryStream", arn{s.region, s.account, name})
}

// DeliveryStreamByARN returns the delivery stream that an ARN names, of whatever account
// and region. It fails with ErrResourceNotFound.
func (s *Service) DeliveryStreamByARN(streamARN string) (*DeliveryStream, error) {
	const op = "DeliveryStreamByARN"
	a, ok := parseARN(streamARN)
	if !ok {
		return nil, &Error{Op: op, DeliveryStream: streamARN, Err: ErrResourceNotFound}
	}
	return s.registry.get(op, a)
}

// CreateDeliveryStream creates a delivery stream. Its name is 1 to 64 of
// [a-zA-Z0-9_.-]. It fails with ErrResourceInUse if there is one of the name, with
// ErrLimitExceeded, and with ErrInvalidArgument or ErrValidation for each fault of cfg,
// joined. If there is a Source it reads its shards, and fails with the error that it
// gives. (CreateDeliveryStream.)
func (s *Service) CreateDeliveryStream(name string, cfg Config) (*DeliveryStream, error) {
	const op = "CreateDeliveryStream"
	r := s.registry
	cfg = cfg.withDefaults()
	cfg.Relaxed = cfg.Relaxed || r.config.Relaxed
	orElse(&cfg.TransitionTime, r.config.TransitionTime)
	if cfg.Logger == nil {
		cfg.Logger = r.config.Logger
	}
	compiled, err := compile(name, 1, cfg)
	if err != nil {
		return nil, located(op, name, err)
	}
	stream := newDeliveryStream(s, name, compiled)
	if cfg.Source != nil {
		if stream.feed, err = newFeed(stream, &cfg); err != nil {
			return nil, &Error{Op: op, DeliveryStream: name, Err: err}
		}
	}
	if err := r.add(stream); err != nil {
		return nil, located(op, name, err)
	}
	if stream.feed != nil {
		stream.feed.start()
	}
	return stream, nil
}

func (r *registry) add(s *DeliveryStream) error {
	a := s.place()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return &Error{Err: ErrClosed}
	case r.streams[a] != nil:
		return &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Firehose %s under accountId %s already exists", a.name, a.account)}
	}
	n := 0
	for other := range r.streams {
		if other.account == a.account && other.region == a.region {
			n++
		}
	}
	if n >= r.config.Limit {
		return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("The account %s has %d delivery streams in %s, which is the most.", a.account, n, a.region)}
	}
	r.streams[a] = s
	return nil
}

// DeleteDeliveryStream deletes a delivery stream. It takes no records any more, and is
// DELETING until those that it has are delivered, at once, with the retries as ever;
// until then the name stays taken. With force it does as DeliveryStream.Close, with the
// same result. It fails with ErrResourceNotFound, and, if not forced, with ErrResourceInUse
// unless the status is ACTIVE. (DeleteDeliveryStream.)
func (s *Service) DeleteDeliveryStream(name string, force bool) error {
	const op = "DeleteDeliveryStream"
	stream, err := s.registry.get(op, arn{s.region, s.account, name})
	if err != nil {
		return err
	}
	if force {
		stream.drain(true)
		return stream.Close()
	}
	if stream.Status() != StatusActive || !stream.drain(true) {
		return &Error{Op: op, DeliveryStream: name, Err: ErrResourceInUse, Message: fmt.Sprintf("Firehose %s under account %s is not ACTIVE but %s.", name, stream.account, stream.Status())}
	}
	return nil
}

// Shutdown shuts all delivery streams down, of every account and region, as
// [DeliveryStream.Shutdown] does, and waits for them. No other can be created then.
func (s *Service) Shutdown(ctx context.Context) error {
	streams := s.registry.close()
	for _, stream := range streams {
		stream.drain(false)
	}
	var errs []error
	for _, stream := range streams {
		if err := stream.Shutdown(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close closes all delivery streams, of every account and region, as
// [DeliveryStream.Close] does, and joins its errors. It may be called again.
func (s *Service) Close() error {
	streams := s.registry.close()
	for _, stream := range streams {
		stream.cancel()
	}
	var errs []error
	for _, stream := range streams {
		errs = append(errs, stream.Close())
	}
	return errors.Join(errs...)
}

// close closes the registry and returns what is in it, by name.
func (r *registry) close() []*DeliveryStream {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return slices.SortedFunc(maps.Values(r.streams), byName)
}
