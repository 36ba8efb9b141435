package sns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
)

// Receiver is the other end of an HTTP subscription: an http.Handler that takes what
// SNS posts, refuses what SNS has not sent, and confirms the subscriptions that are
// wanted. Its answers make SNS do the right thing: what can not be right at another
// attempt is refused with a status of 400 to 422, for good; what may be gets 500 or
// 503, and comes again.
type Receiver struct {
	// Verifier verifies messages. Its Transport is also how subscriptions are confirmed.
	Verifier *Verifier

	// Topics says from which topics messages are taken. Nil means from none, since
	// anybody can make a topic and send this receiver genuine messages from it.
	Topics func(topicARN string) bool

	// OnNotification gets every message from those topics. An error makes SNS
	// deliver it again, unless it is marked by [Permanent].
	OnNotification func(ctx context.Context, m *ReceivedMessage) error

	// OnSubscription gets the messages about subscriptions to those topics, of types
	// TypeSubscriptionConfirmation and TypeUnsubscribeConfirmation. Nil means to
	// confirm all of the first kind, and to let the second be.
	OnSubscription func(ctx context.Context, m *ReceivedMessage) error

	// OnRaw gets messages that came without an envelope, which can not be verified:
	// anyone may have sent them, and made up the topic. Nil means to refuse them.
	OnRaw func(ctx context.Context, m *ReceivedMessage) error

	// Logger is told what was refused, and why. Nil means silence.
	Logger *slog.Logger
}

// ServeHTTP takes one message.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	var body []byte
	var err error
	if req.Body != nil { // which a server sees to, and a test may not
		body, err = io.ReadAll(http.MaxBytesReader(w, req.Body, maxDocument))
	}
	if err == nil {
		err = r.receive(req, body)
	}
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	status := receiverStatus(err)
	if r.Logger != nil {
		r.Logger.WarnContext(req.Context(), "message refused", slog.Int("status", status), slog.Any("error", err))
	}
	// The details are for the log, and not for whoever sent this.
	http.Error(w, http.StatusText(status), status)
}

// receive hands a message to the function that is for it.
func (r *Receiver) receive(req *http.Request, body []byte) error {
	ctx := req.Context()
	if req.Header.Get("x-amz-sns-rawdelivery") == "true" {
		return r.receiveRaw(req, body)
	}
	if r.Verifier == nil {
		return fmt.Errorf("%w: the receiver has no Verifier", ErrCertificate)
	}
	m, err := r.Verifier.Verify(ctx, body)
	if err != nil {
		return err
	}
	m.SubscriptionARN = req.Header.Get("x-amz-sns-subscription-arn")
	if r.Topics == nil || !r.Topics(m.TopicARN) {
		return fmt.Errorf("%w: %s", errUnwanted, m.TopicARN)
	}
	switch {
	case m.Type == TypeNotification && r.OnNotification != nil:
		return handled(r.OnNotification(ctx, m))
	case m.Type != TypeNotification && r.OnSubscription != nil:
		return handled(r.OnSubscription(ctx, m))
	case m.Type == TypeSubscriptionConfirmation:
		return handled(r.Verifier.Confirm(ctx, m))
	}
	return nil
}

func (r *Receiver) receiveRaw(req *http.Request, body []byte) error {
	topic := req.Header.Get("x-amz-sns-topic-arn")
	if r.OnRaw == nil || r.Topics == nil || !r.Topics(topic) {
		return fmt.Errorf("%w: %.300q, without an envelope", errUnwanted, topic)
	}
	return handled(r.OnRaw(req.Context(), &ReceivedMessage{
		Type:            TypeNotification,
		MessageID:       req.Header.Get("x-amz-sns-message-id"),
		TopicARN:        topic,
		SubscriptionARN: req.Header.Get("x-amz-sns-subscription-arn"),
		Message:         string(body),
		Raw:             true,
	}))
}

// Confirm confirms the subscription that a verified message asks to confirm, by
// visiting its SubscribeURL. To do so for a message of type
// TypeUnsubscribeConfirmation takes the end of a subscription back. The error is
// ErrForeignCertificate, marked by [Permanent], if the URL is not to be trusted.
func (v *Verifier) Confirm(ctx context.Context, m *ReceivedMessage) error {
	u, err := url.Parse(m.SubscribeURL)
	if err != nil || !v.trusts(u) {
		return Permanent(fmt.Errorf("%w: to subscribe at %q", ErrForeignCertificate, m.SubscribeURL))
	}
	if _, err := v.get(ctx, m.SubscribeURL, maxIgnoredBody); err != nil {
		return fmt.Errorf("sns: confirm a subscription to %s: %w", m.TopicARN, err)
	}
	return nil
}

var errUnwanted = errors.New("sns: a message from a topic that is not expected")

// handlerError is what a function of the user's returned, which may wrap anything.
type handlerError struct{ error }

func (e handlerError) Unwrap() error { return e.error }

func handled(err error) error {
	if err == nil {
		return nil
	}
	return handlerError{err}
}

func receiverStatus(err error) int {
	_, fromHandler := errors.AsType[handlerError](err)
	_, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case fromHandler && isPermanent(err):
		return http.StatusUnprocessableEntity
	case fromHandler:
		return http.StatusInternalServerError
	case tooLong:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrNotAMessage):
		return http.StatusBadRequest
	case errors.Is(err, ErrCertificate):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrSignature), errors.Is(err, ErrSignatureVersion), errors.Is(err, ErrForeignCertificate),
		errors.Is(err, ErrStale), errors.Is(err, errUnwanted):
		return http.StatusForbidden
	}
	return http.StatusBadRequest // the body could not be read
}
