package kinesishttp

import (
	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awshttp"
)

// cborProtocol is AWS's CBOR 1.1, which the Java SDK, and with it the Kinesis Client
// Library, speaks to Kinesis unless told not to.
type cborProtocol struct{}

const cborType = "application/x-amz-cbor-1.1"

func (cborProtocol) contentType() string { return cborType }

func (cborProtocol) decode(body []byte, _ *awshttp.Buffer, input any) error {
	return awscbor.Decode(body, input)
}

func (cborProtocol) appendResult(dst []byte, result any) []byte {
	if result == nil {
		return dst
	}
	return awscbor.Append(dst, result)
}

// appendError: the SerializationException is the one whose text AWS calls Message.
func (cborProtocol) appendError(dst []byte, e *awshttp.Error) []byte {
	if e.Kind == "SerializationException" {
		return awscbor.Append(dst, &struct {
			Type    string `json:"__type"`
			Message string
		}{e.Kind, e.Message})
	}
	return awscbor.Append(dst, &struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.Kind, e.Message})
}
