package sns

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// httpDelivery delivers a notification of a topic to a URL.
func httpDelivery(t testing.TB, transport http.RoundTripper, address string, change func(n *Notification)) error {
	topic := endpointTopic(t, ServiceConfig{Transport: transport}, "orders", Config{})
	protocol, _, _ := strings.Cut(address, ":")
	e, err := topic.service.endpointFor(Protocol(protocol), address)
	require.NoError(t, err)
	n := published(topic, &message{content: content{text: "silver & größer", attributes: map[string]Attribute{"store": {DataType: "String", Value: "x"}}}})
	if change != nil {
		change(&n)
	}
	return e.Deliver(t.Context(), n)
}

// The headers and bodies are what a server sees on a socket.
func TestHTTPDeliveryOnTheWire(t *testing.T) {
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		text, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		got, body = req, string(text)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")

	subscription := ordersARN + ":c9135db0-26c4-47ec-8998-413945fb5a96"
	for name, c := range map[string]struct {
		address string
		change  func(n *Notification)
		want    map[string]string // headers; an empty one is missing
		raw     bool
	}{
		"notification": {
			address: "http://" + host + "/path?query=1#fragment",
			want: map[string]string{
				"x-amz-sns-message-type":     "Notification",
				"x-amz-sns-message-id":       "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
				"x-amz-sns-topic-arn":        ordersARN,
				"x-amz-sns-subscription-arn": subscription,
				"x-amz-sns-rawdelivery":      "",
				"Content-Type":               "text/plain; charset=UTF-8",
				"User-Agent":                 "Amazon Simple Notification Service Agent",
				"Accept-Encoding":            "gzip,deflate",
				"Authorization":              "",
			},
		},
		"raw, with a content type and a password": {
			address: "http://user:pass%40word@" + host + "/path?query=1",
			change:  func(n *Notification) { n.Raw, n.ContentType = true, "application/json" },
			want: map[string]string{
				"x-amz-sns-message-type":     "Notification",
				"x-amz-sns-subscription-arn": subscription,
				"x-amz-sns-rawdelivery":      "true",
				"Content-Type":               "application/json",
				"Authorization":              "Basic dXNlcjpwYXNzQHdvcmQ=",
			},
			raw: true,
		},
		"subscription confirmation": {
			address: "http://" + host + "/path?query=1",
			change:  func(n *Notification) { n.Type, n.Raw = TypeSubscriptionConfirmation, true },
			want: map[string]string{
				"x-amz-sns-message-type":     "SubscriptionConfirmation",
				"x-amz-sns-subscription-arn": "",
				"x-amz-sns-rawdelivery":      "",
			},
		},
		"unsubscribe confirmation": {
			address: "http://" + host + "/path?query=1",
			change:  func(n *Notification) { n.Type = TypeUnsubscribeConfirmation },
			want: map[string]string{
				"x-amz-sns-message-type":     "UnsubscribeConfirmation",
				"x-amz-sns-subscription-arn": subscription,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, httpDelivery(t, http.DefaultTransport, c.address, c.change))
			require.Equal(t, "POST /path?query=1", got.Method+" "+got.RequestURI)
			require.Equal(t, host, got.Host)
			for header, value := range c.want {
				require.Equal(t, value, got.Header.Get(header), header)
			}
			require.Equal(t, strconv.Itoa(len(body)), got.Header.Get("Content-Length"))
			if c.raw {
				require.Equal(t, "silver & größer", body)
				return
			}
			require.True(t, strings.HasPrefix(body, "{\n  \"Type\" : \""+got.Header.Get("x-amz-sns-message-type")+"\",\n"), body)
			require.NotContains(t, body, `"Signature" : ""`)
		})
	}
}

func TestHTTPDeliveryByStatus(t *testing.T) {
	const fine, again, never = "fine", "again", "never"
	for status, want := range map[int]string{
		200: fine, 201: fine, 202: fine, 204: fine, 299: fine,
		300: never, 301: never, 302: never, 304: never, 307: never, 308: never,
		400: never, 401: never, 403: never, 404: never, 408: never, 410: never, 413: never, 422: never, 499: never,
		429: again, 500: again, 502: again, 503: again, 504: again, 599: again,
	} {
		calls := 0
		err := httpDelivery(t, roundTrip(func(*http.Request) (*http.Response, error) {
			calls++
			resp, err := answer(status, []byte("whatever"))
			resp.Header.Set("Location", "https://example.com/elsewhere")
			return resp, err
		}), "https://user:secret@example.com/", nil)
		require.Equal(t, 1, calls, "no redirect is followed")
		switch want {
		case fine:
			require.NoError(t, err, status)
		default:
			require.ErrorContains(t, err, strconv.Itoa(status))
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, want == never, isPermanent(err), status)
		}
	}
}

func TestHTTPDeliveryWithoutAnAnswer(t *testing.T) {
	refused := errors.New("connection refused")
	err := httpDelivery(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, refused }), "https://example.com/", nil)
	require.ErrorIs(t, err, refused)
	require.False(t, isPermanent(err))

	err = httpDelivery(t, nil, "https://example.com/", nil)
	require.ErrorContains(t, err, "ServiceConfig.Transport")
	require.True(t, isPermanent(err))
}

func TestHTTPDeliveryEndsAfterFifteenSeconds(t *testing.T) {
	testKey() // before the clock is a bubble's
	synctest.Test(t, func(t *testing.T) {
		silent := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		start := time.Now()
		err := httpDelivery(t, silent, "https://example.com/", nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, isPermanent(err))
		require.Equal(t, 15*time.Second, time.Since(start))
	})
}

// endless is a body that never ends, and knows what was done to it.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

func TestHTTPDeliveryReadsLittleOfTheAnswer(t *testing.T) {
	var body endless
	require.NoError(t, httpDelivery(t, roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: &body}, nil
	}), "https://example.com/", nil))
	require.True(t, body.closed)
	require.Less(t, body.read, 64<<10)
}

func TestEndpointsThatAreNone(t *testing.T) {
	service := endpointTopic(t, ServiceConfig{}, "orders", Config{}).service
	for _, c := range []struct{ protocol, address string }{
		{"http", ""},
		{"http", "https://example.com"},
		{"https", "http://example.com"},
		{"https", "https:///path"},
		{"https", "https://user:secret@exa mple.com"},
		{"https", "example.com"},
		{"carrier-pigeon", "home"},
		{"sqs", "arn:aws:sqs:us-east-1:000000000000:q"},
	} {
		e, err := service.endpointFor(Protocol(c.protocol), c.address)
		require.Nil(t, e)
		require.ErrorIs(t, err, ErrInvalidParameter)
		require.True(t, isPermanent(err))
		require.NotContains(t, err.Error(), "secret")
	}
}
