package firehosehttp

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

// Config says how strict a Handler is, and what the things are that requests only
// name. Its zero value serves everybody, and delivers to memory.
type Config struct {
	// Keys maps access key ids to their secrets. If it is not nil, a request must
	// carry a valid Signature Version 4, in its header or its URL, made with one
	// of them. Nil means that any credentials do, and none. The handler reads the
	// map for as long as it serves, so it must not be changed then.
	Keys map[string]string

	// MaxRequestBytes bounds the body of a request; a longer one is answered
	// with status 413. Zero means 8 MiB: AWS's largest PutRecordBatch is 4 MiB, of
	// which JSON makes 5.6.
	MaxRequestBytes int64

	// Directory is where the buckets of S3 are: each is the subdirectory of its name, and
	// written as [firehose.Directory] does. They are made when the first object comes.
	// Empty means that buckets are in Objects.
	Directory string

	// Objects keeps the objects of buckets in memory, all of them, for as long as it
	// lives. Nil means a new one: see [Handler.Objects]. With Directory it is not used.
	Objects *Objects

	// Streams has the Kinesis streams that requests name as a source, of every account
	// and region. Nil means that there are none.
	Streams *kinesis.Service

	// Functions finds the function that a Lambda processor names by its ARN. It may be
	// called concurrently. Nil means that there are none.
	Functions func(arn string) (firehose.TransformFunc, bool)

	// Transport carries the requests to HTTP endpoints. Nil means that none are reached:
	// leat does not open connections unasked. What is for them fails, and is retried and
	// backed up as ever.
	Transport http.RoundTripper

	// Destination makes a configuration of the destination in a request. Nil means
	// what DestinationRequest.Default does. It may be called concurrently. What the request
	// says otherwise (the source, the encryption, the tags) is added, and
	// Config.Destination is the handler's. An error that is no [*firehose.Error]
	// is told the caller as an InvalidArgumentException.
	Destination func(ctx context.Context, req *DestinationRequest) (firehose.Config, error)
}

const defaultMaxRequestBytes = 8 << 20

// Handler serves a Service over AWS's protocol. It may be used concurrently, and owns
// no goroutine.
type Handler struct {
	service *firehose.Service
	config  Config
	buckets buckets
	faults  Faults
}

// NewHandler returns a handler that serves the delivery streams of service, those of
// every account and region. A nil service means one of the handler's own, without
// delivery streams; Handler.Service returns it, for somebody has to shut it down.
func NewHandler(service *firehose.Service, cfg Config) *Handler {
	if service == nil {
		service, _ = firehose.NewService(firehose.ServiceConfig{}) // nothing in it can be wrong
	}
	if cfg.MaxRequestBytes <= 0 {
		cfg.MaxRequestBytes = defaultMaxRequestBytes
	}
	if cfg.Objects == nil {
		cfg.Objects = &Objects{}
	}
	return &Handler{service: service, config: cfg, buckets: buckets{directory: cfg.Directory, objects: cfg.Objects}}
}

// Service returns the service that the handler serves.
func (h *Handler) Service() *firehose.Service { return h.service }

// Objects returns the objects of the buckets, if they are in memory.
func (h *Handler) Objects() *Objects { return h.config.Objects }

// Bucket returns the sink that a bucket of S3 is, for a configuration that a program
// makes itself. It fails with firehose.ErrInvalidArgument if it can have no
// directory of that name.
func (h *Handler) Bucket(name string) (firehose.Sink, error) { return h.buckets.sink(name) }

// Faults returns what the handler does wrong on purpose: nothing, until a test adds
// to it.
func (h *Handler) Faults() *Faults { return &h.faults }

// RoundTripper returns a transport that has the handler serve every request,
// whatever host it is for, without a socket: an SDK client with an http.Client over
// it can live in a testing/synctest bubble together with the delivery streams. It
// keeps no connections, and needs no Close.
func (h *Handler) RoundTripper() http.RoundTripper { return &memhttp.Transport{Handler: h} }

// Close closes the directories of the buckets, to which nothing can be delivered any
// more then. Shut the service down first. Without Config.Directory there is nothing
// to close.
func (h *Handler) Close() error { return h.buckets.close() }

// ServeHTTP answers one request. It reads the whole body before it acts, and sends
// the whole answer, with its length, in one write.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	if r.Method != http.MethodPost || awshttp.MediaType(r) != awshttp.JSON11 {
		awshttp.Refuse(w, r, id)
		return
	}
	b := awshttp.TakeBuffer()
	defer b.Release()
	result, err := h.serve(r, b)

	status := http.StatusOK
	b.Data = b.Data[:0]
	switch {
	case err != nil:
		e := conditions.Explain(err)
		status = e.Status
		b.Data = awshttp.AppendError11(b.Data, e)
	case result == nil: // its output has no members
		b.Data = append(b.Data, "{}"...)
	default:
		b.Data = awsjson.Append(b.Data, result)
	}
	awshttp.Send(w, status, awshttp.JSON11, id, b.Data)
}

const targetPrefix = "Firehose_20150804."

func (h *Handler) serve(r *http.Request, b *awshttp.Buffer) (any, error) {
	if err := b.Read(r, h.config.MaxRequestBytes); err != nil {
		return nil, conditions.Unreadable(err, "SerializationException")
	}
	if err := conditions.Authenticate(r, b.Data, h.config.Keys, "firehose"); err != nil {
		return nil, err
	}
	action := awshttp.Action(r, targetPrefix)
	run, ok := operations[action]
	if !ok {
		return nil, newError("UnknownOperationException", "")
	}
	scratch := awshttp.TakeBuffer()
	defer scratch.Release()
	c := call{ctx: r.Context(), handler: h, body: b.Data, scratch: scratch}
	var err error
	if c.service, err = awshttp.View(conditions, r, h.service); err != nil {
		return nil, err
	}
	if err := h.faults.injector.Apply(c.ctx, action); err != nil {
		return nil, err
	}
	return run(&c)
}

// call is one request on its way.
type call struct {
	ctx     context.Context
	handler *Handler
	service *firehose.Service // as the caller sees it
	body    []byte            // valid until the operation returns, as scratch is
	scratch *awshttp.Buffer
}

// Decode reads the input of the action into a struct. A []byte in it is valid until
// the operation returns.
func (c *call) Decode(input any) error { return awshttp.DecodeJSON(c.body, c.scratch, input) }
