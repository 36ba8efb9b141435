package sqshttp_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

const (
	host     = "http://localhost:4566"
	accounts = host + "/000000000000/"
)

// newHandler serves a service with the queues "orders" and "orders.fifo".
func newHandler(t testing.TB) (*sqshttp.Handler, *sqs.Service) {
	t.Helper()
	service, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	_, err = service.CreateQueue("orders", sqs.Config{})
	require.NoError(t, err)
	_, err = service.CreateQueue("orders.fifo", sqs.Config{FIFO: true})
	require.NoError(t, err)
	return sqshttp.NewHandler(service, sqshttp.Config{}), service
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
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	return r
}

func queryRequest(action, params string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader("Action="+action+"&Version=2012-11-05&"+params))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func as(r *http.Request, accessKey, region string) *http.Request {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+accessKey+"/20260101/"+region+"/sqs/aws4_request, SignedHeaders=host, Signature=0")
	return r
}

// ask sends JSON, expects success, and returns the answer's fields.
func ask(t testing.TB, h http.Handler, action, body string) map[string]any {
	t.Helper()
	return askFor(t, h, jsonRequest(action, body))
}

func askFor(t testing.TB, h http.Handler, r *http.Request) map[string]any {
	t.Helper()
	a := serve(t, h, r)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "application/x-amz-json-1.0", a.header.Get("Content-Type"))
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &fields))
	return fields
}

// askQuery sends a form, expects success, and returns the XML inside the result.
func askQuery(t testing.TB, h http.Handler, action, params string) string {
	t.Helper()
	a := serve(t, h, queryRequest(action, params))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "text/xml", a.header.Get("Content-Type"))
	before, rest, _ := strings.Cut(a.body, "<"+action+"Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">")
	require.Equal(t, `<?xml version="1.0"?>`, before)
	result, metadata, _ := strings.Cut(rest, "<ResponseMetadata>")
	require.Equal(t, "<RequestId>"+a.header.Get("X-Amzn-RequestId")+"</RequestId></ResponseMetadata></"+action+"Response>", metadata)
	result = strings.TrimPrefix(result, "<"+action+"Result>")
	return strings.TrimSuffix(result, "</"+action+"Result>")
}

// problem is an error as the protocols tell it.
type problem struct {
	kind, code, fault, message string
	status                     int
}

// problemOf reads the error in an answer. Which of kind and code it finds depends on
// the protocol: the JSON protocol has both.
func problemOf(t testing.TB, a answer) problem {
	t.Helper()
	p := problem{status: a.status}
	if a.header.Get("Content-Type") == "application/x-amz-json-1.0" {
		var body struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		require.NoError(t, json.Unmarshal([]byte(a.body), &body), a.body)
		p.kind, p.message = body.Type, body.Message
		p.code, p.fault, _ = strings.Cut(a.header.Get("X-Amzn-Query-Error"), ";")
		return p
	}
	var body struct {
		XMLName xml.Name `xml:"http://queue.amazonaws.com/doc/2012-11-05/ ErrorResponse"`
		Error   struct{ Type, Code, Message string }
		ID      string `xml:"RequestId"`
	}
	require.NoError(t, xml.Unmarshal([]byte(a.body), &body), a.body)
	require.Equal(t, a.header.Get("X-Amzn-RequestId"), body.ID)
	require.Empty(t, a.header.Get("X-Amzn-Query-Error"))
	p.fault, p.code, p.message = body.Error.Type, body.Error.Code, body.Error.Message
	return p
}

func escaped(s string) string { return url.QueryEscape(s) }
