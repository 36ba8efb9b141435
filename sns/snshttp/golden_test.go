package snshttp_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/golden"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
)

var randomWord = regexp.MustCompile(`(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})`)

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000. What is random is
// written as <uuid 1>, <uuid 2> and so on, also in later requests, and request ids are
// <request>. Run with -update after a deliberate change, and read the difference.
func TestGolden(t *testing.T) {
	golden.Conversations(t, randomWord, func(t *testing.T) golden.Server {
		queues, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		t.Cleanup(func() { queues.Close() })
		service, err := sns.NewService(sns.ServiceConfig{Queues: queues})
		require.NoError(t, err)
		t.Cleanup(func() { service.Close() })
		handler := snshttp.NewHandler(service, snshttp.Config{})
		return func(r *http.Request) (int, http.Header, string) {
			a := serve(t, handler, r)
			return a.status, a.header, a.body
		}
	})
}
