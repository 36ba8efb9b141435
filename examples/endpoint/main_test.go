package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
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

// TestHTTP2: some SDKs speak HTTP/2 to Kinesis, without TLS if the URL is an http one.
func TestHTTP2(t *testing.T) {
	e := begin(t)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	r, err := http.NewRequest(http.MethodPost, e.url, strings.NewReader("{}"))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, 2, response.ProtoMajor)
	e.stop(t) // though the connection is open still
	transport.CloseIdleConnections()
}

// TestBufferedRecordsArrive: what a delivery stream holds when the program ends, it delivers.
func TestBufferedRecordsArrive(t *testing.T) {
	dir := t.TempDir()
	e := begin(t, "-objects", dir)
	const jsonType = "application/x-amz-json-1.1"
	for _, call := range [][2]string{
		{"CreateDeliveryStream", `{"DeliveryStreamName":"archive","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/archive","BucketARN":"arn:aws:s3:::archive"}}`},
		{"PutRecord", `{"DeliveryStreamName":"archive","Record":{"Data":"d2FzaCB0aGUgY2Fy"}}`},
	} {
		status, answer := e.post(t, "/", jsonType, "Firehose_20150804."+call[0], call[1])
		require.Equal(t, http.StatusOK, status, answer)
	}
	e.stop(t)
	var objects []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			text, err := os.ReadFile(path)
			objects = append(objects, string(text))
			return err
		}
		return err
	}))
	require.Equal(t, []string{"wash the car"}, objects)
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
		foreign, err := http.NewRequest(http.MethodGet, e.url+"/_leat/console/", nil)
		require.NoError(t, err)
		foreign.Host = "another.site.test"
		status, _ = do(t, foreign)
		require.Equal(t, http.StatusForbidden, status, "a site may point its name at this machine")
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
		}), func(context.Context) error { return service.Close() }, stdout) != nil {
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
		"an odd -sync":         {[]string{"-persist", "data", "-sync", "often"}, 2, `-sync is each, interval or never, not "often"`},
		"-sync alone":          {[]string{"-sync", "each"}, 2, "there is none"},
		"-salvage alone":       {[]string{"-salvage"}, 2, "there is none"},
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
