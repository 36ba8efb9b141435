package kinesis

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// LocalStream is leat's own stream, in this process. Create one with New, or many
// with a Service. All methods may be called concurrently. An idle stream has no
// goroutine and no timer, so one that is forgotten without Close is simply garbage.
type LocalStream struct {
	registry              *registry
	name, account, region string
	createdAt             time.Time
	arena                 arena
	disk                  *streamDisk // nil in memory

	config atomic.Pointer[Config] // all defaults filled in; never changed in place
	shards atomic.Int64           // how many are open; read without mu

	deleted int64 // when the name is free again; 0 unless DELETING; guarded by registry.mu
	pending bool  // it is not durable yet that the stream exists; guarded by registry.mu
	told    bool  // what the service's journal was told last is that it exists; guarded by registry.mu

	mu      sync.Mutex
	core    *core         // guarded by mu
	state   lifecycle     // guarded by mu
	gone    error         // ErrClosed or ErrResourceNotFound once there is nothing more to do here; guarded by mu
	ended   chan struct{} // closed with gone
	changes []int64       // when UpdateShardCount was done in the last 24 hours; guarded by mu
	metrics Metrics       // without gauges; guarded by mu

	admin     sync.Mutex           // held while settings, tags or consumers change; taken before mu
	tags      map[string]string    // guarded by admin
	consumers map[string]*Consumer // by name; guarded by admin
}

// New returns a stream in a service of its own, under the default account and
// region. It returns an [*Error] for each fault of name and cfg.
func New(name string, cfg Config) (*LocalStream, error) {
	service, err := NewService(ServiceConfig{Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	return service.CreateStream(name, cfg)
}

// Name returns the stream's name.
func (s *LocalStream) Name() string { return s.name }

// Account returns the 12 digits of the account that the stream belongs to.
func (s *LocalStream) Account() string { return s.account }

// Region returns the region that the stream is in.
func (s *LocalStream) Region() string { return s.region }

// ARN returns the stream's Amazon Resource Name.
func (s *LocalStream) ARN() string { return arn{s.region, s.account, s.name}.String() }

// CreatedAt returns when the stream was created.
func (s *LocalStream) CreatedAt() time.Time { return s.createdAt }

// Config returns the stream's configuration as it is now, with every default
// filled in. What its slices and maps hold must not be changed.
func (s *LocalStream) Config() Config { return *s.config.Load() }

// Close ends every waiting Read and every subscription, and makes that and every later
// operation that can fail do so with ErrClosed. The records are forgotten, and the
// service that the stream belongs to forgets the stream. A durable stream keeps them, and
// its name: it is there again once its service was closed and opened. Close may be called
// again.
func (s *LocalStream) Close() error {
	s.end(ErrClosed)
	if s.disk == nil {
		s.registry.forget(s)
	}
	return nil
}

// end makes the stream fail with reason from now on. It reports false if it did so
// already.
func (s *LocalStream) end(reason error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		return false
	}
	s.gone = reason
	close(s.ended)
	s.shards.Store(0)
	if s.disk != nil {
		s.core.disk.bytes = 0
		s.core.disk.tell()
		s.disk.pending = nil
		s.disk.broken.Store(nil) // that the stream is gone is what is said from now on
	}
	s.core = nil
	return true
}

// enter locks the stream and brings it up to now. On success the caller unlocks mu.
func (s *LocalStream) enter(op string) (now int64, err error) {
	s.mu.Lock()
	if s.gone != nil {
		s.mu.Unlock()
		return 0, s.err(op, s.gone)
	}
	now = s.registry.now()
	if s.disk != nil {
		s.settleAt(now)
	}
	s.core.advance(now)
	return now, nil
}

// open returns the error of op if the stream is gone.
func (s *LocalStream) open(op string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		return s.err(op, s.gone)
	}
	return nil
}

func (s *LocalStream) err(op string, err error) *Error {
	e := &Error{Op: op, Stream: s.name, Err: err}
	if err == ErrResourceNotFound {
		e.Message = notFound(s.name, s.account)
	}
	return e
}

func (s *LocalStream) log() *slog.Logger {
	if l := s.config.Load().Logger; l != nil {
		return l
	}
	return slog.New(slog.DiscardHandler)
}
