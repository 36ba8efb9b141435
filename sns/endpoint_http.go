package sns

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// httpTimeout is how long AWS waits for the answer to a delivery. ("Amazon SNS
	// message delivery retries" in the SNS Developer Guide.)
	httpTimeout = 15 * time.Second

	defaultContentType = "text/plain; charset=UTF-8"

	// maxIgnoredBody is how much of an answer's body is read, so that the connection
	// can be used again. What it says does not matter.
	maxIgnoredBody = 16 << 10
)

var errNoTransport = errors.New("sns: no HTTP endpoint is reached without a transport: set ServiceConfig.Transport, to http.DefaultTransport for one")

// httpEndpoint posts notifications to a URL.
type httpEndpoint struct {
	service       *Service
	url           string // without the user information
	authorization string // made of the user information; may be empty
}

func newHTTPEndpoint(s *Service, protocol Protocol, address string) (*httpEndpoint, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != string(protocol) || u.Host == "" {
		// The address itself is not told, as it may have a password in it.
		return nil, Permanent(invalid("Endpoint: not a URL that begins with %s://", protocol))
	}
	e := &httpEndpoint{service: s}
	if user := u.User; user != nil {
		password, _ := user.Password()
		e.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
		u.User = nil
	}
	u.Fragment = ""
	e.url = u.String()
	return e, nil
}

// Deliver posts n. The answers 5xx and 429, and none at all, are worth a retry; any
// other but 2xx is for good, redirects too, which are not followed.
func (e *httpEndpoint) Deliver(ctx context.Context, n Notification) error {
	transport := e.service.registry.config.Transport
	if transport == nil {
		return Permanent(errNoTransport)
	}
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	req, err := e.request(ctx, &n)
	if err != nil {
		return err
	}
	// Not an http.Client: it would follow redirects.
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("sns: POST %s: %w", e.url, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxIgnoredBody) // the status has decided
	return httpResult(e.url, resp.StatusCode)
}

func (e *httpEndpoint) request(ctx context.Context, n *Notification) (*http.Request, error) {
	raw := n.Raw && (n.Type == TypeNotification || n.Type == "")
	body := n.Message
	if !raw {
		var err error
		if body, err = n.envelope(true); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(body))
	if err != nil {
		return nil, Permanent(err)
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("x-amz-sns-message-type", string(n.kind()))
	set("x-amz-sns-message-id", n.MessageID)
	set("x-amz-sns-topic-arn", n.TopicARN)
	if n.Type != TypeSubscriptionConfirmation {
		set("x-amz-sns-subscription-arn", n.SubscriptionARN)
	}
	if raw {
		set("x-amz-sns-rawdelivery", "true")
	}
	set("Content-Type", defaultContentType)
	set("Content-Type", n.ContentType)
	set("User-Agent", "Amazon Simple Notification Service Agent")
	set("Accept-Encoding", "gzip,deflate")
	set("Authorization", e.authorization)
	return req, nil
}

// kind is the notification's type, which a notification of a user's own may leave out.
func (n *Notification) kind() NotificationType {
	if n.Type == "" {
		return TypeNotification
	}
	return n.Type
}

func httpResult(address string, status int) error {
	if 200 <= status && status < 300 {
		return nil
	}
	err := fmt.Errorf("sns: POST %s: %d %s", address, status, http.StatusText(status))
	if status >= 500 || status == http.StatusTooManyRequests {
		return err
	}
	return Permanent(err)
}
