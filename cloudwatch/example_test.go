package cloudwatch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// The metrics of a service's queues, under AWS's names.
func Example() {
	queues := must(sqs.NewService(sqs.ServiceConfig{}))
	orders := must(queues.CreateQueue("orders", sqs.Config{}))
	must(orders.Send(context.Background(), sqs.Entry{Body: "one"}, sqs.Entry{Body: "two"}))

	var registry cloudwatch.Registry
	registry.Add(cloudwatch.SQS(queues))
	for _, m := range registry.Metrics() {
		if m.Value > 0 && m.Kind != cloudwatch.KindSamples && m.Name != "ApproximateAgeOfOldestMessage" {
			fmt.Println(m.Namespace, m.Name, m.Dimensions, m.Value)
		}
	}
	// Output:
	// AWS/SQS ApproximateNumberOfMessagesVisible map[QueueName:orders] 2
	// AWS/SQS NumberOfMessagesSent map[QueueName:orders] 2
}

// An alarm that tells a topic when a dead-letter queue is not empty. Its period is so
// short here only because examples have no virtual time.
func ExampleNewAlarm() {
	ctx := context.Background()
	queues := must(sqs.NewService(sqs.ServiceConfig{}))
	dead := must(queues.CreateQueue("dead", sqs.Config{}))
	oncall := must(sns.New("oncall", sns.Config{}))
	defer oncall.Close()
	told := make(chan string)
	must(oncall.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "pager", Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
		told <- n.Subject
		return nil
	})}))

	var registry cloudwatch.Registry
	registry.Add(cloudwatch.SQS(queues))
	alarm := must(cloudwatch.NewAlarm(&registry, cloudwatch.AlarmConfig{
		Name:               "dead letters",
		Namespace:          "AWS/SQS",
		MetricName:         "ApproximateNumberOfMessagesVisible",
		Dimensions:         map[string]string{"QueueName": "dead"},
		Statistic:          cloudwatch.Maximum,
		Period:             5 * time.Millisecond, // a minute without Relaxed
		Threshold:          0,
		ComparisonOperator: cloudwatch.GreaterThanThreshold,
		TreatMissingData:   cloudwatch.MissingDataIgnore,
		AlarmActions:       []sns.Publisher{oncall},
		OKActions:          []sns.Publisher{oncall},
		Relaxed:            true,
	}))
	defer alarm.Close()
	fmt.Println(<-told)
	must(dead.Send(ctx, sqs.Entry{Body: "poison"}))
	fmt.Println(<-told)
	fmt.Println(alarm.State())
	// Output:
	// OK: "dead letters" in US East (N. Virginia)
	// ALARM: "dead letters" in US East (N. Virginia)
	// ALARM
}

// A program has metrics of its own beside leat's.
func ExampleRegistry_Counter() {
	var registry cloudwatch.Registry
	sold, err := registry.Counter("Shop", "TicketsSold", cloudwatch.UnitCount, map[string]string{"Stage": "north"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sold.Add(2)
	sold.Add(1)
	m, _ := registry.Metric("Shop", "TicketsSold", map[string]string{"Stage": "north"})
	fmt.Println(m.Value, m.Unit)
	// Output: 3 Count
}

// A source shows what a program knows already.
func ExampleSourceFunc() {
	lengths := map[string]int{"cash desk": 4, "entrance": 31}
	var registry cloudwatch.Registry
	remove := registry.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
		for where, n := range lengths {
			m := cloudwatch.Metric{Namespace: "Shop", Name: "LineLength", Dimensions: map[string]string{"Where": where}, Unit: cloudwatch.UnitCount, Value: float64(n)}
			if !yield(m) {
				return
			}
		}
	}))
	for _, m := range registry.Metrics() {
		fmt.Println(m.Name, m.Dimensions["Where"], m.Value)
	}
	remove()
	fmt.Println(len(registry.Metrics()))
	// Output:
	// LineLength cash desk 4
	// LineLength entrance 31
	// 0
}

// What a Prometheus server reads.
func ExamplePrometheus() {
	queues := must(sqs.NewService(sqs.ServiceConfig{}))
	must(queues.CreateQueue("orders", sqs.Config{}))
	var registry cloudwatch.Registry
	registry.Add(cloudwatch.SQS(queues))

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", cloudwatch.Prometheus(&registry))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.Contains(line, "messages_sent") {
			fmt.Print(line)
		}
	}
	// Output:
	// # HELP aws_sqs_number_of_messages_sent_total AWS/SQS NumberOfMessagesSent, in Count
	// # TYPE aws_sqs_number_of_messages_sent_total counter
	// aws_sqs_number_of_messages_sent_total{queue_name="orders"} 0
}

// expvar.Publish("cloudwatch", cloudwatch.Expvar(&registry)) shows this at /debug/vars.
func ExampleExpvar() {
	var registry cloudwatch.Registry
	must(registry.Gauge("Shop", "Visitors", cloudwatch.UnitCount, nil)).Set(12)
	fmt.Println(cloudwatch.Expvar(&registry))
	// Output: {"Shop":{"":{"Visitors":12}}}
}
