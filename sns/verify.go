package sns

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// What a Verifier refuses a document for. The errors come with details, wrapped.
var (
	// ErrNotAMessage means that the document is none that SNS sends.
	ErrNotAMessage = errors.New("sns: not a message of SNS")
	// ErrSignatureVersion means that the signature is of a version other than 1 and 2.
	ErrSignatureVersion = errors.New("sns: unknown signature version")
	// ErrForeignCertificate means that the certificate lies where only others put theirs.
	ErrForeignCertificate = errors.New("sns: the certificate is not at an address of SNS")
	// ErrCertificate means that the certificate could not be had, which may change,
	// or is not valid.
	ErrCertificate = errors.New("sns: no certificate")
	// ErrSignature means that the signature is missing or not the sender's.
	ErrSignature = errors.New("sns: wrong signature")
	// ErrStale means that the message is too old, or from the future.
	ErrStale = errors.New("sns: the message is not recent")
)

const (
	// maxDocument bounds a document: a message of 1 MiB in which every byte has
	// become an escape of six, and what surrounds it.
	maxDocument = 8 << 20

	defaultMaxAge    = time.Hour
	defaultClockSkew = 5 * time.Minute
)

// Verifier tells the messages of SNS, or of leat, from forgeries, for the programs
// that receive them over HTTP or in a queue. It must not be copied after first use; all
// methods may be called concurrently.
//
// That a message is genuine does not make it welcome: anybody may have a topic.
// Check the TopicARN too, as a [Receiver] does.
type Verifier struct {
	// Transport fetches certificates. Nil means that none is fetched, and nothing
	// verified: leat does not open connections unasked.
	Transport http.RoundTripper

	// TrustURL says whether SNS answers at a URL, so that a certificate may come from
	// there and a subscription be confirmed there. Nil means https and a host of
	// AWS's, such as sns.us-east-1.amazonaws.com. Messages with links to other hosts
	// need a function of their own: what anyone can put there makes anyone SNS.
	TrustURL func(u *url.URL) bool

	// MaxAge is how old a message may be, by its Timestamp. Zero means an hour, in
	// which AWS makes all its attempts to deliver over HTTP; less than zero means
	// any age, as what waited in a queue may have.
	MaxAge time.Duration
	// ClockSkew is how far the clocks may be apart: a message may be from so far in
	// the future, and that much older. Zero means five minutes.
	ClockSkew time.Duration

	mu           sync.Mutex
	certificates map[string]*certificate // guarded by mu; by address
}

// ReceivedMessage is a message of SNS as its receiver sees it.
type ReceivedMessage struct {
	Type             NotificationType
	MessageID        string
	TopicARN         string
	Subject, Message string
	Timestamp        time.Time

	// Token and SubscribeURL, on the types about a subscription, confirm it.
	Token, SubscribeURL string

	// What follows is not under the signature: whoever passed the message on may
	// have changed it.

	SubscriptionARN string // of what came over HTTP, but not to ask for a confirmation
	Attributes      map[string]Attribute
	SequenceNumber  string
	UnsubscribeURL  string

	// Raw tells that the message came without an envelope. Then nothing at all is
	// verified, and there is only what the HTTP headers say, and the Message.
	Raw bool
}

// Verify returns the message in a document if its signature proves that SNS has sent
// it, and it is recent. The document is the body of an HTTP request or of a message in
// a queue, at most 8 MiB. Errors are ErrNotAMessage, ErrSignatureVersion,
// ErrForeignCertificate, ErrCertificate, ErrSignature and ErrStale. ("Verifying the
// signatures of Amazon SNS messages" in the SNS Developer Guide.)
func (v *Verifier) Verify(ctx context.Context, body []byte) (*ReceivedMessage, error) {
	d, m, err := parse(body)
	if err != nil {
		return nil, err
	}
	hash := signatureHashes[d.SignatureVersion]
	if hash == 0 {
		return nil, fmt.Errorf("%w: %.200q", ErrSignatureVersion, d.SignatureVersion)
	}
	signature, err := base64.StdEncoding.DecodeString(d.Signature)
	if err != nil || len(signature) == 0 {
		return nil, fmt.Errorf("%w: none, or not in base64", ErrSignature)
	}
	// Before the certificate: a stale message costs no request.
	if err := v.checkAge(m.Timestamp); err != nil {
		return nil, err
	}
	key, err := v.publicKey(ctx, d.SigningCertURL)
	if err != nil {
		return nil, err
	}
	if err := rsa.VerifyPKCS1v15(key, hash, d.digest(hash), signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return m, nil
}

// ParseMessage returns the message in a document and verifies nothing: for the
// envelopes on a queue of one's own, which have no signature unless
// [ServiceConfig].SignQueueMessages is set. It fails with ErrNotAMessage.
func ParseMessage(body []byte) (*ReceivedMessage, error) {
	_, m, err := parse(body)
	return m, err
}

func parse(body []byte) (*received, *ReceivedMessage, error) {
	if len(body) > maxDocument {
		return nil, nil, fmt.Errorf("%w: longer than %d bytes", ErrNotAMessage, maxDocument)
	}
	d := &received{}
	if err := json.Unmarshal(body, d); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNotAMessage, err)
	}
	m, err := d.message()
	return d, m, err
}

func (v *Verifier) checkAge(at time.Time) error {
	skew, limit := v.ClockSkew, v.MaxAge
	if skew == 0 {
		skew = defaultClockSkew
	}
	if limit == 0 {
		limit = defaultMaxAge
	}
	age := time.Since(at)
	if age < -skew || limit > 0 && age > limit+skew {
		return fmt.Errorf("%w: published at %s", ErrStale, at.Format(time.RFC3339))
	}
	return nil
}

// received is a document with what the signature does not cover.
type received struct {
	document
	MessageAttributes map[string]struct{ Type, Value string }
}

// message is the message that the document claims to be. Nobody has vouched for it yet,
// so errors quote little of it, for the sake of the log that they go to.
func (d *received) message() (*ReceivedMessage, error) {
	switch d.Type {
	case TypeNotification, TypeSubscriptionConfirmation, TypeUnsubscribeConfirmation:
	default:
		return nil, fmt.Errorf("%w: type %.200q", ErrNotAMessage, d.Type)
	}
	at, err := parseTimestamp(d.Timestamp)
	if err != nil {
		return nil, fmt.Errorf("%w: timestamp %.200q", ErrNotAMessage, d.Timestamp)
	}
	for _, s := range []string{d.MessageID, d.TopicARN, d.Subject, d.Timestamp, d.Token, d.SubscribeURL} {
		// A line break would let a value pass for the fields after it, under a
		// signature that was made for other values.
		if strings.ContainsAny(s, "\r\n") {
			return nil, fmt.Errorf("%w: a line break in %.200q", ErrNotAMessage, s)
		}
	}
	m := &ReceivedMessage{
		Type:           d.Type,
		MessageID:      d.MessageID,
		TopicARN:       d.TopicARN,
		Message:        d.Message,
		Timestamp:      at,
		SequenceNumber: d.SequenceNumber,
		UnsubscribeURL: d.UnsubscribeURL,
	}
	if d.Type == TypeNotification {
		m.Subject = d.Subject
	} else {
		m.Token, m.SubscribeURL = d.Token, d.SubscribeURL
	}
	for name, a := range d.MessageAttributes {
		if isBinary(a.Type) {
			value, err := base64.StdEncoding.DecodeString(a.Value)
			if err != nil {
				return nil, fmt.Errorf("%w: attribute %.200q: %w", ErrNotAMessage, name, err)
			}
			a.Value = string(value)
		}
		if m.Attributes == nil {
			m.Attributes = make(map[string]Attribute, len(d.MessageAttributes))
		}
		m.Attributes[name] = Attribute{DataType: a.Type, Value: a.Value}
	}
	return m, nil
}
