package firehosehttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

const (
	host     = "http://localhost:4573"
	account  = "000000000000"
	arns     = "arn:aws:firehose:us-east-1:" + account + ":deliverystream/"
	role     = "arn:aws:iam::" + account + ":role/firehose"
	jsonType = "application/x-amz-json-1.1"
	bucket   = `"RoleARN":"` + role + `","BucketARN":"arn:aws:s3:::archive"`
)

// newHandler serves a service of its own, which ends with the test.
func newHandler(t testing.TB, cfg firehosehttp.Config) *firehosehttp.Handler {
	t.Helper()
	service, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(t, err)
	h := firehosehttp.NewHandler(service, cfg)
	t.Cleanup(func() {
		_ = service.Close() // what a test leaves undelivered does not matter
		require.NoError(t, h.Close())
	})
	return h
}

// create creates a delivery stream to the bucket "archive"; more are further members of
// its ExtendedS3DestinationConfiguration, each with a comma before it.
func create(t testing.TB, h http.Handler, name, more string) {
	t.Helper()
	ask(t, h, "CreateDeliveryStream", `{"DeliveryStreamName":"`+name+`","ExtendedS3DestinationConfiguration":{`+bucket+more+`}}`)
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
	r.Header.Set("X-Amz-Target", "Firehose_20150804."+action)
	return r
}

// ask sends a request and expects success. It returns the answer's fields.
func ask(t testing.TB, h http.Handler, action, body string) map[string]any {
	t.Helper()
	return askFor(t, h, jsonRequest(action, body))
}

func askFor(t testing.TB, h http.Handler, r *http.Request) map[string]any {
	t.Helper()
	a := serve(t, h, r)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, jsonType, a.header.Get("Content-Type"))
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &fields), a.body)
	return fields
}

// description returns the description of a delivery stream, and its destination's.
func description(t testing.TB, h http.Handler, name string) (stream, destination map[string]any) {
	t.Helper()
	stream = ask(t, h, "DescribeDeliveryStream", `{"DeliveryStreamName":"`+name+`"}`)["DeliveryStreamDescription"].(map[string]any)
	return stream, stream["Destinations"].([]any)[0].(map[string]any)
}

// problem is an error as the protocol tells it.
type problem struct {
	kind, message string
	status        int
}

// refused sends a request and expects an error.
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

// as has an account ask in a region. Nothing is signed.
func as(r *http.Request, account, region string) *http.Request {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+"/20260101/"+region+"/firehose/aws4_request, SignedHeaders=host, Signature=0")
	return r
}
