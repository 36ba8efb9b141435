package elb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const lambdaARN = "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-target-group/6d0ecf831eec9f09"

// eventOf is the event that a function gets for a request.
func eventOf(t *testing.T, multi bool, r *http.Request) string {
	var got []byte
	h := newFunctionHandler(lambdaARN, multi, func(_ context.Context, event []byte) ([]byte, error) {
		got = bytes.Clone(event)
		return []byte(`{"statusCode":200}`), nil
	})
	require.Nil(t, h.serve(httptest.NewRecorder(), r))
	return string(got)
}

func request(method, target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestEvent(t *testing.T) {
	const context = `{"requestContext":{"elb":{"targetGroupArn":"` + lambdaARN + `"}},`
	tests := map[string]struct {
		multi bool
		r     *http.Request
		want  string // after the context
	}{
		// The examples of the User Guide.
		"request": {false, request("POST", "http://lambda-846800462-us-east-2.elb.amazonaws.com/", "request_body",
			"Accept", "text/html,application/xhtml+xml", "Content-Type", "text/plain", "Cookie", "cookies", "X-Amzn-Trace-Id", "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520", "X-Forwarded-For", "72.21.198.66"),
			`"httpMethod":"POST","path":"/","queryStringParameters":{},"headers":{"accept":"text/html,application/xhtml+xml","content-length":"12","content-type":"text/plain","cookie":"cookies","host":"lambda-846800462-us-east-2.elb.amazonaws.com","x-amzn-trace-id":"Root=1-5bdb40ca-556d8b0c50dc66f0511bf520","x-forwarded-for":"72.21.198.66"},"body":"request_body","isBase64Encoded":false}`},
		"last values": {false, request("GET", "http://www.example.com?&myKey=val1&myKey=val2", "", "Cookie", "name1=value1", "Cookie", "name2=value2"),
			`"httpMethod":"GET","path":"/","queryStringParameters":{"myKey":"val2"},"headers":{"cookie":"name2=value2","host":"www.example.com"},"body":"","isBase64Encoded":false}`},
		"all values": {true, request("GET", "http://www.example.com?&myKey=val1&myKey=val2", "", "Cookie", "name1=value1", "Cookie", "name2=value2"),
			`"httpMethod":"GET","path":"/","multiValueQueryStringParameters":{"myKey":["val1","val2"]},"multiValueHeaders":{"cookie":["name1=value1","name2=value2"],"host":["www.example.com"]},"body":"","isBase64Encoded":false}`},

		"nothing is decoded": {false, request("GET", "http://h/a%2Fb%20c?k%201=v+%26&flag&=x&a=b=c", ""),
			`"httpMethod":"GET","path":"/a%2Fb%20c","queryStringParameters":{"":"x","a":"b=c","flag":"","k%201":"v+%26"},"headers":{"host":"h"},"body":"","isBase64Encoded":false}`},
		"characters of HTML": {false, request("PUT", "http://h/", "<a>&\u2028", "Content-Type", "text/html"),
			`"httpMethod":"PUT","path":"/","queryStringParameters":{},"headers":{"content-length":"7","content-type":"text/html","host":"h"},"body":"<a>&\u2028","isBase64Encoded":false}`},
		"multi, nothing": {true, request("GET", "http://h/", ""),
			`"httpMethod":"GET","path":"/","multiValueQueryStringParameters":{},"multiValueHeaders":{"host":["h"]},"body":"","isBase64Encoded":false}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, context+test.want, eventOf(t, test.multi, test.r))
		})
	}
}

func TestWhichBodiesAreText(t *testing.T) {
	tests := map[string]struct {
		header []string
		binary bool
	}{
		"text":              {[]string{"Content-Type", "text/csv"}, false},
		"text of a charset": {[]string{"Content-Type", "Text/HTML; charset=utf-8"}, false},
		"JSON":              {[]string{"Content-Type", "application/json"}, false},
		"JavaScript":        {[]string{"Content-Type", "application/javascript ; x"}, false},
		"XML":               {[]string{"Content-Type", "application/xml"}, false},
		"other JSON":        {[]string{"Content-Type", "application/problem+json"}, true},
		"an image":          {[]string{"Content-Type", "image/png"}, true},
		"a form":            {[]string{"Content-Type", "application/x-www-form-urlencoded"}, true},
		"of no type":        {nil, true},
		"compressed text":   {[]string{"Content-Type", "text/plain", "Content-Encoding", "gzip"}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var event struct {
				Body            string
				IsBase64Encoded bool
			}
			require.NoError(t, json.Unmarshal([]byte(eventOf(t, false, request("POST", "/", "hello", test.header...))), &event))
			require.Equal(t, test.binary, event.IsBase64Encoded)
			require.Equal(t, map[bool]string{false: "hello", true: "aGVsbG8="}[test.binary], event.Body)

			require.NoError(t, json.Unmarshal([]byte(eventOf(t, false, request("POST", "/", "", test.header...))), &event))
			require.False(t, event.IsBase64Encoded, "an empty body needs no encoding")
		})
	}
}

func TestAHealthCheckIsAnEvent(t *testing.T) {
	var got string
	h := newFunctionHandler(lambdaARN, false, func(_ context.Context, event []byte) ([]byte, error) {
		got = string(event)
		return []byte(`{"statusCode":503}`), nil
	})
	p, err := NewProber(HealthCheck{Path: "/well?deep=1"})
	require.NoError(t, err)
	result := p.Check(t.Context(), &Target{ID: "f", Handler: h})
	require.False(t, result.OK)
	require.Equal(t, 503, result.Code)
	require.Equal(t, `{"requestContext":{"elb":{"targetGroupArn":"`+lambdaARN+`"}},"httpMethod":"GET","path":"/well","queryStringParameters":{"deep":"1"},"headers":{"user-agent":"ELB-HealthChecker/2.0"},"body":"","isBase64Encoded":false}`, got)

	h.function = func(context.Context, []byte) ([]byte, error) { panic("ill") }
	require.Equal(t, http.StatusBadGateway, p.Check(t.Context(), &Target{ID: "f", Handler: h}).Code)
}

func TestFunctionAnswer(t *testing.T) {
	tests := map[string]struct {
		multi    bool
		method   string
		response string
		status   int
		header   http.Header
		body     string
	}{
		"of the User Guide": {false, "GET", `{"isBase64Encoded":false,"statusCode":200,"statusDescription":"200 OK","headers":{"Set-cookie":"cookies","Content-Type":"application/json"},"body":"Hello from Lambda (optional)"}`,
			200, http.Header{"Set-Cookie": {"cookies"}, "Content-Type": {"application/json"}, "Content-Length": {"28"}}, "Hello from Lambda (optional)"},
		"multi-value": {true, "GET", `{"statusCode":201,"multiValueHeaders":{"Set-cookie":["a=b;Domain=myweb.com;Secure;HttpOnly","c=d;Expires=May 8, 2019"],"Content-Type":["application/json"]}}`,
			201, http.Header{"Set-Cookie": {"a=b;Domain=myweb.com;Secure;HttpOnly", "c=d;Expires=May 8, 2019"}, "Content-Type": {"application/json"}, "Content-Length": {"0"}}, ""},
		"base64": {false, "GET", `{"statusCode":200,"headers":{"Content-Type":"image/png"},"body":"iVBORw==","isBase64Encoded":true}`,
			200, http.Header{"Content-Type": {"image/png"}, "Content-Length": {"4"}}, "\x89PNG"},
		"status alone": {false, "GET", `{"statusCode":404}`,
			404, http.Header{"Content-Type": {"application/octet-stream"}, "Content-Length": {"0"}}, ""},
		"no content": {false, "GET", `{"statusCode":204,"body":"dropped"}`, 204, http.Header{}, ""},
		"HEAD": {false, "HEAD", `{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"four"}`,
			200, http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"4"}}, ""},
		"hop by hop": {false, "GET", `{"statusCode":200,"headers":{"content-type":"a/b","connection":"close","Transfer-Encoding":"chunked","upgrade":"x","Content-Length":"99","keep-alive":"1"},"body":"four"}`,
			200, http.Header{"Content-Type": {"a/b"}, "Content-Length": {"4"}}, "four"},
		"names in several cases": {false, "GET", `{"statusCode":200,"headers":{"content-type":"a/b","set-cookie":"b","Set-Cookie":"a"}}`,
			200, http.Header{"Content-Type": {"a/b"}, "Set-Cookie": {"a", "b"}, "Content-Length": {"0"}}, ""},
		"headers where lists are wanted": {true, "GET", `{"statusCode":200,"headers":{"X-A":"1"},"multiValueHeaders":{"Content-Type":["a/b"]}}`,
			200, http.Header{"Content-Type": {"a/b"}, "Content-Length": {"0"}}, ""},
		"lists where headers are wanted": {false, "GET", `{"statusCode":200,"headers":{"Content-Type":"a/b"},"multiValueHeaders":{"X-A":["1"]}}`,
			200, http.Header{"Content-Type": {"a/b"}, "Content-Length": {"0"}}, ""},
		"largest": {false, "GET", `{"statusCode":200,"headers":{"Content-Type":"a/b"},"body":"` + strings.Repeat("x", 1<<20-69) + `"}`,
			200, http.Header{"Content-Type": {"a/b"}, "Content-Length": {"1048507"}}, strings.Repeat("x", 1<<20-69)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newFunctionHandler(lambdaARN, test.multi, func(context.Context, []byte) ([]byte, error) { return []byte(test.response), nil })
			w := httptest.NewRecorder()
			require.Nil(t, h.serve(w, request(test.method, "/", "")))
			got := w.Result()
			body, err := io.ReadAll(got.Body)
			require.NoError(t, err)
			require.Equal(t, test.status, got.StatusCode)
			require.Equal(t, test.header, got.Header)
			require.Equal(t, test.body, string(body))
		})
	}
}

func TestFunctionsFail(t *testing.T) {
	failure := errors.New("out of order")
	returns := func(response string) Function {
		return func(context.Context, []byte) ([]byte, error) { return []byte(response), nil }
	}
	get := func() *http.Request { return request("GET", "/", "") }
	limited := request("POST", "/", "hello")
	limited.Body = http.MaxBytesReader(nil, limited.Body, 4)
	broken := request("POST", "/", "")
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader("hel"), errReader{failure}))
	chunked := request("POST", "/", strings.Repeat("x", maxFunctionBody+1))
	chunked.ContentLength = -1
	never := func(context.Context, []byte) ([]byte, error) { panic("called") }
	tests := map[string]struct {
		f      Function
		multi  bool
		r      *http.Request
		status int
		reason string
		text   string
	}{
		"error":              {func(context.Context, []byte) ([]byte, error) { return nil, failure }, false, get(), 502, "LambdaUnhandled", "elb: out of order"},
		"panic":              {func(context.Context, []byte) ([]byte, error) { panic("oh") }, false, get(), 502, "LambdaUnhandled", "elb: the function panicked: oh\n"},
		"panic to abort":     {func(context.Context, []byte) ([]byte, error) { panic(http.ErrAbortHandler) }, false, get(), 502, "LambdaUnhandled", "elb: the function panicked: "},
		"nothing":            {returns(""), false, get(), 502, "LambdaInvalidResponse", "elb: the function's response: "},
		"no JSON":            {returns("hello"), false, get(), 502, "LambdaInvalidResponse", ""},
		"more than JSON":     {returns(`{"statusCode":200} x`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a string":           {returns(`"hello"`), false, get(), 502, "LambdaInvalidResponse", ""},
		"null":               {returns("null"), false, get(), 502, "LambdaInvalidResponse", "elb: the function's response: statusCode is 0, not 200 to 599"},
		"no status":          {returns(`{"headers":{},"body":"x"}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a status's text":    {returns(`{"statusCode":"200"}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a first part":       {returns(`{"statusCode":103}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"no status of HTTP":  {returns(`{"statusCode":600}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a number in header": {returns(`{"statusCode":200,"headers":{"a":1}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a list in header":   {returns(`{"statusCode":200,"headers":{"a":["b"]}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"no list in header":  {returns(`{"statusCode":200,"multiValueHeaders":{"a":"b"}}`), true, get(), 502, "LambdaInvalidResponse", ""},
		"two headers in one": {returns(`{"statusCode":200,"headers":{"a":"b\r\nSet-Cookie: c"}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"a header's name":    {returns(`{"statusCode":200,"headers":{"a b":"c"}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"no header's name":   {returns(`{"statusCode":200,"headers":{"":"c"}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"no base64":          {returns(`{"statusCode":200,"body":"hello","isBase64Encoded":true}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"body, no string":    {returns(`{"statusCode":200,"body":{"a":1}}`), false, get(), 502, "LambdaInvalidResponse", ""},
		"large response":     {returns(`{"statusCode":200,"body":"` + strings.Repeat("x", 1<<20) + `"}`), false, get(), 502, "LambdaResponseTooLarge", ""},
		"large request":      {never, false, request("POST", "/", strings.Repeat("x", maxFunctionBody+1)), 413, "LambdaRequestTooLarge", ""},
		"large chunks":       {never, false, chunked, 413, "LambdaRequestTooLarge", ""},
		"limited request":    {never, false, limited, 413, "", ""},
		"broken request":     {never, false, broken, 400, "", "elb: out of order"},
		"header, no UTF-8":   {never, false, request("GET", "/", "", "X-A", "caf\xe9"), 502, "LambdaBadRequest", ""},
		"body, no UTF-8":     {never, false, request("POST", "/", "caf\xe9", "Content-Type", "text/plain"), 502, "LambdaBadRequest", ""},
		"upgrade":            {never, false, request("GET", "/", "", "Connection", "Upgrade", "Upgrade", "websocket"), 400, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := newFunctionHandler(lambdaARN, test.multi, test.f)
			w := httptest.NewRecorder()
			failed := h.serve(w, test.r)
			require.NotNil(t, failed)
			require.Equal(t, test.status, failed.status)
			require.Equal(t, test.reason, failed.reason)
			require.Contains(t, failed.Error(), test.text)
			require.Empty(t, w.Header(), "nothing is written")
			require.Zero(t, w.Body.Len())
		})
	}
	h := newFunctionHandler(lambdaARN, false, func(context.Context, []byte) ([]byte, error) { return nil, failure })
	require.ErrorIs(t, h.serve(httptest.NewRecorder(), get()), failure)
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestAFunctionGetsTheRequestsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	h := newFunctionHandler(lambdaARN, false, func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	cancel(ErrDrained)
	require.ErrorIs(t, h.serve(httptest.NewRecorder(), request("GET", "/", "").WithContext(ctx)), ErrDrained)
}

// FuzzFunctionAnswer takes any response: an answer is one that can be sent.
func FuzzFunctionAnswer(f *testing.F) {
	for _, response := range []string{`{"statusCode":200,"headers":{"a":"b"},"body":"x"}`, `{"statusCode":204}`, `{"statusCode":200,"multiValueHeaders":{"a":["b"]},"isBase64Encoded":true,"body":"eA=="}`, "", "null", "[]"} {
		f.Add([]byte(response), false)
		f.Add([]byte(response), true)
	}
	f.Fuzz(func(t *testing.T, response []byte, multi bool) {
		h := newFunctionHandler(lambdaARN, multi, func(context.Context, []byte) ([]byte, error) { return response, nil })
		w := httptest.NewRecorder()
		if failed := h.serve(w, request("GET", "/", "")); failed != nil {
			require.Equal(t, 502, failed.status)
			return
		}
		var wire bytes.Buffer
		require.NoError(t, w.Result().Write(&wire))
		require.Equal(t, w.Code, w.Result().StatusCode)
		require.Zero(t, w.Header()["Transfer-Encoding"])
	})
}
