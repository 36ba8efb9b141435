package sigv4_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/sigv4"
)

// The key pair, the day and most of the requests are those of AWS's Signature
// Version 4 test suite.
const (
	keyID     = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

var signedAt = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

func secretFor(accessKeyID string) (string, bool) { return secretKey, accessKeyID == keyID }

// vector is a request with the signature that AWS, or another implementation of the
// algorithm, publishes for it.
type vector struct {
	method, target, host string
	header               http.Header // without Host, X-Amz-Date and Authorization
	body                 string
	service              string // "service" if empty
	signedHeaders        string // "host;x-amz-date" if empty
	signature            string
}

func (v vector) request() *http.Request {
	r := httptest.NewRequest(v.method, "http://example.amazonaws.com"+v.target, strings.NewReader(v.body))
	if v.host != "" {
		r.Host = v.host
	}
	r.Header = v.header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if v.service == "" {
		v.service = "service"
	}
	if v.signedHeaders == "" {
		v.signedHeaders = "host;x-amz-date"
	}
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keyID+"/20150830/us-east-1/"+v.service+
		"/aws4_request, SignedHeaders="+v.signedHeaders+", Signature="+v.signature)
	return r
}

var form = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

var vectors = map[string]vector{
	"get-vanilla": {method: "GET", target: "/",
		signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	"post-vanilla": {method: "POST", target: "/",
		signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	"get-vanilla-query-order-key-case": {method: "GET", target: "/?Param2=value2&Param1=value1",
		signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	"get-vanilla-empty-query-key": {method: "GET", target: "/?Param1=value1",
		signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	"get-relative": {method: "GET", target: "/example/..",
		signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	"get-slash": {method: "GET", target: "//",
		signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	"get-slashes": {method: "GET", target: "//example//",
		signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	"get-unreserved": {method: "GET", target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	"get-header-key-duplicate": {method: "GET", target: "/",
		header:        http.Header{"My-Header1": {"value2", "value2", "value1"}},
		signedHeaders: "host;my-header1;x-amz-date",
		signature:     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	"get-header-value-trim": {method: "GET", target: "/",
		header:        http.Header{"My-Header1": {" value1"}, "My-Header2": {` "a   b   c"`}},
		signedHeaders: "host;my-header1;my-header2;x-amz-date",
		signature:     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	"post-x-www-form-urlencoded": {method: "POST", target: "/", header: form, body: "Param1=value1",
		signedHeaders: "content-type;host;x-amz-date",
		signature:     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	"IAM ListUsers, of the user guide": {method: "GET", target: "/?Action=ListUsers&Version=2010-05-08", host: "iam.amazonaws.com",
		header:        http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		service:       "iam",
		signedHeaders: "content-type;host;x-amz-date",
		signature:     "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
	// The suite's get-space and get-utf8 have paths that no client can send; these
	// are the same as they are sent.
	"escaped space, signed by botocore": {method: "GET", target: "/documents%20and%20settings/",
		signature: "23c9727f014f850a592311a0323b422f9c1e3ad2d406c610f00d64ab3272c75a"},
	"escaped UTF-8, signed by botocore": {method: "GET", target: "/%E1%88%B4",
		signature: "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d"},
	"SQS SendMessage, signed by botocore": {method: "POST", target: "/", host: "sqs.us-east-1.amazonaws.com", header: form,
		body:          "Action=SendMessage&MessageBody=hello",
		service:       "sqs",
		signedHeaders: "content-type;host;x-amz-date",
		signature:     "51707b221bba2863467cf11410e0a9b44da40533c26748d576523e3e4bb22ff2"},
	"Kinesis ListStreams over HTTP/2, signed by the SDK for JavaScript": {method: "POST", target: "/", host: "kinesis.us-east-1.amazonaws.com",
		header:        http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"Kinesis_20131202.ListStreams"}},
		body:          "{}",
		service:       "kinesis",
		signedHeaders: ":authority;content-type;x-amz-date;x-amz-target",
		signature:     "0819482370a8fe9ea1e6b15bbbf4aec2294e0311e6a184240b76cfb022505855"},
}

// presigned is a URL for SQS, signed by botocore at signedAt for one hour.
const presigned = "/123456789012/orders?Action=ReceiveMessage&WaitTimeSeconds=20&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
	"&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request&X-Amz-Date=20150830T123600Z" +
	"&X-Amz-Expires=3600&X-Amz-SignedHeaders=host" +
	"&X-Amz-Signature=95eb5c2ecbd4c9bae93d334861fc89c99d2acc1760a8711c62f946501e8de102"

func presignedRequest(target string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "sqs.us-east-1.amazonaws.com"
	return r
}

func TestPublishedSignaturesVerify(t *testing.T) {
	for name, v := range vectors {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, sigv4.Verify(v.request(), []byte(v.body), secretFor, signedAt))
		})
	}
	t.Run("presigned", func(t *testing.T) {
		require.NoError(t, sigv4.Verify(presignedRequest(presigned), nil, secretFor, signedAt))
	})
}

func TestAChangeInTransitIsSeen(t *testing.T) {
	tests := map[string]func(r *http.Request, body *string){
		"method":       func(r *http.Request, _ *string) { r.Method = "PUT" },
		"path":         func(r *http.Request, _ *string) { r.URL.Path = "/other" },
		"query":        func(r *http.Request, _ *string) { r.URL.RawQuery = "Action=DeleteQueue" },
		"bad escape":   func(r *http.Request, _ *string) { r.URL.RawQuery = "%zz=%" },
		"host":         func(r *http.Request, _ *string) { r.Host = "localhost" },
		"header":       func(r *http.Request, _ *string) { r.Header.Set("Content-Type", "text/plain") },
		"header twice": func(r *http.Request, _ *string) { r.Header.Add("Content-Type", "text/plain") },
		"date":         func(r *http.Request, _ *string) { r.Header.Set("X-Amz-Date", "20150830T123601Z") },
		"body":         func(_ *http.Request, body *string) { *body += "!" },
		"claimed hash": func(r *http.Request, body *string) {
			*body = ""
			r.Header.Set("X-Amz-Content-Sha256", emptyHash)
		},
		"claimed unsigned": func(r *http.Request, _ *string) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
	}
	for name, tamper := range tests {
		t.Run(name, func(t *testing.T) {
			v := vectors["SQS SendMessage, signed by botocore"]
			r, body := v.request(), v.body
			tamper(r, &body)
			var failure *sigv4.Error
			require.ErrorAs(t, sigv4.Verify(r, []byte(body), secretFor, signedAt), &failure)
			require.Equal(t, "SignatureDoesNotMatch", failure.Code)
			require.Contains(t, failure.Message, "The request signature we calculated does not match")
		})
	}
}

func TestAMismatchShowsWhatWasSigned(t *testing.T) {
	r := vectors["get-vanilla"].request()
	wrong := func(string) (string, bool) { return "wrong", true }
	var failure *sigv4.Error
	require.ErrorAs(t, sigv4.Verify(r, nil, wrong, signedAt), &failure)
	require.Equal(t, "InvalidSignatureException", failure.JSONCode)
	require.Equal(t, http.StatusForbidden, failure.Status)
	require.Equal(t, `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.

The Canonical String for this request should have been
'GET
/

host:example.amazonaws.com
x-amz-date:20150830T123600Z

host;x-amz-date
`+emptyHash+`'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
20150830T123600Z
20150830/us-east-1/service/aws4_request
bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63'
`, failure.Message)
}
