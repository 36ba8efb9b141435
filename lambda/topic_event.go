package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/leat-go/leat/sns"
)

// SNSEvent is what a function gets of a topic: always one record. ("Invoking Lambda
// functions with Amazon SNS notifications".)
type SNSEvent struct {
	Records []SNSRecord `json:"Records"`
}

// SNSRecord is a notification in an [SNSEvent], with the subscription it came by.
type SNSRecord struct {
	EventSource          string  `json:"EventSource"`  // "aws:sns"
	EventVersion         string  `json:"EventVersion"` // "1.0"
	EventSubscriptionARN string  `json:"EventSubscriptionArn"`
	SNS                  SNSBody `json:"Sns"`
}

// SNSBody is the envelope of a notification as functions get it. Two of its keys are not
// written as in the envelope for queues: SigningCertUrl and UnsubscribeUrl.
type SNSBody struct {
	Type              string                  `json:"Type"`
	MessageID         string                  `json:"MessageId"`
	TopicARN          string                  `json:"TopicArn"`
	Subject           *string                 `json:"Subject"` // null if there is none
	Message           string                  `json:"Message"`
	Timestamp         string                  `json:"Timestamp"`
	SignatureVersion  string                  `json:"SignatureVersion"`
	Signature         string                  `json:"Signature"` // empty unless sns.ServiceConfig.SignQueueMessages is set
	SigningCertURL    string                  `json:"SigningCertUrl"`
	UnsubscribeURL    string                  `json:"UnsubscribeUrl"`
	MessageAttributes map[string]SNSAttribute `json:"MessageAttributes"`
}

// SNSAttribute is a message attribute in an [SNSBody]; the value of a binary one is
// base64.
type SNSAttribute struct {
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

// topicPayload returns the event of a notification.
func topicPayload(n *sns.Notification) ([]byte, error) {
	envelope, err := n.Envelope()
	if err != nil {
		return nil, err
	}
	var body SNSBody // decoding does not heed the case of keys
	if err := json.Unmarshal([]byte(envelope), &body); err != nil {
		return nil, err
	}
	if body.MessageAttributes == nil {
		body.MessageAttributes = map[string]SNSAttribute{}
	}
	return json.Marshal(SNSEvent{Records: []SNSRecord{{
		EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionARN: n.SubscriptionARN, SNS: body,
	}}})
}

func topicFunction(fn Invoker) func(ctx context.Context, n sns.Notification) error {
	return func(ctx context.Context, n sns.Notification) error {
		payload, err := topicPayload(&n)
		if err != nil {
			return err
		}
		_, err = invoke(ctx, fn, payload)
		return err
	}
}

// eventAttempts is how often an event is handed to a function that fails. ("How Lambda
// handles errors and retries with asynchronous invocation".)
const (
	eventAttempts = 1 + defaultRetries

	defaultRetries  = 2
	defaultEventAge = 6 * time.Hour
)

// Endpoint returns the endpoint of a topic's subscription that calls fn with an [SNSEvent],
// one call after the other. A function that fails three times is not called again: the
// notification goes to the subscription's dead-letter queue. When it can not be called, as
// with ErrTooManyRequests, the subscription's schedule decides; without a function it ends.
//
// On AWS there is a queue between the topic and the function, which repeats what fails
// after one minute and after two; here the topic's schedule sets the pauses. [MapTopic] has that
// queue, and more than one invocation at once.
func Endpoint(fn Invoker) sns.AddressedEndpoint { return endpoint{fn} }

type endpoint struct{ fn Invoker }

// Address returns the function's ARN, if it has one.
func (e endpoint) Address() (sns.Protocol, string) { return sns.ProtocolLambda, arnOf(e.fn) }

func (e endpoint) Deliver(ctx context.Context, n sns.Notification) error {
	err := topicFunction(e.fn)(ctx, n)
	_, never := err.(*Error) // which no further attempt will mend
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case isRefused(err):
		never = errors.Is(err, ErrResourceNotFound)
	case n.Attempt >= eventAttempts:
		never = true
	}
	if never {
		return sns.Permanent(err)
	}
	return err
}
