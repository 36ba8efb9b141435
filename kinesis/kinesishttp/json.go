package kinesishttp

import (
	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsjson"
)

// jsonProtocol is AWS JSON 1.1, which the CLI and most SDKs speak to Kinesis.
type jsonProtocol struct{}

func (jsonProtocol) contentType() string { return awshttp.JSON11 }

func (jsonProtocol) decode(body []byte, scratch *awshttp.Buffer, input any) error {
	return awshttp.DecodeJSON(body, scratch, input)
}

// appendResult: to JSON an action without an output answers with no body at all.
func (jsonProtocol) appendResult(dst []byte, result any) []byte {
	if result == nil {
		return dst
	}
	return awsjson.Append(dst, result)
}

func (jsonProtocol) appendError(dst []byte, e *awshttp.Error) []byte {
	return awshttp.AppendError11(dst, e)
}
