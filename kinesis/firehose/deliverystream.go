package firehose

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/internal/uid"
)

// DeliveryStream collects records and delivers them to a sink. Create one with New, or
// many with a Service. All methods may be called concurrently. Without a Source it has
// no goroutine but while it delivers: an idle one has nothing, one with records in its
// buffers a timer. End it with Shutdown, or what is buffered is lost with the process.
type DeliveryStream struct {
	registry              *registry
	name, account, region string
	createdAt             time.Time
	direct                Type
	seeds                 uid.Seeds // of record ids
	feed                  *feed     // nil without a Source
	ctx                   context.Context
	cancel                context.CancelFunc // ends the calls of sinks and of the function
	settings              atomic.Pointer[settings]
	stopped               chan struct{} // closed when Close has waited for all calls
	ended                 chan struct{} // closed when there is nothing left to do

	mu        sync.Mutex
	core      *core         // guarded by mu, as is all that follows
	arena     []byte        // what is left of a chunk for the data of small batches
	timer     *time.Timer   // runs tick
	timed     int64         // when the timer runs out; zero if it does not run
	calls     int           // goroutines that deliver and transform
	feeding   int           // goroutines that read the Source
	roomy     chan struct{} // closed when there is room again; nil if nobody waits
	draining  bool          // takes no records any more
	deleted   bool          // by DeleteDeliveryStream
	goneAt    int64         // not before this moment, if it was deleted
	closing   bool          // by Close
	silent    bool          // stopped is closed
	gone      bool          // ended is closed
	closeErr  error         // what Close returns
	updatedAt time.Time
	tags      map[string]string
	keyType   string
	keyARN    string
	rekeyed   []time.Time // changes of encryption in the last 24 hours
}

// New returns a delivery stream in a service of its own, under the default account and
// region. It returns what [Service.CreateDeliveryStream] does.
func New(name string, cfg Config) (*DeliveryStream, error) {
	service, err := NewService(ServiceConfig{})
	if err != nil {
		return nil, err
	}
	return service.CreateDeliveryStream(name, cfg)
}

func newDeliveryStream(service *Service, name string, compiled *settings) *DeliveryStream {
	cfg := &compiled.cfg
	s := &DeliveryStream{
		registry: service.registry, name: name, account: service.account, region: service.region,
		createdAt: time.Unix(0, service.registry.now()),
		direct:    DirectPut,
		seeds:     uid.Draw(),
		stopped:   make(chan struct{}),
		ended:     make(chan struct{}),
		core:      newCore(),
		tags:      map[string]string{},
		keyType:   cfg.KeyType, keyARN: cfg.KeyARN,
	}
	if cfg.Source != nil {
		s.direct = KinesisStreamAsSource
	}
	for key, value := range cfg.Tags {
		s.tags[key] = value
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.settings.Store(compiled)
	return s
}

// Name returns the delivery stream's name.
func (s *DeliveryStream) Name() string { return s.name }

// Account returns the 12 digits of the account that the delivery stream belongs to.
func (s *DeliveryStream) Account() string { return s.account }

// Region returns the region that the delivery stream is in.
func (s *DeliveryStream) Region() string { return s.region }

// ARN returns the delivery stream's Amazon Resource Name.
func (s *DeliveryStream) ARN() string { return s.place().String() }

func (s *DeliveryStream) place() arn { return arn{s.region, s.account, s.name} }

// Type tells where the records come from.
func (s *DeliveryStream) Type() Type { return s.direct }

// CreatedAt returns when the delivery stream was created.
func (s *DeliveryStream) CreatedAt() time.Time { return s.createdAt }

// UpdatedAt returns when Update last changed the configuration; zero if it never did.
func (s *DeliveryStream) UpdatedAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.updatedAt
}

// Version counts the configurations that the delivery stream has had, from 1.
// (VersionId.)
func (s *DeliveryStream) Version() int64 { return s.settings.Load().version }

// Config returns the configuration as it is now, with every default filled in. What its
// pointers and maps lead to must not be changed. Tags and encryption are those of the
// beginning: see Tags and Encryption.
func (s *DeliveryStream) Config() Config { return s.settings.Load().cfg }

// Type is where a delivery stream's records come from. (DeliveryStreamType.)
type Type string

// The types of delivery streams.
const (
	DirectPut             Type = "DirectPut"
	KinesisStreamAsSource Type = "KinesisStreamAsSource"
)

// Status is what a delivery stream is doing. (DeliveryStreamStatus.)
type Status string

// The statuses of a delivery stream.
const (
	StatusCreating Status = "CREATING" // takes no records yet
	StatusActive   Status = "ACTIVE"
	StatusDeleting Status = "DELETING" // takes no records any more
)

func (s *DeliveryStream) err(op string, sentinel error) *Error {
	e := &Error{Op: op, DeliveryStream: s.name, Err: sentinel}
	if sentinel == ErrResourceNotFound {
		e.Message = notFound(op, s.place()).Message
	}
	return e
}

func (s *DeliveryStream) log() *slog.Logger {
	if logger := s.settings.Load().cfg.Logger; logger != nil {
		return logger.With(slog.String("deliveryStream", s.name))
	}
	return slog.New(slog.DiscardHandler)
}
