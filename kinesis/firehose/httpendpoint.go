package firehose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

// HTTPEndpointConfig says how to reach an [HTTPEndpoint].
type HTTPEndpointConfig struct {
	// URL is where records are posted to: http or https, of any port, at most 1,000
	// characters. (AWS takes only https at port 443.)
	URL string

	// AccessKey is sent with every request, as it is: at most 4,096 characters that a
	// header can have. Empty means none.
	AccessKey string

	// CommonAttributes are sent with every request: at most 50, with names of 1 to 256
	// characters and values of at most 1,024.
	CommonAttributes map[string]string

	// GZIP compresses the requests. The answers never are.
	GZIP bool

	// Timeout is how long to wait for the answer to a request. Zero means 3 minutes.
	Timeout time.Duration

	// Transport carries the requests; nil means http.DefaultTransport.
	Transport http.RoundTripper
}

// HTTPEndpoint is a [Sink] that posts the records of a delivery, as JSON and Base64, to
// a URL, as Amazon Data Firehose does; compression and object keys do not matter. All
// methods may be called concurrently. [HTTPReceiver] is the other side. ("Understand HTTP
// endpoint delivery request and response specifications" in the Developer Guide.)
//
// The delivery's id is that of the request, and the same on every retry. A request has
// at most 10,000 records and 64 MiB before compression. What is more goes in further
// requests, one after the other, whose ids are made of the delivery's and so are the same
// on a retry as well: an endpoint that remembers ids gets no record twice.
//
// Only the status 200, with an answer that is as it should be, means that the records
// were taken. 413 means that they never will be. Redirects are not followed.
type HTTPEndpoint struct {
	config     HTTPEndpointConfig
	url        string
	attributes string // as JSON; may be empty
}

const (
	maxEndpointURL      = 1000
	maxAccessKey        = 4096
	maxCommonAttributes = 50
	maxAttributeName    = 256
	maxAttributeValue   = 1024
	endpointTimeout     = 3 * time.Minute
)

// NewHTTPEndpoint returns an endpoint. Each fault of cfg is an [*Error] with
// ErrInvalidArgument; they are joined.
func NewHTTPEndpoint(cfg HTTPEndpointConfig) (*HTTPEndpoint, error) {
	var found []error
	add := func(format string, args ...any) {
		err := invalid(format, args...)
		err.Op = "NewHTTPEndpoint"
		found = append(found, err)
	}
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		add("Url must begin with https:// or http:// and a host") // and is not told: it may have a password in it
	case utf8.RuneCountInString(cfg.URL) > maxEndpointURL:
		add("Url must have at most %d characters", maxEndpointURL)
	}
	if len(cfg.AccessKey) > maxAccessKey || !isHeaderValue(cfg.AccessKey) {
		add("AccessKey must have at most %d characters, without control characters, and no spaces around it", maxAccessKey)
	}
	if len(cfg.CommonAttributes) > maxCommonAttributes {
		add("CommonAttributes must be at most %d", maxCommonAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.CommonAttributes)) {
		value := cfg.CommonAttributes[name]
		if n := utf8.RuneCountInString(name); n < 1 || n > maxAttributeName || !utf8.ValidString(name) {
			add("AttributeName %.300q must have 1 to %d characters", name, maxAttributeName)
		}
		if utf8.RuneCountInString(value) > maxAttributeValue || !utf8.ValidString(value) {
			add("AttributeValue of %.300q must have at most %d characters", name, maxAttributeValue)
		}
	}
	if cfg.Timeout < 0 {
		add("Timeout must not be negative")
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = endpointTimeout
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	e := &HTTPEndpoint{config: cfg, url: cfg.URL}
	if len(cfg.CommonAttributes) > 0 {
		e.attributes = asciiJSON(map[string]any{"commonAttributes": cfg.CommonAttributes})
	}
	e.config.CommonAttributes = nil // the caller's
	return e, nil
}

// isHeaderValue tells whether a header arrives as it is sent.
func isHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// asciiJSON is v as JSON that can be a header.
func asciiJSON(v any) string {
	text, _ := json.Marshal(v) // of strings: never fails
	ascii := make([]byte, 0, len(text))
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			ascii = append(ascii, byte(r))
		case r < 1<<16:
			ascii = fmt.Appendf(ascii, `\u%04x`, r)
		default:
			r -= 1 << 16
			ascii = fmt.Appendf(ascii, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return string(ascii)
}

var errErrorOutput = errors.New("firehose: an HTTP endpoint takes no failed records: set Config.ErrorSink")

// ErrorType names the part of the error output for the records that an endpoint did
// not take.
func (e *HTTPEndpoint) ErrorType() string { return "http-endpoint-failed" }

// Deliver implements [Sink]. The error is an [*HTTPEndpointError]. If only some of
// several requests were too large, a [*PartialError] names their records. Failed records,
// which have an ErrorType, are refused: on AWS endpoints do not get any.
func (e *HTTPEndpoint) Deliver(ctx context.Context, d *Delivery) error {
	if d.ErrorType != "" {
		return Permanent(errErrorOutput)
	}
	var tooLarge []int
	var cause error
	for number, first := 0, 0; first < len(d.Records); number++ {
		n := requestLength(d.Records[first:])
		err := e.post(ctx, d, requestID(d.ID, number), d.Records[first:first+n])
		switch refused, ok := errors.AsType[*HTTPEndpointError](err); {
		case err == nil:
		case ok && refused.Status == http.StatusRequestEntityTooLarge:
			cause = err
			for i := range n {
				tooLarge = append(tooLarge, first+i)
			}
		default:
			return err // all of it comes again, and those that were taken are known by their ids
		}
		first += n
	}
	switch len(tooLarge) {
	case 0:
		return nil
	case len(d.Records):
		return Permanent(cause)
	}
	return &PartialError{Failed: tooLarge, Err: Permanent(cause)}
}
