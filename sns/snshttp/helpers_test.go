package snshttp_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
)

const (
	host      = "http://localhost:4566"
	namespace = "http://sns.amazonaws.com/doc/2010-03-31/"
	eventsARN = "arn:aws:sns:us-east-1:000000000000:events"
	fifoARN   = eventsARN + ".fifo"
	queueARN  = "arn:aws:sqs:us-east-1:000000000000:jobs"
	gone      = "00000000-0000-4000-8000-000000000000" // a UUID of nobody
)

// newHandler serves a service with the topics "events" and "events.fifo", and the
// queue "jobs" to subscribe.
func newHandler(t testing.TB) (*snshttp.Handler, *sns.Service, *sqs.LocalQueue) {
	t.Helper()
	return newHandlerWith(t, sns.ServiceConfig{})
}

func newHandlerWith(t testing.TB, cfg sns.ServiceConfig) (*snshttp.Handler, *sns.Service, *sqs.LocalQueue) {
	t.Helper()
	queues, err := sqs.NewService(sqs.ServiceConfig{Relaxed: true})
	require.NoError(t, err)
	jobs, err := queues.CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	cfg.Queues, cfg.BaseURL = queues, host
	service, err := sns.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		service.Close()
		queues.Close()
	})
	_, err = service.CreateTopic("events", sns.Config{})
	require.NoError(t, err)
	_, err = service.CreateTopic("events.fifo", sns.Config{FIFO: true})
	require.NoError(t, err)
	return snshttp.NewHandler(service, snshttp.Config{}), service, jobs
}

// answer is what came back, and what every answer has to keep to.
type answer struct {
	status int
	header http.Header
	body   string
}

func serve(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{w.Code, w.Result().Header, w.Body.String()}
	require.EqualValues(t, len(a.body), w.Result().ContentLength)
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, a.header.Get("X-Amzn-RequestId"))
	return a
}

func post(action, params string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader("Action="+action+"&Version=2010-03-31&"+params))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func get(target string) *http.Request {
	return httptest.NewRequest(http.MethodGet, target, nil)
}

func as(r *http.Request, accessKey, region string) *http.Request {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/"+region+"/sns/aws4_request, SignedHeaders=host, Signature=0")
	return r
}

// ask sends a form, expects success, and returns the XML inside the result.
func ask(t testing.TB, h http.Handler, action, params string) string {
	t.Helper()
	return askFor(t, h, action, post(action, params))
}

func askFor(t testing.TB, h http.Handler, action string, r *http.Request) string {
	t.Helper()
	a := serve(t, h, r)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "text/xml", a.header.Get("Content-Type"))
	before, rest, _ := strings.Cut(a.body, "<"+action+"Response xmlns=\""+namespace+"\">")
	require.Equal(t, `<?xml version="1.0"?>`, before)
	result, metadata, _ := strings.Cut(rest, "<ResponseMetadata>")
	require.Equal(t, "<RequestId>"+a.header.Get("X-Amzn-RequestId")+"</RequestId></ResponseMetadata></"+action+"Response>", metadata)
	result = strings.TrimPrefix(result, "<"+action+"Result>")
	return strings.TrimSuffix(result, "</"+action+"Result>")
}

// element returns the text of the first element of a name.
func element(t testing.TB, result, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(result, "<"+name+">")
	require.True(t, ok, "no %s in %s", name, result)
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}

// problem is an error as the protocol tells it.
type problem struct {
	code, fault, message string
	status               int
}

// problemOf reads the error in an answer.
func problemOf(t testing.TB, a answer) problem {
	t.Helper()
	var body struct {
		XMLName xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Error   struct{ Type, Code, Message string }
		ID      string `xml:"RequestId"`
	}
	require.NoError(t, xml.Unmarshal([]byte(a.body), &body), a.body)
	require.Equal(t, a.header.Get("X-Amzn-RequestId"), body.ID)
	require.NotContains(t, a.body, "Detail")
	return problem{body.Error.Code, body.Error.Type, body.Error.Message, a.status}
}

// subscribeQueue subscribes the queue "jobs" to the topic "events" and returns the ARN.
func subscribeQueue(t testing.TB, h http.Handler, params string) string {
	t.Helper()
	return element(t, ask(t, h, "Subscribe", "TopicArn="+eventsARN+"&Protocol=sqs&Endpoint="+queueARN+"&"+params), "SubscriptionArn")
}

// received waits until a service has delivered everything, and returns what is in a
// queue.
func received(t testing.TB, s *sns.Service, q *sqs.LocalQueue) []sqs.Message {
	t.Helper()
	require.NoError(t, s.Flush(t.Context()))
	messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10})
	require.NoError(t, err)
	return messages
}

func escaped(s string) string { return url.QueryEscape(s) }
