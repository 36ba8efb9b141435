package sqshttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs/sqshttp"
)

// TestWhatIsNoRequest: neither protocol can be recognized, so neither can answer.
func TestWhatIsNoRequest(t *testing.T) {
	handler, _ := newHandler(t)
	for name, r := range map[string]*http.Request{
		"nothing":             httptest.NewRequest(http.MethodGet, host+"/", nil),
		"a queue's URL":       httptest.NewRequest(http.MethodGet, accounts+"orders", nil),
		"a query, no action":  httptest.NewRequest(http.MethodGet, accounts+"orders?a=b", nil),
		"another method":      withMethod(http.MethodPut, jsonRequest("ListQueues", `{}`)),
		"delete":              withMethod(http.MethodDelete, queryRequest("ListQueues", "")),
		"no content type":     withType("", jsonRequest("ListQueues", `{}`)),
		"plain JSON":          withType("application/json", jsonRequest("ListQueues", `{}`)),
		"JSON 1.1":            withType("application/x-amz-json-1.1", jsonRequest("ListQueues", `{}`)),
		"multipart":           withType("multipart/form-data; boundary=a", queryRequest("ListQueues", "")),
		"a broken type":       withType(";;", jsonRequest("ListQueues", `{}`)),
		"JSON in the URL too": withMethod(http.MethodGet, jsonRequest("ListQueues", `{}`)),
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, handler, r)
			require.Equal(t, http.StatusNotFound, a.status)
			require.Equal(t, "text/xml", a.header.Get("Content-Type"))
			require.Equal(t, "<UnknownOperationException/>", a.body)
		})
	}
}

func TestMalformedRequests(t *testing.T) {
	handler, _ := newHandler(t)
	unknownJSON := problem{"com.amazon.coral.service#UnknownOperationException", "UnknownOperationException", "Sender", "The requested operation is not recognized by the service.", 400}
	noJSON := malformed
	noJSON.fault = "Sender"
	invalidAction := problem{code: "InvalidAction", fault: "Sender", status: 400}
	badQuery := problem{code: "MalformedQueryString", fault: "Sender", message: "The query string contains a syntax error.", status: 404}
	manyParameters := strings.Repeat("a=b&", 20_000)
	for name, c := range map[string]struct {
		request *http.Request
		want    problem
	}{
		"no target":               {withTarget("", jsonRequest("", `{}`)), unknownJSON},
		"no such target":          {jsonRequest("Fly", `{}`), unknownJSON},
		"the target of another":   {withTarget("AmazonSNS.Publish", jsonRequest("", `{}`)), unknownJSON},
		"names are exact":         {jsonRequest("listQueues", `{}`), unknownJSON},
		"no body":                 {jsonRequest("ListQueues", ``), noJSON},
		"half a body":             {jsonRequest("ListQueues", `{"MaxResults":`), noJSON},
		"null":                    {jsonRequest("ListQueues", `null`), noJSON},
		"not UTF-8":               {jsonRequest("ListQueues", "{\"QueueNamePrefix\":\"\xff\"}"), noJSON},
		"a list":                  {jsonRequest("ListQueues", `[]`), noJSON.saying("Start of list found where not expected")},
		"an empty form":           {withForm(""), problem{code: "MissingAction", fault: "Sender", message: "The request must contain the parameter Action.", status: 400}},
		"an empty action":         {withForm("Action=&QueueName=a"), problem{code: "MissingAction", fault: "Sender", message: "The request must contain the parameter Action.", status: 400}},
		"no such action":          {queryRequest("FooBar", ""), invalidAction.saying("The action FooBar is not valid for this endpoint.")},
		"an action to be escaped": {queryRequest("%3CFoo%26%22%3E", ""), invalidAction.saying(`The action <Foo&"> is not valid for this endpoint.`)},
		"a half escape":           {withForm("Action=ListQueues&a=%2"), badQuery},
		"a semicolon":             {withForm("Action=ListQueues;a=b"), badQuery},
		"a half escape in a URL":  {httptest.NewRequest(http.MethodGet, host+"/?Action=ListQueues&a=%zz", nil), badQuery},
		"too many parameters":     {withForm("Action=ListQueues&" + manyParameters), badQuery},
		"create at a queue":       {httptest.NewRequest(http.MethodGet, accounts+"orders?Action=CreateQueue&QueueName=a", nil), invalidAction.saying("The action CreateQueue is not valid for this endpoint.")},
		"list at a queue":         {httptest.NewRequest(http.MethodGet, accounts+"orders?Action=ListQueues", nil), invalidAction.saying("The action ListQueues is not valid for this endpoint.")},
		"no queue's path":         {httptest.NewRequest(http.MethodGet, host+"/orders?Action=ReceiveMessage", nil), problem{code: "InvalidAddress", fault: "Sender", message: "The address /orders is not valid for this endpoint.", status: 404}},
		"a gone queue's path":     {httptest.NewRequest(http.MethodGet, accounts+"none?Action=ReceiveMessage", nil), problem{code: "AWS.SimpleQueueService.NonExistentQueue", fault: "Sender", message: "The specified queue does not exist for this wsdl version.", status: 400}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, problemOf(t, serve(t, handler, c.request)))
		})
	}
}

// TestQueryAtAQueuesURL: the path names the queue, in a GET as well as in a POST.
func TestQueryAtAQueuesURL(t *testing.T) {
	handler, _ := newHandler(t)
	get := func(target string) answer {
		return serve(t, handler, httptest.NewRequest(http.MethodGet, target, nil))
	}
	require.Equal(t, http.StatusOK, get(accounts+"orders?Action=SendMessage&MessageBody=foobar").status)
	require.Contains(t, get(accounts+"orders.fifo?Action=ReceiveMessage").body, "<ReceiveMessageResult/>")
	require.Contains(t, get(accounts+"orders/?Action=ReceiveMessage&VisibilityTimeout=0").body, "<Body>foobar</Body>")

	post := httptest.NewRequest(http.MethodPost, accounts+"orders", strings.NewReader("Action=ReceiveMessage&VisibilityTimeout=0"))
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Contains(t, serve(t, handler, post).body, "<Body>foobar</Body>")

	post = httptest.NewRequest(http.MethodPost, accounts+"orders?Action=ReceiveMessage&VisibilityTimeout=0", nil)
	require.Contains(t, serve(t, handler, post).body, "<Body>foobar</Body>", "a POST without a body")

	require.Contains(t, get(accounts+"orders?Action=GetQueueUrl&QueueName=orders.fifo").body, "<QueueUrl>"+accounts+"orders.fifo</QueueUrl>")
	require.Contains(t, get(accounts+"orders.fifo?Action=ReceiveMessage&QueueUrl="+accounts+"orders").body, "<Body>foobar</Body>", "the parameter counts for more")
}

// TestJSONAtAQueuesURL: the path is of no use there, and does no harm.
func TestJSONAtAQueuesURL(t *testing.T) {
	handler, _ := newHandler(t)
	at := func(path, body string) *http.Request {
		r := jsonRequest("ReceiveMessage", body)
		r.URL.Path = path
		return r
	}
	require.Equal(t, "The request must contain the parameter QueueUrl.", problemOf(t, serve(t, handler, at("/000000000000/orders", `{}`))).message)
	require.Empty(t, askFor(t, handler, at("/some/where", `{`+ordersJSON+`}`)))
}

func TestContentTypesMayHaveParameters(t *testing.T) {
	handler, _ := newHandler(t)
	a := serve(t, handler, withType("Application/X-Amz-Json-1.0; charset=utf-8", jsonRequest("ListQueues", `{}`)))
	require.Equal(t, http.StatusOK, a.status)
}

func TestRequestsAreBounded(t *testing.T) {
	_, service := newHandler(t)
	handler := sqshttp.NewHandler(service, sqshttp.Config{MaxRequestBytes: 100})
	padding := strings.Repeat(" ", 100)
	want := problem{"com.amazon.coral.service#RequestEntityTooLargeException", "RequestEntityTooLarge", "Sender", "The request is longer than 100 bytes.", 413}

	require.Equal(t, http.StatusOK, serve(t, handler, jsonRequest("ListQueues", `{}`+padding[2:])).status)
	require.Equal(t, want, problemOf(t, serve(t, handler, jsonRequest("ListQueues", `{}`+padding[1:]))))

	unknownLength := jsonRequest("ListQueues", `{}`+padding[1:])
	unknownLength.ContentLength = -1
	require.Equal(t, want, problemOf(t, serve(t, handler, unknownLength)))

	want.kind = ""
	require.Equal(t, want, problemOf(t, serve(t, handler, queryRequest("ListQueues", padding))))
}

// TestABodyThatBreaksOff is a client that goes away in the middle of its request.
func TestABodyThatBreaksOff(t *testing.T) {
	handler, service := newHandler(t)
	brokenOff := func(r *http.Request, sent string) *http.Request {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(sent), iotest.ErrReader(errors.New("connection reset"))))
		return r
	}
	json := brokenOff(jsonRequest("SendMessage", ""), `{`+ordersJSON+`,"MessageBody":"a"}`)
	require.Equal(t, problem{malformed.kind, malformed.code, "Sender", "The body of the request did not arrive.", 400}, problemOf(t, serve(t, handler, json)))
	query := brokenOff(queryRequest("SendMessage", ""), "Action=SendMessage&"+ordersQuery+"&MessageBody=a")
	require.Equal(t, problem{"", "MalformedQueryString", "Sender", "The body of the request did not arrive.", 404}, problemOf(t, serve(t, handler, query)))

	q, err := service.Queue("orders")
	require.NoError(t, err)
	require.Empty(t, q.Peek(1), "what has not arrived is not sent")
}

// TestABodyInPieces is a client that is slow.
func TestABodyInPieces(t *testing.T) {
	handler, _ := newHandler(t)
	r := jsonRequest("SendMessage", "")
	r.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(`{` + ordersJSON + `,"MessageBody":"a"}`)))
	r.ContentLength = -1
	require.Equal(t, http.StatusOK, serve(t, handler, r).status)
}

func withMethod(method string, r *http.Request) *http.Request {
	r.Method = method
	return r
}

func withType(contentType string, r *http.Request) *http.Request {
	if r.Header.Del("Content-Type"); contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func withTarget(target string, r *http.Request) *http.Request {
	r.Header.Set("X-Amz-Target", target)
	return r
}

func withForm(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader(body))
	return withType("application/x-www-form-urlencoded", r)
}
