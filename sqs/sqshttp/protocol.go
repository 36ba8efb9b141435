package sqshttp

import (
	"net/http"

	"github.com/leat-go/leat/internal/awshttp"
)

// protocol is one of the two ways in which a request can ask the same thing.
type protocol interface {
	// open finds out what a request wants. decode reads the input of the action
	// into a struct, and does not keep the body.
	open(r *http.Request, body []byte) (action string, decode func(input any) error, err error)
	// unknown is the error for an action that is none.
	unknown(action string) error
	// unreadable is the error for a body that could not be read for err.
	unreadable(err error) error
	// parameter picks the name that a parameter has in the protocol.
	parameter(json, query string) string
	// queueURL is what r says of its queue without a parameter; empty for nothing.
	queueURL(r *http.Request) string

	contentType() string
	appendResult(dst []byte, action string, result any, id string) []byte
	appendError(dst []byte, header http.Header, e *awshttp.Error, id string) []byte
}

const jsonType = "application/x-amz-json-1.0"

// protocolOf tells by which protocol to understand r: JSON is known by its very
// content type, Query by a form or by an action in the URL. It returns nil for what
// is neither.
func protocolOf(r *http.Request) protocol {
	mediaType := awshttp.MediaType(r)
	if r.Method == http.MethodPost && mediaType == jsonType {
		return jsonProtocol{}
	}
	if form, ok := awshttp.IsQuery(r, mediaType); ok {
		return queryProtocol{form: form}
	}
	return nil
}
