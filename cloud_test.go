package leat_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func newCloud(t testing.TB, cfg leat.Config) *leat.Cloud {
	t.Helper()
	c, err := leat.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// ask sends a request to a cloud and returns the status and the body.
func ask(t testing.TB, c *leat.Cloud, r *http.Request) (status int, body string) {
	t.Helper()
	response, err := c.RoundTripper().RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

// request is a POST, with a header of the form "Name: value" for each of headers.
func request(t testing.TB, url, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

const (
	form     = "Content-Type: application/x-www-form-urlencoded"
	json10   = "Content-Type: application/x-amz-json-1.0"
	json11   = "Content-Type: application/x-amz-json-1.1"
	anywhere = "https://aws.test/"
)

func signedFor(service string) string {
	return "Authorization: AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

// TestServices: each request comes to the service that it is for, by whatever says so.
func TestServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{})
		for name, r := range map[string]struct {
			request *http.Request
			says    string
		}{
			"SQS by its target":                     {request(t, anywhere, `{}`, json10, "X-Amz-Target: AmazonSQS.ListQueues"), `{}`},
			"Kinesis by its target":                 {request(t, anywhere, `{}`, json11, "X-Amz-Target: Kinesis_20131202.ListStreams"), `"StreamNames":[]`},
			"Firehose by its target":                {request(t, anywhere, `{}`, json11, "X-Amz-Target: Firehose_20150804.ListDeliveryStreams"), `"DeliveryStreamNames":[]`},
			"the target before the credentials":     {request(t, anywhere, `{}`, json11, "X-Amz-Target: Kinesis_20131202.ListStreams", signedFor("sqs")), `"StreamNames":[]`},
			"SNS by its credentials":                {request(t, anywhere, "Action=ListTopics", form, signedFor("sns")), "<ListTopicsResult>"},
			"SQS by its credentials":                {request(t, anywhere, "Action=ListQueues", form, signedFor("sqs")), "<ListQueuesResult"},
			"SNS by its version":                    {request(t, anywhere, "Action=ListTopics&Version=2010-03-31", form), "<ListTopicsResult>"},
			"SQS by its version":                    {request(t, anywhere, "Version=2012-11-05&Action=TagQueue&QueueUrl=x", form), "NonExistentQueue"},
			"SNS by its action":                     {request(t, anywhere, "Action=ListTopics", form), "<ListTopicsResult>"},
			"SQS by its action":                     {request(t, anywhere, "Action=ListQueues", form), "<ListQueuesResult"},
			"SNS by an action in the URL":           {request(t, anywhere+"?Action=ListTopics", ""), "<ListTopicsResult>"},
			"SQS by credentials in the URL":         {request(t, anywhere+"?Action=ListQueues&X-Amz-Credential=test/20240101/us-east-1/sqs/aws4_request", ""), "<ListQueuesResult"},
			"SNS by the path of a certificate":      {request(t, anywhere+"SimpleNotificationService-0.pem", ""), "UnknownOperationException"},
			"SQS by the path of a queue":            {request(t, anywhere+"000000000000/jobs", "", json10), "UnknownOperationException"},
			"SQS by its host":                       {request(t, "https://sqs.us-east-1.amazonaws.com/", "", json10), "UnknownOperationException"},
			"nothing":                               {request(t, anywhere, ""), "leat: nothing says that"},
			"a target of another service":           {request(t, anywhere, "{}", json10, "X-Amz-Target: DynamoDB_20120810.ListTables"), `{"__type":"UnknownOperationException","message":"leat: nothing says that`},
			"credentials for another service":       {request(t, anywhere, "Action=ListUsers", form, signedFor("iam")), "leat: nothing says that"},
			"a form that says nothing":              {request(t, anywhere, "a=b", form), "leat: nothing says that"},
			"a form that can not be read after all": {request(t, anywhere, "Action=%zz&Version=2010-03-31", form), "MalformedQueryString"},
		} {
			_, body := ask(t, c, r.request)
			require.Contains(t, body, r.says, name)
		}
	})
}

// TestAForm: what is looked at to find the service is still there for it.
func TestAForm(t *testing.T) {
	c := newCloud(t, leat.Config{})
	_, err := c.SQS().CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	long := strings.Repeat("a", 200_000)
	status, body := ask(t, c, request(t, anywhere, "Action=SendMessage&QueueUrl=jobs&MessageBody="+long, form))
	require.Equal(t, http.StatusOK, status, body)
	q, err := c.SQS().Queue("jobs")
	require.NoError(t, err)
	messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{})
	require.NoError(t, err)
	require.Equal(t, long, messages[0].Body)

	broken := request(t, anywhere, "", form)
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader("Action=ListTopics"), brokenReader{}))
	broken.ContentLength = -1
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, broken)
	require.Contains(t, w.Body.String(), "The body of the request did not arrive.")
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestReset: what there was is gone, who waits is told, and the client goes on.
func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{})
		client := c.HTTPClient()
		list := func() string {
			response, err := client.Do(request(t, anywhere, `{}`, json10, "X-Amz-Target: AmazonSQS.ListQueues"))
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return string(body)
		}
		q, err := c.SQS().CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		_, err = c.Handlers().SQS.Faults().Add(sqshttp.Fault{Op: "SendMessage", Code: "OverLimit"})
		require.NoError(t, err)
		require.Contains(t, list(), "/jobs")
		before := c.SQS()

		waiting := make(chan error)
		go func() {
			_, err := q.Receive(context.Background(), sqs.ReceiveRequest{Wait: new(time.Hour)})
			waiting <- err
		}()
		synctest.Wait()
		require.NoError(t, c.Reset())
		require.ErrorIs(t, <-waiting, sqs.ErrClosed)
		require.NotSame(t, before, c.SQS())
		require.Equal(t, "{}", list())
		_, err = before.CreateQueue("other", sqs.Config{})
		require.ErrorIs(t, err, sqs.ErrClosed)

		_, err = c.SQS().CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err, "there are no 60 seconds to wait")
		status, body := ask(t, c, request(t, anywhere, `{"QueueUrl":"jobs","MessageBody":"wash the car"}`, json10, "X-Amz-Target: AmazonSQS.SendMessage"))
		require.Equal(t, http.StatusOK, status, body)
	})
}

func TestBadConfig(t *testing.T) {
	for _, cfg := range []leat.Config{{Account: "me"}, {Region: "here!"}, {TransitionTime: -1}} {
		_, err := leat.New(cfg)
		require.Error(t, err, "%+v", cfg)
	}
}

// TestWiring: what is named by an ARN is found.
func TestWiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		c := newCloud(t, leat.Config{})
		queue, err := c.SQS().CreateQueue("jobs", sqs.Config{})
		require.NoError(t, err)
		var called []string
		function, err := c.Functions().Register("count", func(_ context.Context, payload []byte) ([]byte, error) {
			called = append(called, string(payload))
			return []byte("null"), nil
		}, lambda.FunctionConfig{})
		require.NoError(t, err)
		delivered := make(chan *firehose.Delivery, 1)
		archive, err := c.Firehose().CreateDeliveryStream("archive", firehose.Config{Sink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			delivered <- d
			return nil
		})})
		require.NoError(t, err)
		topic, err := c.SNS().CreateTopic("chores", sns.Config{})
		require.NoError(t, err)
		for protocol, arn := range map[sns.Protocol]string{sns.ProtocolSQS: queue.ARN(), sns.ProtocolLambda: function.ARN(), sns.ProtocolFirehose: archive.ARN()} {
			_, err := topic.Subscribe(ctx, sns.Subscription{Protocol: protocol, Address: arn, SubscriptionRoleARN: "arn:aws:iam::000000000000:role/deliver"})
			require.NoError(t, err, protocol)
		}
		_, err = topic.Publish(ctx, sns.Entry{Message: "wash the car"})
		require.NoError(t, err)
		require.NoError(t, c.SNS().Flush(ctx))
		messages, err := queue.Receive(ctx, sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Contains(t, messages[0].Body, "wash the car")
		require.Len(t, called, 1)
		require.Contains(t, called[0], `"aws:sns"`)
		require.NoError(t, c.Firehose().Shutdown(ctx))
		require.Contains(t, string((<-delivered).Records[0].Data), "wash the car")

		sent, ok := c.Metrics().Metric("AWS/SQS", "NumberOfMessagesSent", map[string]string{"QueueName": "jobs"})
		require.True(t, ok)
		require.Equal(t, 1.0, sent.Value)
	})
}

// TestConsole: the page shows what there is, also after a Reset.
func TestConsole(t *testing.T) {
	c := newCloud(t, leat.Config{})
	page := c.Console(console.Config{})
	look := func() string {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	_, err := c.SQS().CreateQueue("jobs-to-do", sqs.Config{})
	require.NoError(t, err)
	require.Contains(t, look(), "jobs-to-do")
	require.NoError(t, c.Reset())
	require.NotContains(t, look(), "jobs-to-do")
}
