package firehosehttp

import (
	"fmt"
	"slices"

	"github.com/leat-go/leat/internal/awshttp"
)

// conditions lists the errors whose status Firehose has other than AWS's services at
// large. Its source is the Amazon Data Firehose API reference.
var conditions = slices.Concat(awshttp.Conditions11, awshttp.Conditions{
	{Kind: "ServiceUnavailableException", Query: "ServiceUnavailableException", Status: 503},
})

func newError(kind, message string) *awshttp.Error { return conditions.New(kind, message) }

func invalidArgument(format string, args ...any) error {
	return newError("InvalidArgumentException", fmt.Sprintf(format, args...))
}
