package sqshttp

import (
	"net/http"
	"net/url"
	"strings"

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
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err == nil && p.form {
		var form url.Values
		form, err = url.ParseQuery(string(body))
		for name, values := range params {
			form[name] = append(form[name], values...) // the form's come first
		}
		params = form
	}
	if err != nil {
		return "", nil, newError("MalformedQueryString", "The query string contains a syntax error.")
	}
	action := params.Get("Action")
	if action == "" {
		return "", nil, newError("MissingAction", "The request must contain the parameter Action.")
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

func (queryProtocol) unreadable(err error) error { return unreadable(err, "MalformedQueryString") }

func (queryProtocol) parameter(_, query string) string { return query }

// queueURL is the path, as requests may be sent to the queue's own URL.
func (queryProtocol) queueURL(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }

func (queryProtocol) contentType() string { return "text/xml" }

func (queryProtocol) appendResult(dst []byte, action string, result any, id string) []byte {
	return queryXML.AppendResponse(dst, action, result, id)
}

func (queryProtocol) appendError(dst []byte, _ http.Header, e *apiError, id string) []byte {
	message := e.message
	if e.kind == "QueueDoesNotExist" && message == noQueue {
		message = noQueueQuery
	}
	return queryXML.AppendError(dst, e.fault(), e.query, message, id)
}
