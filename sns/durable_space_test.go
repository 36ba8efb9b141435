package sns_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// A full disk refuses what is published, and nobody sees it. Deliveries go on. When there
// is space, so does all the rest.
func TestFullDisk(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		t.Run(fmt.Sprint(fifo), func(t *testing.T) {
			bubble(t, func(t *testing.T) { fullDisk(t, fifo) })
		})
	}
}

func fullDisk(t *testing.T, fifo bool) {
	w := newWorld(t, 10)
	w.cfg.Durable = durable.Options{}
	var out atomic.Bool // of order
	e := &recorder{react: func(sns.Notification) error {
		if out.Load() {
			return errBoom
		}
		return nil
	}}
	w.found["e"] = e
	name := "topic" + fifoSuffix[fifo]
	topic := createTopic(t, w.open(), name, sns.Config{FIFO: fifo, ContentBasedDeduplication: fifo})
	sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "e", Endpoint: e, MaxBacklog: 50})
	entry := func(text string) sns.Entry {
		m := sns.Entry{Message: text + strings.Repeat(" ", 1000)}
		if fifo {
			m.GroupID = "g"
		}
		return m
	}
	out.Store(true)
	for i := range 10 {
		publish(t, topic, entry(fmt.Sprint("before", i)))
	}
	synctest.Wait()
	w.disk.SetSpace(100)
	for i := range 100 {
		_, err := topic.Publish(t.Context(), entry(fmt.Sprint("refused", i)))
		require.ErrorIs(t, err, durable.ErrNoSpace)
		require.Equal(t, "ServiceUnavailable", err.(*sns.Error).ErrorCode())
		require.Equal(t, "Publish", err.(*sns.Error).Op)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader("Action=TagResource&Version=2010-03-31&ResourceArn="+topic.ARN()+"&Tags.member.1.Key=a&Tags.member.1.Value=b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	snshttp.NewHandler(w.service, snshttp.Config{}).ServeHTTP(answer, r)
	require.Equal(t, http.StatusServiceUnavailable, answer.Code)
	require.Contains(t, answer.Body.String(), "<Code>ServiceUnavailable</Code>")
	_, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: "other", Endpoint: e})
	require.ErrorIs(t, err, durable.ErrNoSpace)
	require.ErrorIs(t, sub.SetAttribute("FilterPolicy", `{"a":["b"]}`), durable.ErrNoSpace)
	require.ErrorIs(t, topic.Tag(map[string]string{"a": "b"}), durable.ErrNoSpace)
	require.ErrorIs(t, topic.Unsubscribe(t.Context(), sub.ID()), durable.ErrNoSpace)
	_, err = w.service.CreateTopic("another", sns.Config{})
	require.ErrorIs(t, err, durable.ErrNoSpace)
	require.ErrorIs(t, w.service.DeleteTopic(topic.ARN()), durable.ErrNoSpace)
	require.ErrorIs(t, w.service.OptOutPhoneNumber("+15555550100"), durable.ErrNoSpace)
	require.Len(t, topic.Subscriptions(), 1, "an operation that finds the disk full changes nothing")
	require.Equal(t, 10, sub.Stats().Backlog)
	out.Store(false)
	time.Sleep(time.Minute)
	require.Zero(t, sub.Stats().Backlog, "what is on the disk is delivered")

	w.disk.SetSpace(-1)
	publish(t, topic, entry("refused0"), entry("after"))
	synctest.Wait()
	time.Sleep(time.Minute)
	require.Zero(t, sub.Stats().Backlog)
	for _, again := range []func() *sns.Service{w.reopen, w.crash} {
		again()
		time.Sleep(time.Hour)
	}
	counts := map[string]int{}
	for _, text := range e.texts() {
		counts[strings.TrimSpace(text)]++
	}
	require.Equal(t, 1, counts["refused0"])
	require.Equal(t, 1, counts["after"])
	delete(counts, "refused0")
	delete(counts, "after")
	require.Len(t, counts, 10)
	for text := range counts {
		require.Contains(t, text, "before")
	}
	w.end()
}
