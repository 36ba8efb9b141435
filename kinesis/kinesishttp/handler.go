package kinesishttp

import (
	"crypto/rand"
	"net/http"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/kinesis"
)

// Config says how strict a Handler is. Its zero value serves everybody.
type Config struct {
	// Keys maps access key ids to their secrets. If it is not nil, a request must
	// carry a valid Signature Version 4, in its header or its URL, made with one
	// of them. Nil means that any credentials do, and none. The handler reads the
	// map for as long as it serves, so it must not be changed then.
	Keys map[string]string

	// MaxRequestBytes bounds the body of a request; a longer one is answered
	// with status 413. Zero means 16 MiB: AWS's largest PutRecords is 10 MiB, of
	// which JSON makes 14.
	MaxRequestBytes int64
}

const defaultMaxRequestBytes = 16 << 20

// Handler serves a Service over AWS's protocols. It may be used concurrently, owns
// no goroutine and needs no Close.
type Handler struct {
	service *kinesis.Service
	config  Config
	faults  Faults
	key     [32]byte      // authenticates tokens
	serial  atomic.Uint32 // of tokens
}

// NewHandler returns a handler that serves the streams of service, those of every
// account and region.
//
// A nil service means one of the handler's own, without streams, that behaves as AWS
// does: its shards have AWS's limits (kinesis.ServiceConfig.EnforceLimits), which
// those of a service made otherwise have only when asked. Handler.Service returns it.
func NewHandler(service *kinesis.Service, cfg Config) *Handler {
	if service == nil {
		service, _ = kinesis.NewService(kinesis.ServiceConfig{EnforceLimits: true}) // nothing in it can be wrong
	}
	if cfg.MaxRequestBytes <= 0 {
		cfg.MaxRequestBytes = defaultMaxRequestBytes
	}
	h := &Handler{service: service, config: cfg}
	_, _ = rand.Read(h.key[:]) // never fails
	return h
}

// Service returns the service that the handler serves.
func (h *Handler) Service() *kinesis.Service { return h.service }

// Faults returns what the handler does wrong on purpose: nothing, until a test adds
// to it.
func (h *Handler) Faults() *Faults { return &h.faults }

// RoundTripper returns a transport that has the handler serve every request,
// whatever host it is for, without a socket: an SDK client with an http.Client over
// it can live in a testing/synctest bubble together with the streams. It keeps no
// connections, and needs no Close.
func (h *Handler) RoundTripper() http.RoundTripper { return &memhttp.Transport{Handler: h} }

// ServeHTTP answers one request. It reads the whole body before it acts, and sends
// the whole answer, with its length, in one write, but for SubscribeToShard, which
// sends one event after the other until the request's context ends.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	p := protocolOf(r)
	if p == nil {
		awshttp.Refuse(w, r, id)
		return
	}
	b := awshttp.TakeBuffer()
	result, err := h.serve(r, p, b)
	if events, ok := result.(eventStream); ok {
		b.Release() // others need it in the minutes that this may take
		events.send(w, id)
		return
	}
	defer b.Release()
	status := http.StatusOK
	b.Data = b.Data[:0]
	if err == nil {
		b.Data = p.appendResult(b.Data, result)
	} else {
		e := conditions.Explain(err)
		status = e.Status
		b.Data = p.appendError(b.Data, e)
	}
	awshttp.Send(w, status, p.contentType(), id, b.Data)
}

// eventStream is the result of an action that answers with events, which it sends
// itself.
type eventStream interface {
	send(w http.ResponseWriter, requestID string)
}

func (h *Handler) serve(r *http.Request, p protocol, b *awshttp.Buffer) (any, error) {
	if err := b.Read(r, h.config.MaxRequestBytes); err != nil {
		return nil, conditions.Unreadable(err, "SerializationException")
	}
	if err := conditions.Authenticate(r, b.Data, h.config.Keys, "kinesis"); err != nil {
		return nil, err
	}
	action := awshttp.Action(r, targetPrefix)
	run, ok := operations[action]
	if !ok {
		return nil, newError("UnknownOperationException", "")
	}
	scratch := awshttp.TakeBuffer()
	defer scratch.Release()
	c := call{protocol: p, ctx: r.Context(), request: r, handler: h, body: b.Data, scratch: scratch}
	var err error
	if c.service, err = awshttp.View(conditions, r, h.service); err != nil {
		return nil, err
	}
	if err := h.faults.injector.Apply(c.ctx, action); err != nil {
		return nil, err
	}
	return run(&c)
}
