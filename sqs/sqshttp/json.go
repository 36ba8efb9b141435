package sqshttp

import (
	"net/http"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
)

// jsonProtocol is AWS JSON 1.0, which the SDKs of today speak. The action is in a
// header, and the path means nothing.
type jsonProtocol struct{}

const targetPrefix = "AmazonSQS."

func (p jsonProtocol) open(r *http.Request, body []byte) (string, func(any) error, error) {
	target := r.Header.Get("X-Amz-Target")
	action, ok := strings.CutPrefix(target, targetPrefix)
	if !ok {
		return "", nil, p.unknown(target)
	}
	return action, func(input any) error { return awsjson.Decode(body, input) }, nil
}

func (jsonProtocol) unknown(string) error {
	return newError("UnknownOperationException", "The requested operation is not recognized by the service.")
}

func (jsonProtocol) unreadable(err error) error {
	return conditions.Unreadable(err, "SerializationException")
}

func (jsonProtocol) parameter(json, _ string) string { return json }

func (jsonProtocol) queueURL(*http.Request) string { return "" }

func (jsonProtocol) contentType() string { return jsonType }

func (jsonProtocol) appendResult(dst []byte, _ string, result any, _ string) []byte {
	if result == nil {
		return append(dst, "{}"...)
	}
	return awsjson.Append(dst, result)
}

// appendError also sets the header from which SDKs take the code that the error
// had in the Query protocol.
func (jsonProtocol) appendError(dst []byte, header http.Header, e *awshttp.Error, _ string) []byte {
	header.Set("X-Amzn-Query-Error", e.Query+";"+e.Fault())
	dst = append(dst, `{"__type":`...)
	dst = awsjson.AppendString(dst, namespace(e)+e.Kind)
	if e.Message != "" {
		dst = append(dst, `,"message":`...)
		dst = awsjson.AppendString(dst, e.Message)
	}
	return append(dst, '}')
}
