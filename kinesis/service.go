package kinesis

import (
	"log/slog"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/syntax"
)

// ServiceConfig says where a service's streams live.
type ServiceConfig struct {
	// Account is 12 digits; empty means 000000000000.
	Account string
	// Region is a region's name; empty means us-east-1.
	Region string
	// ShardLimit is the most open shards that the provisioned streams of an account
	// may have in a region; zero means AWS's 20,000.
	ShardLimit int
	// OnDemandStreamLimit is the most on-demand streams that an account may have in a
	// region; zero means AWS's 50.
	OnDemandStreamLimit int
	// EnforceLimits is Config.EnforceLimits for every stream of the service.
	EnforceLimits bool
	// TransitionTime is Config.TransitionTime for every stream that has none.
	TransitionTime time.Duration
	// Relaxed is Config.Relaxed for every stream of the service.
	Relaxed bool
	// Logger is Config.Logger for every stream that has none; nil means silence.
	Logger *slog.Logger
	// Durable is how Open keeps the streams on the disk. NewService does not use it.
	Durable durable.Options
}

// Service is a set of named streams, as one account sees it in one region; As gives
// the view of another account or region on the same set. All methods may be called
// concurrently. One in memory needs no Close, which only makes every stream fail at once;
// one that Open returned does.
type Service struct {
	registry        *registry
	account, region string
}

// NewService returns a service without streams. It fails with ErrInvalidArgument
// if cfg has a malformed account or region, or a negative limit.
func NewService(cfg ServiceConfig) (*Service, error) {
	orElse(&cfg.Account, "000000000000")
	orElse(&cfg.Region, "us-east-1")
	orElse(&cfg.ShardLimit, 20_000)
	orElse(&cfg.OnDemandStreamLimit, 50)
	if cfg.ShardLimit < 0 || cfg.OnDemandStreamLimit < 0 || cfg.TransitionTime < 0 {
		return nil, located("NewService", "", invalid("ShardLimit, OnDemandStreamLimit and TransitionTime must not be negative."))
	}
	start := time.Now()
	all := &Service{registry: &registry{start: start, startNS: start.UnixNano(), config: cfg, streams: map[arn]*LocalStream{}}}
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
