package kinesishttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

const (
	host     = "http://localhost:4567"
	account  = "000000000000"
	arns     = "arn:aws:kinesis:us-east-1:" + account + ":stream/"
	jsonType = "application/x-amz-json-1.1"
	cborType = "application/x-amz-cbor-1.1"
)

// newHandler serves a service with the stream "clicks" of two shards.
func newHandler(t testing.TB, cfg kinesis.ServiceConfig) (*kinesishttp.Handler, *kinesis.Service) {
	t.Helper()
	service, err := kinesis.NewService(cfg)
	require.NoError(t, err)
	_, err = service.CreateStream("clicks", kinesis.Config{ShardCount: 2})
	require.NoError(t, err)
	return kinesishttp.NewHandler(service, kinesishttp.Config{}), service
}

// answer is what came back, and what every answer has to keep to.
type answer struct {
	status int
	header http.Header
	body   string
}

func serve(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{w.Code, w.Result().Header, w.Body.String()}
	require.EqualValues(t, len(a.body), w.Result().ContentLength)
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, a.header.Get("X-Amzn-RequestId"))
	return a
}

func jsonRequest(action, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader(body))
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+action)
	return r
}

// as has an account ask in a region. Nothing is signed.
func as(r *http.Request, account, region string) *http.Request {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+"/20260101/"+region+"/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	return r
}

// ask sends JSON and expects success. It returns the answer's fields, none for an
// answer without a body.
func ask(t testing.TB, h http.Handler, action, body string) map[string]any {
	t.Helper()
	return askFor(t, h, jsonRequest(action, body))
}

func askFor(t testing.TB, h http.Handler, r *http.Request) map[string]any {
	t.Helper()
	a := serve(t, h, r)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, jsonType, a.header.Get("Content-Type"))
	if a.body == "" {
		return nil
	}
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &fields), a.body)
	return fields
}

// problem is an error as the JSON protocol tells it.
type problem struct {
	kind, message string
	status        int
}

// refused sends JSON and expects an error.
func refused(t testing.TB, h http.Handler, action, body string) problem {
	t.Helper()
	return problemOf(t, serve(t, h, jsonRequest(action, body)))
}

func problemOf(t testing.TB, a answer) problem {
	t.Helper()
	require.GreaterOrEqual(t, a.status, 400, a.body)
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // or Message, as encoding/json sees it
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
	return problem{body.Type, body.Message, a.status}
}
