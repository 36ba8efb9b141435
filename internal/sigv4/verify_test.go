package sigv4_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/sigv4"
)

func TestRefusals(t *testing.T) {
	header := func(text string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", text) }
	}
	const scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
	tests := map[string]struct {
		change  func(*http.Request) // of a good request
		code    string
		json    string
		status  int
		message string
	}{
		"no signature": {
			func(r *http.Request) { r.Header.Del("Authorization") },
			"MissingAuthenticationToken", "MissingAuthenticationTokenException", 403, "Request is missing Authentication Token",
		},
		"another scheme": {
			header("Bearer abc"),
			"IncompleteSignature", "IncompleteSignatureException", 400,
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
		},
		"another algorithm": {
			header("AWS4-ECDSA-P256-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=00"),
			"IncompleteSignature", "IncompleteSignatureException", 400, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
		},
		"no signed headers": {
			header("AWS4-HMAC-SHA256 Credential=" + scope + ", Signature=00"),
			"IncompleteSignature", "IncompleteSignatureException", 400, "Authorization header requires 'SignedHeaders' parameter.",
		},
		"no date": {
			func(r *http.Request) { r.Header.Del("X-Amz-Date") },
			"IncompleteSignature", "IncompleteSignatureException", 400,
			"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
		},
		"bad date": {
			func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") },
			"IncompleteSignature", "IncompleteSignatureException", 400,
			"Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
		},
		"short credential": {
			header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/aws4_request, SignedHeaders=host, Signature=00"),
			"IncompleteSignature", "IncompleteSignatureException", 400,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/aws4_request'",
		},
		"unknown key": {
			header("AWS4-HMAC-SHA256 Credential=AKIDOTHER/20150830/us-east-1/service/aws4_request, SignedHeaders=host, Signature=00"),
			"InvalidClientTokenId", "UnrecognizedClientException", 403, "The security token included in the request is invalid.",
		},
		"host not signed": {
			header("AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=x-amz-date, Signature=00"),
			"SignatureDoesNotMatch", "InvalidSignatureException", 403,
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		},
		"another day's scope": {
			header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150829/us-east-1/service/aws4_request, SignedHeaders=host, Signature=00"),
			"SignatureDoesNotMatch", "InvalidSignatureException", 403,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'.",
		},
		"another terminator": {
			header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws5_request, SignedHeaders=host, Signature=00"),
			"SignatureDoesNotMatch", "InvalidSignatureException", 403,
			"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := vectors["get-vanilla"].request()
			test.change(r)
			requireRefused(t, r, signedAt, sigv4.Error{Code: test.code, JSONCode: test.json, Status: test.status, Message: test.message})
		})
	}
}

func TestRefusedPresignedURLs(t *testing.T) {
	incomplete := sigv4.Error{Code: "IncompleteSignature", JSONCode: "IncompleteSignatureException", Status: 400}
	tests := map[string]struct{ old, new, message string }{
		"no date": {
			"&X-Amz-Date=20150830T123600Z", "",
			"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
		},
		"no signature": {
			"&X-Amz-Signature=", "&Signature=",
			"AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
		},
		"algorithm":        {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."},
		"expires at once":  {"Expires=3600", "Expires=0", "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		"expires too late": {"Expires=3600", "Expires=604801", "X-Amz-Expires must be a number of seconds from 1 to 604800."},
		"expires never":    {"Expires=3600", "Expires=never", "X-Amz-Expires must be a number of seconds from 1 to 604800."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, presigned, test.old)
			want := incomplete
			want.Message = test.message
			requireRefused(t, presignedRequest(strings.Replace(presigned, test.old, test.new, 1)), signedAt, want)
		})
	}
	t.Run("longer life than signed", func(t *testing.T) {
		r := presignedRequest(strings.Replace(presigned, "Expires=3600", "Expires=7200", 1))
		require.ErrorContains(t, sigv4.Verify(r, nil, secretFor, signedAt), "SignatureDoesNotMatch")
	})
}

func TestTime(t *testing.T) {
	tests := map[string]struct {
		presigned bool
		now       string
		message   string // empty: accepted
	}{
		"at once":              {false, "20150830T123600Z", ""},
		"at the end":           {false, "20150830T125100Z", ""},
		"too late":             {false, "20150830T125101Z", "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"},
		"at the start":         {false, "20150830T122100Z", ""},
		"too early":            {false, "20150830T122059Z", "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"},
		"presigned, at end":    {true, "20150830T133600Z", ""},
		"presigned, too late":  {true, "20150830T133601Z", "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T133601Z - 60 min.)"},
		"presigned, at start":  {true, "20150830T122100Z", ""},
		"presigned, too early": {true, "20150830T122059Z", "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse("20060102T150405Z", test.now)
			require.NoError(t, err)
			r := vectors["get-vanilla"].request()
			if test.presigned {
				r = presignedRequest(presigned)
			}
			now = now.In(time.FixedZone("elsewhere", 5*60*60))
			if test.message == "" {
				require.NoError(t, sigv4.Verify(r, nil, secretFor, now))
				return
			}
			requireRefused(t, r, now, sigv4.Error{
				Code: "SignatureDoesNotMatch", JSONCode: "InvalidSignatureException", Status: 403, Message: test.message,
			})
		})
	}
}

// These have no published vector; the expected canonical request is written out and
// signed here.
func TestWhatIsSigned(t *testing.T) {
	const target, host = "/", "sqs.us-east-1.amazonaws.com"
	tests := map[string]struct {
		prepare   func(r *http.Request)
		canonical string
		signed    string
	}{
		"unsigned payload": {
			func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
			"host:" + host + "\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:20150830T123600Z\n\nhost;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD",
			"host;x-amz-content-sha256;x-amz-date",
		},
		"signed hash": {
			func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexHash("hello")) },
			"host:" + host + "\nx-amz-content-sha256:" + hexHash("hello") + "\nx-amz-date:20150830T123600Z\n\nhost;x-amz-content-sha256;x-amz-date\n" + hexHash("hello"),
			"host;x-amz-content-sha256;x-amz-date",
		},
		"length, which net/http may keep elsewhere": {
			func(r *http.Request) { r.Header.Del("Content-Length") },
			"content-length:5\nhost:" + host + "\n\ncontent-length;host\n" + hexHash("hello"),
			"content-length;host",
		},
		"a session token is only one more header": {
			func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "whatever") },
			"host:" + host + "\nx-amz-security-token:whatever\n\nhost;x-amz-security-token\n" + hexHash("hello"),
			"host;x-amz-security-token",
		},
		"transfer encoding": {
			func(r *http.Request) { r.TransferEncoding, r.ContentLength = []string{"chunked"}, -1 },
			"content-length:\nhost:" + host + "\ntransfer-encoding:chunked\n\ncontent-length;host;transfer-encoding\n" + hexHash("hello"),
			"content-length;host;transfer-encoding",
		},
		"the date in HTTP's form": {
			func(r *http.Request) {
				r.Header.Del("X-Amz-Date")
				r.Header.Set("Date", "Sun, 30 Aug 2015 12:36:00 GMT")
			},
			"date:Sun, 30 Aug 2015 12:36:00 GMT\nhost:" + host + "\n\ndate;host\n" + hexHash("hello"),
			"date;host",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", target, strings.NewReader("hello"))
			r.Host = host
			r.Header.Set("X-Amz-Date", "20150830T123600Z")
			test.prepare(r)
			const scope = "20150830/us-east-1/sqs/aws4_request"
			toSign := "AWS4-HMAC-SHA256\n20150830T123600Z\n" + scope + "\n" + hexHash("POST\n/\n\n"+test.canonical)
			// No space after the commas: some clients leave it out.
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keyID+"/"+scope+
				",SignedHeaders="+test.signed+",Signature="+hex.EncodeToString(sign(toSign, "20150830", "us-east-1", "sqs", "aws4_request")))
			require.NoError(t, sigv4.Verify(r, []byte("hello"), secretFor, signedAt))
		})
	}
}

func requireRefused(t *testing.T, r *http.Request, now time.Time, want sigv4.Error) {
	t.Helper()
	var got *sigv4.Error
	require.ErrorAs(t, sigv4.Verify(r, nil, secretFor, now), &got)
	require.Equal(t, want, *got)
	require.EqualError(t, got, "sigv4: "+want.Code+": "+want.Message)
}

func hexHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func sign(text string, scope ...string) []byte {
	key := []byte("AWS4" + secretKey)
	for _, part := range append(scope, text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}
