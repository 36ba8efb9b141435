package sqshttp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestSignaturesAreCheckedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, service := newHandler(t)
		handler := sqshttp.NewHandler(service, sqshttp.Config{Keys: map[string]string{"AKID": "secret", alice: "wonderland"}})
		request := func() *http.Request { return jsonRequest("CreateQueue", `{"QueueName":"mine"}`) }

		require.Equal(t, host+"/000000000000/mine", askFor(t, handler, sign(t, request(), "AKID", "secret", "sqs"))["QueueUrl"])
		require.Equal(t, host+"/"+alice+"/mine", askFor(t, handler, sign(t, request(), alice, "wonderland", "sqs"))["QueueUrl"], "a key may name an account here, too")
		require.Equal(t, http.StatusOK, serve(t, handler, sign(t, queryRequest("ListQueues", ""), "AKID", "secret", "sqs")).status)

		tampered := sign(t, request(), "AKID", "secret", "sqs")
		tampered.Body = io.NopCloser(strings.NewReader(`{"QueueName":"evil"}`))
		old := sign(t, request(), "AKID", "secret", "sqs")
		for name, c := range map[string]struct {
			request    *http.Request
			kind, code string
			status     int
		}{
			"unsigned":        {request(), "MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
			"an unknown key":  {sign(t, request(), "OTHER", "secret", "sqs"), "UnrecognizedClientException", "InvalidClientTokenId", 403},
			"a wrong secret":  {sign(t, request(), "AKID", "guess", "sqs"), "InvalidSignatureException", "SignatureDoesNotMatch", 403},
			"another body":    {tampered, "InvalidSignatureException", "SignatureDoesNotMatch", 403},
			"another service": {sign(t, request(), "AKID", "secret", "sns"), "InvalidSignatureException", "SignatureDoesNotMatch", 403},
			"too late":        {old, "InvalidSignatureException", "SignatureDoesNotMatch", 403},
		} {
			if name == "too late" {
				time.Sleep(16 * time.Minute)
			}
			p := problemOf(t, serve(t, handler, c.request))
			require.Equal(t, problem{"com.amazon.coral.service#" + c.kind, c.code, "Sender", p.message, c.status}, p, name)
			require.NotEmpty(t, p.message)
			if name == "too late" {
				break // the others would be late as well from here on
			}
		}
		unsigned := problemOf(t, serve(t, handler, queryRequest("ListQueues", "")))
		require.Equal(t, problem{"", "MissingAuthenticationToken", "Sender", "Request is missing Authentication Token", 403}, unsigned)
		require.Len(t, ask(t, sqshttp.NewHandler(service, sqshttp.Config{}), "ListQueues", `{}`)["QueueUrls"], 3, "what was refused did nothing")
	})
}

// sign puts a Signature Version 4 of now into r, as AWS's user guide describes it.
func sign(t *testing.T, r *http.Request, key, secret, service string) *http.Request {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	date := time.Now().UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", date)
	digest := sha256.Sum256(body)
	canonical := strings.Join([]string{r.Method, "/", "", "host:" + r.Host, "x-amz-date:" + date, "", "host;x-amz-date", hex.EncodeToString(digest[:])}, "\n")
	digest = sha256.Sum256([]byte(canonical))
	scope := date[:8] + "/us-east-1/" + service + "/aws4_request"
	mac := []byte("AWS4" + secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hex.EncodeToString(digest[:])) {
		h := hmac.New(sha256.New, mac)
		h.Write([]byte(part))
		mac = h.Sum(nil)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/"+scope+", SignedHeaders=host;x-amz-date, Signature="+hex.EncodeToString(mac))
	return r
}
