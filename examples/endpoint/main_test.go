package main

import (
	"bufio"
	"bytes"
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestServesBothProtocols(t *testing.T) {
	e := begin(t, "-v")
	status, body := e.json(t, "CreateQueue", `{"QueueName":"jobs"}`)
	require.Equal(t, http.StatusOK, status, body)
	require.JSONEq(t, `{"QueueUrl":"`+e.url+`/000000000000/jobs"}`, body)

	status, body = e.json(t, "SendMessage", `{"QueueUrl":"`+e.url+`/000000000000/jobs","MessageBody":"wash the car"}`)
	require.Equal(t, http.StatusOK, status, body)

	status, body = e.post(t, "/000000000000/jobs", "application/x-www-form-urlencoded", "", "Action=ReceiveMessage&Version=2012-11-05")
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, "<Body>wash the car</Body>")

	log := e.stop(t)
	require.Contains(t, log, "action=CreateQueue path=/ ")
	require.Contains(t, log, "action=ReceiveMessage path=/000000000000/jobs ")
	require.Equal(t, 3, strings.Count(log, " status=200 "), log)
}

// TestTopics goes the way of the usage that is printed, and follows the links.
func TestTopics(t *testing.T) {
	const (
		formType = "application/x-www-form-urlencoded"
		topic    = "arn:aws:sns:us-east-1:000000000000:chores"
	)
	e := begin(t)
	status, body := e.json(t, "CreateQueue", `{"QueueName":"jobs"}`)
	require.Equal(t, http.StatusOK, status, body)
	for _, form := range []string{
		"Action=CreateTopic&Name=chores",
		"Action=Subscribe&Protocol=sqs&Endpoint=arn:aws:sqs:us-east-1:000000000000:jobs&TopicArn=" + topic,
		"Action=Publish&Message=wash+the+car&TopicArn=" + topic,
	} {
		status, body := e.signed(t, "sns", formType, form)
		require.Equal(t, http.StatusOK, status, body)
	}
	status, body = e.signed(t, "sqs", formType, "Action=ReceiveMessage&WaitTimeSeconds=10&QueueUrl=jobs")
	require.Equal(t, http.StatusOK, status, body)
	for _, link := range []string{"SigningCertURL", "UnsubscribeURL"} {
		match := regexp.MustCompile(link + `&quot; : &quot;(.*?)&quot;`).FindStringSubmatch(body)
		require.Len(t, match, 2, body)
		require.Contains(t, match[1], e.url)
		response, err := http.Get(html.UnescapeString(match[1]))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, link)
	}
	status, body = e.get(t, "/?Action=ListSubscriptions&Version=2010-03-31")
	require.Equal(t, http.StatusOK, status, body)
	require.NotContains(t, body, "jobs")
	e.stop(t)
}

func TestStreams(t *testing.T) {
	e := begin(t)
	const jsonType = "application/x-amz-json-1.1"
	for _, c := range []struct{ target, body, says string }{
		{"Kinesis_20131202.CreateStream", `{"StreamName":"clicks","ShardCount":1}`, ""},
		{"Kinesis_20131202.PutRecord", `{"StreamName":"clicks","PartitionKey":"ann","Data":"bGVhdA=="}`, `"ShardId":"shardId-000000000000"`},
		{"Firehose_20150804.CreateDeliveryStream", `{"DeliveryStreamName":"archive","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/archive","BucketARN":"arn:aws:s3:::archive"}}`, "arn:aws:firehose:us-east-1:000000000000:deliverystream/archive"},
	} {
		status, body := e.post(t, "/", jsonType, c.target, c.body)
		require.Equal(t, http.StatusOK, status, body)
		require.Contains(t, body, c.says)
	}
	e.stop(t)
}

// TestBesideAWS: the paths for people and for programs that watch.
func TestBesideAWS(t *testing.T) {
	for _, c := range []struct {
		args    []string
		writing bool
	}{{nil, true}, {[]string{"-readonly"}, false}} {
		e := begin(t, c.args...)
		status, body := e.json(t, "CreateQueue", `{"QueueName":"jobs"}`)
		require.Equal(t, http.StatusOK, status, body)
		for path, says := range map[string]string{
			"/_leat/health":             `"sqs":"running"`,
			"/_leat/metrics":            "aws_sqs_",
			"/_leat/":                   "jobs",
			"/_leat/console/":           "jobs",
			"/_leat/nothing":            "404",
			"/000000000000/nothing?a=b": "UnknownOperationException",
		} {
			_, body := e.get(t, path)
			require.Contains(t, body, says, path)
		}
		_, page := e.get(t, "/_leat/console/queues/jobs")
		require.Equal(t, c.writing, strings.Contains(page, `method="post"`), page)
		e.stop(t)
	}
}

func TestRelaxed(t *testing.T) {
	const create = `{"QueueName":"jobs","Attributes":{"MessageRetentionPeriod":"1"}}`
	strict := begin(t)
	status, body := strict.json(t, "CreateQueue", create)
	require.Equal(t, http.StatusBadRequest, status, body)
	require.Contains(t, body, "InvalidAttributeValue")
	require.Empty(t, strict.stop(t), "no log unless asked for")

	relaxed := begin(t, "-relaxed")
	status, body = relaxed.json(t, "CreateQueue", create)
	require.Equal(t, http.StatusOK, status, body)
	relaxed.stop(t)
}

func TestLongPollEndsWithTheProgram(t *testing.T) {
	service, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	_, err = service.CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	polling, handler := make(chan struct{}), sqshttp.NewHandler(service, sqshttp.Config{})
	e := launch(t, func(ctx context.Context, stdout, _ io.Writer) int {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil || serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(polling)
			handler.ServeHTTP(w, r)
		}), service.Close, stdout) != nil {
			return 1
		}
		return 0
	})
	go func() {
		<-polling
		e.cancel()
	}()
	began := time.Now()
	status, body := e.json(t, "ReceiveMessage", `{"QueueUrl":"/000000000000/jobs","WaitTimeSeconds":20}`)
	require.Less(t, time.Since(began), 15*time.Second)
	require.GreaterOrEqual(t, status, 400, body)
	e.stop(t)
}

func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"the port is taken":    {[]string{"-addr", taken.Addr().String()}, 1, taken.Addr().String() + " is taken"},
		"no address":           {[]string{"-addr", "nonsense"}, 1, "missing port"},
		"an unknown flag":      {[]string{"-port", "1"}, 2, "flag provided but not defined: -port"},
		"a leftover argument":  {[]string{"4566"}, 2, "unexpected argument 4566"},
		"what is to come":      {[]string{"-persist", "data"}, 2, "not possible yet"},
		"help, on the program": {[]string{"-h"}, 0, "-relaxed"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, c.status, run(t.Context(), c.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), c.says)
			require.Empty(t, stdout.String())
		})
	}
}

func TestUsageNamesAHostThatClientsCanReach(t *testing.T) {
	for ip, want := range map[string]string{
		"127.0.0.1": "=http://127.0.0.1:80\n",
		"0.0.0.0":   "=http://localhost:80\n",
		"::":        "=http://localhost:80\n",
		"::1":       "=http://[::1]:80\n",
	} {
		var out strings.Builder
		printUsage(&out, &net.TCPAddr{IP: net.ParseIP(ip), Port: 80})
		require.Contains(t, out.String(), want)
	}
}

// endpoint is the program while it runs.
type endpoint struct {
	url    string
	cancel context.CancelFunc
	status chan int
	stderr *bytes.Buffer // to be read after stop
}

func begin(t *testing.T, args ...string) *endpoint {
	return launch(t, func(ctx context.Context, stdout, stderr io.Writer) int {
		return run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, stderr)
	})
}

// launch runs the program until the test or stop ends it, and reads its URL.
func launch(t *testing.T, program func(ctx context.Context, stdout, stderr io.Writer) int) *endpoint {
	ctx, cancel := context.WithCancel(t.Context())
	e := &endpoint{cancel: cancel, status: make(chan int, 1), stderr: &bytes.Buffer{}}
	stdout, writer := io.Pipe()
	go func() {
		e.status <- program(ctx, writer, e.stderr)
		writer.Close()
	}()
	printed := bufio.NewScanner(stdout)
	for e.url == "" && printed.Scan() {
		if match := regexp.MustCompile(`^export AWS_ENDPOINT_URL=(.*)$`).FindStringSubmatch(printed.Text()); match != nil {
			e.url = match[1]
		}
	}
	require.NotEmpty(t, e.url)
	go io.Copy(io.Discard, stdout)
	t.Cleanup(cancel)
	return e
}

// stop ends the program and returns what it wrote to stderr.
func (e *endpoint) stop(t *testing.T) string {
	t.Helper()
	e.cancel()
	require.Zero(t, <-e.status)
	return e.stderr.String()
}

func (e *endpoint) json(t *testing.T, action, body string) (status int, answer string) {
	t.Helper()
	return e.post(t, "/", "application/x-amz-json-1.0", "AmazonSQS."+action, body)
}

func (e *endpoint) post(t *testing.T, path, contentType, target, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return do(t, r)
}

// signed sends a form as an SDK does, if not with a signature that is one.
func (e *endpoint) signed(t *testing.T, service, contentType, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.url+"/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	return do(t, r)
}

func (e *endpoint) get(t *testing.T, target string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, e.url+target, nil)
	require.NoError(t, err)
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}
