package sqshttp

import (
	"net/http"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsquery"
)

// queryProtocol is AWS Query, which older SDKs and plain HTTP clients speak:
// parameters in a form or in the URL, answers in XML. It is posted to "/" or to a
// queue's own URL.
type queryProtocol struct {
	form bool // the body has parameters, too
}

var queryXML = awsquery.Protocol{Namespace: "http://queue.amazonaws.com/doc/2012-11-05/", Detail: true}

func (p queryProtocol) open(r *http.Request, body []byte) (string, func(any) error, error) {
	action, params, err := conditions.OpenQuery(r, body, p.form)
	if err != nil {
		return "", nil, err
	}
	_, _, atQueue := parseQueueURL(r.URL.Path)
	switch {
	case atQueue && (action == "CreateQueue" || action == "ListQueues"):
		return "", nil, p.unknown(action)
	case !atQueue && r.URL.Path != "/" && r.URL.Path != "":
		return "", nil, badAddress(r.URL.Path)
	}
	return action, func(input any) error { return awsquery.Decode(params, input) }, nil
}

func (queryProtocol) unknown(action string) error {
	return newError("InvalidAction", "The action "+action+" is not valid for this endpoint.")
}

func (queryProtocol) unreadable(err error) error {
	return conditions.Unreadable(err, "MalformedQueryString")
}

func (queryProtocol) parameter(_, query string) string { return query }

// queueURL is the path, as requests may be sent to the queue's own URL.
func (queryProtocol) queueURL(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }

func (queryProtocol) contentType() string { return "text/xml" }

func (queryProtocol) appendResult(dst []byte, action string, result any, id string) []byte {
	return queryXML.AppendResponse(dst, action, result, id)
}

func (queryProtocol) appendError(dst []byte, _ http.Header, e *awshttp.Error, id string) []byte {
	message := e.Message
	if e.Kind == "QueueDoesNotExist" && message == noQueue {
		message = noQueueQuery
	}
	return queryXML.AppendError(dst, e.Fault(), e.Query, message, id)
}
