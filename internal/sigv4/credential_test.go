package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/sigv4"
)

func withAuthorization(text string) *http.Request {
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Authorization", text)
	return r
}

func TestParseCredential(t *testing.T) {
	none := [3]string{}
	good := [3]string{"AKID", "eu-west-1", "sqs"}
	tests := map[string]struct {
		request *http.Request
		want    [3]string // key id, region, service; empty: not ok
	}{
		"header":              {withAuthorization("AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00"), good},
		"header, no spaces":   {withAuthorization("AWS4-HMAC-SHA256 Credential=AKID/20150830/eu-west-1/sqs/aws4_request,SignedHeaders=host,Signature=00"), good},
		"header, other order": {withAuthorization("AWS4-HMAC-SHA256 SignedHeaders=host, Credential=AKID/20150830/eu-west-1/sqs/aws4_request"), good},
		"query, escaped":      {httptest.NewRequest("GET", "/?X-Amz-Credential=AKID%2F20150830%2Feu-west-1%2Fsqs%2Faws4_request", nil), good},
		"query, plain":        {httptest.NewRequest("GET", "/?Action=X&X-Amz-Credential=AKID/20150830/eu-west-1/sqs/aws4_request", nil), good},
		"slash in the key id": {withAuthorization("AWS4-HMAC-SHA256 Credential=A/B/20150830/eu-west-1/sqs/aws4_request"), [3]string{"A/B", "eu-west-1", "sqs"}},
		"nothing":             {httptest.NewRequest("GET", "/", nil), none},
		"no URL":              {&http.Request{}, none},
		"bad escape":          {&http.Request{URL: &url.URL{RawQuery: "X-Amz-Credential=%zz"}}, none},
		"another scheme":      {withAuthorization("Basic AKID/20150830/eu-west-1/sqs/aws4_request"), none},
		"an old AWS scheme":   {withAuthorization("AWS AKID:signature"), none},
		"no credential":       {withAuthorization("AWS4-HMAC-SHA256 SignedHeaders=host"), none},
		"too few parts":       {withAuthorization("AWS4-HMAC-SHA256 Credential=20150830/eu-west-1/sqs/aws4_request"), none},
		"empty region":        {withAuthorization("AWS4-HMAC-SHA256 Credential=AKID/20150830//sqs/aws4_request"), none},
		"empty key id":        {withAuthorization("AWS4-HMAC-SHA256 Credential=/20150830/eu-west-1/sqs/aws4_request"), none},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			id, region, service, ok := sigv4.ParseCredential(test.request)
			require.Equal(t, test.want, [3]string{id, region, service})
			require.Equal(t, test.want != none, ok)
		})
	}
}

func TestParseCredentialIsCheap(t *testing.T) {
	header := vectors["get-vanilla"].request()
	require.Zero(t, testing.AllocsPerRun(100, func() { sigv4.ParseCredential(header) }))
	query := presignedRequest(presigned)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { sigv4.ParseCredential(query) }), 1.0)
}

// FuzzVerify: whatever a request says, it is refused with one of AWS's codes, and
// the two readers of the credential agree.
func FuzzVerify(f *testing.F) {
	good := vectors["get-vanilla"].request()
	f.Add(good.Header.Get("Authorization"), good.Header.Get("X-Amz-Date"), "/", "")
	f.Add("", "", "/a/../b", strings.SplitN(presigned, "?", 2)[1])
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;host;,Signature=", "20150830T123600Z", "//%41/.", "&&=&%&a=%zz;b")
	f.Fuzz(func(t *testing.T, authorization, date, path, query string) {
		r := &http.Request{
			Method: "GET",
			Host:   "example.amazonaws.com",
			URL:    &url.URL{Path: path, RawQuery: query},
			Header: http.Header{"Authorization": {authorization}, "X-Amz-Date": {date}},
		}
		var asked string
		err := sigv4.Verify(r, nil, func(id string) (string, bool) { asked = id; return "a secret nobody knows", true }, signedAt)
		var failure *sigv4.Error
		require.ErrorAs(t, err, &failure)
		require.Contains(t, []string{"MissingAuthenticationToken", "IncompleteSignature", "SignatureDoesNotMatch"}, failure.Code)
		require.NotEmpty(t, failure.Message)
		if asked != "" {
			id, _, _, ok := sigv4.ParseCredential(r)
			require.True(t, ok)
			require.Equal(t, asked, id)
		}
	})
}

func BenchmarkParseCredential(b *testing.B) {
	r := vectors["get-vanilla"].request()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, ok := sigv4.ParseCredential(r); !ok {
			b.Fatal("not parsed")
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := vectors["SQS SendMessage, signed by botocore"]
	r, body := v.request(), []byte(v.body)
	b.ReportAllocs()
	for b.Loop() {
		if err := sigv4.Verify(r, body, secretFor, signedAt); err != nil {
			b.Fatal(err)
		}
	}
}
