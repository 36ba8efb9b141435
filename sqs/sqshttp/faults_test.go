package sqshttp_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestFailTheNextCalls(t *testing.T) {
	handler, _ := newHandler(t)
	_, err := handler.Faults().Add(sqshttp.Fault{Op: "SendMessage", Times: 2, Code: "InternalError"})
	require.NoError(t, err)
	send := jsonRequest("SendMessage", `{`+ordersJSON+`,"MessageBody":"a"}`)
	require.Equal(t,
		problem{"com.amazon.coral.service#InternalFailure", "InternalError", "Receiver", "We encountered an internal error. Please try again.", 500},
		problemOf(t, serve(t, handler, send)))
	require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest("ReceiveMessage", `{`+ordersJSON+`}`)).status, "other actions are as always")
	require.Equal(t,
		problem{"", "InternalError", "Receiver", "We encountered an internal error. Please try again.", 500},
		problemOf(t, serve(t, handler, queryRequest("SendMessage", ordersQuery+"&MessageBody=a"))))
	ask(t, handler, "SendMessage", `{`+ordersJSON+`,"MessageBody":"a"}`)
}

// TestFaultsByEitherName: an error may be named as in one protocol, and is itself in
// the other.
func TestFaultsByEitherName(t *testing.T) {
	for _, code := range []string{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"} {
		handler, _ := newHandler(t)
		_, err := handler.Faults().Add(sqshttp.Fault{Code: code, Message: "Gone."})
		require.NoError(t, err)
		want := noSuchQueue.saying("Gone.")
		want.fault = "Sender"
		require.Equal(t, want, problemOf(t, serve(t, handler, jsonRequest("ListQueues", `{}`))))
		want.kind = ""
		require.Equal(t, want, problemOf(t, serve(t, handler, queryRequest("ListQueues", ""))))
	}
	for code, status := range map[string]int{"OverLimit": 403, "RequestThrottled": 403, "ResourceNotFoundException": 404, "ServiceUnavailable": 503, "ExpiredToken": 403, "Whatever": 400} {
		handler, _ := newHandler(t)
		_, err := handler.Faults().Add(sqshttp.Fault{Code: code})
		require.NoError(t, err)
		require.Equal(t, status, serve(t, handler, jsonRequest("ListQueues", `{}`)).status, code)
	}
}

func TestThrottleAShare(t *testing.T) {
	handler, _ := newHandler(t)
	remove, err := handler.Faults().Add(sqshttp.Fault{Op: "ListQueues", Share: 0.25, Code: "RequestThrottled"})
	require.NoError(t, err)
	throttled := 0
	for range 40 {
		if serve(t, handler, jsonRequest("ListQueues", `{}`)).status == http.StatusForbidden {
			throttled++
		}
	}
	require.Equal(t, 10, throttled)
	remove()
	for range 8 {
		ask(t, handler, "ListQueues", `{}`)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t)
		_, err := handler.Faults().Add(sqshttp.Fault{Delay: time.Minute})
		require.NoError(t, err)
		start := time.Now()
		ask(t, handler, "ListQueues", `{}`)
		require.Equal(t, time.Minute, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		require.Equal(t, http.StatusServiceUnavailable, serve(t, handler, jsonRequest("ListQueues", `{}`).WithContext(ctx)).status)
		require.Equal(t, time.Second, time.Since(start), "a client that goes away is not waited for")

		handler.Faults().Reset()
		start = time.Now()
		ask(t, handler, "ListQueues", `{}`)
		require.Zero(t, time.Since(start))
	})
}

func TestFaultsThatCanNotBeMeant(t *testing.T) {
	handler, _ := newHandler(t)
	for _, f := range []sqshttp.Fault{
		{},
		{Op: "SendMesage", Code: "InternalError"},
		{Code: "InternalError", Times: -1},
		{Code: "InternalError", Share: 2},
		{Code: "InternalError", Status: 200},
		{Delay: -time.Second},
	} {
		_, err := handler.Faults().Add(f)
		var refused *sqshttp.FaultError
		require.ErrorAs(t, err, &refused, "%+v", f)
		require.NotEmpty(t, refused.Reasons)
	}
	ask(t, handler, "ListQueues", `{}`)
}
