package kinesishttp

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/awshttp"
)

// conditions lists the errors whose status Kinesis has other than AWS's services at
// large: a service that never spoke Query answers 400 wherever it is the caller's
// fault. Its sources are the errors sections of the Kinesis Data Streams API
// reference.
var conditions = slices.Concat(awshttp.Conditions11, awshttp.Conditions{
	{Kind: "InternalFailureException", Query: "InternalFailureException", Status: 500},
})

func newError(kind, message string) *awshttp.Error { return conditions.New(kind, message) }

func invalidArgument(format string, args ...any) error {
	return newError("InvalidArgumentException", fmt.Sprintf(format, args...))
}
