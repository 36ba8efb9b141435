package kinesishttp

import (
	"net/http"

	"github.com/leat-go/leat/internal/awshttp"
)

// protocol is one of the two ways in which a request can ask the same thing. In both
// the action is in a header, and the path means nothing.
type protocol interface {
	contentType() string
	// decode reads the input of an action into a struct, which may refer to the body
	// and to the scratch buffer.
	decode(body []byte, scratch *awshttp.Buffer, input any) error
	// appendResult appends a body with the output of an action, nil for none.
	appendResult(dst []byte, result any) []byte
	appendError(dst []byte, e *awshttp.Error) []byte
}

const targetPrefix = "Kinesis_20131202."

// protocolOf tells by which protocol to understand r. It returns nil for neither.
func protocolOf(r *http.Request) protocol {
	if r.Method != http.MethodPost {
		return nil
	}
	switch awshttp.MediaType(r) {
	case awshttp.JSON11:
		return jsonProtocol{}
	case cborType:
		return cborProtocol{}
	default:
		return nil
	}
}
