package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/elb"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Long lists have pages of 100, each leading to the next, and show everything once.
func TestListsByPages(t *testing.T) {
	w := newWorld(t)
	all, err := w.topics.CreateTopic("all", sns.Config{})
	require.NoError(t, err)
	for i := range 250 {
		name := fmt.Sprintf("n%03d", i)
		_, err := w.queues.CreateQueue(name, sqs.Config{})
		require.NoError(t, err)
		_, err = w.topics.CreateTopic(name, sns.Config{})
		require.NoError(t, err)
		_, err = w.streams.CreateStream(name, kinesis.Config{})
		require.NoError(t, err)
		_, err = w.deliveryStreams.CreateDeliveryStream(name, firehose.Config{Sink: firehose.SinkFunc(func(context.Context, *firehose.Delivery) error { return nil })})
		require.NoError(t, err)
		_, err = all.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: name, Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })})
		require.NoError(t, err)
		require.NoError(t, w.web.Register(&elb.Target{ID: name, Handler: http.NotFoundHandler()}))
	}
	c := w.console(console.Config{})
	for path, list := range map[string]struct {
		items, name string
		all         int
	}{
		"/queues/":         {"items", "name", 253},
		"/topics/":         {"items", "name", 252},
		"/streams/":        {"items", "name", 251},
		"/deliverystreams": {"items", "name", 251},
		"/topics/all":      {"subscriptionList", "address", 250},
		"/groups/web":      {"targets", "id", 251},
	} {
		after, seen, pages := "", map[any]bool{}, 0
		for {
			d := data[object](t, c, path+"?after="+url.QueryEscape(after))
			items, next := d[list.items], d["next"]
			if l, ok := items.(object); ok {
				items, next = l["items"], l["next"]
			}
			require.LessOrEqual(t, len(items.([]any)), 100, path)
			for _, item := range items.([]any) {
				seen[at(t, item, list.name)] = true
			}
			pages++
			if next == nil {
				break
			}
			require.Contains(t, get(t, c, path+"?after="+url.QueryEscape(after)), "Next page")
			after = next.(string)
		}
		require.Len(t, seen, list.all, path)
		require.Equal(t, 3, pages, path)
		require.Contains(t, get(t, c, path+"?after="+url.QueryEscape(after)), "First page")
	}
	page := get(t, c, "/")
	require.Contains(t, page, "All queues")
	require.Less(t, len(page), 400_000)
	require.Contains(t, get(t, c, "/balancers/shop"), "251 targets in all")
}

// Bodies are shown in part, and whole when that is asked for, as long as there is room.
func TestLongBodies(t *testing.T) {
	w := newWorld(t)
	body := strings.Repeat("é", 500_000)
	for range 8 {
		_, err := w.orders.Send(t.Context(), sqs.Entry{Body: body})
		require.NoError(t, err)
	}
	c := w.console(console.Config{})
	page := get(t, c, "/queues/orders")
	require.Less(t, len(page), 100_000)
	require.Contains(t, page, "The beginning of 1,000,000 bytes.")
	require.NotContains(t, page, "\ufffd", "no character is cut in two")
	page = get(t, c, "/queues/orders?bytes=1048576")
	require.Contains(t, page, body)
	require.Less(t, len(page), 5<<20)
	first := at(t, data[object](t, c, "/queues/orders?bytes=7"), "messages", 0, "body")
	require.Equal(t, object{"text": "ééé", "size": 1000000.0, "truncated": true}, first)
}

// A queue's page says what state messages are in, and how the queue is set.
func TestQueuePage(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		_, err := w.orders.Send(t.Context(), sqs.Entry{Body: fmt.Sprint("order ", i)})
		require.NoError(t, err)
	}
	_, err := w.orders.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 1})
	require.NoError(t, err)
	c := w.console(console.Config{})
	d := data[object](t, c, "/queues/orders?peek=2")
	require.Len(t, d["messages"], 2)
	require.Equal(t, 2.0, d["visible"])
	require.Equal(t, 1.0, d["inFlight"])
	require.Equal(t, "in flight", at(t, d, "messages", 0, "state"))
	require.NotEmpty(t, at(t, d, "messages", 0, "visibleAt"))
	require.Contains(t, d["attributes"], object{"name": "VisibilityTimeout", "value": "30"})
	require.Equal(t, "orders-dead", at(t, d, "deadLetters", "queue"))
	require.Contains(t, get(t, c, "/queues/orders?peek=2"), "The 2 oldest of 3")

	require.NoError(t, w.queues.DeleteQueue("orders-dead"))
	require.Contains(t, get(t, c, "/queues/orders"), "which is gone")
	require.Contains(t, get(t, c, "/queues/"), "its queue is gone")
}

// A topic's page says what became of notifications; an address does not show its password.
func TestTopicPage(t *testing.T) {
	w := newWorld(t)
	_, err := w.events.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolHTTPS, Address: "https://me:secret@example.com/hook"})
	require.NoError(t, err)
	_, err = w.events.Publish(t.Context(), sns.Entry{Message: "plain"}, sns.Entry{Message: "late", Attributes: map[string]sns.Attribute{"kind": sqs.StringAttribute("late")}})
	require.NoError(t, err)
	require.NoError(t, w.events.Flush(t.Context()))
	c := w.console(console.Config{})
	d := data[object](t, c, "/topics/events")
	require.Equal(t, 2.0, d["published"])
	require.Equal(t, 1.0, d["delivered"])
	require.Equal(t, 1.0, d["filteredOut"])
	require.Equal(t, 1.0, d["filteredOutNoMessageAttributes"])
	page := get(t, c, "/topics/events")
	require.Contains(t, page, `href="/queues/orders-dead"`)
	require.Contains(t, page, "me:xxxxx@example.com")
	require.NotContains(t, page, "secret")
	require.Contains(t, page, "pending confirmation")
}

// An alarm's page says what it is about, and how it came to be as it is.
func TestAlarms(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.sources.Alarms[1].SetState(cloudwatch.StateAlarm, "for <b>a test</b>"))
	c := w.console(console.Config{})
	d := data[object](t, c, "/alarms/")
	require.Equal(t, "INSUFFICIENT_DATA", at(t, d, "items", 0, "state"))
	require.Equal(t, "ALARM", at(t, d, "items", 1, "state"))
	require.Equal(t, "AWS/SQS ApproximateNumberOfMessagesVisible QueueName=orders", at(t, d, "items", 1, "metric"))
	conditions := []any{at(t, d, "items", 0, "condition"), at(t, d, "items", 1, "condition")}
	require.ElementsMatch(t, []any{"Maximum > 100 for 3 periods of 1m", "Maximum > 100 for 2 of 3 periods of 1m"}, conditions)
	require.Contains(t, get(t, c, "/"), `<span class="state ALARM">ALARM</span>`)
	page := get(t, c, "/alarms/backlog~2")
	require.Contains(t, page, "Too much to do.")
	require.Contains(t, page, "for &lt;b&gt;a test&lt;/b&gt;")
	require.Equal(t, "ALARM", at(t, data[object](t, c, "/alarms/backlog~2"), "history", 0, "new"))
}

// A name may have what paths have a use for.
func TestAlarmWithASlashInItsName(t *testing.T) {
	var registry cloudwatch.Registry
	a, err := cloudwatch.NewAlarm(&registry, cloudwatch.AlarmConfig{
		Name: "shop/errors above 5%?", Namespace: "shop", MetricName: "errors", Statistic: cloudwatch.Sum, ComparisonOperator: cloudwatch.GreaterThanThreshold,
	})
	require.NoError(t, err)
	defer a.Close()
	mux := http.NewServeMux()
	mux.Handle("/console/", console.New(console.Config{BasePath: "/console", Sources: func() console.Sources { return console.Sources{Alarms: registry.Alarms()} }}))
	const link = "/console/alarms/shop%2Ferrors%20above%205%25%3F"
	require.Contains(t, get(t, mux, "/console/alarms/"), `href="`+link+`"`)
	page := get(t, mux, link)
	require.Contains(t, page, "shop/errors above 5%?")
	require.Contains(t, page, `data-url="`+link+`?`, "the figures go on")
}

// Load balancers show their targets as elb's own page does, and delivery streams what they
// hold.
func TestBalancersAndDeliveryStreams(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{})
	for range 3 {
		_, done, err := w.web.Pick(elb.Request{})
		require.NoError(t, err)
		done(elb.Outcome{Status: 503})
	}
	d := data[object](t, c, "/balancers/")
	require.Len(t, d["balancers"], 1)
	require.Len(t, d["groups"], 2)
	require.Equal(t, 3.0, at(t, d, "groups", 0, "requests"))
	group := at(t, data[object](t, c, "/balancers/shop"), "groups", 0)
	require.Equal(t, "round_robin", at(t, group, "algorithm"))
	require.Equal(t, 3.0, at(t, group, "targets", 0, "errors"))
	require.Equal(t, "unavailable", at(t, group, "targets", 0, "state"))
	page := get(t, c, "/groups/web")
	require.Contains(t, page, "web-1")
	require.Contains(t, page, "Target.HealthCheckDisabled")
	require.Contains(t, page, "zone-a")

	archive, err := w.deliveryStreams.DeliveryStream("archive")
	require.NoError(t, err)
	_, err = archive.Put(t.Context(), []byte("one"), []byte("two"))
	require.NoError(t, err)
	s := data[object](t, c, "/deliverystreams/archive")
	require.Equal(t, 2.0, s["bufferedRecords"])
	require.Equal(t, 300.0, s["bufferIntervalSeconds"])
	require.Equal(t, "firehose.SinkFunc", s["sink"])
}
