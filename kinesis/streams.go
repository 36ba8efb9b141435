package kinesis

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// CreateStream creates a stream. Its name is 1 to 128 of [a-zA-Z0-9_.-]. It fails with
// ErrInvalidArgument, joined where cfg has several faults, with ErrResourceInUse if the
// stream exists, and with ErrLimitExceeded. (CreateStream.)
func (s *Service) CreateStream(name string, cfg Config) (*LocalStream, error) {
	const op = "CreateStream"
	r := s.registry
	cfg = cfg.withDefaults()
	cfg.EnforceLimits = cfg.EnforceLimits || r.config.EnforceLimits
	cfg.Relaxed = cfg.Relaxed || r.config.Relaxed
	orElse(&cfg.TransitionTime, r.config.TransitionTime)
	if cfg.Logger == nil {
		cfg.Logger = r.config.Logger
	}
	err := cfg.validate()
	if !nameSyntax.MatchString(name) {
		err = errors.Join(invalid("A stream's name has 1 to 128 of the characters a-zA-Z0-9_.-; %.130q has not.", name), err)
	}
	if err != nil {
		return nil, located(op, name, err)
	}
	now := r.now()
	stream := &LocalStream{
		registry: r, name: name, account: s.account, region: s.region,
		createdAt: time.Unix(0, now), ended: make(chan struct{}),
		core: newCore(cfg.ShardCount, now, &cfg), tags: maps.Clone(cfg.Tags), consumers: map[string]*Consumer{},
	}
	if stream.tags == nil {
		stream.tags = map[string]string{}
	}
	cfg.Tags = nil
	cfg.ShardLevelMetrics, _ = metricsNamed(cfg.ShardLevelMetrics)
	stream.state.created = now + int64(cfg.TransitionTime)
	stream.config.Store(&cfg)
	stream.shards.Store(int64(cfg.ShardCount))

	if cfg.WarmThroughputMiBps > 0 {
		if err := stream.checkWarmThroughput(&cfg); err != nil {
			return nil, located(op, name, err)
		}
	}
	a := arn{s.region, s.account, name}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		err = &Error{Err: ErrClosed}
	case r.lookup(a) != nil:
		err = &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s already exists.", name, s.account)}
	default:
		if err = r.admit(stream, cfg.Mode, cfg.ShardCount); err == nil {
			r.streams[a] = stream
		}
	}
	if err != nil {
		return nil, located(op, name, err)
	}
	return stream, nil
}

// Stream returns the stream of a name. It fails with ErrResourceNotFound.
func (s *Service) Stream(name string) (*LocalStream, error) {
	return s.registry.get("Stream", arn{s.region, s.account, name}, name)
}

// StreamByARN returns the stream that an ARN names, of whatever account and region.
// It fails with ErrResourceNotFound.
func (s *Service) StreamByARN(streamARN string) (*LocalStream, error) {
	a, ok := parseARN(streamARN)
	if !ok {
		return nil, &Error{Op: "StreamByARN", Stream: streamARN, Err: ErrResourceNotFound}
	}
	return s.registry.get("StreamByARN", a, a.name)
}

// DeleteStream deletes a stream with its records; whoever reads there gets
// ErrResourceNotFound. A stream that has registered consumers is deleted only if
// enforceConsumerDeletion is true. The name stays taken while it is DELETING. It fails
// with ErrResourceNotFound or ErrResourceInUse. (DeleteStream.)
func (s *Service) DeleteStream(name string, enforceConsumerDeletion bool) error {
	const op = "DeleteStream"
	stream, err := s.Stream(name)
	if err != nil {
		return located(op, name, err)
	}
	stream.admin.Lock()
	defer stream.admin.Unlock()
	stream.forgetConsumers(stream.registry.now())
	if len(stream.consumers) > 0 && !enforceConsumerDeletion {
		return &Error{Op: op, Stream: name, Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s has consumers registered.", name, stream.account)}
	}
	if !stream.end(ErrResourceNotFound) {
		return &Error{Op: op, Stream: name, Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s not ACTIVE, instead in state %s", name, stream.account, StatusDeleting)}
	}
	r := s.registry
	if transition := stream.Config().TransitionTime; transition > 0 {
		r.mu.Lock()
		stream.deleted = r.now() + int64(transition)
		r.mu.Unlock()
		return nil
	}
	r.forget(stream)
	return nil
}

// ListRequest asks for a page of the list of streams.
type ListRequest struct {
	// ExclusiveStartName is the last name of the page before. Empty means the first
	// page.
	ExclusiveStartName string
	// Limit is the length of the page, 1 to 10,000. Zero means 100.
	Limit int
}

// ListPage is a page of the list of streams.
type ListPage struct {
	Streams []*LocalStream // by name
	HasMore bool
}

const (
	defaultStreamPage = 100
	maxStreamPage     = 10_000
)

// ListStreams lists the streams of the account and region, also those that are being
// deleted. It fails with ErrInvalidArgument. (ListStreams.)
func (s *Service) ListStreams(req ListRequest) (ListPage, error) {
	orElse(&req.Limit, defaultStreamPage)
	if req.Limit < 0 || req.Limit > maxStreamPage {
		return ListPage{}, located("ListStreams", "", invalid("Limit is %d; it must be 1 to %d.", req.Limit, maxStreamPage))
	}
	r := s.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ListPage{}, &Error{Op: "ListStreams", Err: ErrClosed}
	}
	var page ListPage
	for a := range r.streams {
		if stream := r.lookup(a); stream != nil && a.region == s.region && a.account == s.account && a.name > req.ExclusiveStartName {
			page.Streams = append(page.Streams, stream)
		}
	}
	slices.SortFunc(page.Streams, func(a, b *LocalStream) int { return strings.Compare(a.name, b.name) })
	if page.HasMore = len(page.Streams) > req.Limit; page.HasMore {
		page.Streams = page.Streams[:req.Limit]
	}
	return page, nil
}

// Close closes every stream of every account and region. It may be called again.
func (s *Service) Close() error {
	r := s.registry
	r.mu.Lock()
	r.closed = true
	streams := slices.Collect(maps.Values(r.streams))
	r.mu.Unlock()
	for _, stream := range streams {
		stream.end(ErrClosed)
	}
	return nil
}
