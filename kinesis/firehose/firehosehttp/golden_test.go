package firehosehttp_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/golden"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

var uuidPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

var randomWord = regexp.MustCompile(`"RecordId":"(?P<record>[^"]+)"`)

// TestGolden replays the conversations under testdata, byte for byte. Each runs
// against a new service at midnight UTC of January 1st, 2000, with the Kinesis stream
// "clicks" of two shards and the Lambda function "upper". What is random is written as
// <record 1> and so on, and request ids are <request>. Run with -update after a
// deliberate change, and read the difference.
func TestGolden(t *testing.T) {
	golden.Conversations(t, randomWord, func(t *testing.T) golden.Server {
		streams, err := kinesis.NewService(kinesis.ServiceConfig{})
		require.NoError(t, err)
		_, err = streams.CreateStream("clicks", kinesis.Config{ShardCount: 2})
		require.NoError(t, err)
		handler := newHandler(t, firehosehttp.Config{
			Streams: streams,
			Functions: func(arn string) (firehose.TransformFunc, bool) {
				return upper, arn == "arn:aws:lambda:us-east-1:000000000000:function:upper"
			},
		})
		return func(r *http.Request) (int, http.Header, string) {
			a := serve(t, handler, r)
			return a.status, a.header, a.body
		}
	})
}
