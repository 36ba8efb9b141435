package syntax_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/syntax"
)

func TestARNs(t *testing.T) {
	for _, region := range []string{"us-east-1", "cn-north-1", "us-gov-west-1"} {
		arn := syntax.FormatARN("sqs", region, "123456789012", "a.fifo")
		gotRegion, account, name, ok := syntax.ParseARN("sqs", arn)
		require.True(t, ok, arn)
		require.Equal(t, []string{region, "123456789012", "a.fifo"}, []string{gotRegion, account, name})
	}
	require.Equal(t, "arn:aws-cn:sns:cn-north-1:1:t", syntax.FormatARN("sns", "cn-north-1", "1", "t"))
	for _, s := range []string{
		"", "a", "arn:aws:sqs", "arn:aws:sns:us-east-1:1:a", "arn:aws-cn:sqs:us-east-1:1:a", "aws:sqs:us-east-1:1:a",
		"arn:aws:sqs:us-east-1:1", "arn:aws:sqs:us-east-1:1:", "arn:aws:sqs:us-east-1:1:a:b",
	} {
		_, _, _, ok := syntax.ParseARN("sqs", s)
		require.False(t, ok, "%q", s)
	}
}
