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
// stream exists, and with ErrLimitExceeded. If the storage of a durable service fails the
// stream may be there, and empty, when the service is opened again. (CreateStream.)
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
	if err := r.storable(op, name); err != nil {
		return nil, err
	}
	number, err := r.admitNew(stream)
	if err != nil {
		return nil, located(op, name, err)
	}
	if r.disk == nil {
		return stream, nil
	}
	defer r.disk.busy.Done()
	err = r.create(op, stream, number)
	r.mu.Lock()
	defer r.mu.Unlock()
	if stream.pending = false; err != nil {
		delete(r.streams, arn{s.region, s.account, name})
		return nil, err
	}
	return stream, nil
}

// admitNew takes a new stream in, if there may be one. A durable service does so before
// the stream is durable, and gives it a number; then nobody finds it yet, but the name is
// taken.
func (r *registry) admitNew(stream *LocalStream) (number int64, err error) {
	a := arn{stream.region, stream.account, stream.name}
	cfg := stream.config.Load()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		err = &Error{Err: ErrClosed}
	case r.lookup(a) != nil:
		err = &Error{Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s already exists.", a.name, a.account)}
	default:
		if err = r.admit(stream, cfg.Mode, cfg.ShardCount); err == nil {
			r.streams[a] = stream
		}
	}
	if err == nil && r.disk != nil {
		stream.pending = true
		r.disk.busy.Add(1)
		r.disk.number++
		number = r.disk.number
	}
	return number, err
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
// with ErrResourceNotFound or ErrResourceInUse. If the storage of a durable service fails
// the stream has ended, but may be there when the service is opened again. (DeleteStream.)
func (s *Service) DeleteStream(name string, enforceConsumerDeletion bool) error {
	const op = "DeleteStream"
	stream, err := s.Stream(name)
	if err != nil {
		return located(op, name, err)
	}
	r := s.registry
	if err := r.storable(op, name); err != nil {
		return err
	}
	if err := stream.delete(op, enforceConsumerDeletion); err != nil {
		return err
	}
	if r.disk != nil {
		defer r.disk.busy.Done()
		if err := r.deleteDisk(op, stream); err != nil {
			return err
		}
	}
	if transition := stream.Config().TransitionTime; transition > 0 {
		r.mu.Lock()
		stream.deleted = r.now() + int64(transition)
		r.mu.Unlock()
		return nil
	}
	r.forget(stream)
	return nil
}

// delete ends the stream, if it may be deleted. In a durable service the caller calls
// busy.Done later.
func (s *LocalStream) delete(op string, enforceConsumerDeletion bool) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	s.forgetConsumers(s.registry.now())
	if len(s.consumers) > 0 && !enforceConsumerDeletion {
		return &Error{Op: op, Stream: s.name, Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s has consumers registered.", s.name, s.account)}
	}
	r := s.registry
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return &Error{Op: op, Stream: s.name, Err: ErrClosed}
	}
	if r.disk != nil {
		r.disk.busy.Add(1)
	}
	r.mu.Unlock()
	if s.end(ErrResourceNotFound) {
		return nil
	}
	if r.disk != nil {
		r.disk.busy.Done()
	}
	if s.gone == ErrClosed { // which does not change any more
		return s.err(op, ErrClosed)
	}
	return &Error{Op: op, Stream: s.name, Err: ErrResourceInUse, Message: fmt.Sprintf("Stream %s under account %s not ACTIVE, instead in state %s", s.name, s.account, StatusDeleting)}
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
		if stream := r.lookup(a); stream != nil && !stream.pending && a.region == s.region && a.account == s.account && a.name > req.ExclusiveStartName {
			page.Streams = append(page.Streams, stream)
		}
	}
	slices.SortFunc(page.Streams, func(a, b *LocalStream) int { return strings.Compare(a.name, b.name) })
	if page.HasMore = len(page.Streams) > req.Limit; page.HasMore {
		page.Streams = page.Streams[:req.Limit]
	}
	return page, nil
}

// Close closes every stream of every account and region. A durable service writes what
// waits for that, and gives up its directory; if that fails, so does Close, with
// ErrInternalFailure. It may be called again, which does nothing.
func (s *Service) Close() error {
	r := s.registry
	r.mu.Lock()
	again := r.closed
	r.closed = true
	streams := slices.Collect(maps.Values(r.streams))
	r.mu.Unlock()
	for _, stream := range streams {
		if r.disk == nil || !stream.isPending() {
			stream.end(ErrClosed)
		}
	}
	if r.disk == nil || again {
		return nil
	}
	return r.closeDisk()
}

// isPending tells whether it is not durable yet that the stream exists.
func (s *LocalStream) isPending() bool {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	return s.pending
}
