package firehosehttp_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

func TestFailTheNextCalls(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	create(t, h, "a", "")
	_, err := h.Faults().Add(firehosehttp.Fault{Op: "PutRecord", Times: 2, Code: "ServiceUnavailableException", Message: "Slow down."})
	require.NoError(t, err)
	put := `{"DeliveryStreamName":"a","Record":{"Data":""}}`
	want := problem{"ServiceUnavailableException", "Slow down.", 503}
	require.Equal(t, want, refused(t, h, "PutRecord", put))
	require.Equal(t, http.StatusOK, serve(t, h, jsonRequest("ListDeliveryStreams", `{}`)).status, "other actions are as always")
	require.Equal(t, want, refused(t, h, "PutRecord", `{}`), "whatever is asked")
	ask(t, h, "PutRecord", put)
}

func TestFaultsHaveTheStatusOfTheService(t *testing.T) {
	for code, status := range map[string]int{
		"LimitExceededException": 400, "InvalidKMSResourceException": 400, "AccessDeniedException": 400,
		"ServiceUnavailableException": 503, "InternalFailure": 500, "ServiceUnavailable": 503, "Whatever": 400,
	} {
		h := newHandler(t, firehosehttp.Config{})
		_, err := h.Faults().Add(firehosehttp.Fault{Code: code})
		require.NoError(t, err)
		got := refused(t, h, "ListDeliveryStreams", `{}`)
		require.Equal(t, problem{code, got.message, status}, got)
	}
}

func TestDelaysTakeNoTimeInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{})
		_, err := h.Faults().Add(firehosehttp.Fault{Op: "PutRecordBatch", Delay: time.Hour})
		require.NoError(t, err)
		start := time.Now()
		require.Equal(t, "ValidationException", refused(t, h, "PutRecordBatch", `{}`).kind)
		require.Equal(t, time.Hour, time.Since(start))
		h.Faults().Reset()
		refused(t, h, "PutRecordBatch", `{}`)
		require.Equal(t, time.Hour, time.Since(start))
	})
}

func TestFaultsThatCannotBeMeant(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	_, err := h.Faults().Add(firehosehttp.Fault{Op: "PutRecords", Code: "InternalFailure"})
	var refused *firehosehttp.FaultError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{`Op is "PutRecords", which is no action of Firehose`}, refused.Reasons)
	ask(t, h, "ListDeliveryStreams", `{}`)
}
