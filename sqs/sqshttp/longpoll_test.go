package sqshttp_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/sqs"
)

func TestALongPollWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t)
		start := time.Now()
		require.Empty(t, ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`,"WaitTimeSeconds":20}`))
		require.Equal(t, 20*time.Second, time.Since(start))
		require.Equal(t, "<ReceiveMessageResult/>", askQuery(t, handler, "ReceiveMessage", ordersQuery+"&WaitTimeSeconds=20"))
		require.Equal(t, 40*time.Second, time.Since(start))
	})
}

func TestALongPollIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, service := newHandler(t)
		q, err := service.Queue("orders")
		require.NoError(t, err)
		time.AfterFunc(7*time.Second, func() { _, _ = q.Send(t.Context(), sqs.Entry{Body: "a"}) })
		start := time.Now()
		require.Len(t, ask(t, handler, "ReceiveMessage", `{`+ordersJSON+`,"WaitTimeSeconds":20}`)["Messages"], 1)
		require.Equal(t, 7*time.Second, time.Since(start))
	})
}

// TestALongPollEndsWithItsClient: nobody is left who could take a message away.
func TestALongPollEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, service := newHandler(t)
		client := &http.Client{Transport: &memhttp.Transport{Handler: handler}}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		r := jsonRequest("ReceiveMessage", `{`+ordersJSON+`,"WaitTimeSeconds":20}`).WithContext(ctx)
		r.RequestURI = "" // that of a server's request
		_, err := client.Do(r)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()

		q, err := service.Queue("orders")
		require.NoError(t, err)
		_, err = q.Send(t.Context(), sqs.Entry{Body: "a"})
		require.NoError(t, err)
		require.Equal(t, sqs.StateVisible, q.Peek(1)[0].State)
	})
}

func TestALongPollEndsWithItsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, service := newHandler(t)
		time.AfterFunc(time.Second, func() { _ = service.DeleteQueue("orders") })
		p := problemOf(t, serve(t, handler, jsonRequest("ReceiveMessage", `{`+ordersJSON+`,"WaitTimeSeconds":20}`)))
		require.Equal(t, noSuchQueue.code, p.code)
	})
}

func TestAClosedServiceIsUnavailable(t *testing.T) {
	handler, service := newHandler(t)
	q, err := service.Queue("orders")
	require.NoError(t, err)
	require.NoError(t, q.Close())
	require.NoError(t, service.Close())
	p := problemOf(t, serve(t, handler, jsonRequest("CreateQueue", `{"QueueName":"a"}`)))
	require.Equal(t, problem{"com.amazon.coral.service#ServiceUnavailable", "ServiceUnavailable", "Receiver", "The queue is closed.", 503}, p)
}
