package sns

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awsjson"
)

// Envelope returns the notification as the JSON document that SNS sends to queues and
// HTTP endpoints, written as AWS writes it. The text is computed once for a message,
// and costs one allocation more for each subscription.
//
// Its signature is empty unless [ServiceConfig].SignQueueMessages is set or the
// notification is about a subscription; a notification that leat has not made is never
// signed. That of a FIFO topic has no signature at all, as on AWS. A message about a
// subscription without a Message gets AWS's. Bytes that are not UTF-8 become U+FFFD. The
// error is an [*Error] for an unknown Type, or what keeps the service from making its key.
//
// ("HTTP/HTTPS notification JSON format" and the pages beside it in the SNS Developer
// Guide. The place and form of Replayed, a boolean at the end, are leat's guess.)
func (n *Notification) Envelope() (string, error) {
	return n.envelope(n.topic != nil && n.topic.service.registry.config.SignQueueMessages)
}

// envelope is Envelope for an endpoint that may want a signature always.
func (n *Notification) envelope(sign bool) (string, error) {
	switch n.Type {
	case TypeNotification, "":
		sealed, err := n.seal(sign)
		if err != nil {
			return "", err
		}
		return sealed.head + queryValue(n.SubscriptionARN) + sealed.tail, nil
	case TypeSubscriptionConfirmation, TypeUnsubscribeConfirmation:
		d := n.document()
		if err := n.sign(&d, true); err != nil {
			return "", err
		}
		return string(append(d.appendFields(nil), "\n}"...)), nil
	}
	return "", invalid("Type: %s", n.Type)
}

// document holds what an envelope says of a message, the attributes excepted.
type document struct {
	Type                        NotificationType
	MessageID                   string `json:"MessageId"`
	Token                       string
	SequenceNumber              string
	TopicARN                    string `json:"TopicArn"`
	Subject, Message            string
	SubscribeURL                string
	Timestamp                   string
	SignatureVersion, Signature string
	SigningCertURL              string
	UnsubscribeURL              string
}

// document is the notification as a document that is not signed yet.
func (n *Notification) document() document {
	d := document{
		Type:           n.Type,
		MessageID:      valid(n.MessageID),
		SequenceNumber: n.SequenceNumber,
		TopicARN:       valid(n.TopicARN),
		Subject:        valid(n.Subject),
		Message:        valid(n.Message),
		Timestamp:      n.Timestamp.UTC().Format(timestampFormat),
	}
	switch n.Type {
	case TypeSubscriptionConfirmation:
		if n.Message == "" {
			d.Message = "You have chosen to subscribe to the topic " + d.TopicARN +
				".\nTo confirm the subscription, visit the SubscribeURL included in this message."
		}
	case TypeUnsubscribeConfirmation:
		if n.Message == "" {
			d.Message = "You have chosen to deactivate subscription " + valid(n.SubscriptionARN) +
				".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
		}
	default:
		d.Type = TypeNotification
		return d
	}
	d.Token, d.SubscribeURL, d.Subject = valid(n.Token), n.subscribeURL(), ""
	return d
}

const timestampFormat = "2006-01-02T15:04:05.000Z"

// appendFields appends the fields in AWS's order, those left out that are empty in
// documents of this type, and no closing brace. UnsubscribeURL comes after them.
func (d *document) appendFields(dst []byte) []byte {
	field := func(name, value string) {
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, "\n  \""...), name...), `" : `...)
		dst = awsjson.AppendString(dst, value)
	}
	dst = slices.Grow(dst, len(d.Message)+len(d.Message)/8+1280) // room for a signature and three URLs
	dst = append(dst, '{')
	field("Type", string(d.Type))
	field("MessageId", d.MessageID)
	if d.SubscribeURL != "" {
		field("Token", d.Token)
	}
	if d.SequenceNumber != "" {
		field("SequenceNumber", d.SequenceNumber)
	}
	field("TopicArn", d.TopicARN)
	if d.Subject != "" {
		field("Subject", d.Subject)
	}
	field("Message", d.Message)
	if d.SubscribeURL != "" {
		field("SubscribeURL", d.SubscribeURL)
	}
	field("Timestamp", d.Timestamp)
	if d.SignatureVersion != "" {
		field("SignatureVersion", d.SignatureVersion)
		field("Signature", d.Signature)
		field("SigningCertURL", d.SigningCertURL)
	}
	return dst
}

// appendAttributes appends message attributes in the order of their names.
func appendAttributes(dst []byte, attributes map[string]Attribute) []byte {
	separator := ",\n  \"MessageAttributes\" : {\n    "
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		dst = awsjson.AppendString(append(dst, separator...), name)
		dst = appendAttribute(append(dst, " : "...), attributes[name])
		separator = ",\n    "
	}
	if len(attributes) > 0 {
		dst = append(dst, "\n  }"...)
	}
	return dst
}

func appendAttribute(dst []byte, a Attribute) []byte {
	dst = awsjson.AppendString(append(dst, `{"Type":`...), a.DataType)
	dst = append(dst, `,"Value":`...)
	if isBinary(a.DataType) {
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(a.Value))
		dst = append(dst, '"')
	} else {
		dst = awsjson.AppendString(dst, a.Value)
	}
	return append(dst, '}')
}

func isBinary(dataType string) bool {
	return dataType == "Binary" || strings.HasPrefix(dataType, "Binary.")
}

// valid returns s with what is not UTF-8 replaced, as the JSON will have it, so that
// the signature is for what the document says.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// parseTimestamp reads what timestampFormat writes, and any other number of digits.
func parseTimestamp(s string) (time.Time, error) { return time.Parse(time.RFC3339, s) }
