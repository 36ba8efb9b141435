package firehose

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HTTPReceiver is the other end of an [HTTPEndpoint], or of a delivery stream on AWS: an
// http.Handler that takes what is posted and hands the records to a function. Its
// answers make the delivery stream do the right thing. Fields must not change once it
// is used; it may then be used concurrently, and must not be copied.
type HTTPReceiver struct {
	// AccessKey is what requests must have for an access key. Empty means that anybody may
	// send some.
	AccessKey string

	// OnDelivery gets the records of a request. An error makes the delivery stream send
	// them again, unless it is marked by [Permanent]; the sender is told its text. Nil
	// refuses all requests for now.
	OnDelivery func(ctx context.Context, d *ReceivedDelivery) error

	// Remember is how long the ids of requests whose records were taken are remembered; a
	// request that comes again meanwhile is answered as the first one was, and OnDelivery is
	// not called. If the first is still being handled, the second waits for it. Each id
	// takes some 200 bytes for up to twice as long. A delivery stream on AWS retries for up
	// to 2 hours. Zero means that no ids are remembered.
	Remember time.Duration

	// MaxBody bounds the body of a request, when decompressed, in bytes. Zero means 64 MiB.
	// More is refused for good.
	MaxBody int64

	// Logger is told what was refused, and why. Nil means silence.
	Logger *slog.Logger

	seen requestWindow
}

// ReceivedDelivery is what a request delivers. It belongs to the function that gets it.
type ReceivedDelivery struct {
	// RequestID is the same when the records come again.
	RequestID string
	// SourceARN is the delivery stream's.
	SourceARN string
	// Timestamp is when the request was made; zero if it does not say.
	Timestamp time.Time
	// CommonAttributes are those that the delivery stream is configured to send.
	CommonAttributes map[string]string
	// Records are the data of the records, in order.
	Records [][]byte
}

// refusal is why a request is refused.
type refusal struct {
	status int
	error
}

func (e refusal) Unwrap() error { return e.error }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Errorf(format, args...)}
}

// ServeHTTP takes one request.
func (r *HTTPReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id := req.Header.Get(headerRequestID)
	err := r.receive(req, id)
	status := http.StatusOK
	said := struct {
		RequestID    string `json:"requestId"`
		Timestamp    int64  `json:"timestamp"`
		ErrorMessage string `json:"errorMessage,omitempty"`
	}{RequestID: id, Timestamp: time.Now().UnixMilli()}
	if err != nil {
		status = http.StatusInternalServerError
		if e, ok := errors.AsType[refusal](err); ok {
			status = e.status
		}
		text := err.Error()
		said.ErrorMessage = strings.ToValidUTF8(text[:min(len(text), maxErrorMessage)], "")
		if r.Logger != nil {
			r.Logger.WarnContext(req.Context(), "delivery refused", slog.Int("status", status), slog.String("request", id), slog.Any("error", err))
		}
	}
	body, _ := json.Marshal(said) // never fails
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (r *HTTPReceiver) receive(req *http.Request, id string) error {
	contentType, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	const maxID = 256
	switch key := req.Header.Get(headerAccessKey); {
	case req.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "POST only")
	case r.AccessKey != "" && subtle.ConstantTimeCompare([]byte(key), []byte(r.AccessKey)) != 1:
		return refuse(http.StatusUnauthorized, "the access key is not right")
	case req.Header.Get(headerVersion) != protocolVersion:
		return refuse(http.StatusBadRequest, "%s is not %s", headerVersion, protocolVersion)
	case id == "" || len(id) > maxID:
		return refuse(http.StatusBadRequest, "%s must have 1 to %d characters", headerRequestID, maxID)
	case contentType != "application/json":
		return refuse(http.StatusUnsupportedMediaType, "Content-Type is not application/json")
	case r.OnDelivery == nil:
		return refuse(http.StatusServiceUnavailable, "nobody takes deliveries")
	}
	d, err := r.read(req, id)
	if err != nil {
		return err
	}
	if r.Remember <= 0 {
		return r.hand(req.Context(), d)
	}
	return r.seen.once(req.Context(), d.SourceARN+" "+id, r.Remember, func() error { return r.hand(req.Context(), d) })
}

// hand calls the function.
func (r *HTTPReceiver) hand(ctx context.Context, d *ReceivedDelivery) error {
	err := r.OnDelivery(ctx, d)
	if err == nil {
		return nil
	}
	if _, lasting := errors.AsType[*permanentError](err); lasting {
		return refusal{http.StatusRequestEntityTooLarge, err} // the one status that is for good
	}
	return refusal{http.StatusInternalServerError, err}
}

// read reads a request.
func (r *HTTPReceiver) read(req *http.Request, id string) (*ReceivedDelivery, error) {
	d := &ReceivedDelivery{RequestID: id, SourceARN: req.Header.Get(headerSourceARN)}
	if text := req.Header.Get(headerAttributes); text != "" {
		var v struct {
			CommonAttributes map[string]string `json:"commonAttributes"`
		}
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, refuse(http.StatusBadRequest, "%s: %w", headerAttributes, err)
		}
		d.CommonAttributes = v.CommonAttributes
	}
	text, err := r.readBody(req)
	if err != nil {
		return nil, err
	}
	var body struct {
		RequestID string `json:"requestId"`
		Timestamp int64  `json:"timestamp"`
		Records   []struct {
			Data []byte `json:"data"`
		} `json:"records"`
	}
	switch err := json.Unmarshal(text, &body); {
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body is not the JSON that it should be: %w", err)
	case body.RequestID != id:
		return nil, refuse(http.StatusBadRequest, "the body has another request id than %s", headerRequestID)
	case len(body.Records) == 0:
		return nil, refuse(http.StatusBadRequest, "the body has no records")
	}
	if body.Timestamp != 0 {
		d.Timestamp = time.UnixMilli(body.Timestamp)
	}
	d.Records = make([][]byte, len(body.Records))
	for i := range body.Records {
		d.Records[i] = body.Records[i].Data
	}
	return d, nil
}

func (r *HTTPReceiver) readBody(req *http.Request) ([]byte, error) {
	limit := cmp.Or(r.MaxBody, maxRequestBody)
	if req.Body == nil { // which a server sees to, and a test may not
		return nil, nil
	}
	var in io.Reader = io.LimitReader(req.Body, limit+1)
	switch encoding := req.Header.Get("Content-Encoding"); {
	case encoding == "":
	case strings.EqualFold(encoding, "gzip"):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not compressed as it should be: %w", err)
		}
		in = io.LimitReader(z, limit+1)
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "Content-Encoding is not gzip")
	}
	body, err := io.ReadAll(in)
	switch {
	case int64(len(body)) > limit:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", limit)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body could not be read: %w", err)
	}
	return body, nil
}
