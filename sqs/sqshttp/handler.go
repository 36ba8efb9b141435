package sqshttp

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sqs"
)

// Config says how strict a Handler is. Its zero value serves everybody.
type Config struct {
	// Keys maps access key ids to their secrets. If it is not nil, a request must
	// carry a valid Signature Version 4, in its header or its URL, made with one
	// of them. Nil means that any credentials do, and none. The handler reads the
	// map for as long as it serves, so it must not be changed then.
	Keys map[string]string

	// MaxRequestBytes bounds the body of a request; a longer one is answered
	// with status 413. Zero means 8 MiB: AWS's largest batch is 1 MiB, of which
	// JSON may spend six bytes on one.
	MaxRequestBytes int64
}

const defaultMaxRequestBytes = 8 << 20

// Handler serves a Service over AWS's protocols. It may be used concurrently, owns
// no goroutine and needs no Close.
type Handler struct {
	service *sqs.Service
	config  Config
	faults  Faults
}

// NewHandler returns a handler that serves the queues of service, those of every
// account and region.
func NewHandler(service *sqs.Service, cfg Config) *Handler {
	if cfg.MaxRequestBytes <= 0 {
		cfg.MaxRequestBytes = defaultMaxRequestBytes
	}
	return &Handler{service: service, config: cfg}
}

// Faults returns what the handler does wrong on purpose: nothing, until a test adds
// to it.
func (h *Handler) Faults() *Faults { return &h.faults }

// RoundTripper returns a transport that has the handler serve every request,
// whatever host it is for, without a socket: an SDK client with an http.Client over
// it can live in a testing/synctest bubble together with the queues. It keeps no
// connections, and needs no Close.
func (h *Handler) RoundTripper() http.RoundTripper { return &memhttp.Transport{Handler: h} }

// ServeHTTP answers one request. It reads the whole body before it acts, and sends
// the whole answer, with its length, in one write: an answer that is lost half way
// would leave received messages hidden from everybody. A long poll ends when the
// request's context does.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	p := protocolOf(r)
	if p == nil {
		awshttp.Send(w, http.StatusNotFound, "text/xml", id, []byte("<UnknownOperationException/>"))
		return
	}
	b := awshttp.TakeBuffer()
	defer b.Release()
	action, result, err := h.serve(r, p, b)

	status := http.StatusOK
	b.Data = b.Data[:0]
	if err == nil {
		b.Data = p.appendResult(b.Data, action, result, id)
	} else {
		e := conditions.Explain(err)
		status = e.Status
		b.Data = p.appendError(b.Data, w.Header(), e, id)
	}
	awshttp.Send(w, status, p.contentType(), id, b.Data)
}

func (h *Handler) serve(r *http.Request, p protocol, b *awshttp.Buffer) (action string, result any, err error) {
	if err := b.Read(r, h.config.MaxRequestBytes); err != nil {
		return "", nil, p.unreadable(err)
	}
	if err := conditions.Authenticate(r, b.Data, h.config.Keys, "sqs"); err != nil {
		return "", nil, err
	}
	action, decode, err := p.open(r, b.Data)
	if err != nil {
		return "", nil, err
	}
	run, ok := operations[action]
	if !ok {
		return "", nil, p.unknown(action)
	}
	c := call{protocol: p, ctx: r.Context(), request: r, decode: decode}
	if c.service, err = awshttp.View(conditions, r, h.service); err != nil {
		return "", nil, err
	}
	if err := h.faults.injector.Apply(c.ctx, action); err != nil {
		return "", nil, err
	}
	result, err = run(&c)
	return action, result, err
}
