package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
)

const (
	queueHost = "sqs.memory.test"
	topicHost = "sns.memory.test"
)

// site is SQS and SNS behind their handlers, and a network without a socket on which
// they are hosts: topics deliver to its queues, and over HTTP to its other hosts.
type site struct {
	stock  *endpoint // the queues
	topics *sns.Service
	front  *snshttp.Handler
	hosts  map[string]http.Handler // not changed while there are requests

	mu    sync.Mutex
	asked []string // the actions that SNS was asked for by POST; guarded by mu
}

func newSite(t testing.TB, cfg sns.ServiceConfig, front snshttp.Config) *site {
	t.Helper()
	s := &site{stock: newEndpoint(t, sqs.ServiceConfig{})}
	key, err := signingKey()
	require.NoError(t, err)
	cfg.Queues, cfg.Transport, cfg.BaseURL, cfg.SigningKey, cfg.Jitter = s.stock.service, s, "https://"+topicHost, key, sns.NoJitter
	s.topics, err = sns.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.topics.Close() })
	s.front = snshttp.NewHandler(s.topics, front)
	s.hosts = map[string]http.Handler{queueHost: s.stock.handler, topicHost: http.HandlerFunc(s.serveTopics)}
	return s
}

// signingKey is made once: that takes a while.
var signingKey = sync.OnceValues(sns.NewSigningKey)

// RoundTrip implements http.RoundTripper.
func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	host, ok := s.hosts[r.URL.Host]
	if !ok {
		host = http.NotFoundHandler()
	}
	return (&memhttp.Transport{Handler: host}).RoundTrip(r)
}

func (s *site) serveTopics(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if form, err := url.ParseQuery(string(body)); err == nil && r.Method == http.MethodPost {
		s.mu.Lock()
		s.asked = append(s.asked, form.Get("Action"))
		s.mu.Unlock()
	}
	s.front.ServeHTTP(w, r)
}

// askedFor returns the different actions that SNS was asked for, sorted.
func (s *site) askedFor() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(s.asked)))
}

// client returns an SDK client of SNS with the SDK's own defaults: it signs, and tries
// three times.
func (s *site) client(change ...func(*awssns.Options)) *awssns.Client {
	return awssns.New(awssns.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("https://" + topicHost),
		Credentials:  keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		HTTPClient:   &http.Client{Transport: s},
	}, change...)
}

// queues returns an SDK client of SQS.
func (s *site) queues() *awssqs.Client {
	return s.stock.client(func(o *awssqs.Options) { o.HTTPClient = &http.Client{Transport: s} })
}

// queue returns the URL and the ARN of a new queue.
func (s *site) queue(t testing.TB, name string, attributes map[string]string) (url *string, arn string) {
	t.Helper()
	c := s.queues()
	url = createQueue(t, c, name, attributes)
	return url, arnOf(t, c, url)
}

// take receives and deletes what there is in a queue.
func (s *site) take(t testing.TB, url *string) (all []sqstypes.Message) {
	t.Helper()
	c := s.queues()
	for {
		out, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameAll},
		})
		require.NoError(t, err)
		if len(out.Messages) == 0 {
			return all
		}
		for _, m := range out.Messages {
			_, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
			require.NoError(t, err)
		}
		all = append(all, out.Messages...)
	}
}

// takeBodies does so and returns the bodies.
func (s *site) takeBodies(t testing.TB, url *string) (bodies []string) {
	t.Helper()
	for _, m := range s.take(t, url) {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

// get follows a link, as a program or a person does who got one.
func (s *site) get(t testing.TB, link string) string {
	t.Helper()
	response, err := (&http.Client{Transport: s}).Get(link)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", link, body)
	return string(body)
}

// call calls an operation of a client of the SDK that must succeed.
func call[In, Out, Options any](t testing.TB, op func(context.Context, *In, ...func(*Options)) (*Out, error), in *In) *Out {
	t.Helper()
	out, err := op(t.Context(), in)
	require.NoError(t, err)
	return out
}

// createTopic returns the ARN of a new topic.
func createTopic(t testing.TB, c *awssns.Client, name string, attributes map[string]string) *string {
	t.Helper()
	return call(t, c.CreateTopic, &awssns.CreateTopicInput{Name: &name, Attributes: attributes}).TopicArn
}

// subscribe returns the ARN of a new subscription, pending or not.
func subscribe(t testing.TB, c *awssns.Client, topic *string, protocol, address string, attributes map[string]string) *string {
	t.Helper()
	return call(t, c.Subscribe, &awssns.SubscribeInput{
		TopicArn: topic, Protocol: &protocol, Endpoint: &address, Attributes: attributes, ReturnSubscriptionArn: true,
	}).SubscriptionArn
}

// publish returns the id of a new message.
func publish(t testing.TB, c *awssns.Client, topic *string, text string) string {
	t.Helper()
	return *call(t, c.Publish, &awssns.PublishInput{TopicArn: topic, Message: &text}).MessageId
}

// redriveTo is a redrive policy as SNS takes it.
func redriveTo(arn string) string { return fmt.Sprintf(`{"deadLetterTargetArn":%q}`, arn) }
