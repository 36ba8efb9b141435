package sns

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// signedNow is a document of a topic that signs, published now.
func signedNow(t testing.TB, topic *LocalTopic, change func(n *Notification)) string {
	n := published(topic, &message{content: content{
		text: "silver & größer", subject: "My First Message", at: time.Now().UnixNano(),
		attributes: map[string]Attribute{"blob": {DataType: "Binary.png", Value: "\x00\xff"}, "store": {DataType: "String", Value: "x"}},
	}})
	if change != nil {
		change(&n)
	}
	text, err := n.envelope(true)
	require.NoError(t, err)
	return text
}

func TestVerifyTakesWhatLeatSigns(t *testing.T) {
	for _, version := range []string{"1", "2"} {
		topic := endpointTopic(t, ServiceConfig{}, "orders", Config{SignatureVersion: version})
		v := &Verifier{Transport: certificates(testKey())}
		m, err := v.Verify(t.Context(), []byte(signedNow(t, topic, nil)))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), m.Timestamp, time.Minute)
		m.Timestamp = time.Time{}
		require.Equal(t, &ReceivedMessage{
			Type:      TypeNotification,
			MessageID: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
			TopicARN:  ordersARN, Subject: "My First Message", Message: "silver & größer",
			Attributes:     map[string]Attribute{"blob": {DataType: "Binary.png", Value: "\x00\xff"}, "store": {DataType: "String", Value: "x"}},
			UnsubscribeURL: unsubscribeLink,
		}, m)

		for _, kind := range []NotificationType{TypeSubscriptionConfirmation, TypeUnsubscribeConfirmation} {
			m, err := v.Verify(t.Context(), []byte(signedNow(t, topic, func(n *Notification) { n.Type, n.Token = kind, "2336412f37" })))
			require.NoError(t, err)
			require.Equal(t, kind, m.Type)
			require.Equal(t, "2336412f37", m.Token)
			require.Equal(t, linkToAWS+"/?Action=ConfirmSubscription&TopicArn="+ordersARN+"&Token=2336412f37", m.SubscribeURL)
		}
	}
}

// The document has AWS's form but not its order, was signed by code of this test's
// own, and its certificate was issued by another.
func TestVerifyTakesWhatAWSSends(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	digest := sha1.Sum([]byte("Message\nHello world!\nMessageId\n22b80b92\nSubject\nMy First Message\nTimestamp\n" + at +
		"\nTopicArn\narn:aws:sns:us-west-2:123456789012:MyTopic\nType\nNotification\n"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, digest[:])
	require.NoError(t, err)
	document := fmt.Sprintf(`{"UnsubscribeURL":"https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe","SigningCertURL":"https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
		"Signature":%q,"SignatureVersion":"1","Timestamp":%q,"Message":"Hello\u0020world!","Subject":"My First Message","TopicArn":"arn:aws:sns:us-west-2:123456789012:MyTopic",
		"MessageId":"22b80b92","Type":"Notification","Replayed":"true","SomethingNew":{"a":[1]}}`, base64.StdEncoding.EncodeToString(signature), at)
	issued := issue(t, &key.PublicKey, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	v := &Verifier{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		require.Equal(t, "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem", req.URL.String())
		return answer(http.StatusOK, issued)
	})}
	m, err := v.Verify(t.Context(), []byte(document))
	require.NoError(t, err)
	require.Equal(t, "Hello world!", m.Message)
}

// issue makes a certificate for a key, signed by another.
func issue(t *testing.T, public any, from, to time.Time) []byte {
	issuer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	parent := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "An authority"}}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, issuer)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestVerifyRefuses(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	foreign, err := NewSigningKey()
	require.NoError(t, err)
	foreignTopic := endpointTopic(t, ServiceConfig{SigningKey: foreign}, "orders", Config{})
	good := signedNow(t, topic, nil)
	confirmation := signedNow(t, topic, func(n *Notification) { n.Type, n.Token = TypeSubscriptionConfirmation, "2336412f37" })
	with := func(text, name string, value any) string {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &fields))
		fields[name] = value
		if value == nil {
			delete(fields, name)
		}
		changed, err := json.Marshal(fields)
		require.NoError(t, err)
		return string(changed)
	}
	path := testKey().CertificatePath()
	for name, c := range map[string]struct {
		document string
		want     error
	}{
		"nothing":                     {"", ErrNotAMessage},
		"no JSON":                     {"hello", ErrNotAMessage},
		"no object":                   {"[]", ErrNotAMessage},
		"null":                        {"null", ErrNotAMessage},
		"more than one":               {good + good, ErrNotAMessage},
		"too long":                    {with(good, "Message", strings.Repeat("x", maxDocument)), ErrNotAMessage},
		"a number for a message":      {with(good, "Message", 5), ErrNotAMessage},
		"a type that is none":         {with(good, "Type", "Postcard"), ErrNotAMessage},
		"no type":                     {with(good, "Type", nil), ErrNotAMessage},
		"a timestamp that is none":    {with(good, "Timestamp", "yesterday"), ErrNotAMessage},
		"no timestamp":                {with(good, "Timestamp", nil), ErrNotAMessage},
		"a line break in the subject": {with(good, "Subject", "a\nTimestamp\nb"), ErrNotAMessage},
		"an attribute in no base64":   {with(good, "MessageAttributes", map[string]any{"a": map[string]string{"Type": "Binary", "Value": "?"}}), ErrNotAMessage},

		"version 3":  {with(good, "SignatureVersion", "3"), ErrSignatureVersion},
		"no version": {with(good, "SignatureVersion", nil), ErrSignatureVersion},

		"another host":         {with(good, "SigningCertURL", "https://example.com"+path), ErrForeignCertificate},
		"a bucket":             {with(good, "SigningCertURL", "https://sns.s3.amazonaws.com"+path), ErrForeignCertificate},
		"a bucket in a region": {with(good, "SigningCertURL", "https://sns.s3-us-west-2.amazonaws.com"+path), ErrForeignCertificate},
		"a host before":        {with(good, "SigningCertURL", "https://sns.us-east-1.amazonaws.com.example.com"+path), ErrForeignCertificate},
		"a user before":        {with(good, "SigningCertURL", "https://sns.us-east-1.amazonaws.com@example.com"+path), ErrForeignCertificate},
		"a user":               {with(good, "SigningCertURL", "https://user@sns.us-east-1.amazonaws.com"+path), ErrForeignCertificate},
		"a port":               {with(good, "SigningCertURL", "https://sns.us-east-1.amazonaws.com:8443"+path), ErrForeignCertificate},
		"no TLS":               {with(good, "SigningCertURL", "http://sns.us-east-1.amazonaws.com"+path), ErrForeignCertificate},
		"no certificate":       {with(good, "SigningCertURL", linkToAWS+"/x.html"), ErrForeignCertificate},
		"the end in the query": {with(good, "SigningCertURL", linkToAWS+"/?x=.pem"), ErrForeignCertificate},
		"an address in pieces": {with(good, "SigningCertURL", "https://sns.us-east-1.amazonaws.com:x%"), ErrForeignCertificate},
		"no address":           {with(good, "SigningCertURL", nil), ErrForeignCertificate},

		"a certificate that is not there": {with(good, "SigningCertURL", linkToAWS+"/other.pem"), ErrCertificate},

		"another message":              {with(good, "Message", "gold"), ErrSignature},
		"another topic":                {with(good, "TopicArn", ordersARN+"2"), ErrSignature},
		"another id":                   {with(good, "MessageId", "x"), ErrSignature},
		"another subject":              {with(good, "Subject", "x"), ErrSignature},
		"no subject":                   {with(good, "Subject", nil), ErrSignature},
		"another time":                 {with(good, "Timestamp", time.Now().UTC().Add(time.Second).Format(timestampFormat)), ErrSignature},
		"another type":                 {with(good, "Type", "UnsubscribeConfirmation"), ErrSignature},
		"another token":                {with(confirmation, "Token", "x"), ErrSignature},
		"another link":                 {with(confirmation, "SubscribeURL", "https://example.com"), ErrSignature},
		"the other version":            {with(good, "SignatureVersion", "2"), ErrSignature},
		"a signature that is empty":    {with(good, "Signature", ""), ErrSignature},
		"no signature":                 {with(good, "Signature", nil), ErrSignature},
		"a signature in no base64":     {with(good, "Signature", "?"), ErrSignature},
		"a signature of another's":     {with(signedNow(t, foreignTopic, nil), "SigningCertURL", linkToAWS+path), ErrSignature},
		"a subject on a confirmation":  {strings.Replace(with(confirmation, "Subject", "x"), `"Message":"`, `"Message":"x`, 1), ErrSignature},
		"a message twice":              {strings.TrimSuffix(good, "}") + `,"Message":"gold"}`, ErrSignature},
		"a message in other letters":   {strings.TrimSuffix(good, "}") + `,"message":"gold"}`, ErrSignature},
		"a message split in two lines": {with(good, "Message", "silver & größer\nMessageId\nx"), ErrSignature},

		"old":             {signedNow(t, topic, func(n *Notification) { n.Timestamp = time.Now().Add(-66 * time.Minute) }), ErrStale},
		"from the future": {signedNow(t, topic, func(n *Notification) { n.Timestamp = time.Now().Add(6 * time.Minute) }), ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			v := &Verifier{Transport: certificates(testKey())}
			m, err := v.Verify(t.Context(), []byte(c.document))
			require.ErrorIs(t, err, c.want)
			require.Nil(t, m)
			if !errors.Is(err, ErrCertificate) {
				return
			}
			_, err = v.Verify(t.Context(), []byte(good))
			require.NoError(t, err, "a failure is not remembered")
		})
	}
}

func TestVerifierSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := endpointTopic(t, ServiceConfig{BaseURL: "http://127.0.0.1:4566"}, "orders", Config{})
		text := []byte(signedNow(t, topic, nil))
		v := &Verifier{Transport: certificates(testKey())}
		_, err := v.Verify(t.Context(), text)
		require.ErrorIs(t, err, ErrForeignCertificate)
		v.TrustURL = func(u *url.URL) bool { return u.Host == "127.0.0.1:4566" }
		_, err = v.Verify(t.Context(), text)
		require.NoError(t, err)

		time.Sleep(65*time.Minute + time.Second)
		_, err = v.Verify(t.Context(), text)
		require.ErrorIs(t, err, ErrStale)
		v.MaxAge = 2 * time.Hour
		_, err = v.Verify(t.Context(), text)
		require.NoError(t, err)
		v.MaxAge, v.ClockSkew = time.Hour, 10*time.Minute
		_, err = v.Verify(t.Context(), text)
		require.NoError(t, err)
		time.Sleep(1000 * time.Hour)
		v.MaxAge = -1
		_, err = v.Verify(t.Context(), text)
		require.NoError(t, err)
	})
}

func TestVerifierFetchesACertificateOnce(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	fetched := 0
	v := &Verifier{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		fetched++
		return answer(http.StatusOK, testKey().CertificatePEM())
	})}
	for range 3 {
		_, err := v.Verify(t.Context(), []byte(signedNow(t, topic, nil)))
		require.NoError(t, err)
	}
	require.Equal(t, 1, fetched)

	// As many addresses as anybody likes do not fill the memory.
	for i := range 3 * maxCertificates {
		_, err := v.publicKey(t.Context(), fmt.Sprintf("%s/%d.pem?%d", linkToAWS, i, i))
		require.NoError(t, err)
	}
	require.Len(t, v.certificates, maxCertificates)
}

func TestVerifierWithoutAUsableCertificate(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	text := signedNow(t, endpointTopic(t, ServiceConfig{}, "orders", Config{}), nil)
	serve := func(status int, body []byte) http.RoundTripper {
		return roundTrip(func(*http.Request) (*http.Response, error) { return answer(status, body) })
	}
	for name, transport := range map[string]http.RoundTripper{
		"no transport":         nil,
		"no answer":            roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") }),
		"another status":       serve(http.StatusInternalServerError, testKey().CertificatePEM()),
		"a redirect":           serve(http.StatusFound, testKey().CertificatePEM()),
		"no PEM":               serve(http.StatusOK, []byte("hello")),
		"no certificate":       serve(http.StatusOK, []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n")),
		"another kind of key":  serve(http.StatusOK, issue(t, &curve.PublicKey, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))),
		"one that has expired": serve(http.StatusOK, issue(t, &testKey().key.PublicKey, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))),
		"one of the future":    serve(http.StatusOK, issue(t, &testKey().key.PublicKey, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour))),
		"one far too long":     serve(http.StatusOK, append(make([]byte, maxCertificateSize), testKey().CertificatePEM()...)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&Verifier{Transport: transport}).Verify(t.Context(), []byte(text))
			require.ErrorIs(t, err, ErrCertificate)
		})
	}
}

func TestVerifierWaitsForACertificateTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := signedNow(t, endpointTopic(t, ServiceConfig{}, "orders", Config{}), nil)
		v := &Verifier{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})}
		start := time.Now()
		_, err := v.Verify(t.Context(), []byte(text))
		require.ErrorIs(t, err, ErrCertificate)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func FuzzVerify(f *testing.F) {
	topic := endpointTopic(f, ServiceConfig{}, "orders", Config{})
	signed := signedNow(f, topic, nil)
	f.Add([]byte(signed))
	f.Add([]byte(signedNow(f, topic, func(n *Notification) { n.Type = TypeSubscriptionConfirmation })))
	f.Add([]byte(`{"Type":"Notification","Timestamp":"2012-05-02T00:54:06.655Z","SignatureVersion":"2","Signature":"AA==","SigningCertURL":"https://[::1"}`))
	v := &Verifier{MaxAge: -1, Transport: certificates(testKey())}
	genuine, err := v.Verify(context.Background(), []byte(signed))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := v.Verify(t.Context(), body)
		if err != nil {
			require.Nil(t, m)
			return
		}
		if m.Type == TypeNotification { // there is only one that is signed
			require.Equal(t, genuine.Message, m.Message)
			require.Equal(t, genuine.TopicARN, m.TopicARN)
		}
	})
}
