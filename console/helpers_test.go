package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/elb"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// world is services with one of everything.
type world struct {
	queues          *sqs.Service
	topics          *sns.Service
	streams         *kinesis.Service
	deliveryStreams *firehose.Service
	leases          *kinesis.MemoryLeases
	sources         console.Sources

	orders, dead *sqs.LocalQueue
	events       *sns.LocalTopic
	clicks       *kinesis.LocalStream
	web          *elb.TargetGroup
}

func newWorld(t *testing.T) *world {
	must := func(err error) { require.NoError(t, err) }
	var err error
	w := &world{leases: kinesis.NewMemoryLeases()}
	w.queues, err = sqs.NewService(sqs.ServiceConfig{})
	must(err)
	t.Cleanup(func() { w.queues.Close() })
	w.deliveryStreams, err = firehose.NewService(firehose.ServiceConfig{})
	must(err)
	t.Cleanup(func() { w.deliveryStreams.Close() })
	w.topics, err = sns.NewService(sns.ServiceConfig{Queues: w.queues, DeliveryStreams: w.deliveryStreams})
	must(err)
	t.Cleanup(func() { w.topics.Close() })
	w.streams, err = kinesis.NewService(kinesis.ServiceConfig{})
	must(err)
	t.Cleanup(func() { w.streams.Close() })

	w.dead, err = w.queues.CreateQueue("orders-dead", sqs.Config{})
	must(err)
	w.orders, err = w.queues.CreateQueue("orders", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: w.dead.ARN(), MaxReceiveCount: 1}})
	must(err)
	_, err = w.queues.CreateQueue("invoices.fifo", sqs.Config{FIFO: true})
	must(err)
	w.events, err = w.topics.CreateTopic("events", sns.Config{})
	must(err)
	_, err = w.events.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: w.dead.ARN(), FilterPolicy: `{"kind":["late"]}`})
	must(err)
	w.clicks, err = w.streams.CreateStream("clicks", kinesis.Config{ShardCount: 2, EnforceLimits: true})
	must(err)
	_, err = w.clicks.RegisterConsumer("fraud", nil)
	must(err)
	_, err = w.deliveryStreams.CreateDeliveryStream("archive", firehose.Config{Sink: firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return errors.New("full") })})
	must(err)

	w.web, err = elb.NewTargetGroup(elb.GroupConfig{Name: "web", HealthCheck: elb.HealthCheck{Disabled: true}})
	must(err)
	t.Cleanup(func() { w.web.Close() })
	must(w.web.Register(&elb.Target{ID: "web-1", Handler: http.NotFoundHandler(), Zone: "zone-a"}))
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{Name: "shop", Groups: []*elb.TargetGroup{w.web}, Listeners: []elb.Listener{{
		DefaultAction: &elb.Action{FixedResponse: &elb.FixedResponse{StatusCode: 404}}}}})
	must(err)
	t.Cleanup(func() { lb.Close() })
	tcp, err := elb.NewTargetGroup(elb.GroupConfig{Name: "mail", Protocol: elb.TCP, HealthCheck: elb.HealthCheck{Disabled: true}})
	must(err)
	t.Cleanup(func() { tcp.Close() })
	proxy, err := elb.NewProxy(elb.ProxyConfig{Name: "mail-proxy", Group: tcp})
	must(err)
	t.Cleanup(func() { proxy.Close() })

	var registry cloudwatch.Registry
	t.Cleanup(func() { registry.Close() })
	for _, m := range []int{0, 2} {
		_, err := cloudwatch.NewAlarm(&registry, cloudwatch.AlarmConfig{
			Name: "backlog", Description: "Too much to do.", Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": "orders"},
			Statistic: cloudwatch.Maximum, Threshold: 100, ComparisonOperator: cloudwatch.GreaterThanThreshold, EvaluationPeriods: 3, DatapointsToAlarm: m,
		})
		must(err)
	}

	w.sources = console.Sources{
		Alarms: registry.Alarms(),
		Queues: w.queues, Topics: w.topics, Streams: w.streams, DeliveryStreams: w.deliveryStreams,
		Groups:       []console.Group{{Name: "counters", Stream: w.clicks, Leases: w.leases}},
		Views:        []console.View{{Account: "000000000000", Region: "us-east-1"}, {Account: "111111111111", Region: "eu-west-1"}},
		Balancers:    []*elb.LoadBalancer{lb, lb, nil},
		Proxies:      []*elb.Proxy{proxy},
		TargetGroups: []*elb.TargetGroup{tcp, w.web},
	}
	return w
}

// console returns a console of the world.
func (w *world) console(cfg console.Config) *console.Console {
	cfg.Sources = func() console.Sources { return w.sources }
	return console.New(cfg)
}

// answer is what a console said.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(c http.Handler, method, path string, form url.Values, headers ...string) answer {
	var r *http.Request
	if form == nil {
		r = httptest.NewRequest(method, path, nil)
	} else {
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// get returns a page that there is.
func get(t *testing.T, c http.Handler, path string) string {
	a := ask(c, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.body)
	return a.body
}

// data returns what a page shows, as JSON.
func data[T any](t *testing.T, c http.Handler, path string) T {
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	var v struct {
		Time            time.Time
		Account, Region string
		Page            string
		Data            T
	}
	require.NoError(t, json.Unmarshal([]byte(get(t, c, path+join+"format=json")), &v))
	require.NotZero(t, v.Time)
	return v.Data
}

// object is JSON that a test looks at here and there.
type object = map[string]any

// at returns what is at a path of keys and indexes in an object.
func at(t *testing.T, v any, path ...any) any {
	for i, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(object)
			require.True(t, ok, "%v", path[:i+1])
			v, ok = m[step]
			require.True(t, ok, "%v", path[:i+1])
		case int:
			l, ok := v.([]any)
			require.True(t, ok && step < len(l), "%v", path[:i+1])
			v = l[step]
		default:
			panic(fmt.Sprint(step))
		}
	}
	return v
}
