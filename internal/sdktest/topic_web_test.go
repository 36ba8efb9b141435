package sdktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

func isTopicHost(u *url.URL) bool { return u.Scheme == "https" && u.Host == topicHost }

// door is an HTTP endpoint that keeps the requests it gets, and answers with the next of
// its statuses, at last with 200.
type door struct {
	mu       sync.Mutex
	statuses []int         // to answer with; guarded by mu, as all below
	at       []time.Time   // when requests came
	headers  []http.Header // of requests
	bodies   []string
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.headers, d.bodies = append(d.at, time.Now()), append(d.headers, r.Header), append(d.bodies, string(body))
	if len(d.statuses) > 0 {
		w.WriteHeader(d.statuses[0])
		d.statuses = d.statuses[1:]
	}
}

// last returns the latest of what came, after n requests in all.
func (d *door) last(t testing.TB, n int) (fields map[string]string, header http.Header) {
	t.Helper()
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	require.Len(t, d.bodies, n)
	var any map[string]any
	require.NoError(t, json.Unmarshal([]byte(d.bodies[n-1]), &any))
	fields = make(map[string]string)
	for name, value := range any {
		if text, ok := value.(string); ok {
			fields[name] = text
		}
	}
	return fields, d.headers[n-1]
}

// TestAnHTTPSubscription lives all of one: it follows the links that come in the
// messages, as a subscriber's program does.
func TestAnHTTPSubscription(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		t.Run("signature version "+version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
				shop := &door{}
				s.hosts["shop.example"] = shop
				c := s.client()
				verifier := &sns.Verifier{Transport: s, TrustURL: isTopicHost}
				verified := func(n int) (fields map[string]string, header http.Header) {
					fields, header = shop.last(t, n)
					require.Equal(t, version, fields["SignatureVersion"])
					m, err := verifier.Verify(t.Context(), []byte(shop.bodies[n-1]))
					require.NoError(t, err)
					require.Equal(t, fields["Message"], m.Message)
					require.Equal(t, fields["Type"], header.Get("X-Amz-Sns-Message-Type"))
					require.Equal(t, fields["MessageId"], header.Get("X-Amz-Sns-Message-Id"))
					require.Equal(t, "Amazon Simple Notification Service Agent", header.Get("User-Agent"))
					require.Equal(t, "text/plain; charset=UTF-8", header.Get("Content-Type"))
					return fields, header
				}

				topic := createTopic(t, c, "orders", map[string]string{"SignatureVersion": version})
				pending := call(t, c.Subscribe, &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("http"), Endpoint: aws.String("http://shop.example/in")})
				require.Equal(t, "pending confirmation", *pending.SubscriptionArn)
				publish(t, c, topic, "before it is confirmed")
				asked, header := verified(1)
				require.Equal(t, "SubscriptionConfirmation", asked["Type"])
				require.Empty(t, header.Get("X-Amz-Sns-Subscription-Arn"))
				require.Contains(t, s.get(t, asked["SubscribeURL"]), "<ConfirmSubscriptionResult>")
				listed := call(t, c.ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: topic}).Subscriptions
				require.Len(t, listed, 1)
				subscription := *listed[0].SubscriptionArn

				id := publish(t, c, topic, "hello")
				note, header := verified(2)
				require.Equal(t, "hello", note["Message"])
				require.Equal(t, id, note["MessageId"])
				require.Equal(t, subscription, header.Get("X-Amz-Sns-Subscription-Arn"))

				s.get(t, note["UnsubscribeURL"])
				require.Empty(t, call(t, c.ListSubscriptionsByTopic, &awssns.ListSubscriptionsByTopicInput{TopicArn: topic}).Subscriptions)
				farewell, _ := verified(3)
				require.Equal(t, "UnsubscribeConfirmation", farewell["Type"])
				publish(t, c, topic, "after its end")
				shop.last(t, 3)

				s.get(t, farewell["SubscribeURL"])
				publish(t, c, topic, "once more")
				note, _ = verified(4)
				require.Equal(t, "once more", note["Message"])
			})
		})
	}
}

// TestRetriesOverHTTP checks the attempts to the second, and what becomes of a
// notification that nobody takes.
func TestRetriesOverHTTP(t *testing.T) {
	const failure, teapot = http.StatusInternalServerError, http.StatusTeapot
	tests := map[string]struct {
		policy   string
		statuses []int
		seconds  []int // when the attempts are, from the first on
		dead     bool
	}{
		"taken at once":         {"", nil, []int{0}, false},
		"the default":           {"", []int{failure, 503, 429}, []int{0, 20, 40, 60}, false},
		"given up":              {"", []int{failure, failure, failure, failure}, []int{0, 20, 40, 60}, true},
		"permanent":             {"", []int{teapot}, []int{0}, true},
		"of the subscription's": {`{"healthyRetryPolicy":{"numRetries":4,"numNoDelayRetries":1,"minDelayTarget":2,"maxDelayTarget":10,"backoffFunction":"linear"}}`, []int{failure, failure, failure, failure}, []int{0, 0, 2, 8, 18}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
				shop := &door{}
				s.hosts["shop.example"] = shop
				c := s.client()
				topic := createTopic(t, c, "orders", nil)
				dead, deadARN := s.queue(t, "dead", nil)
				attributes := map[string]string{"RedrivePolicy": redriveTo(deadARN)}
				if test.policy != "" {
					attributes["DeliveryPolicy"] = test.policy
				}
				subscribe(t, c, topic, "https", "https://shop.example/", attributes)
				asked, _ := shop.last(t, 1)
				s.get(t, asked["SubscribeURL"])

				shop.statuses = test.statuses
				publish(t, c, topic, "hello")
				require.NoError(t, s.topics.Flush(t.Context()))
				require.Len(t, shop.at, 1+len(test.seconds))
				for i, want := range test.seconds {
					require.Equal(t, time.Duration(want)*time.Second, shop.at[1+i].Sub(shop.at[1]), "attempt %d", i+1)
				}
				letters := messagesOf(t, s.takeBodies(t, dead))
				if test.dead {
					require.Equal(t, []string{"hello"}, letters)
				} else {
					require.Empty(t, letters)
				}
			})
		})
	}
}

// TestRawOverHTTP: the message alone, under the content type that the subscription
// asks for, and without its attributes.
func TestRawOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		shop := &door{}
		s.hosts["shop.example"] = shop
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		subscription := subscribe(t, c, topic, "http", "http://shop.example/", map[string]string{
			"RawMessageDelivery": "true", "DeliveryPolicy": `{"requestPolicy":{"headerContentType":"application/json"}}`,
		})
		asked, _ := shop.last(t, 1)
		require.Equal(t, "SubscriptionConfirmation", asked["Type"], "which has an envelope always")
		s.get(t, asked["SubscribeURL"])
		id := call(t, c.Publish, &awssns.PublishInput{TopicArn: topic, Message: aws.String(`{"order":7}`), MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: aws.String("retail")},
		}}).MessageId
		_, header := shop.last(t, 2)
		require.Equal(t, `{"order":7}`, shop.bodies[1])
		require.Equal(t, "true", header.Get("X-Amz-Sns-Rawdelivery"))
		require.Equal(t, *id, header.Get("X-Amz-Sns-Message-Id"))
		require.Equal(t, *subscription, header.Get("X-Amz-Sns-Subscription-Arn"))
		require.Equal(t, "application/json", header.Get("Content-Type"))
		require.NotContains(t, header, "Kind")
	})
}
