package kinesishttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// TestWhatIsNoRequest: neither protocol can be recognized, so neither can answer.
func TestWhatIsNoRequest(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	const denied = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n"
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		body    string
	}{
		"nothing":         {httptest.NewRequest(http.MethodGet, host+"/", nil), 403, denied},
		"another method":  {with("", "", jsonRequest("ListStreams", `{}`), http.MethodPut), 403, denied},
		"a form":          {with("Content-Type", "application/x-www-form-urlencoded", with("X-Amz-Target", "", jsonRequest("", `{}`))), 403, denied},
		"no content type": {with("Content-Type", "", jsonRequest("ListStreams", `{}`)), 404, "<UnknownOperationException/>\n"},
		"plain JSON":      {with("Content-Type", "application/json", jsonRequest("ListStreams", `{}`)), 404, "<UnknownOperationException/>\n"},
		"JSON 1.0":        {with("Content-Type", "application/x-amz-json-1.0", jsonRequest("ListStreams", `{}`)), 404, "<UnknownOperationException/>\n"},
		"a broken type":   {with("Content-Type", ";;", jsonRequest("ListStreams", `{}`)), 404, "<UnknownOperationException/>\n"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, handler, c.request)
			require.Equal(t, c.status, a.status)
			require.Equal(t, "text/xml", a.header.Get("Content-Type"))
			require.Equal(t, c.body, a.body)
		})
	}
}

func TestMalformedRequests(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	unknown := problem{"UnknownOperationException", "", 400}
	noBody := problem{"SerializationException", "", 400}
	serialization := func(text string) problem { return problem{"SerializationException", text, 400} }
	for name, c := range map[string]struct {
		request *http.Request
		want    problem
	}{
		"no target":             {with("X-Amz-Target", "", jsonRequest("", `{}`)), unknown},
		"no such action":        {jsonRequest("Fly", `{}`), unknown},
		"the target of another": {with("X-Amz-Target", "DynamoDB_20120810.PutItem", jsonRequest("", `{}`)), unknown},
		"names are exact":       {jsonRequest("putRecord", `{}`), unknown},
		"no body":               {jsonRequest("PutRecord", ``), noBody},
		"half a body":           {jsonRequest("PutRecord", `{"StreamName":`), noBody},
		"null":                  {jsonRequest("PutRecord", `null`), noBody},
		"a list":                {jsonRequest("PutRecord", `[]`), serialization("Start of list found where not expected")},
		"no text":               {jsonRequest("PutRecord", `{"StreamName":1}`), serialization("NUMBER_VALUE can not be converted to a String")},
		"no base64":             {jsonRequest("PutRecord", `{"Data":"%"}`), serialization("Invalid Base64 value")},
		"no list":               {jsonRequest("PutRecords", `{"Records":{}}`), serialization("Start of structure or map found where not expected.")},
		"no time":               {jsonRequest("GetShardIterator", `{"Timestamp":"2016-04-04T19:58:46.480-00:00"}`), serialization("STRING_VALUE can not be converted to a Timestamp")},
		"half an entry":         {jsonRequest("PutRecords", `{"Records":[{"Data":"AA=="},3]}`), serialization("Expected null")},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, handler, c.request)
			require.Equal(t, jsonType, a.header.Get("Content-Type"))
			require.Equal(t, c.want, problemOf(t, a))
		})
	}
	a := serve(t, handler, jsonRequest("PutRecord", `{"Data":1}`))
	require.JSONEq(t, `{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a Blob"}`, a.body)
}

func TestMalformedRequestsInCBOR(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	body := func(action, text string) *http.Request {
		r := cborRequest(action, struct{}{})
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		return r
	}
	require.Equal(t, problem{"UnknownOperationException", "", 400}, cborProblemOf(t, serve(t, handler, body("Fly", "\xa0"))))
	require.Equal(t, problem{"SerializationException", "", 400}, cborProblemOf(t, serve(t, handler, body("PutRecord", ""))))
	require.Equal(t, problem{"SerializationException", "", 400}, cborProblemOf(t, serve(t, handler, body("PutRecord", `{"StreamName":"clicks"}`))))
	require.Equal(t, problem{"SerializationException", "STRING_VALUE can not be converted to a Blob", 400},
		cborProblemOf(t, serve(t, handler, cborRequest("PutRecord", struct{ Data string }{"AA=="}))))
	require.Equal(t, problem{"ResourceNotFoundException", "Stream none under account 000000000000 not found.", 400},
		cborProblemOf(t, serve(t, handler, cborRequest("DescribeStreamSummary", struct{ StreamName string }{"none"}))))
}

func TestContentTypesMayHaveParameters(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	a := serve(t, handler, with("Content-Type", "Application/X-Amz-Json-1.1; charset=utf-8", jsonRequest("ListStreams", `{}`)))
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, jsonType, a.header.Get("Content-Type"))
}

func TestAnActionWithoutOutputHasNoBody(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	a := serve(t, handler, jsonRequest("DeleteStream", `{"StreamName":"clicks"}`))
	require.Equal(t, http.StatusOK, a.status)
	require.Empty(t, a.body)
	handler, _ = newHandler(t, kinesis.ServiceConfig{})
	a = serve(t, handler, cborRequest("DeleteStream", struct{ StreamName string }{"clicks"}))
	require.Equal(t, http.StatusOK, a.status)
	require.Empty(t, a.body)
}

func TestRequestsAreBounded(t *testing.T) {
	_, service := newHandler(t, kinesis.ServiceConfig{})
	handler := kinesishttp.NewHandler(service, kinesishttp.Config{MaxRequestBytes: 100})
	padding := strings.Repeat(" ", 100)
	want := problem{"RequestEntityTooLargeException", "The request is longer than 100 bytes.", 413}
	require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest("ListStreams", `{}`+padding[2:])).status)
	require.Equal(t, want, problemOf(t, serve(t, handler, jsonRequest("ListStreams", `{}`+padding[1:]))))
	unknownLength := jsonRequest("ListStreams", `{}`+padding[1:])
	unknownLength.ContentLength = -1
	require.Equal(t, want, problemOf(t, serve(t, handler, unknownLength)))
}

// TestABodyThatBreaksOff is a client that goes away in the middle of its request.
func TestABodyThatBreaksOff(t *testing.T) {
	handler, service := newHandler(t, kinesis.ServiceConfig{})
	r := jsonRequest("PutRecord", "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"StreamName":"clicks","PartitionKey":"a","Data":"AA=="}`), iotest.ErrReader(errors.New("connection reset"))))
	require.Equal(t, problem{"SerializationException", "The body of the request did not arrive.", 400}, problemOf(t, serve(t, handler, r)))
	s, err := service.Stream("clicks")
	require.NoError(t, err)
	require.Zero(t, s.Summary().Records, "what has not arrived is not put")
}

// TestABodyInPieces is a client that is slow.
func TestABodyInPieces(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	r := jsonRequest("PutRecord", "")
	r.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(`{"StreamName":"clicks","PartitionKey":"a","Data":"AA=="}`)))
	r.ContentLength = -1
	require.Equal(t, http.StatusOK, serve(t, handler, r).status)
}

func TestAccountsAndRegions(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	const alice = "111122223333"
	require.Equal(t, http.StatusOK, serve(t, handler, as(jsonRequest("CreateStream", `{"StreamName":"mine","ShardCount":1}`), alice, "eu-west-1")).status)
	put := `{"StreamName":"mine","PartitionKey":"a","Data":""}`
	require.Equal(t, http.StatusOK, serve(t, handler, as(jsonRequest("PutRecord", put), alice, "eu-west-1")).status)
	gone := problem{"ResourceNotFoundException", "Stream mine under account 000000000000 not found.", 400}
	require.Equal(t, gone, refused(t, handler, "PutRecord", put))
	gone.message = "Stream mine under account " + alice + " not found."
	require.Equal(t, gone, problemOf(t, serve(t, handler, as(jsonRequest("PutRecord", put), alice, "us-east-1"))))
	require.Equal(t, "InvalidSignatureException", problemOf(t, serve(t, handler, as(jsonRequest("PutRecord", put), alice, "no region"))).kind)

	// By its ARN another account reaches it: policies are kept, not enforced.
	byARN := `{"StreamARN":"arn:aws:kinesis:eu-west-1:` + alice + `:stream/mine","PartitionKey":"a","Data":""}`
	ask(t, handler, "PutRecord", byARN)
}

func TestAClosedServiceIsUnavailable(t *testing.T) {
	handler, service := newHandler(t, kinesis.ServiceConfig{})
	require.NoError(t, service.Close())
	require.Equal(t, problem{"ServiceUnavailable", "The stream is closed.", 503}, refused(t, handler, "CreateStream", `{"StreamName":"a","ShardCount":1}`))
}

// with sets a header of r, or removes it, and its method if there is one.
func with(header, value string, r *http.Request, method ...string) *http.Request {
	if r.Header.Del(header); value != "" {
		r.Header.Set(header, value)
	}
	if len(method) > 0 {
		r.Method = method[0]
	}
	return r
}

// TestAClientThatHasLeft: nothing is done for it.
func TestAClientThatHasLeft(t *testing.T) {
	handler, service := newHandler(t, kinesis.ServiceConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for action, body := range map[string]string{
		"PutRecord":        `{"StreamName":"clicks","PartitionKey":"a","Data":""}`,
		"PutRecords":       `{"StreamName":"clicks","Records":[{"PartitionKey":"a","Data":""}]}`,
		"GetRecords":       `{"ShardIterator":"` + iteratorOf(t, handler, fromTheOldest) + `"}`,
		"SubscribeToShard": subscribeBody(register(t, handler), `{"Type":"LATEST"}`),
	} {
		p := problemOf(t, serve(t, handler, jsonRequest(action, body).WithContext(ctx)))
		require.Equal(t, problem{"ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503}, p, action)
	}
	s, err := service.Stream("clicks")
	require.NoError(t, err)
	require.Zero(t, s.Summary().Records)
}
