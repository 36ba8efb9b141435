package sns

import "time"

// NotificationType says what a notification is about.
type NotificationType string

// The types of notifications. Only HTTP, HTTPS and e-mail endpoints get the ones
// about their subscription.
const (
	TypeNotification             NotificationType = "Notification"
	TypeSubscriptionConfirmation NotificationType = "SubscriptionConfirmation"
	TypeUnsubscribeConfirmation  NotificationType = "UnsubscribeConfirmation"
)

// Notification is a message on its way to one endpoint.
type Notification struct {
	Type            NotificationType
	MessageID       string
	TopicARN        string
	SubscriptionARN string
	Subject         string // empty if the message has none
	// Message is the text for this endpoint's protocol, as published.
	Message string
	// Attributes are the message's, shared with every other endpoint: not to be
	// changed. Nil if there are none.
	Attributes map[string]Attribute
	// Timestamp is when the message was published.
	Timestamp time.Time

	GroupID         string
	DeduplicationID string // FIFO topics only
	SequenceNumber  string // FIFO topics only
	TraceHeader     string // of the entry

	// Raw asks for the message alone instead of an envelope.
	Raw bool
	// Replayed tells that the message comes out of the topic's archive.
	Replayed bool
	// Attempt counts the deliveries of this notification to this endpoint, from 1.
	Attempt int

	// Token, on the types about a subscription, confirms it.
	Token string

	// ContentType is what the delivery policy asks HTTP endpoints to be sent.
	// Empty means "text/plain; charset=UTF-8".
	ContentType string

	topic  *LocalTopic // nil in a notification that leat has not made
	shared *message    // what all of the message's notifications share; likewise
}

// message is a published message: what is the same for all its subscribers.
type message struct {
	content
	sealed sealed // of the envelopes; guards itself
}

// content is what a message says. It is not changed once it is published.
type content struct {
	id              string
	text            string              // for protocols without one of their own
	texts           map[Protocol]string // with MessageStructure "json", else nil
	subject         string
	attributes      map[string]Attribute // the message's own copy
	queueAttributes map[string]Attribute // of those, the ones that a queue can have
	at              int64                // nanoseconds since 1970
	groupID         string
	dedupID         string
	trace           string
	sequence        string
	size            int // bytes that count; 0 in one that failed

	kind  NotificationType // empty for what was published
	token string           // of one about a subscription

	saved *saved // what the journal has of it; nil in memory
}

// textFor returns what a protocol's endpoints get to read.
func (m *content) textFor(p Protocol) string {
	if text, ok := m.texts[p]; ok {
		return text
	}
	return m.text
}
