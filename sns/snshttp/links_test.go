package snshttp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// receiver is an HTTP endpoint that keeps what it is sent.
type receiver struct {
	mu    sync.Mutex
	kinds []string
	last  map[string]string // the envelope; guarded by mu, as kinds
}

func (r *receiver) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kinds = append(r.kinds, q.Header.Get("X-Amz-Sns-Message-Type"))
	r.last = nil
	return httptest.NewRecorder().Result(), json.Unmarshal(body, &r.last)
}

// field returns a field of the last envelope, once there is nothing left to do.
func (r *receiver) field(name string) string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last[name]
}

// signingKey is made once: that takes a while.
var signingKey = sync.OnceValues(sns.NewSigningKey)

// TestLinksNeedNoCredentials follows every link that an HTTP endpoint gets, on a handler
// that else asks for signatures.
func TestLinksNeedNoCredentials(t *testing.T) {
	key, err := signingKey()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		web := &receiver{}
		_, service, _ := newHandlerWith(t, sns.ServiceConfig{Transport: web, SigningKey: key})
		handler := snshttp.NewHandler(service, snshttp.Config{Keys: map[string]string{}})
		topic, err := service.Topic("events")
		require.NoError(t, err)
		id, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://receiver.example/"})
		require.NoError(t, err)

		confirm := web.field("SubscribeURL")
		require.Contains(t, confirm, host+"/?Action=ConfirmSubscription&TopicArn="+eventsARN+"&Token=")
		for range 2 { // and again
			require.Equal(t, string(id), element(t, askFor(t, handler, "ConfirmSubscription", get(confirm)), "SubscriptionArn"))
		}
		_, err = topic.Publish(t.Context(), sns.Entry{Message: "hello"})
		require.NoError(t, err)
		require.Equal(t, "hello", web.field("Message"))

		certificate := serve(t, handler, get(web.field("SigningCertURL")))
		require.Equal(t, http.StatusOK, certificate.status)
		require.Equal(t, "application/x-pem-file", certificate.header.Get("Content-Type"))
		require.Equal(t, string(key.CertificatePEM()), certificate.body)

		unsubscribe := web.field("UnsubscribeURL")
		require.Equal(t, host+"/?Action=Unsubscribe&SubscriptionArn="+string(id), unsubscribe)
		require.Empty(t, askFor(t, handler, "Unsubscribe", get(unsubscribe)))
		require.Equal(t, "UnsubscribeConfirmation", web.field("Type"))
		require.Empty(t, topic.Subscriptions())
		require.Equal(t, string(id), element(t, askFor(t, handler, "ConfirmSubscription", get(web.field("SubscribeURL"))), "SubscriptionArn"))
		require.Len(t, topic.Subscriptions(), 1, "the link in an UnsubscribeConfirmation brings it back")

		refused := problemOf(t, serve(t, handler, get(host+"/?Action=ListTopics")))
		require.Equal(t, "MissingAuthenticationToken", refused.code, "other actions are no links")
		require.Equal(t, []string{"SubscriptionConfirmation", "Notification", "UnsubscribeConfirmation"}, web.kinds)
	})
}

// TestAQueueIsNotUnsubscribedByALink: whoever reads a queue has the link, but nobody has
// asked the queue's owner to confirm anything.
func TestAQueueIsNotUnsubscribedByALink(t *testing.T) {
	lenient, service, _ := newHandler(t)
	strict := snshttp.NewHandler(service, snshttp.Config{Keys: map[string]string{}})
	id := subscribeQueue(t, lenient, "")
	link := host + "/?Action=Unsubscribe&SubscriptionArn=" + id
	require.Equal(t, problem{"AuthorizationError", "Sender", "Not authorized to perform: SNS:Unsubscribe on resource: " + id, 403},
		problemOf(t, serve(t, strict, get(link))))
	topic, err := service.Topic("events")
	require.NoError(t, err)
	require.Len(t, topic.Subscriptions(), 1)
	askFor(t, lenient, "Unsubscribe", get(link))
	require.Empty(t, topic.Subscriptions(), "without keys everybody is everyone")
}

// TestAuthenticateOnUnsubscribe: the wish counts in a signed request, and then only an
// owner's credentials unsubscribe.
func TestAuthenticateOnUnsubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, service, _ := newHandlerWith(t, sns.ServiceConfig{Transport: &receiver{}})
		topic, err := service.Topic("events")
		require.NoError(t, err)
		subscribe := func(address string) (id, token string) {
			arn, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolHTTP, Address: address})
			require.NoError(t, err)
			s, err := topic.Subscription(arn)
			require.NoError(t, err)
			return string(arn), s.Token()
		}
		confirm := func(token string) *http.Request {
			return post("ConfirmSubscription", "TopicArn="+eventsARN+"&AuthenticateOnUnsubscribe=true&Token="+token)
		}
		guarded, token := subscribe("http://guarded.example/")
		askFor(t, handler, "ConfirmSubscription", as(confirm(token), "test", "us-east-1"))
		open, token := subscribe("http://open.example/")
		askFor(t, handler, "ConfirmSubscription", confirm(token))
		synctest.Wait()

		link := func(id string) *http.Request { return get(host + "/?Action=Unsubscribe&SubscriptionArn=" + id) }
		want := problem{"AuthorizationError", "Sender", "Not authorized to perform: SNS:Unsubscribe on resource: " + guarded, 403}
		require.Equal(t, want, problemOf(t, serve(t, handler, link(guarded))))
		require.Equal(t, want, problemOf(t, serve(t, handler, as(link(guarded), alice, "us-east-1"))))
		require.Len(t, topic.Subscriptions(), 2)
		askFor(t, handler, "Unsubscribe", link(open))
		askFor(t, handler, "Unsubscribe", as(link(guarded), "test", "us-east-1"))
		require.Empty(t, topic.Subscriptions())
	})
}
