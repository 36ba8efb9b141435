package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/elb"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// table returns the values of metrics, those of samples with their number.
func table(metrics []cloudwatch.Metric) map[string]string {
	values := map[string]string{}
	for _, m := range metrics {
		thing := m.Namespace
		for _, d := range []string{"QueueName", "TopicName", "StreamName", "DeliveryStreamName", "FunctionName", "LoadBalancer", "TargetGroup"} {
			if name, ok := m.Dimensions[d]; ok {
				thing += " " + d + "=" + name
			}
		}
		value := fmt.Sprintf("%v %s", m.Value, m.Unit)
		if m.Kind == cloudwatch.KindSamples {
			value = fmt.Sprintf("%v %s of %d", m.Value, m.Unit, m.Count)
		}
		values[thing+" "+m.Name] = value
	}
	return values
}

// holds checks that values has what want has.
func holds(t *testing.T, values, want map[string]string) {
	t.Helper()
	for name, value := range want {
		require.Equal(t, value, values[name], name)
	}
}

func TestMetricsOfQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := must(sqs.NewService(sqs.ServiceConfig{}))
		queue := must(service.CreateQueue("orders", sqs.Config{}))
		must(service.CreateQueue("orders.fifo", sqs.Config{FIFO: true, ContentBasedDeduplication: true}))
		foreign := must(service.As("111122223333", "eu-west-1"))
		must(foreign.CreateQueue("foreign", sqs.Config{}))
		must(queue.Send(t.Context(), sqs.Entry{Body: "12345"}, sqs.Entry{Body: "123"}, sqs.Entry{Body: "1", Delay: new(time.Minute)}))
		received := must(queue.Receive(t.Context(), sqs.ReceiveRequest{}))
		time.Sleep(1500 * time.Millisecond)
		_, _ = queue.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 1})
		must(queue.Receive(t.Context(), sqs.ReceiveRequest{}))
		require.NoError(t, queue.Delete(t.Context(), received[0].ReceiptHandle))

		var r cloudwatch.Registry
		r.Add(cloudwatch.SQS(service))
		values := table(r.Metrics())
		holds(t, values, map[string]string{
			"AWS/SQS QueueName=orders NumberOfMessagesSent":                               "3 Count",
			"AWS/SQS QueueName=orders SentMessageSize":                                    "9 Bytes of 3",
			"AWS/SQS QueueName=orders NumberOfMessagesReceived":                           "2 Count",
			"AWS/SQS QueueName=orders NumberOfEmptyReceives":                              "1 Count",
			"AWS/SQS QueueName=orders NumberOfMessagesDeleted":                            "1 Count",
			"AWS/SQS QueueName=orders ApproximateNumberOfMessagesVisible":                 "0 Count",
			"AWS/SQS QueueName=orders ApproximateNumberOfMessagesNotVisible":              "1 Count",
			"AWS/SQS QueueName=orders ApproximateNumberOfMessagesDelayed":                 "1 Count",
			"AWS/SQS QueueName=orders ApproximateAgeOfOldestMessage":                      "1.5 Seconds",
			"AWS/SQS QueueName=orders ApproximateNumberOfNoisyGroups":                     "0 Count",
			"AWS/SQS QueueName=orders.fifo ApproximateNumberOfGroupsWithInflightMessages": "0 Count",
			"AWS/SQS QueueName=orders.fifo NumberOfDeduplicatedSentMessages":              "0 Count",
		})
		require.Len(t, values, 10+11)
		for _, m := range r.Metrics() {
			one, ok := r.Metric(m.Namespace, m.Name, m.Dimensions)
			require.True(t, ok)
			require.Equal(t, m, one)
		}
		_, ok := r.Metric("AWS/SNS", "NumberOfMessagesSent", map[string]string{"QueueName": "orders"})
		require.False(t, ok)
		_, ok = r.Metric("AWS/SQS", "NumberOfMessagesSent", map[string]string{"QueueName": "foreign"})
		require.False(t, ok)
		require.NoError(t, service.Close())
		require.Empty(t, r.Metrics())
	})
}

// There are more queues, topics and streams than a page of a list.
func TestAllPagesOfAListAreRead(t *testing.T) {
	queues := must(sqs.NewService(sqs.ServiceConfig{}))
	topics := must(sns.NewService(sns.ServiceConfig{}))
	streams := must(firehose.NewService(firehose.ServiceConfig{}))
	defer topics.Close()
	for i := range 1001 {
		must(queues.CreateQueue(fmt.Sprint("q", i), sqs.Config{}))
		must(topics.CreateTopic(fmt.Sprint("t", i), sns.Config{}))
	}
	for i := range 11 {
		must(streams.CreateDeliveryStream(fmt.Sprint("f", i), firehose.Config{Sink: firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return nil })}))
	}
	var r cloudwatch.Registry
	r.Add(cloudwatch.SQS(queues))
	r.Add(cloudwatch.SNS(topics))
	r.Add(cloudwatch.Firehose(streams))
	names := map[string]int{}
	for _, m := range r.Metrics() {
		names[m.Name]++
	}
	require.Equal(t, 1001, names["NumberOfMessagesSent"])
	require.Equal(t, 1001, names["NumberOfMessagesPublished"])
	require.Equal(t, 11, names["DeliveryToS3.Records"])
	require.NoError(t, streams.Close())
}

func TestMetricsOfTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := must(sns.NewService(sns.ServiceConfig{}))
		defer service.Close()
		topic := must(service.CreateTopic("news", sns.Config{}))
		must(topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "f", Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })}))
		must(topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "g", FilterPolicy: `{"a": ["b"]}`, Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })}))
		must(topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "h", Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return sns.Permanent(context.Canceled) })}))
		must(topic.Publish(t.Context(), sns.Entry{Message: "1234"}))
		require.NoError(t, topic.Flush(t.Context()))
		var r cloudwatch.Registry
		r.Add(cloudwatch.SNS(service))
		values := table(r.Metrics())
		holds(t, values, map[string]string{
			"AWS/SNS TopicName=news NumberOfMessagesPublished":                            "1 Count",
			"AWS/SNS TopicName=news PublishSize":                                          "4 Bytes of 1",
			"AWS/SNS TopicName=news NumberOfNotificationsDelivered":                       "1 Count",
			"AWS/SNS TopicName=news NumberOfNotificationsFailed":                          "1 Count",
			"AWS/SNS TopicName=news NumberOfNotificationsFilteredOut":                     "1 Count",
			"AWS/SNS TopicName=news NumberOfNotificationsFilteredOut-NoMessageAttributes": "1 Count",
		})
		require.Len(t, values, 10)
	})
}

func TestMetricsOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := must(kinesis.NewService(kinesis.ServiceConfig{}))
		stream := must(service.CreateStream("clicks", kinesis.Config{}))
		must(stream.Put(t.Context(), kinesis.Entry{PartitionKey: "k", Data: []byte("123")}, kinesis.Entry{PartitionKey: "k", Data: []byte("12")}))
		must(stream.Read(t.Context(), kinesis.ReadRequest{ShardID: "shardId-000000000000", Limit: 1}))
		time.Sleep(2 * time.Second)
		var r cloudwatch.Registry
		r.Add(cloudwatch.Kinesis(service))
		values := table(r.Metrics())
		holds(t, values, map[string]string{
			"AWS/Kinesis StreamName=clicks IncomingRecords":                    "2 Count",
			"AWS/Kinesis StreamName=clicks IncomingBytes":                      "7 Bytes",
			"AWS/Kinesis StreamName=clicks GetRecords.Success":                 "1 Count",
			"AWS/Kinesis StreamName=clicks GetRecords.Records":                 "1 Count",
			"AWS/Kinesis StreamName=clicks GetRecords.Bytes":                   "4 Bytes",
			"AWS/Kinesis StreamName=clicks GetRecords.IteratorAgeMilliseconds": "2000 Milliseconds",
		})
		require.Len(t, values, 10)
	})
}

func TestMetricsOfDeliveryStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := must(firehose.NewService(firehose.ServiceConfig{}))
		stream := must(service.CreateDeliveryStream("archive", firehose.Config{Sink: firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return nil })}))
		must(service.CreateDeliveryStream("web", firehose.Config{Sink: must(firehose.NewHTTPEndpoint(firehose.HTTPEndpointConfig{URL: "https://example.com/"}))}))
		var r cloudwatch.Registry
		r.Add(cloudwatch.Firehose(service))
		must(stream.Put(t.Context(), []byte("123"), []byte("12")))
		time.Sleep(time.Second)
		holds(t, table(r.Metrics()), map[string]string{
			"AWS/Firehose DeliveryStreamName=archive IncomingRecords":            "2 Count",
			"AWS/Firehose DeliveryStreamName=archive DeliveryToS3.DataFreshness": "1 Seconds",
			"AWS/Firehose DeliveryStreamName=archive DeliveryToS3.Records":       "0 Count",
			"AWS/Firehose DeliveryStreamName=web DeliveryToHttpEndpoint.Records": "0 Count",
		})
		time.Sleep(time.Hour)

		discard := firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return nil })
		all := must(service.CreateDeliveryStream("all", firehose.Config{
			Sink: discard, Backup: &firehose.Backup{Sink: discard}, ErrorSink: discard, Prefix: "!{partitionKeyFromQuery:k}/", ErrorOutputPrefix: "errors/",
			Partitioning: &firehose.Partitioning{Paths: map[string]string{"k": ".k"}},
			Transform: &firehose.Transform{Func: func(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
				results := make([]firehose.TransformResult, len(records))
				for i, r := range records {
					results[i] = firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: r.Data}
				}
				return results, nil
			}},
		}))
		must(all.Put(t.Context(), []byte(`{"k": "v"}`)))
		time.Sleep(2 * time.Minute)
		holds(t, table(r.Metrics()), map[string]string{
			"AWS/Firehose DeliveryStreamName=all ExecuteProcessing.Success": "1 None of 1",
			"AWS/Firehose DeliveryStreamName=all PartitionCount":            "1 Count",
		})
		time.Sleep(time.Hour)
		holds(t, table(r.Metrics()), map[string]string{
			"AWS/Firehose DeliveryStreamName=all BackupToS3.Records":     "1 Count",
			"AWS/Firehose DeliveryStreamName=all PartitionCount":         "0 Count",
			"AWS/Firehose DeliveryStreamName=all PartitionCountExceeded": "0 Count",
		})
		holds(t, table(r.Metrics()), map[string]string{
			"AWS/Firehose DeliveryStreamName=archive DeliveryToS3.Records": "2 Count",
			"AWS/Firehose DeliveryStreamName=archive DeliveryToS3.Success": "1 None of 1",
		})
		require.NoError(t, service.Close())
	})
}

func TestMetricsOfFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		functions := must(lambda.NewFunctions(lambda.FunctionsConfig{}))
		resize := must(functions.Register("resize", func(_ context.Context, payload []byte) ([]byte, error) {
			time.Sleep(250 * time.Millisecond)
			if string(payload) == "{}" {
				return nil, errors.New("no picture")
			}
			return payload, nil
		}, lambda.FunctionConfig{}))
		var r cloudwatch.Registry
		r.Add(cloudwatch.Lambda(functions))
		must(functions.Register("later", func(context.Context, []byte) ([]byte, error) { return nil, nil }, lambda.FunctionConfig{}))
		must(resize.Invoke(t.Context(), []byte("1")))
		_, err := resize.Invoke(t.Context(), []byte("{}"))
		require.Error(t, err)
		holds(t, table(r.Metrics()), map[string]string{
			"AWS/Lambda FunctionName=resize Invocations":          "2 Count",
			"AWS/Lambda FunctionName=resize Errors":               "1 Count",
			"AWS/Lambda FunctionName=resize Throttles":            "0 Count",
			"AWS/Lambda FunctionName=resize Duration":             "500 Milliseconds of 2",
			"AWS/Lambda FunctionName=resize ConcurrentExecutions": "0 Count",
			"AWS/Lambda FunctionName=later Invocations":           "0 Count",
		})
		m, ok := r.Metric("AWS/Lambda", "Errors", map[string]string{"FunctionName": "resize"})
		require.True(t, ok)
		require.Equal(t, 1.0, m.Value)
		_, ok = r.Metric("AWS/Lambda", "Errors", map[string]string{"FunctionName": "other"})
		require.False(t, ok)
	})
}

// An invocation has a duration when it is over: an alarm does not miss that of one which a
// sample fell into.
func TestDurationOfALongInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		functions := must(lambda.NewFunctions(lambda.FunctionsConfig{}))
		report := must(functions.Register("report", func(context.Context, []byte) ([]byte, error) {
			time.Sleep(90 * time.Second)
			return nil, nil
		}, lambda.FunctionConfig{Timeout: 15 * time.Minute}))
		var r cloudwatch.Registry
		r.Add(cloudwatch.Lambda(functions))
		untilNext(time.Minute, 10*time.Second)
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "slow", Namespace: "AWS/Lambda", MetricName: "Duration", Dimensions: map[string]string{"FunctionName": "report"},
			Statistic: cloudwatch.Average, Threshold: 60_000, ComparisonOperator: cloudwatch.GreaterThanThreshold,
		})
		must(report.Invoke(t.Context(), nil))
		time.Sleep(time.Minute)
		synctest.Wait()
		points := a.Status().Datapoints
		require.Len(t, points, 2)
		require.Equal(t, 90_000.0, points[0].Value)
		require.True(t, points[1].Missing, "none was over in the minute before")
		require.Equal(t, cloudwatch.StateAlarm, a.State())
	})
}

// What a balancer counts only sometimes is missing in between, as on AWS, and response
// times have percentiles.
func TestMetricsOfALoadBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Duration(0)
		balancer, group := newBalancer(t, &took)
		defer balancer.Close()
		defer group.Close()
		var r cloudwatch.Registry
		r.Add(cloudwatch.LoadBalancer(balancer))
		r.Add(cloudwatch.TargetGroup(group))
		dimensions := map[string]string{"LoadBalancer": "front", "TargetGroup": "web"}
		cfg := cloudwatch.AlarmConfig{
			Name: "slow", Namespace: "AWS/ApplicationELB", MetricName: "TargetResponseTime", Dimensions: dimensions,
			Statistic: "p90", Threshold: 1, ComparisonOperator: cloudwatch.GreaterThanThreshold,
		}
		ask := func(times int, d time.Duration) {
			took = d
			for range times {
				balancer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://example.com/", nil))
			}
		}
		ask(5, 900*time.Millisecond) // before the alarm
		untilNext(time.Minute, time.Second)
		slow := newAlarm(t, &r, cfg)
		cfg.Name, cfg.MetricName, cfg.Statistic, cfg.Threshold = "errors", "HTTPCode_Target_5XX_Count", cloudwatch.Sum, 0
		cfg.TreatMissingData = cloudwatch.MissingDataNotBreaching
		errors := newAlarm(t, &r, cfg)
		ask(10, 100*time.Millisecond)
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateOK, slow.State())
		require.InEpsilon(t, 0.1, slow.Status().Datapoints[0].Value, 1./16)
		require.Equal(t, cloudwatch.StateOK, errors.State())
		require.True(t, errors.Status().Datapoints[0].Missing)

		ask(8, 100*time.Millisecond)
		ask(2, 3*time.Second)
		time.Sleep(time.Minute)
		require.Equal(t, cloudwatch.StateAlarm, slow.State())
		require.InEpsilon(t, 3, slow.Status().Datapoints[0].Value, 1./16)
		require.Equal(t, cloudwatch.StateAlarm, errors.State())
		require.Equal(t, 2.0, errors.Status().Datapoints[0].Value)

		holds(t, table(r.Metrics()), map[string]string{
			"AWS/ApplicationELB LoadBalancer=front RequestCount":                              "25 Count",
			"AWS/ApplicationELB LoadBalancer=front TargetGroup=web RequestCount":              "25 Count",
			"AWS/ApplicationELB LoadBalancer=front TargetGroup=web HTTPCode_Target_5XX_Count": "2 Count",
			"AWS/ApplicationELB TargetGroup=web HTTPCode_Target_2XX_Count":                    "23 Count",
			"AWS/ApplicationELB TargetGroup=web TargetResponseTime":                           "12.3 Seconds of 25",
			"AWS/ApplicationELB LoadBalancer=front HTTPCode_ELB_5XX_Count":                    "0 Count",
			"AWS/ApplicationELB TargetGroup=web UnHealthyHostCount":                           "0 Count",
		})
		page := scrape(t, &r)
		require.Equal(t, "summary", page.types["aws_application_elb_target_response_time"])
		require.InEpsilon(t, 0.1, page.samples[`aws_application_elb_target_response_time quantile="0.5" target_group="web"`], 1./16)
		require.InEpsilon(t, 3, page.samples[`aws_application_elb_target_response_time load_balancer="front" quantile="0.99" target_group="web"`], 1./16)
		require.Equal(t, 23.0, page.samples[`aws_application_elb_http_code_target_2xx_count_total target_group="web"`])
		time.Sleep(10 * time.Minute)
		require.Equal(t, cloudwatch.StateInsufficientData, slow.State())
		require.Equal(t, cloudwatch.StateOK, errors.State())
	})
}

// newBalancer returns a balancer "front" with a group "web" of one target, which takes so
// long to answer, and fails after more than a second.
func newBalancer(t *testing.T, took *time.Duration) (*elb.LoadBalancer, *elb.TargetGroup) {
	group := must(elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}}))
	require.NoError(t, group.Register(&elb.Target{ID: "one", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(*took)
		if *took > time.Second {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})}))
	return must(elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Name: "front", Groups: []*elb.TargetGroup{group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "web"}}}}}},
	})), group
}

// Another group of the same name has counted less, and counts from zero.
func TestAnotherGroupOfTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r cloudwatch.Registry
		untilNext(time.Minute, time.Second)
		a := newAlarm(t, &r, cloudwatch.AlarmConfig{
			Name: "a", Namespace: "AWS/ApplicationELB", MetricName: "TargetResponseTime", Dimensions: map[string]string{"TargetGroup": "web"},
			Resolution: 30 * time.Second, Statistic: "p90", Threshold: 10, ComparisonOperator: cloudwatch.GreaterThanThreshold,
		})
		remove := func() {}
		for i, took := range []time.Duration{200 * time.Millisecond, 800 * time.Millisecond} {
			balancer, group := newBalancer(t, &took)
			defer balancer.Close()
			defer group.Close()
			for range 10 - i {
				balancer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://example.com/", nil))
			}
			remove()
			remove = r.Add(cloudwatch.TargetGroup(group))
			time.Sleep(time.Duration(90-60*i) * time.Second)
		}
		require.InEpsilon(t, 0.8, a.Status().Datapoints[0].Value, 1./16)
	})
}
