package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sqs"
)

// With Write a person can do what the forms say.
func TestActions(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{BasePath: "/console", Write: true})
	do := func(path string, form url.Values) string {
		a := ask(c, http.MethodPost, "/console/"+path, form, "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com")
		require.Equal(t, http.StatusSeeOther, a.status, "%s: %s", path, a.body)
		return get(t, c, a.header.Get("Location"))
	}
	page := do("queues/orders/send", url.Values{"body": {"two\r\nlines"}, "attributes": {"kind = web\r\n\r\nempty=1=2"}, "delay": {"0"}})
	require.Contains(t, page, "The message was sent.")
	m := w.orders.Peek(1)[0]
	require.Equal(t, "two\nlines", m.Body)
	require.Equal(t, map[string]sqs.Attribute{"kind": sqs.StringAttribute(" web"), "empty": sqs.StringAttribute("1=2")}, m.Attributes)
	do("queues/orders/send", url.Values{"body": {"later"}, "delay": {"900"}})
	require.Equal(t, 1, w.orders.Metrics().ApproximateNumberOfMessagesDelayed)
	do("queues/invoices.fifo/send", url.Values{"body": {"first"}, "group": {"g"}, "deduplication": {"d"}})

	do("topics/events/publish", url.Values{"body": {"news"}, "subject": {"today"}, "attributes": {"kind=late"}})
	require.NoError(t, w.topics.Flush(t.Context()))
	require.Contains(t, w.dead.Peek(1)[0].Body, `"Subject" : "today"`)
	require.Equal(t, float64(1), at(t, data[object](t, c, "/console/topics/events"), "delivered"))

	do("streams/clicks/put", url.Values{"key": {"k"}, "hashkey": {"0"}, "body": {"data"}})
	b, err := w.clicks.Peek("shardId-000000000000", kinesis.Position{}, 1)
	require.NoError(t, err)
	require.Equal(t, "data", string(b.Records[0].Data))

	require.Contains(t, do("queues/orders/purge", url.Values{}), "The queue was purged.")
	require.Empty(t, w.orders.Peek(1))
	require.Contains(t, do("queues/orders/delete", url.Values{}), "The queue was deleted.")
	_, err = w.queues.Queue("orders")
	require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
}

// What is refused changes nothing, says why, and keeps what was typed.
func TestRefusedActions(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{Write: true})
	for name, refused := range map[string]struct {
		path, says string
		form       url.Values
		status     int
	}{
		"an empty message":          {"/queues/orders/send", "MessageBody", url.Values{}, 400},
		"no group":                  {"/queues/invoices.fifo/send", "MessageGroupId", url.Values{"body": {"typed text"}}, 400},
		"an attribute without name": {"/queues/orders/send", "name=value", url.Values{"body": {"typed text"}, "attributes": {"none"}}, 400},
		"a delay that is none":      {"/queues/orders/send", "0 to 900", url.Values{"body": {"typed text"}, "delay": {"901"}}, 400},
		"a message that is long":    {"/queues/orders/send", "typed text", url.Values{"body": {"typed text" + strings.Repeat("x", 1<<20)}}, 400},
		"a form that is long":       {"/queues/orders/send", "large", url.Values{"body": {strings.Repeat("x", 5<<20)}}, 413},
		"no such queue":             {"/queues/none/send", "not exist", url.Values{"body": {"x"}}, 404},
		"no such queue to purge":    {"/queues/none/purge", "not exist", url.Values{}, 404},
		"no such queue to delete":   {"/queues/none/delete", "not exist", url.Values{}, 404},
		"no dead-letter queue":      {"/queues/orders/redrive", "Dead Letter", url.Values{}, 400},
		"a rate that is none":       {"/queues/orders-dead/redrive", "rate", url.Values{"rate": {"fast"}}, 400},
		"no such destination":       {"/queues/orders-dead/redrive", "not exist", url.Values{"destination": {"none"}}, 404},
		"no such task":              {"/queues/orders-dead/cancel", "", url.Values{"task": {"none"}}, 400},
		"an empty publication":      {"/topics/events/publish", "", url.Values{"subject": {"typed text"}}, 400},
		"no such topic":             {"/topics/none/publish", "not exist", url.Values{"body": {"x"}}, 404},
		"no partition key":          {"/streams/clicks/put", "", url.Values{"body": {"typed text"}}, 400},
		"no such stream":            {"/streams/none/put", "not found", url.Values{"body": {"x"}, "key": {"k"}}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(c, http.MethodPost, refused.path, refused.form)
			require.Equal(t, refused.status, a.status, a.body)
			require.Contains(t, a.body, `role="alert"`)
			require.Contains(t, a.body, refused.says)
			if strings.Contains(refused.form.Encode(), "typed+text") && refused.status == 400 {
				require.Contains(t, a.body, "typed text")
				require.Contains(t, a.body, `data-url="`+refused.path[:strings.LastIndexByte(refused.path, '/')]+`?`, "the figures go on")
			}
		})
	}
	require.Zero(t, w.orders.Metrics().NumberOfMessagesSent)
	require.Zero(t, w.events.Metrics().NumberOfMessagesPublished)
	require.Zero(t, w.clicks.Metrics().IncomingRecords)
}

// Pages of other origins can not change anything.
func TestOtherOriginsAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{Write: true})
	for name, headers := range map[string][]string{
		"cross-site":       {"Sec-Fetch-Site", "cross-site"},
		"a sibling domain": {"Sec-Fetch-Site", "same-site"},
		"an old browser":   {"Origin", "https://evil.example"},
		"no origin":        {"Origin", "null"},
	} {
		a := ask(c, http.MethodPost, "/queues/orders/send", url.Values{"body": {"x"}}, headers...)
		require.Equal(t, http.StatusForbidden, a.status, name)
	}
	require.Zero(t, w.orders.Metrics().NumberOfMessagesSent)
	a := ask(c, http.MethodPost, "/queues/orders/send", url.Values{"body": {"x"}}, "Origin", "http://example.com")
	require.Equal(t, http.StatusSeeOther, a.status, "the host of the request is example.com")
}

// Dead letters go back where they came from, and a slow move can be cancelled.
func TestRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.console(console.Config{Write: true})
		for range 10 {
			_, err := w.orders.Send(t.Context(), sqs.Entry{Body: "failed"})
			require.NoError(t, err)
		}
		for range 2 {
			_, err := w.orders.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10, VisibilityTimeout: new(time.Second)})
			require.NoError(t, err)
			time.Sleep(2 * time.Second)
		}
		before := data[object](t, c, "/queues/orders")
		require.Equal(t, float64(10), at(t, before, "deadLetters", "messages"))
		require.Equal(t, []any{"orders"}, at(t, data[object](t, c, "/queues/orders-dead"), "deadLetterSourceQueues"))
		require.Contains(t, get(t, c, "/queues/"), `class="bad">10</a>`)

		a := ask(c, http.MethodPost, "/queues/orders-dead/redrive", url.Values{"rate": {"1"}})
		require.Equal(t, http.StatusSeeOther, a.status, a.body)
		time.Sleep(3500 * time.Millisecond)
		task := at(t, data[object](t, c, "/queues/orders-dead"), "moveTasks", 0)
		require.Equal(t, "RUNNING", at(t, task, "status"))
		moved := at(t, task, "moved").(float64)
		require.True(t, moved >= 2 && moved <= 5, "%v", moved)
		a = ask(c, http.MethodPost, "/queues/orders-dead/cancel", url.Values{"task": {at(t, task, "handle").(string)}})
		require.Equal(t, http.StatusSeeOther, a.status, a.body)
		time.Sleep(time.Second)
		require.Contains(t, get(t, c, "/queues/orders-dead"), "CANCELLED")

		a = ask(c, http.MethodPost, "/queues/orders-dead/redrive", url.Values{"destination": {"orders"}})
		require.Equal(t, http.StatusSeeOther, a.status, a.body)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Contains(t, get(t, c, "/queues/orders-dead"), "COMPLETED")
		require.Equal(t, float64(10), at(t, data[object](t, c, "/queues/orders"), "visible"))
	})
}
