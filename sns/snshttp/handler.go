package snshttp

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsquery"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/internal/sigv4"
	"github.com/leat-go/leat/sns"
)

// Config says how strict a Handler is. Its zero value serves everybody.
type Config struct {
	// Keys maps access key ids to their secrets. If it is not nil, a request must
	// carry a valid Signature Version 4, in its header or its URL, made with one
	// of them; only links need none, those in the messages for HTTP and e-mail
	// endpoints. Nil means that any credentials do, and none.
	// The handler reads the map for as long as it serves, so it must not be
	// changed then.
	Keys map[string]string

	// MaxRequestBytes bounds the body of a request; a longer one is answered
	// with status 413. Zero means 8 MiB: AWS's largest batch is 1 MiB, of which a
	// form may spend three bytes on one, and four in a binary attribute.
	MaxRequestBytes int64
}

const defaultMaxRequestBytes = 8 << 20

// Handler serves a Service over AWS's protocol. It may be used concurrently, owns
// no goroutine and needs no Close.
type Handler struct {
	service *sns.Service
	config  Config
	faults  Faults
}

// NewHandler returns a handler that serves the topics of service, those of every
// account and region.
func NewHandler(service *sns.Service, cfg Config) *Handler {
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
// it can live in a testing/synctest bubble together with the topics. It keeps no
// connections, and needs no Close.
func (h *Handler) RoundTripper() http.RoundTripper { return &memhttp.Transport{Handler: h} }

const xmlType = "text/xml"

var queryXML = awsquery.Protocol{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/"}

// ServeHTTP answers one request. It reads the whole body before it acts, and sends
// the whole answer, with its length, in one write.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	if strings.HasPrefix(r.URL.Path, certificatePrefix) {
		h.serveCertificate(w, r, id)
		return
	}
	form, ok := awshttp.IsQuery(r, awshttp.MediaType(r))
	if !ok || r.URL.Path != "/" && r.URL.Path != "" {
		awshttp.Send(w, http.StatusNotFound, xmlType, id, []byte("<UnknownOperationException/>"))
		return
	}
	b := awshttp.TakeBuffer()
	defer b.Release()
	action, result, err := h.serve(r, form, b)

	status := http.StatusOK
	b.Data = b.Data[:0]
	if err == nil {
		b.Data = queryXML.AppendResponse(b.Data, action, result, id)
	} else {
		e := conditions.Explain(err)
		status = e.Status
		b.Data = queryXML.AppendError(b.Data, e.Fault(), e.Query, e.Message, id)
	}
	awshttp.Send(w, status, xmlType, id, b.Data)
}

func (h *Handler) serve(r *http.Request, form bool, b *awshttp.Buffer) (action string, result any, err error) {
	if err := b.Read(r, h.config.MaxRequestBytes); err != nil {
		return "", nil, conditions.Unreadable(err, "MalformedQueryString")
	}
	action, params, err := conditions.OpenQuery(r, b.Data, form)
	if err != nil {
		return "", nil, err
	}
	c := call{ctx: r.Context(), params: params, strict: h.config.Keys != nil, traceHeader: r.Header.Get("X-Amzn-Trace-Id")}
	_, _, _, c.signed = sigv4.ParseCredential(r)
	if c.signed || !isLink(action) {
		if err := conditions.Authenticate(r, b.Data, h.config.Keys, "sns"); err != nil {
			return "", nil, err
		}
	}
	run, ok := operations[action]
	if !ok {
		return "", nil, newError("InvalidAction", "Could not find operation "+action+" for version 2010-03-31")
	}
	if c.service, err = awshttp.View(conditions, r, h.service); err != nil {
		return "", nil, err
	}
	if err := h.faults.injector.Apply(c.ctx, action); err != nil {
		return "", nil, err
	}
	result, err = run(&c)
	return action, result, err
}
