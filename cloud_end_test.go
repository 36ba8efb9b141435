package leat_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

func TestSigningKeyIsKept(t *testing.T) {
	key, err := sns.NewSigningKey()
	require.NoError(t, err)
	c := newCloud(t, leat.Config{SigningKey: key})
	require.NoError(t, c.Reset())
	kept, err := c.SNS().SigningKey()
	require.NoError(t, err)
	require.Same(t, key, kept)
}

func TestClose(t *testing.T) {
	c, err := leat.New(leat.Config{})
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Reset(), leat.ErrClosed)
	_, err = c.SQS().CreateQueue("jobs", sqs.Config{})
	require.ErrorIs(t, err, sqs.ErrClosed)
}

// TestCloseDuringAReset: both wait for what there was, and neither keeps a bubble's time
// from going on.
func TestCloseDuringAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := leat.New(leat.Config{})
		require.NoError(t, err)
		var told time.Time
		_, err = cloudwatch.NewAlarm(c.Metrics(), cloudwatch.AlarmConfig{
			Name: "silence", Namespace: "shop", MetricName: "visitors", Statistic: cloudwatch.Maximum,
			ComparisonOperator: cloudwatch.LessThanThreshold, Threshold: 1, TreatMissingData: cloudwatch.MissingDataBreaching,
			OnChange: func(cloudwatch.StateChange) {
				time.Sleep(time.Hour)
				told = time.Now()
			},
		})
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		var reset error
		var ends sync.WaitGroup
		ends.Go(func() { reset = c.Reset() })
		synctest.Wait()
		before := c.SQS()
		require.NoError(t, c.Close())
		require.False(t, told.IsZero(), "Close waits for the Reset before it")
		ends.Wait()
		require.NoError(t, reset)
		require.Same(t, before, c.SQS())
		require.ErrorIs(t, c.Reset(), leat.ErrClosed)
	})
}

// TestResetWithBufferedRecords: nobody wants what was not delivered, so it is no error.
func TestResetWithBufferedRecords(t *testing.T) {
	c := newCloud(t, leat.Config{Objects: t.TempDir()})
	for range 2 {
		status, answer := ask(t, c, request(t, anywhere,
			`{"DeliveryStreamName":"archive","ExtendedS3DestinationConfiguration":{"RoleARN":"arn:aws:iam::000000000000:role/archive","BucketARN":"arn:aws:s3:::archive"}}`,
			json11, "X-Amz-Target: Firehose_20150804.CreateDeliveryStream"))
		require.Equal(t, http.StatusOK, status, answer)
		archive, err := c.Firehose().DeliveryStream("archive")
		require.NoError(t, err)
		_, err = archive.Put(t.Context(), []byte("wash the car"))
		require.NoError(t, err)
		require.NoError(t, c.Reset())
	}
}

// TestFunctionsEnd: who kept the functions of before a Reset can call them no more.
func TestFunctionsEnd(t *testing.T) {
	c := newCloud(t, leat.Config{})
	before, err := c.Functions().Register("count", func(context.Context, []byte) ([]byte, error) { return nil, nil }, lambda.FunctionConfig{})
	require.NoError(t, err)
	require.NoError(t, c.Reset())
	_, err = before.Invoke(t.Context(), nil)
	require.ErrorIs(t, err, lambda.ErrResourceNotFound)
}

// TestResetsUnderLoad: while a cloud begins anew again and again, every request gets an
// answer, and nothing is left behind.
func TestResetsUnderLoad(t *testing.T) {
	resetUnderLoad(t, leat.Config{}, 100)
	resetUnderLoad(t, leat.Config{Dir: t.TempDir(), Durable: durable.Options{Sync: durable.SyncNever}}, 20)
}

func resetUnderLoad(t *testing.T, cfg leat.Config, resets int) {
	synctest.Test(t, func(t *testing.T) {
		c, err := leat.New(cfg)
		require.NoError(t, err)
		page, client := c.Console(console.Config{}), c.HTTPClient()
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				for range 50 {
					for _, call := range [][3]string{
						{json10, "AmazonSQS.CreateQueue", `{"QueueName":"jobs"}`},
						{json10, "AmazonSQS.SendMessage", `{"QueueUrl":"jobs","MessageBody":"wash the car"}`},
						{json10, "AmazonSQS.ReceiveMessage", `{"QueueUrl":"jobs","WaitTimeSeconds":1,"MaxNumberOfMessages":10}`},
						{json11, "Kinesis_20131202.CreateStream", `{"StreamName":"clicks","ShardCount":2}`},
						{json11, "Kinesis_20131202.PutRecord", `{"StreamName":"clicks","PartitionKey":"ann","Data":"bGVhdA=="}`},
					} {
						response, err := client.Do(request(t, anywhere, call[2], call[0], "X-Amz-Target: "+call[1]))
						if err != nil || response.Body.Close() != nil || response.StatusCode == http.StatusNotFound {
							t.Errorf("%s: %v %v", call[1], response, err)
						}
					}
					page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/queues/", nil))
					c.Metrics().Metrics()
				}
			})
		}
		for range resets {
			time.Sleep(100 * time.Millisecond)
			if err := c.Reset(); err != nil {
				t.Error(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		clients.Wait() // and the bubble ends only if no goroutine is left
	})
}

// TestOddRequests: whatever comes, there is an answer, and it is no server's error.
func TestOddRequests(t *testing.T) {
	c := newCloud(t, leat.Config{})
	_, err := c.SQS().CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	headers := []string{
		"X-None: x", "X-Amz-Target: .", "X-Amz-Target: AmazonSQS.", "X-Amz-Target: Kinesis_20131202.ListStreams", "X-Amz-Target: Firehose_20150804.PutRecord",
		"Authorization: /aws4_request", "Authorization: a/sns/aws4_request", "Authorization: a/kinesis/aws4_request", "Authorization: a/firehose/aws4_request",
		form, "Content-Type: ;;;", "Content-Type: multipart/form-data",
	}
	for _, method := range []string{"CONNECT", "OPTIONS", "HEAD", "PUT", "DELETE", "TRACE", "GET", "POST", "B%D"} {
		for _, path := range []string{"", "*", "/", "//", "/000000000000/jobs", "/SimpleNotificationService-../x", "/\x00/"} {
			for _, query := range []string{"", "Action=Subscribe&" + strings.Repeat("a=%zz&", 10_000), strings.Repeat("Action=;&", 10_000)} {
				for _, header := range headers {
					r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=&Action=%zz&=&&Version=2012-11-05"))
					r.Method, r.URL.Path, r.URL.RawQuery, r.Host = method, path, query, "sqs.us-east-1.amazonaws.com"
					name, value, _ := strings.Cut(header, ": ")
					r.Header.Set(name, value)
					w := httptest.NewRecorder()
					c.Handler().ServeHTTP(w, r)
					require.Less(t, w.Code, 500, "%s %s?%.20s %s: %s", method, path, query, header, w.Body)
				}
			}
		}
	}
}

// TestOverHTTP2 without TLS, as some clients speak it to a local endpoint.
func TestOverHTTP2(t *testing.T) {
	c := newCloud(t, leat.Config{})
	server := httptest.NewUnstartedServer(c.Handler())
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	transport := &http.Transport{Protocols: server.Config.Protocols}
	defer transport.CloseIdleConnections()
	r := request(t, server.URL, "Action=CreateQueue&QueueName=jobs", form)
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, 2, response.ProtoMajor)
	_, err = c.SQS().Queue("jobs")
	require.NoError(t, err)
}
