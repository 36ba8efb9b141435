package firehosehttp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
)

// TestWhatIsNoRequest: the protocol can not be recognized, so there is none to answer in.
func TestWhatIsNoRequest(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	plain := jsonRequest("ListDeliveryStreams", `{}`)
	plain.Header.Set("Content-Type", "application/json")
	put := jsonRequest("ListDeliveryStreams", `{}`)
	put.Method = http.MethodPut
	for want, r := range map[string]*http.Request{
		"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n": httptest.NewRequest(http.MethodGet, host+"/", nil),
		"<UnknownOperationException/>\n": plain,
	} {
		a := serve(t, h, r)
		require.Equal(t, "text/xml", a.header.Get("Content-Type"))
		require.Equal(t, want, a.body)
	}
	require.Equal(t, http.StatusForbidden, serve(t, h, put).status)
}

func TestMalformedRequests(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	unknown, noBody := problem{"UnknownOperationException", "", 400}, problem{"SerializationException", "", 400}
	for _, c := range []struct {
		action, body string
		want         problem
	}{
		{"Fly", `{}`, unknown},
		{"putRecord", `{}`, unknown},
		{"", `{}`, unknown},
		{"PutRecord", ``, noBody},
		{"PutRecord", `{"DeliveryStreamName":`, noBody},
		{"PutRecord", `{"DeliveryStreamName":1}`, problem{"SerializationException", "NUMBER_VALUE can not be converted to a String", 400}},
		{"CreateDeliveryStream", `{"DeliveryStreamName":"a","RedshiftDestinationConfiguration":3}`, problem{"SerializationException", "Expected null", 400}},
	} {
		require.Equal(t, c.want, problemOf(t, serve(t, h, jsonRequest(c.action, c.body))), c.body)
	}
	charset := jsonRequest("ListDeliveryStreams", `{}`)
	charset.Header.Set("Content-Type", "Application/X-Amz-Json-1.1; charset=utf-8")
	askFor(t, h, charset)
}

func TestRequestsAreBounded(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{MaxRequestBytes: 100})
	want := problem{"RequestEntityTooLargeException", "The request is longer than 100 bytes.", 413}
	ask(t, h, "ListDeliveryStreams", `{}`+strings.Repeat(" ", 98))
	require.Equal(t, want, refused(t, h, "ListDeliveryStreams", `{}`+strings.Repeat(" ", 99)))
	broken := jsonRequest("ListDeliveryStreams", `{}`)
	broken.Body = io.NopCloser(iotest.ErrReader(errors.New("gone")))
	require.Equal(t, problem{"SerializationException", "The body of the request did not arrive.", 400}, problemOf(t, serve(t, h, broken)))
}

func TestAClientThatLeft(t *testing.T) {
	h := newHandler(t, firehosehttp.Config{})
	create(t, h, "a", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := serve(t, h, jsonRequest("PutRecord", `{"DeliveryStreamName":"a","Record":{"Data":""}}`).WithContext(ctx))
	require.Equal(t, http.StatusServiceUnavailable, a.status)
}

func TestAccountsAndRegions(t *testing.T) {
	h := firehosehttp.NewHandler(nil, firehosehttp.Config{})
	defer h.Service().Close()
	create(t, h, "mine", "")
	body := `{"DeliveryStreamName":"theirs","S3DestinationConfiguration":{` + bucket + `}}`
	require.Equal(t, "arn:aws:firehose:eu-west-1:123456789012:deliverystream/theirs", askFor(t, h, as(jsonRequest("CreateDeliveryStream", body), "123456789012", "eu-west-1"))["DeliveryStreamARN"])
	require.Equal(t, []any{"mine"}, ask(t, h, "ListDeliveryStreams", `{}`)["DeliveryStreamNames"])
	require.Equal(t, []any{"theirs"}, askFor(t, h, as(jsonRequest("ListDeliveryStreams", `{}`), "123456789012", "eu-west-1"))["DeliveryStreamNames"])
	require.Equal(t, []any{"mine"}, askFor(t, h, as(jsonRequest("ListDeliveryStreams", `{}`), "AKID", "us-east-1"))["DeliveryStreamNames"])
	require.Equal(t, "InvalidSignatureException", problemOf(t, serve(t, h, as(jsonRequest("ListDeliveryStreams", `{}`), "AKID", "no_region"))).kind)
}

func TestSignaturesAreCheckedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, firehosehttp.Config{Keys: map[string]string{"AKID": "secret"}})
		request := func() *http.Request { return jsonRequest("ListDeliveryStreams", `{}`) }
		for want, r := range map[string]*http.Request{
			"MissingAuthenticationTokenException": request(),
			"UnrecognizedClientException":         sign(t, request(), "OTHER", "secret", "firehose"),
			"InvalidSignatureException":           sign(t, request(), "AKID", "guess", "firehose"),
		} {
			got := problemOf(t, serve(t, h, r))
			require.Equal(t, problem{want, got.message, 400}, got)
		}
		require.Equal(t, problem{"InvalidSignatureException", "Credential should be scoped to correct service: 'firehose'.", 400},
			problemOf(t, serve(t, h, sign(t, request(), "AKID", "secret", "kinesis"))))
		askFor(t, h, sign(t, request(), "AKID", "secret", "firehose"))
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
