package sns_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// links serves the links of a service's messages and its certificate, as a front end
// does. The service is there by the time of the first request.
func links(service func() *sns.Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		query := r.URL.Query()
		switch key, _ := service().SigningKey(); {
		case r.URL.Path == key.CertificatePath():
			_, err = w.Write(key.CertificatePEM())
		case query.Get("Action") == "ConfirmSubscription":
			_, err = service().ConfirmSubscription(query.Get("TopicArn"), query.Get("Token"), false)
		case query.Get("Action") == "Unsubscribe":
			err = service().Unsubscribe(r.Context(), sns.SubscriptionID(query.Get("SubscriptionArn")))
		default:
			err = errors.New("no such action")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
}

// inbox keeps what a Receiver gets.
type inbox struct {
	mu   sync.Mutex
	got  []*sns.ReceivedMessage // guarded by mu
	fail int                    // how many to fail at first; guarded by mu
}

func (i *inbox) take(_ context.Context, m *sns.ReceivedMessage) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail > 0 {
		i.fail--
		return errors.New("not now")
	}
	i.got = append(i.got, m)
	return nil
}

func (i *inbox) messages() []*sns.ReceivedMessage {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.got
}

// An HTTPS subscription from its first day to its last: confirmed, delivered to,
// retried, and ended by the link in a message.
func TestAReceiverInABubble(t *testing.T) {
	key := signingKey()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		var service *sns.Service
		var box inbox
		receiver := &sns.Receiver{OnNotification: box.take, Topics: func(arn string) bool { return strings.HasSuffix(arn, ":orders") }}
		transport := &memhttp.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "shop.example.com" {
				receiver.ServeHTTP(w, r)
				return
			}
			links(func() *sns.Service { return service }).ServeHTTP(w, r)
		})}
		receiver.Verifier = &sns.Verifier{Transport: transport}
		service = newService(t, sns.ServiceConfig{Transport: transport, SigningKey: key})
		topic := createTopic(t, service, "orders", sns.Config{SignatureVersion: "2"})
		id, err := topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolHTTPS, Address: "https://shop.example.com/inbox"})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		sub, err := topic.Subscription(id)
		require.NoError(t, err)
		require.False(t, sub.Pending(), "%v", sub.Stats().LastError)

		box.fail = 2
		start := time.Now()
		sent, err := topic.Publish(ctx, sns.Entry{Message: "a book", Subject: "Order 1", Attributes: map[string]sns.Attribute{"n": sqs.NumberAttribute("1")}})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		require.Equal(t, 40*time.Second, time.Since(start), "two retries, 20 seconds apart")
		require.Len(t, box.messages(), 1)
		got := box.messages()[0]
		require.Equal(t, "a book", got.Message)
		require.Equal(t, "Order 1", got.Subject)
		require.Equal(t, sent[0].MessageID, got.MessageID)
		require.Equal(t, topic.ARN(), got.TopicARN)
		require.Equal(t, string(id), got.SubscriptionARN)
		require.Equal(t, map[string]sns.Attribute{"n": sqs.NumberAttribute("1")}, got.Attributes)

		goodbye, err := http.NewRequestWithContext(ctx, http.MethodGet, got.UnsubscribeURL, nil)
		require.NoError(t, err)
		resp, err := transport.RoundTrip(goodbye)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.NoError(t, service.Flush(ctx))
		require.Empty(t, topic.Subscriptions())
		_, err = topic.Publish(ctx, sns.Entry{Message: "another"})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		require.Len(t, box.messages(), 1)
	})
}

func TestAReceiverOnTheLoopback(t *testing.T) {
	ctx := t.Context()
	var service *sns.Service
	var box inbox
	front := httptest.NewServer(links(func() *sns.Service { return service }))
	defer front.Close()
	receiver := httptest.NewServer(&sns.Receiver{
		Verifier: &sns.Verifier{
			Transport: http.DefaultTransport,
			TrustURL:  func(u *url.URL) bool { return "http://"+u.Host == front.URL },
		},
		Topics:         func(string) bool { return true },
		OnNotification: box.take, OnRaw: box.take,
	})
	defer receiver.Close()
	service = newService(t, sns.ServiceConfig{Transport: http.DefaultTransport, BaseURL: front.URL, SigningKey: signingKey()})
	topic := createTopic(t, service, "orders", sns.Config{})
	for address, raw := range map[string]bool{"/a": false, "/b": true} {
		_, err := topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: receiver.URL + address, RawMessageDelivery: raw})
		require.NoError(t, err)
	}
	require.NoError(t, service.Flush(ctx))
	_, err := topic.Publish(ctx, sns.Entry{Message: "a book"})
	require.NoError(t, err)
	require.NoError(t, service.Flush(ctx))
	got := box.messages()
	require.Len(t, got, 2)
	require.Equal(t, []string{"a book", "a book"}, []string{got[0].Message, got[1].Message})
	require.NotEqual(t, got[0].Raw, got[1].Raw)
}

func TestMailFromATopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		service := newService(t, sns.ServiceConfig{BaseURL: "http://localhost:4566"})
		topic := createTopic(t, service, "orders", sns.Config{DisplayName: "Shop"})
		_, err := topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "admin@example.com"})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		mails := service.Outbox().Mails()
		require.Len(t, mails, 1)
		require.Equal(t, "AWS Notification - Subscription Confirmation", mails[0].Subject)
		_, link, _ := strings.Cut(mails[0].Body, "http://localhost:4566/?")
		query, err := url.ParseQuery(strings.Fields(link)[0])
		require.NoError(t, err)
		require.Equal(t, "ConfirmSubscription", query.Get("Action"))
		_, err = service.ConfirmSubscription(query.Get("TopicArn"), query.Get("Token"), false)
		require.NoError(t, err)

		service.Outbox().Reset()
		service.Outbox().FailWith(errors.New("the server is down"))
		time.AfterFunc(15*time.Second, func() { service.Outbox().FailWith(nil) })
		start := time.Now()
		_, err = topic.Publish(ctx, sns.Entry{Message: "dead letters", Subject: "Look"})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		require.Equal(t, 20*time.Second, time.Since(start))
		mails = service.Outbox().Mails()
		require.Len(t, mails, 1)
		require.Equal(t, `"Shop" <no-reply@sns.amazonaws.com>`, mails[0].From)
		require.Equal(t, "Look", mails[0].Subject)
		require.True(t, strings.HasPrefix(mails[0].Body, "dead letters\n\n--\n"))
	})
}

// A receiver of what queues hold verifies it, too, if the service signs for them.
func TestVerifyWhatAQueueHolds(t *testing.T) {
	ctx := t.Context()
	var service *sns.Service
	v := &sns.Verifier{Transport: &memhttp.Transport{Handler: links(func() *sns.Service { return service })}}
	for _, sign := range []bool{false, true} {
		service = newService(t, sns.ServiceConfig{SigningKey: signingKey(), SignQueueMessages: sign})
		topic := createTopic(t, service, "orders", sns.Config{})
		queue, err := sqs.New("q", sqs.Config{})
		require.NoError(t, err)
		_, err = topic.Subscribe(ctx, sns.Subscription{Endpoint: sns.QueueEndpoint(queue)})
		require.NoError(t, err)
		_, err = topic.Publish(ctx, sns.Entry{Message: `{"a":"book"}`})
		require.NoError(t, err)
		require.NoError(t, service.Flush(ctx))
		messages, err := queue.Receive(ctx, sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.True(t, json.Valid([]byte(messages[0].Body)))
		m, err := v.Verify(ctx, []byte(messages[0].Body))
		if !sign {
			require.ErrorIs(t, err, sns.ErrSignature)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, `{"a":"book"}`, m.Message)
	}
}
