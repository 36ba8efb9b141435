package sqshttp_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/golden"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

var randomWord = regexp.MustCompile(`MessageId(?:":"|>)(?P<message>[0-9A-Za-z+/=_-]{30,})|ReceiptHandle(?:":"|>)(?P<receipt>[0-9A-Za-z+/=_-]{30,})`)

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000. What is random is
// written as <message 1>, <receipt 1> and so on, also in later requests, and request
// ids are <request>. Run with -update after a deliberate change, and read the
// difference.
func TestGolden(t *testing.T) {
	golden.Conversations(t, randomWord, func(t *testing.T) golden.Server {
		service, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		handler := sqshttp.NewHandler(service, sqshttp.Config{})
		return func(r *http.Request) (int, http.Header, string) {
			a := serve(t, handler, r)
			return a.status, a.header, a.body
		}
	})
}
