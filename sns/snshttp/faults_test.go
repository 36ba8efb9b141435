package snshttp_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/snshttp"
)

func TestFailTheNextCalls(t *testing.T) {
	handler, _, _ := newHandler(t)
	_, err := handler.Faults().Add(snshttp.Fault{Op: "Publish", Times: 2, Code: "InternalErrorException"})
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, problem{"InternalError", "Receiver", "InternalErrorException", 500}, problemOf(t, serve(t, handler, post("Publish", "TopicArn="+eventsARN+"&Message=a"))))
		ask(t, handler, "ListTopics", "")
	}
	ask(t, handler, "Publish", "TopicArn="+eventsARN+"&Message=a")
}

// TestFaultsByEitherName: an error may be named by its code or as in AWS's model, and
// has the status that SNS has for it.
func TestFaultsByEitherName(t *testing.T) {
	for name, want := range map[string]problem{
		"Throttled":                          {"Throttled", "Sender", "slow down", 429},
		"ThrottledException":                 {"Throttled", "Sender", "slow down", 429},
		"NotFoundException":                  {"NotFound", "Sender", "slow down", 404},
		"InvalidParameterValueException":     {"ParameterValueInvalid", "Sender", "slow down", 400},
		"AuthorizationError":                 {"AuthorizationError", "Sender", "slow down", 403},
		"FilterPolicyLimitExceededException": {"FilterPolicyLimitExceeded", "Sender", "slow down", 403},
		"ServiceUnavailable":                 {"ServiceUnavailable", "Receiver", "slow down", 503},
		"VerificationException":              {"VerificationException", "Sender", "slow down", 400},
		"Whatever":                           {"Whatever", "Sender", "slow down", 400},
	} {
		handler, _, _ := newHandler(t)
		_, err := handler.Faults().Add(snshttp.Fault{Code: name, Message: "slow down"})
		require.NoError(t, err)
		require.Equal(t, want, problemOf(t, serve(t, handler, post("ListTopics", ""))), name)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _, _ := newHandler(t)
		remove, err := handler.Faults().Add(snshttp.Fault{Delay: time.Minute})
		require.NoError(t, err)
		start := time.Now()
		ask(t, handler, "ListTopics", "")
		require.Equal(t, time.Minute, time.Since(start))
		remove()
		_, err = handler.Faults().Add(snshttp.Fault{Code: "Throttled"})
		require.NoError(t, err)
		require.Equal(t, http.StatusTooManyRequests, serve(t, handler, post("ListTopics", "")).status)
		handler.Faults().Reset()
		ask(t, handler, "ListTopics", "")
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestFaultsThatCanNotBeMeant(t *testing.T) {
	handler, _, _ := newHandler(t)
	for _, f := range []snshttp.Fault{
		{},
		{Op: "SendMessage", Code: "InternalError"},
		{Code: "InternalError", Times: -1},
		{Code: "InternalError", Status: 200},
	} {
		_, err := handler.Faults().Add(f)
		var refused *snshttp.FaultError
		require.ErrorAs(t, err, &refused, "%+v", f)
		require.NotEmpty(t, refused.Reasons)
	}
	ask(t, handler, "ListTopics", "")
}
