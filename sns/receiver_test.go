package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// post hands a message to a receiver and returns the status.
func post(r *Receiver, body string, headers ...string) int {
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, req)
	return recorder.Code
}

func TestReceiver(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	foreign, err := NewSigningKey()
	require.NoError(t, err)
	good := signedNow(t, topic, nil)
	other := signedNow(t, endpointTopic(t, ServiceConfig{}, "other", Config{}), nil)
	fails := func(err error) func(*Receiver) {
		return func(r *Receiver) {
			r.OnNotification = func(context.Context, *ReceivedMessage) error { return err }
		}
	}
	for name, c := range map[string]struct {
		change  func(r *Receiver)
		body    string
		headers []string
		want    int
		gets    int // messages
	}{
		"a message":                       {body: good, want: 200, gets: 1},
		"nobody to take it":               {change: func(r *Receiver) { r.OnNotification = nil }, body: good, want: 200},
		"a failure":                       {change: fails(errors.New("busy")), body: good, want: 500},
		"a failure for good":              {change: fails(Permanent(errors.New("bad"))), body: good, want: 422},
		"a failure that wraps another":    {change: fails(ErrSignature), body: good, want: 500},
		"another topic":                   {body: other, want: 403},
		"no topics":                       {change: func(r *Receiver) { r.Topics = nil }, body: good, want: 403},
		"no verifier":                     {change: func(r *Receiver) { r.Verifier = nil }, body: good, want: 503},
		"no certificate":                  {change: func(r *Receiver) { r.Verifier = &Verifier{Transport: certificates(foreign)} }, body: good, want: 503},
		"a message changed":               {body: strings.Replace(good, "silver", "gold", 1), want: 403},
		"a certificate of another's":      {body: strings.Replace(good, "https://sns.", "https://sms.", 1), want: 403},
		"no document":                     {body: "hello", want: 400},
		"far too long":                    {body: strings.Repeat("x", maxDocument+1), want: 413},
		"raw, and nobody to take it":      {body: "hello", headers: []string{"x-amz-sns-rawdelivery", "true", "x-amz-sns-topic-arn", ordersARN}, want: 403},
		"raw":                             {change: takesRaw, body: "hello", headers: []string{"x-amz-sns-rawdelivery", "true", "x-amz-sns-topic-arn", ordersARN}, want: 200, gets: 1},
		"raw from another topic":          {change: takesRaw, body: "hello", headers: []string{"x-amz-sns-rawdelivery", "true", "x-amz-sns-topic-arn", ordersARN + "2"}, want: 403},
		"an envelope that pretends to be": {body: good, headers: []string{"x-amz-sns-rawdelivery", "true", "x-amz-sns-topic-arn", ordersARN}, want: 403},
	} {
		t.Run(name, func(t *testing.T) {
			var got []*ReceivedMessage
			var log bytes.Buffer
			r := &Receiver{
				Verifier: &Verifier{Transport: certificates(testKey())},
				Topics:   func(arn string) bool { return arn == ordersARN },
				OnNotification: func(_ context.Context, m *ReceivedMessage) error {
					got = append(got, m)
					return nil
				},
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			}
			if c.change != nil {
				c.change(r)
			}
			if r.OnRaw != nil {
				r.OnRaw = r.OnNotification
			}
			require.Equal(t, c.want, post(r, c.body, c.headers...))
			require.Len(t, got, c.gets)
			require.Equal(t, c.want != 200, log.Len() > 0, log.String())
			r.Logger = nil
			require.Equal(t, c.want, post(r, c.body, c.headers...))
		})
	}
}

func takesRaw(r *Receiver) {
	r.OnRaw = func(context.Context, *ReceivedMessage) error { return nil }
}

func TestReceiverTellsWhatTheHeadersSay(t *testing.T) {
	var got *ReceivedMessage
	take := func(_ context.Context, m *ReceivedMessage) error {
		got = m
		return nil
	}
	r := &Receiver{
		Verifier: &Verifier{Transport: certificates(testKey())}, Topics: func(string) bool { return true },
		OnNotification: take, OnRaw: take,
	}
	require.Equal(t, 200, post(r, signedNow(t, endpointTopic(t, ServiceConfig{}, "orders", Config{}), nil), "x-amz-sns-subscription-arn", "arn"))
	require.Equal(t, "arn", got.SubscriptionARN)
	require.False(t, got.Raw)

	require.Equal(t, 200, post(r, `{"an":"order"}`, "x-amz-sns-rawdelivery", "true", "x-amz-sns-topic-arn", ordersARN,
		"x-amz-sns-message-id", "id", "x-amz-sns-subscription-arn", "arn"))
	require.Equal(t, &ReceivedMessage{
		Type: TypeNotification, MessageID: "id", TopicARN: ordersARN, SubscriptionARN: "arn", Message: `{"an":"order"}`, Raw: true,
	}, got)
}

func TestReceiverWithoutABody(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "/", nil)
	require.NoError(t, err)
	recorder := httptest.NewRecorder()
	(&Receiver{Verifier: &Verifier{}}).ServeHTTP(recorder, req)
	require.Equal(t, http.StatusBadRequest, recorder.Code)
}

// What is refused may have come from anyone, and ends in a log.
func TestRefusalsAreShort(t *testing.T) {
	good := signedNow(t, endpointTopic(t, ServiceConfig{}, "orders", Config{}), nil)
	long := strings.Repeat("x", 100_000)
	for _, name := range []string{"Type", "Timestamp", "SignatureVersion", "SigningCertURL", "TopicArn"} {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(good), &fields))
		fields[name] = long + "\n"
		document, err := json.Marshal(fields)
		require.NoError(t, err)
		_, err = (&Verifier{}).Verify(t.Context(), document)
		require.Error(t, err)
		require.Less(t, len(err.Error()), 500, name)
	}
}

func TestReceiverTakesOnlyPosts(t *testing.T) {
	recorder := httptest.NewRecorder()
	(&Receiver{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, recorder.Code)
	require.Equal(t, "POST", recorder.Header().Get("Allow"))
}

func TestReceiverConfirms(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	confirmation := signedNow(t, topic, func(n *Notification) { n.Type, n.Token = TypeSubscriptionConfirmation, "2336412f37" })
	farewell := signedNow(t, topic, func(n *Notification) { n.Type, n.Token = TypeUnsubscribeConfirmation, "2336412f37" })
	var visited []string
	status := http.StatusOK
	r := &Receiver{
		Verifier: &Verifier{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == testKey().CertificatePath() {
				return answer(http.StatusOK, testKey().CertificatePEM())
			}
			visited = append(visited, req.Method+" "+req.URL.String())
			return answer(status, []byte("<ConfirmSubscriptionResponse/>"))
		})},
		Topics: func(arn string) bool { return arn == ordersARN },
	}
	require.Equal(t, 200, post(r, confirmation))
	require.Equal(t, []string{"GET " + linkToAWS + "/?Action=ConfirmSubscription&TopicArn=" + ordersARN + "&Token=2336412f37"}, visited)

	require.Equal(t, 200, post(r, farewell))
	require.Len(t, visited, 1, "the end of a subscription is not taken back")

	status = http.StatusServiceUnavailable
	require.Equal(t, 500, post(r, confirmation), "SNS is to ask again")
	require.Len(t, visited, 2)

	r.Topics = func(string) bool { return false }
	require.Equal(t, 403, post(r, confirmation))
	require.Len(t, visited, 2)

	r.Topics = func(string) bool { return true }
	var asked []NotificationType
	r.OnSubscription = func(_ context.Context, m *ReceivedMessage) error {
		asked = append(asked, m.Type)
		return Permanent(errors.New("no, thank you"))
	}
	require.Equal(t, 422, post(r, confirmation))
	require.Equal(t, 422, post(r, farewell))
	require.Equal(t, []NotificationType{TypeSubscriptionConfirmation, TypeUnsubscribeConfirmation}, asked)
	require.Len(t, visited, 2)
}

// A genuine message may lead anywhere, if whoever sent it has a front end of its own.
func TestConfirmVisitsOnlySNS(t *testing.T) {
	v := &Verifier{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("visited")
		return answer(http.StatusOK, nil)
	})}
	for _, address := range []string{"", "http://169.254.169.254/", "https://example.com/?Action=ConfirmSubscription", "http://sns.us-east-1.amazonaws.com/"} {
		err := v.Confirm(t.Context(), &ReceivedMessage{Type: TypeSubscriptionConfirmation, SubscribeURL: address})
		require.ErrorIs(t, err, ErrForeignCertificate, address)
		require.True(t, isPermanent(err))
	}
}
