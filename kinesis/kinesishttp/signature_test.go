package kinesishttp_test

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

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// TestSignaturesAreCheckedOnRequest: what AWS's services that speak Query answer with
// 403, Kinesis answers with 400.
func TestSignaturesAreCheckedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, service := newHandler(t, kinesis.ServiceConfig{})
		handler := kinesishttp.NewHandler(service, kinesishttp.Config{Keys: map[string]string{"AKID": "secret"}})
		request := func() *http.Request { return jsonRequest("CreateStream", `{"StreamName":"mine","ShardCount":1}`) }
		tampered := sign(t, request(), "AKID", "secret", "kinesis")
		tampered.Body = io.NopCloser(strings.NewReader(`{"StreamName":"evil","ShardCount":1}`))
		old := sign(t, request(), "AKID", "secret", "kinesis")
		for _, c := range []struct {
			name    string
			request *http.Request
			kind    string
		}{
			{"unsigned", request(), "MissingAuthenticationTokenException"},
			{"an unknown key", sign(t, request(), "OTHER", "secret", "kinesis"), "UnrecognizedClientException"},
			{"a wrong secret", sign(t, request(), "AKID", "guess", "kinesis"), "InvalidSignatureException"},
			{"another body", tampered, "InvalidSignatureException"},
			{"another service", sign(t, request(), "AKID", "secret", "sqs"), "InvalidSignatureException"},
		} {
			p := problemOf(t, serve(t, handler, c.request))
			require.Equal(t, problem{c.kind, p.message, 400}, p, c.name)
			require.NotEmpty(t, p.message, c.name)
		}
		require.Equal(t, http.StatusOK, serve(t, handler, sign(t, request(), "AKID", "secret", "kinesis")).status)
		time.Sleep(16 * time.Minute)
		require.Equal(t, "InvalidSignatureException", problemOf(t, serve(t, handler, old)).kind, "too late")
		require.Equal(t, []any{"clicks", "mine"}, ask(t, kinesishttp.NewHandler(service, kinesishttp.Config{}), "ListStreams", `{}`)["StreamNames"], "what was refused did nothing")
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
