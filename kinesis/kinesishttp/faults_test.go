package kinesishttp_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

func TestFailTheNextCalls(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	_, err := handler.Faults().Add(kinesishttp.Fault{Op: "PutRecord", Times: 2, Code: "InternalFailure"})
	require.NoError(t, err)
	put := `{"StreamName":"clicks","PartitionKey":"a","Data":""}`
	want := problem{"InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", 500}
	require.Equal(t, want, refused(t, handler, "PutRecord", put))
	require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest("ListStreams", `{}`)).status, "other actions are as always")
	require.Equal(t, want, cborProblemOf(t, serve(t, handler, cborRequest("PutRecord", struct{}{}))), "whatever is asked")
	ask(t, handler, "PutRecord", put)
}

func TestFaultsHaveTheStatusOfTheService(t *testing.T) {
	for code, status := range map[string]int{
		"ProvisionedThroughputExceededException": 400, "KMSThrottlingException": 400, "AccessDeniedException": 400, "ExpiredIteratorException": 400,
		"InternalFailure": 500, "InternalFailureException": 500, "ServiceUnavailable": 503, "Whatever": 400,
	} {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		_, err := handler.Faults().Add(kinesishttp.Fault{Code: code})
		require.NoError(t, err)
		require.Equal(t, problem{code, refused(t, handler, "ListStreams", `{}`).message, status}, refused(t, handler, "ListStreams", `{}`))
	}
}

func TestThrottleAShare(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	remove, err := handler.Faults().Add(kinesishttp.Fault{Op: "GetShardIterator", Share: 0.25, Code: "ProvisionedThroughputExceededException"})
	require.NoError(t, err)
	body, throttled := `{"StreamName":"clicks","ShardId":"0","ShardIteratorType":"LATEST"}`, 0
	for range 40 {
		if serve(t, handler, jsonRequest("GetShardIterator", body)).status == http.StatusBadRequest {
			throttled++
		}
	}
	require.Equal(t, 10, throttled)
	remove()
	for range 8 {
		ask(t, handler, "GetShardIterator", body)
	}
}

func TestDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		_, err := handler.Faults().Add(kinesishttp.Fault{Op: "SubscribeToShard", Delay: 7 * time.Second, Code: "ResourceInUseException"})
		require.NoError(t, err)
		start := time.Now()
		require.Equal(t, "ResourceInUseException", refused(t, handler, "SubscribeToShard", `{}`).kind)
		require.Equal(t, 7*time.Second, time.Since(start))
		handler.Faults().Reset()
		require.Equal(t, "ValidationException", refused(t, handler, "SubscribeToShard", `{}`).kind)
	})
}

func TestFaultsThatCannotBeMeant(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	_, err := handler.Faults().Add(kinesishttp.Fault{Op: "SendMessage", Code: "InternalFailure"})
	var refused *kinesishttp.FaultError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{`Op is "SendMessage", which is no action of Kinesis`}, refused.Reasons)
	ask(t, handler, "ListStreams", `{}`)
}
