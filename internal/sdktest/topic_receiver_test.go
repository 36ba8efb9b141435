package sdktest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

// mailbox is a subscriber on a loopback port, with what it received after it was
// verified.
type mailbox struct {
	url      string
	received chan *sns.ReceivedMessage
	bodies   chan []byte // the requests' bodies, verified or not
}

func openMailbox(t *testing.T, v *sns.Verifier, topic string) *mailbox {
	t.Helper()
	m := &mailbox{received: make(chan *sns.ReceivedMessage, 10), bodies: make(chan []byte, 10)}
	keep := func(_ context.Context, message *sns.ReceivedMessage) error { m.received <- message; return nil }
	receiver := &sns.Receiver{
		Verifier: v, Topics: func(arn string) bool { return arn == topic }, OnNotification: keep, OnSubscription: keep,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		m.bodies <- body
		r.Body = io.NopCloser(bytes.NewReader(body))
		receiver.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

// next returns what comes next, of the type that is expected.
func (m *mailbox) next(t *testing.T, kind sns.NotificationType) (message *sns.ReceivedMessage, body []byte) {
	t.Helper()
	select {
	case message = <-m.received:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing came", "of type %s", kind)
	}
	require.Equal(t, kind, message.Type)
	return message, <-m.bodies
}

// TestARealReceiver has sockets between the SDK, SNS and a subscriber, which fetches the
// certificate and follows the links over TLS.
func TestARealReceiver(t *testing.T) {
	s := listen(t)
	base, err := url.Parse(s.links.URL)
	require.NoError(t, err)
	web := s.links.Client()
	verifier := &sns.Verifier{
		Transport: web.Transport,
		TrustURL:  func(u *url.URL) bool { return u.Scheme == "https" && u.Host == base.Host },
	}
	get := func(link string) string {
		response, err := web.Get(link)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
		return string(body)
	}
	c := awssns.New(awssns.Options{Region: "us-east-1", BaseEndpoint: &s.url, Credentials: keys(foreignKey, foreignSecret)})
	for _, version := range []string{"1", "2"} {
		t.Run("signature version "+version, func(t *testing.T) {
			topic := createTopic(t, c, "orders-"+version, map[string]string{"SignatureVersion": version})
			m := openMailbox(t, verifier, *topic)
			subscription := subscribe(t, c, topic, "http", m.url, nil)
			asked, _ := m.next(t, sns.TypeSubscriptionConfirmation)
			require.Contains(t, get(asked.SubscribeURL), *subscription)

			id := publish(t, c, topic, "hello \u1234\n")
			note, body := m.next(t, sns.TypeNotification)
			require.Equal(t, "hello \u1234\n", note.Message)
			require.Equal(t, id, note.MessageID)
			require.Equal(t, *subscription, note.SubscriptionARN)
			require.Equal(t, version, envelope(t, string(body))["SignatureVersion"])

			forged := strings.Replace(string(body), "hello", "jello", 1)
			response, err := http.Post(m.url, "text/plain", strings.NewReader(forged))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, http.StatusForbidden, response.StatusCode)
			<-m.bodies

			get(note.UnsubscribeURL)
			farewell, _ := m.next(t, sns.TypeUnsubscribeConfirmation)
			require.Contains(t, farewell.Message, *subscription)
			require.Empty(t, call(t, c.ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: topic}).Subscriptions)
			require.NoError(t, verifier.Confirm(t.Context(), farewell))
			listed := call(t, c.ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: topic}).Subscriptions
			require.Equal(t, []string{*subscription}, arnsOf(listed), "the link in the farewell brings it back")
			require.Equal(t, aws.String(m.url), listed[0].Endpoint)
		})
	}
}
