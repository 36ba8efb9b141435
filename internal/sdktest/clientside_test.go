package sdktest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTheSDKChecksMD5s shows that the other tests' clients do: one damaged byte is
// noticed.
func TestTheSDKChecksMD5s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		url := createQueue(t, e.client(), "orders", nil)
		send(t, e.client(), url, "precious")
		damaging := e.client(func(o *awssqs.Options) {
			o.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				response, err := e.RoundTrip(r)
				if err != nil {
					return nil, err
				}
				body, err := io.ReadAll(response.Body)
				response.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("precious"), []byte("Precious"), 1)))
				return response, err
			})}
		})
		_, err := damaging.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url})
		require.ErrorContains(t, err, "MD5")
	})
}

// TestEveryResponseStatesItsLength: SDKs have lost calls over long chunked ones.
func TestEveryResponseStatesItsLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		responses := 0
		c := e.client(func(o *awssqs.Options) {
			o.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				response, err := e.RoundTrip(r)
				if err == nil {
					responses++
					require.Equal(t, strconv.FormatInt(response.ContentLength, 10), response.Header.Get("Content-Length"), r.Header.Get("X-Amz-Target"))
					require.Empty(t, response.TransferEncoding)
				}
				return response, err
			})}
		})
		url := createQueue(t, c, "orders", nil)
		for range 10 {
			send(t, c, url, strings.Repeat("x", 100_000))
		}
		received, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		require.Len(t, received.Messages, 10)
		_, err = c.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("nothing")})
		require.Error(t, err)
		require.Equal(t, 13, responses)
	})
}
