package snshttp_test

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

	"github.com/leat-go/leat/sns/snshttp"
)

func TestSignaturesAreCheckedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, service, _ := newHandler(t)
		handler := snshttp.NewHandler(service, snshttp.Config{Keys: map[string]string{"AKID": "secret", alice: "wonderland"}})
		request := func() *http.Request { return post("CreateTopic", "Name=mine") }
		arn := func(account string) string { return "arn:aws:sns:us-east-1:" + account + ":mine" }

		require.Equal(t, arn("000000000000"), element(t, askFor(t, handler, "CreateTopic", sign(t, request(), "AKID", "secret", "sns")), "TopicArn"))
		require.Equal(t, arn(alice), element(t, askFor(t, handler, "CreateTopic", sign(t, request(), alice, "wonderland", "sns")), "TopicArn"), "a key may name an account here, too")

		tampered := sign(t, request(), "AKID", "secret", "sns")
		tampered.Body = io.NopCloser(strings.NewReader("Action=CreateTopic&Name=evil"))
		old := sign(t, request(), "AKID", "secret", "sns")
		link := post("Unsubscribe", "SubscriptionArn="+eventsARN+":"+gone)
		for name, c := range map[string]struct {
			request *http.Request
			code    string
		}{
			"unsigned":               {request(), "MissingAuthenticationToken"},
			"an unknown key":         {sign(t, request(), "OTHER", "secret", "sns"), "InvalidClientTokenId"},
			"a wrong secret":         {sign(t, request(), "AKID", "guess", "sns"), "SignatureDoesNotMatch"},
			"another body":           {tampered, "SignatureDoesNotMatch"},
			"another service":        {sign(t, request(), "AKID", "secret", "sqs"), "SignatureDoesNotMatch"},
			"a wrong one on a link":  {sign(t, link, "AKID", "guess", "sns"), "SignatureDoesNotMatch"},
			"unsigned and no action": {post("Fly", ""), "MissingAuthenticationToken"},
			"signed, and no action":  {sign(t, post("Fly", ""), "AKID", "secret", "sns"), "InvalidAction"},
		} {
			p := problemOf(t, serve(t, handler, c.request))
			require.Equal(t, c.code, p.code, name)
			require.NotEmpty(t, p.message)
		}
		time.Sleep(16 * time.Minute)
		require.Equal(t, "SignatureDoesNotMatch", problemOf(t, serve(t, handler, old)).code)
		require.Equal(t, 3, strings.Count(ask(t, snshttp.NewHandler(service, snshttp.Config{}), "ListTopics", ""), "<TopicArn>"), "what was refused did nothing")
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
