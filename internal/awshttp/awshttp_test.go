package awshttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/internal/awsquery"
	"github.com/leat-go/leat/internal/fault"
	"github.com/leat-go/leat/internal/sigv4"
)

// conditions have one error of their own, and one that is otherwise than the common
// one of its name.
var conditions = awshttp.Conditions{
	{Kind: "QueueGone", Query: "Service.Gone", Status: 404},
	{Kind: "InternalErrorException", Query: "InternalError", Status: 500},
	{Kind: "MissingAuthenticationTokenException", Query: "MissingAuthenticationToken", Status: 400, Common: true},
}

func TestBufferReadsAllOrTellsWhyNot(t *testing.T) {
	b := awshttp.TakeBuffer()
	defer b.Release()
	body := strings.Repeat("a", 10_000)
	require.NoError(t, b.Read(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), 10_000))
	require.Equal(t, body, string(b.Data))

	for name, length := range map[string]int64{"said so": 10_000, "did not say": -1} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.ContentLength = length
		b.Data = b.Data[:0]
		e := conditions.Explain(conditions.Unreadable(b.Read(r, 9_999), "Broken"))
		require.Equal(t, "RequestEntityTooLarge", e.Query, name)
		require.Equal(t, "The request is longer than 9999 bytes.", e.Message)
		require.Equal(t, 413, e.Status)
	}
	b.Data = b.Data[:0]
	broken := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("gone")))
	e := conditions.Explain(conditions.Unreadable(b.Read(broken, 1), "Broken"))
	require.Equal(t, "Broken", e.Kind)
	require.NoError(t, b.Read(&http.Request{}, 1), "a request that a client makes may have no body")
}

func TestSendHasALength(t *testing.T) {
	w := httptest.NewRecorder()
	awshttp.Send(w, 418, "text/xml", "the id", []byte("<a/>"))
	require.Equal(t, 418, w.Code)
	require.Equal(t, "<a/>", w.Body.String())
	require.Equal(t, http.Header{"Content-Type": {"text/xml"}, "Content-Length": {"4"}, "X-Amzn-Requestid": {"the id"}}, w.Header())
}

func TestMediaType(t *testing.T) {
	for header, want := range map[string]string{
		"":                           "",
		"application/x-amz-json-1.0": "application/x-amz-json-1.0",
		" Text/XML ":                 "text/xml",
		"text/xml; charset=utf-8":    "text/xml",
		"TEXT/xml;x":                 "text/xml",
		";":                          "",
	} {
		r := &http.Request{Header: http.Header{"Content-Type": {header}}}
		require.Equal(t, want, awshttp.MediaType(r), "%q", header)
	}
}

func TestIsQuery(t *testing.T) {
	const formType = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		method, target, mediaType string
		form, ok                  bool
	}{
		{"POST", "/", formType, true, true},
		{"POST", "/?Action=A", "text/plain", false, true},
		{"GET", "/?Action=A", "", false, true},
		{"GET", "/", formType, false, false},
		{"POST", "/", "text/plain", false, false},
		{"PUT", "/?Action=A", formType, false, false},
	} {
		form, ok := awshttp.IsQuery(httptest.NewRequest(c.method, c.target, nil), c.mediaType)
		require.Equal(t, []bool{c.form, c.ok}, []bool{form, ok}, "%+v", c)
	}
}

func TestOpenQuery(t *testing.T) {
	for _, c := range []struct {
		target, body string
		form         bool
		action       string
		params       url.Values
		code         string
	}{
		{target: "/?Action=A&x=1", body: "y=2", action: "A", params: url.Values{"Action": {"A"}, "x": {"1"}}},
		{target: "/?Action=A&x=1", body: "Action=B&x=2", form: true, action: "B", params: url.Values{"Action": {"B", "A"}, "x": {"2", "1"}}},
		{target: "/?x=1", body: "Action=B", form: true, action: "B", params: url.Values{"Action": {"B"}, "x": {"1"}}},
		{target: "/?x=1", code: "MissingAction"},
		{target: "/?Action=", code: "MissingAction"},
		{target: "/?Action=%zz", code: "MalformedQueryString"},
		{target: "/?Action=A", body: "%zz", form: true, code: "MalformedQueryString"},
	} {
		action, params, err := conditions.OpenQuery(httptest.NewRequest(http.MethodPost, c.target, nil), []byte(c.body), c.form)
		if c.code != "" {
			require.Equal(t, c.code, conditions.Explain(err).Query, "%+v", c)
			continue
		}
		require.NoError(t, err, "%+v", c)
		require.Equal(t, c.action, action, "%+v", c)
		require.Equal(t, c.params, params, "%+v", c)
	}
}

// engineError is what an engine's errors look like.
type engineError struct{}

func (engineError) Error() string        { return "engine: gone" }
func (engineError) ErrorCode() string    { return "Service.Gone" }
func (engineError) ErrorMessage() string { return "Gone." }

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		err                  error
		kind, query, message string
		status               int
		common               bool
		fault                string
	}{
		"an engine's":         {fmt.Errorf("wrapped: %w", engineError{}), "QueueGone", "Service.Gone", "Gone.", 404, false, "Sender"},
		"ready":               {conditions.New("MissingAction", "a"), "MissingAction", "MissingAction", "a", 400, true, "Sender"},
		"bad JSON":            {&awsjson.Error{Message: "b"}, "SerializationException", "MalformedInput", "b", 400, true, "Sender"},
		"a bad form":          {&awsquery.Error{Message: "c"}, "SerializationException", "MalformedInput", "c", 400, true, "Sender"},
		"a bad signature":     {&sigv4.Error{Code: "C", JSONCode: "J", Message: "d", Status: 403}, "J", "C", "d", 403, true, "Sender"},
		"one of ours":         {&sigv4.Error{Code: "MissingAuthenticationToken", JSONCode: "MissingAuthenticationTokenException", Message: "d", Status: 403}, "MissingAuthenticationTokenException", "MissingAuthenticationToken", "d", 400, true, "Sender"},
		"bad CBOR":            {&awscbor.Error{Message: "b"}, "SerializationException", "MalformedInput", "b", 400, true, "Sender"},
		"a fault":             {&fault.Fault{Code: "QueueGone", Message: "e", Status: 599}, "QueueGone", "Service.Gone", "e", 599, false, "Receiver"},
		"an unknown fault":    {&fault.Fault{Code: "Whatever", Message: "e", Status: 400}, "Whatever", "Whatever", "e", 400, false, "Sender"},
		"a client that left":  {context.Canceled, "ServiceUnavailable", "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503, true, "Receiver"},
		"what nobody foresaw": {errors.New("f"), "InternalFailure", "InternalError", "f", 500, true, "Receiver"},
		"its own first":       {conditions.New("InternalError", "g"), "InternalErrorException", "InternalError", "g", 500, false, "Receiver"},
	} {
		e := conditions.Explain(c.err)
		require.Equal(t, awshttp.Condition{Kind: c.kind, Query: c.query, Status: c.status, Common: c.common}, e.Condition, name)
		require.Equal(t, c.message, e.Message, name)
		require.Equal(t, c.fault, e.Fault(), name)
		require.EqualError(t, e, c.kind+": "+c.message, name)
	}
}
