package sqshttp

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/internal/sigv4"
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
		send(w, http.StatusNotFound, "text/xml", id, []byte("<UnknownOperationException/>"))
		return
	}
	b := takeBuffer()
	defer b.release()
	action, result, err := h.serve(r, p, b)

	status := http.StatusOK
	b.data = b.data[:0]
	if err == nil {
		b.data = p.appendResult(b.data, action, result, id)
	} else {
		e := explain(err)
		status = e.status
		b.data = p.appendError(b.data, w.Header(), e, id)
	}
	send(w, status, p.contentType(), id, b.data)
}

func (h *Handler) serve(r *http.Request, p protocol, b *buffer) (action string, result any, err error) {
	if err := b.read(r, h.config.MaxRequestBytes); err != nil {
		return "", nil, p.unreadable(err)
	}
	if err := h.authenticate(r, b.data); err != nil {
		return "", nil, err
	}
	action, decode, err := p.open(r, b.data)
	if err != nil {
		return "", nil, err
	}
	run, ok := operations[action]
	if !ok {
		return "", nil, p.unknown(action)
	}
	c := call{protocol: p, ctx: r.Context(), request: r, decode: decode}
	if c.service, err = h.view(r); err != nil {
		return "", nil, err
	}
	if err := h.faults.injector.Apply(c.ctx, action); err != nil {
		return "", nil, err
	}
	result, err = run(&c)
	return action, result, err
}

// authenticate checks the signature, if the handler is to.
func (h *Handler) authenticate(r *http.Request, body []byte) error {
	if h.config.Keys == nil {
		return nil
	}
	secretOf := func(id string) (string, bool) {
		secret, ok := h.config.Keys[id]
		return secret, ok
	}
	if err := sigv4.Verify(r, body, secretOf, time.Now()); err != nil {
		return err
	}
	if _, _, service, _ := sigv4.ParseCredential(r); service != "sqs" {
		return badScope("Credential should be scoped to correct service: 'sqs'.")
	}
	return nil
}

// view returns the service as the account and in the region that the request's
// credentials name.
func (h *Handler) view(r *http.Request) (*sqs.Service, error) {
	key, region, _, ok := sigv4.ParseCredential(r)
	if !ok {
		return h.service, nil
	}
	account := h.service.Account()
	if isAccount(key) {
		account = key
	}
	view, err := h.service.As(account, region)
	if err != nil {
		return nil, badScope("Credential should be scoped to a valid region.")
	}
	return view, nil
}

func send(w http.ResponseWriter, status int, contentType, id string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // when this fails there is nobody left to tell
}
