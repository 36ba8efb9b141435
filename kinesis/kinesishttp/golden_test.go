package kinesishttp_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/golden"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

var randomWord = regexp.MustCompile(`NextToken":"(?P<token>[^"]+)"|ShardIterator":"(?P<iterator>[^"]+)"`)

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000. What is random is
// written as <token 1>, <iterator 1> and so on, also in later requests, and request
// ids are <request>. Run with -update after a deliberate change, and read the
// difference.
func TestGolden(t *testing.T) {
	golden.Conversations(t, randomWord, func(t *testing.T) golden.Server {
		service, err := kinesis.NewService(kinesis.ServiceConfig{})
		require.NoError(t, err)
		handler := kinesishttp.NewHandler(service, kinesishttp.Config{})
		return func(r *http.Request) (int, http.Header, string) {
			a := serve(t, handler, r)
			return a.status, a.header, a.body
		}
	})
}
