package awshttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awshttp"
)

func TestAction(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	require.Empty(t, awshttp.Action(r, "Service_1."))
	r.Header.Set("X-Amz-Target", "Service_1.Fly")
	require.Equal(t, "Fly", awshttp.Action(r, "Service_1."))
	require.Empty(t, awshttp.Action(r, "Service_2."))
}

func TestDecodeJSONKeepsBinaryDataInTheScratchBuffer(t *testing.T) {
	scratch := awshttp.TakeBuffer()
	defer scratch.Release()
	var in struct{ A, B []byte }
	require.NoError(t, awshttp.DecodeJSON([]byte(`{"A":"YQ==","B":"Yg=="}`), scratch, &in))
	require.Equal(t, "ab", string(scratch.Data))
	scratch.Data[0] = 'c'
	require.Equal(t, "c", string(in.A))
	require.Error(t, awshttp.DecodeJSON([]byte(`{"A":1}`), scratch, &in))
}

func TestAppendError11(t *testing.T) {
	for want, e := range map[string]*awshttp.Error{
		`{"__type":"QueueGone"}`:                                       conditions.New("QueueGone", ""),
		`{"__type":"QueueGone","message":"\"gone\""}`:                  conditions.New("QueueGone", `"gone"`),
		`{"__type":"SerializationException","Message":"not a number"}`: conditions.New("SerializationException", "not a number"),
	} {
		require.Equal(t, want, string(awshttp.AppendError11(nil, e)))
	}
}

func TestRefuse(t *testing.T) {
	for target, want := range map[string]string{"": "<AccessDeniedException>", "Service_1.Fly": "<UnknownOperationException/>"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("body"))
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
		}
		w := httptest.NewRecorder()
		awshttp.Refuse(w, r, "the id")
		require.Contains(t, w.Body.String(), want)
		require.GreaterOrEqual(t, w.Code, 400)
		require.Equal(t, "the id", w.Header().Get("X-Amzn-Requestid"))
	}
}

func TestConditions11AreTheCallersFault(t *testing.T) {
	for _, c := range awshttp.Conditions11 {
		e := awshttp.Conditions11.New(c.Query, "")
		require.Equal(t, c, e.Condition)
		require.Equal(t, "Sender", e.Fault())
	}
}
